"""Find images that are there more than once, and keep their groups with the project."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.exports.atomic import replacing
from core.exports.options import ExportRequest
from core.exports.spreadsheet import harmless, write_rows
from core.exports.target import check_target
from core.images.decode import Decoded, decode_all
from core.images.perceptual import LOOK_SIDE, look_of
from core.images.refs import ImageRef
from core.jobs import JobContext
from core.project.arrays import RowStore
from core.project.columns import paths_of
from core.project.duplicates import save_duplicates
from core.project.image_rows import ImageColumns, ImageFacts
from core.project.labels import is_folder_row
from core.project.project import Project
from core.quality.duplicates import Links, find_candidates, find_links, first_of_content, join
from core.quality.one_file import between_files, file_numbers, links_of_slices, repeated_in_file

READING, COMPARING = "Reading images", "Comparing images"
_BATCH = 256
_STORE = "looks"


@dataclass(frozen=True)
class DuplicatesSpec:
    """`near`: also images that look the same though their contents differ. `listed`: the result names the images.
    `csv`: where their list is written, nowhere among the images.
    """

    project: Path
    near: bool = True
    listed: bool = False
    csv: Path | None = None


@dataclass(frozen=True)
class DuplicateImage:
    """`group` counts from 1. `kind` says how an image belongs to it: "first", "exact" (the same content as an earlier
    one of the group) or "near" (it looks the same).
    """

    group: int
    file_name: str
    kind: str
    frame: int = 0


@dataclass(frozen=True)
class DuplicatesResult:
    """`groups` hold `first` + `exact` + `near` images: one first in each group. `unread` images could not be read,
    `read` were read now. `images` are listed in the order of the groups when asked for. `volumes` files hold several
    images each, which were not compared with each other.
    """

    project: Path
    compared: int
    groups: int
    exact: int
    near: int
    unread: int
    read: int
    seconds: float
    images: tuple[DuplicateImage, ...] = ()
    volumes: int = 0


def find_duplicates(spec: DuplicatesSpec, ctx: JobContext) -> DuplicatesResult:
    """Read what was not read yet, compare, and keep the groups. Stopped, it goes on where it was.

    Without `spec.near` nothing is kept: that equal contents stay together is so in any case. Raises `UserError`.
    """
    started = time.monotonic()
    with Project.open(spec.project) as project:
        project.check_writable()
        if spec.csv is not None:  # before hours of work
            source = project.source(must_exist=False)
            check_target(ExportRequest(project.table(), source, spec.csv, spec.project))
        search = _Search(project, ctx)
        search.read(search.unknown(spec.near), READING)
        groups, first = search.groups(spec.near)
        ctx.check()
        if spec.near:
            save_duplicates(project.arrays, groups)
        kinds = _kinds(groups, first)
        columns, files = search.columns, search.files
    listed = tuple(_listed(columns, groups, kinds)) if spec.listed or spec.csv is not None else ()
    if spec.csv is not None:
        _write(listed, spec.csv)
    return DuplicatesResult(
        project=spec.project,
        compared=int(np.count_nonzero([bool(digest) for digest in columns.sha256])),
        groups=int((kinds == 1).sum()),
        exact=int((kinds == 2).sum()),
        near=int((kinds == 3).sum()),
        unread=sum(map(bool, columns.error)),
        read=search.count,
        seconds=time.monotonic() - started,
        images=listed if spec.listed else (),
        volumes=len(np.unique(files[files >= 0])),
    )


class _Search:
    """One search in work."""

    def __init__(self, project: Project, ctx: JobContext) -> None:
        self.project, self.ctx = project, ctx
        self.columns: ImageColumns = project.images.columns()
        self.store: RowStore = project.row_store(_STORE, (LOOK_SIDE, LOOK_SIDE), np.uint8)
        self.files = file_numbers(paths_of(self.columns.refs))
        self.count = 0

    def unknown(self, near: bool) -> npt.NDArray[np.bool_]:
        """(n,) bool: images whose content, or with `near` whose look, is not known. A flat image has no hash."""
        blank = np.array([not digest for digest in self.columns.sha256], np.bool_)
        wanted = np.array(near) | (self.files >= 0)  # of a slice it must be known whether it is empty
        return np.asarray(blank | (wanted & self._unhashed() & ~self._seen()))

    def read(self, wanted: npt.NDArray[np.bool_], stage: str) -> None:
        """Read images and keep what they look like; a batch is on disk before the next one begins."""
        refs, missing = self.columns.refs, self.columns.missing
        images: list[tuple[int, ImageRef]] = [
            (row, refs[row])
            for row in np.flatnonzero(wanted).tolist()
            if not missing[row] and not is_folder_row(refs[row])
        ]
        if not images:
            return
        results = decode_all(
            self.project.source(),
            images,
            lambda pixels: look_of(pixels.array),
            2 * _BATCH,
            look=True,
            tell=self.ctx.emit,
        )
        done = 0
        self.ctx.progress(0, len(images), stage)
        with closing(results):
            for batch in _batches(results):
                good = [item for item in batch if item.value is not None]
                if good:
                    rows = np.array([item.row for item in good], np.int64)
                    self.store.write(rows, np.stack([item.value for item in good if item.value is not None]))
                self.project.images.set_facts([ImageFacts.of(item) for item in batch])
                done += len(batch)
                self.ctx.progress(done, len(images), stage)
        self.count += len(images)
        self.columns = self.project.images.columns()

    def groups(self, near: bool) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """(n,) the group of each image, and (n,) the first row with its content."""
        contents = self.columns.sha256
        left_out = repeated_in_file(contents, self.files) | self._empty_slices()
        first = first_of_content(
            [b"" if out else content for out, content in zip(left_out.tolist(), contents, strict=True)]
        )
        if not near:
            return join(first), first
        self.ctx.progress(0, 0, COMPARING)
        readable = np.array([not text for text in self.columns.error], np.bool_)
        alone = np.flatnonzero((first == np.arange(len(first))) & readable & ~left_out)
        hashes = list(self.project.images.phashes())
        candidates = find_candidates(hashes, alone, self._tick)
        wanted = np.zeros(len(first), np.bool_)
        wanted[candidates.rows] = True
        self.read(wanted & ~self._seen(), COMPARING)
        links = find_links(candidates, self.store.values, self._tick)
        more = links_of_slices(candidates, self.store.values, self.files)
        both = Links(
            np.concatenate([links.pairs, more.pairs]), np.concatenate([links.correlation, more.correlation])
        )
        return join(first, between_files(both, first, self.files)), first

    def _empty_slices(self) -> npt.NDArray[np.bool_]:
        """(n,) bool: flat images of files with several. Black ends of volumes are equal whoever they are of."""
        return np.asarray((self.files >= 0) & self._unhashed() & self._seen())

    def _unhashed(self) -> npt.NDArray[np.bool_]:
        return np.array([not phash for phash in self.project.images.phashes()], np.bool_)

    def _seen(self) -> npt.NDArray[np.bool_]:
        """(n,) bool: images whose look is on disk."""
        return np.array(self.store.done[: len(self.columns.refs)], np.bool_)

    def _tick(self, done: int, total: int) -> None:
        self.ctx.progress(done, total, COMPARING)


def _write(images: Sequence[DuplicateImage], path: Path) -> None:
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        write_rows(file, [("group", "file_name", "frame", "kind")])
        write_rows(
            file,
            ((str(image.group), harmless(image.file_name), str(image.frame), image.kind) for image in images),
        )


def _batches(items: Iterator[Decoded[Any]]) -> Iterator[list[Decoded[Any]]]:
    while batch := list(itertools.islice(items, _BATCH)):
        yield batch


def _kinds(groups: npt.NDArray[np.int32], first: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """(n,) 0 in no group, 1 the first of one, 2 the content of an earlier one, 3 near."""
    rows = np.arange(len(groups))
    kinds = np.where(first != rows, np.uint8(2), np.uint8(3))
    kinds[groups == rows] = 1
    kinds[groups < 0] = 0
    return kinds


_KIND_NAMES = ("", "first", "exact", "near")


def _listed(
    columns: ImageColumns, groups: npt.NDArray[np.int32], kinds: npt.NDArray[np.uint8]
) -> Iterator[DuplicateImage]:
    rows = np.flatnonzero(groups >= 0)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    _, numbers = np.unique(groups[rows], return_inverse=True)
    for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
        yield DuplicateImage(
            number + 1, columns.refs[row].shown, _KIND_NAMES[kinds[row]], columns.refs[row].frame
        )
