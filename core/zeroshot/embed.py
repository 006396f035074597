"""The expensive pass: every image through the image tower once, embeddings kept on disk."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.images.decode import Decoded, decode_all
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.image_rows import ImageFacts
from core.project.labels import is_folder_row
from core.project.project import Project

if TYPE_CHECKING:
    from core.zeroshot.encoder import Encoder

STAGE = "Reading images"
BatchListener = Callable[[npt.NDArray[np.int64], npt.NDArray[np.float32]], None]


@dataclass(frozen=True)
class Pending:
    """The images that still need an embedding, in row order, and those that have one."""

    images: list[tuple[int, ImageRef]]
    finished: int


def embedding_store(project: Project, encoder: "Encoder") -> RowStore:
    """Embeddings (n, dim) float16 of this project by this model and preprocessing."""
    name = embedding_folder(project, encoder).name
    return project.row_store(name, (encoder.dim,), np.float16, encoder.provenance())


def embedding_folder(project: Project, encoder: "Encoder") -> Path:
    """Where they are kept; the folder is there once a pass has begun."""
    return project.arrays / f"embeddings-{encoder.fingerprint}"


def pending_images(project: Project, store: RowStore) -> Pending:
    """What is left to do. Images that failed before are tried again."""
    columns = project.images.columns()
    images = [
        (row, ref)
        for row, ref in enumerate(columns.refs)
        if not store.done[row] and not columns.missing[row] and not is_folder_row(ref)
    ]
    return Pending(images, int(store.done.sum()))


def embed_images(
    project: Project,
    encoder: "Encoder",
    store: RowStore,
    images: Sequence[tuple[int, ImageRef]],
    ctx: JobContext,
    on_batch: BatchListener | None = None,
    done: int = 0,
    total: int = 0,
) -> int:
    """Embed `images` into `store` batch by batch; the number of images that could not be read.

    Progress is told as of one pass over `total` images (0: these) of which `done` were finished before.

    After each batch the embeddings are on disk, then the images' facts, so that stopping at any
    moment costs at most the batch in work. `on_batch` gets rows (b,) and embeddings (b, dim) float32.
    """
    source = project.source()
    failed, total = 0, total or len(images)
    ctx.progress(done, total, STAGE)
    results = decode_all(
        source, images, lambda pixels: encoder.preprocess(pixels.array), 4 * encoder.batch_size
    )
    with closing(results):
        for batch in _batches(results, encoder.batch_size):
            good = [item for item in batch if not item.error]
            if good:
                rows = np.array([item.row for item in good])
                vectors = encoder.encode_images([item.value for item in good if item.value is not None])
                store.write(rows, vectors)
                if on_batch is not None:
                    on_batch(rows, vectors)
            project.images.set_facts([facts_of(item) for item in batch])
            failed += len(batch) - len(good)
            done += len(batch)
            ctx.progress(done, total, STAGE)
    return failed


def facts_of(item: Decoded[Any]) -> ImageFacts:
    """What a decoding pass learnt of one image."""
    return ImageFacts(item.row, item.sha256, item.width, item.height, item.grey, item.error)


def _batches(items: Iterator[Decoded[Any]], size: int) -> Iterator[list[Decoded[Any]]]:
    while batch := list(itertools.islice(items, size)):
        yield batch
