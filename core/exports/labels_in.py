"""Labels from files of any origin: CSV, class folders, and weak labels as probabilities."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.exports.spreadsheet import plain_text
from core.images.formats.registry import format_by_name
from core.images.refs import ImageRef
from core.images.zip_archive import class_folders_in, is_zip

NAME_COLUMNS = ("file_name", "filename", "file", "image", "path", "id", "name")
LABEL_COLUMNS = ("label", "class", "target", "category")
_MAX_NOTES = 5

Lines = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class WeakLabels:
    """`files` (n) names, `classes` (k) names, `probabilities` (n, k) float32, each row summing to 1."""

    files: list[str]
    classes: list[str]
    probabilities: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Matched:
    """`rows` (m,) row numbers of images, `found` (m,) positions in the list of names; `notes` on the rest.

    A name of a file with several images stands for all of them.
    """

    rows: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    notes: tuple[str, ...]


@contextmanager
def open_table(path: Path) -> Iterator[tuple[list[str], Lines]]:
    """Header and (line number, cells) of a CSV with commas, semicolons or tabs. Raises `UserError`."""
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=first.count)
            reader = csv.reader(file, delimiter=delimiter)
            header = [cell.strip() for cell in next(reader, [])]
            if not any(header):
                raise UserError(f"{path.name} is empty.")
            yield (
                header,
                ((reader.line_num, [plain_text(cell) for cell in row]) for row in reader if any(row)),
            )
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except csv.Error as error:
        raise UserError(f"{path.name} cannot be read as CSV: {error}.") from error


def name_column(path: Path, header: Sequence[str]) -> int:
    """The position of the column of file names. Raises `UserError`."""
    return _column(path, header, NAME_COLUMNS)


def read_labels_csv(path: Path) -> dict[str, str]:
    """file_name -> label; rows without a label are left out. Raises `UserError` naming the line."""
    found: dict[str, str] = {}
    with open_table(path) as (header, lines):
        names, labels = name_column(path, header), _column(path, header, LABEL_COLUMNS)
        for number, row in lines:
            if len(row) <= max(names, labels):
                raise UserError(
                    f"{path.name}, line {number}: there are {len(row)} cells, {len(header)} were expected."
                )
            name, label = row[names].strip(), row[labels].strip()
            if found.get(name, label) != label:
                raise UserError(
                    f"{path.name}, line {number}: '{name}' has two labels, '{found[name]}' and '{label}'."
                )
            if label:
                found[name] = label
    if not found:
        raise UserError(f"{path.name} holds no label.")
    return found


def read_class_folders(folder: Path) -> dict[str, str]:
    """`<class>/<file>` -> class for every picture below `folder`; the first folder of the path is the class.

    `folder` may be a zip archive. Raises `UserError` when there is none.
    """
    found = class_folders_in(folder) if is_zip(folder) else _class_folders(folder)
    if not found:
        raise UserError(f"{folder} holds no folders with pictures.", "Expected is one folder a class.")
    return found


def _class_folders(folder: Path) -> dict[str, str]:
    found = {}
    for class_folder in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(class_folder.rglob("*")):
            if format_by_name(path.name) is not None:
                found[path.relative_to(folder).as_posix()] = class_folder.name
    return found


def read_probabilities_csv(path: Path) -> WeakLabels:
    """Weak labels: file_name and one probability column a class. Raises `UserError` naming the line."""
    files: list[str] = []
    rows: list[list[float]] = []
    with open_table(path) as (header, lines):
        names = name_column(path, header)
        classes = [name for position, name in enumerate(header) if position != names]
        if len(classes) < 2 or len(set(classes)) < len(classes) or not all(classes):
            raise UserError(
                f"{path.name} needs one column a class, at least two, each with a name of its own."
            )
        for number, row in lines:
            files.append(row[names].strip() if names < len(row) else "")
            rows.append(
                _probabilities(path, number, [c for i, c in enumerate(row) if i != names], len(classes))
            )
    if not rows:
        raise UserError(f"{path.name} holds no row.")
    if len(set(files)) < len(files):
        twice = Counter(files).most_common(1)[0][0]
        raise UserError(f"{path.name}: '{twice}' stands there twice.")
    values = np.array(rows, np.float64)
    return WeakLabels(files, classes, (values / values.sum(axis=1, keepdims=True)).astype(np.float32))


def match_names(names: Sequence[str], refs: Sequence[ImageRef]) -> Matched:
    """Find the image of each name: by its path below the image folder, else by its bare name where that is unique."""
    by_shown: dict[str, list[int]] = {}
    by_path: dict[str, list[int]] = {}
    for row, ref in enumerate(refs):
        by_shown.setdefault(ref.shown, []).append(row)
        by_path.setdefault(ref.path, []).append(row)
    by_path = {**by_shown, **by_path}
    paths = {ref.path for ref in refs}
    bare = Counter(path.rsplit("/", 1)[-1] for path in paths)
    by_bare = {path.rsplit("/", 1)[-1]: by_path[path] for path in paths}
    rows: list[int] = []
    found: list[int] = []
    missing = []
    for position, name in enumerate(names):
        path = name.replace("\\", "/").removeprefix("./")
        last = path.rsplit("/", 1)[-1]
        here = by_path.get(name) or by_path.get(path) or (by_bare[last] if bare[last] == 1 else [])
        rows += here
        found += [position] * len(here)
        if not here:
            missing.append(name)
    return Matched(
        np.array(rows, np.int64), np.array(found, np.int64), _notes(missing, len(refs) - len(set(rows)))
    )


def _notes(missing: list[str], unnamed: int) -> tuple[str, ...]:
    notes = []
    if missing:
        some = ", ".join(ImageRef(name).legible for name in missing[:_MAX_NOTES]) + (
            " ..." if len(missing) > _MAX_NOTES else ""
        )
        names = "1 name is" if len(missing) == 1 else f"{len(missing):,} names are"
        notes.append(f"{names} no image of this project, or of several: {some}")
    if unnamed:
        images = "1 image is" if unnamed == 1 else f"{unnamed:,} images are"
        notes.append(f"{images} not named there.")
    return tuple(notes)


def _column(path: Path, header: Sequence[str], aliases: Sequence[str]) -> int:
    lowered = [name.casefold() for name in header]
    for alias in aliases:
        if alias in lowered:
            return lowered.index(alias)
    raise UserError(f"{path.name} has no column '{aliases[0]}'.", f"It has: {', '.join(header)}.")


def _probabilities(path: Path, number: int, cells: Sequence[str], classes: int) -> list[float]:
    if len(cells) != classes:
        raise UserError(
            f"{path.name}, line {number}: there are {len(cells)} probabilities, {classes} were expected."
        )
    values = [_number(path, number, cell) for cell in cells]
    if not all(0 <= value < float("inf") for value in values) or sum(values) <= 0:
        raise UserError(f"{path.name}, line {number}: {values} are no probabilities.")
    return values


def _number(path: Path, line: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        what = f"'{cell}' is no number" if cell.strip() else "a probability is missing"
        hint = "Write probabilities as 0.25, with a point."
        raise UserError(f"{path.name}, line {line}: {what}.", hint) from error
