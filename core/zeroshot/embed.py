"""The expensive pass: every image through the image tower once, embeddings kept on disk."""

import itertools
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.images.decode import Decoded, decode_all
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.jobs import JobContext
from core.memory import LessAtOnce, attempt, halved
from core.project.arrays import RowStore
from core.project.image_rows import ImageFacts
from core.project.labels import is_folder_row
from core.project.project import Project

if TYPE_CHECKING:
    from torch import Tensor

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
    moment costs at most the batch in work. Where memory runs out the batch is halved and the pass goes on,
    `LessAtOnce` says so; raises `UserError` when one image alone is too much.
    `on_batch` gets rows (b,) and embeddings (b, dim) float32.
    """
    failed, total = 0, total or len(images)
    ctx.progress(done, total, STAGE)
    with closing(_read_batches(project.source(), images, encoder, ctx)) as batches:
        for batch in batches:
            good = [item for item in batch if not item.error]
            if good:
                rows = np.array([item.row for item in good])
                vectors = _encoded(encoder, [item.value for item in good if item.value is not None], ctx)
                store.write(rows, vectors)
                if on_batch is not None:
                    on_batch(rows, vectors)
            if len(good) < len(batch):
                project.source()  # raises when the whole folder is gone: its images have no error of their own
            project.images.set_facts([ImageFacts.of(item) for item in batch])
            failed += len(batch) - len(good)
            done += len(batch)
            ctx.progress(done, total, STAGE)
    return failed


def _encoded(encoder: "Encoder", images: "list[Tensor]", ctx: JobContext) -> npt.NDArray[np.float32]:
    """(n, dim) vectors; says when memory ran out, and the batches that are read next are smaller, too."""
    before = encoder.batch_size
    vectors = encoder.encode_images(images)
    if encoder.batch_size < before:
        ctx.emit(LessAtOnce(STAGE, encoder.batch_size))
    return vectors


def _read_batches(
    source: ImageSource, images: Sequence[tuple[int, ImageRef]], encoder: "Encoder", ctx: JobContext
) -> "Generator[list[Decoded[Tensor]]]":
    """Read images in batches as large as the encoder takes now. When RAM runs out fewer are read ahead and at once."""
    at = 0
    while at < len(images):
        read = decode_all(
            source,
            images[at:],
            lambda pixels: encoder.preprocess(pixels.array),
            4 * encoder.batch_size,
            look=True,
            tell=ctx.emit,
        )
        with closing(read) as results:
            while at < len(images):
                batch = attempt(lambda results=results: list(itertools.islice(results, encoder.batch_size)))  # type: ignore[misc]
                if batch is None:
                    encoder.lower_batch(halved(encoder.batch_size))
                    ctx.emit(LessAtOnce(STAGE, encoder.batch_size))
                    break
                yield batch[0]
                at += len(batch[0])
