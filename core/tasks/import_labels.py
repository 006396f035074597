"""Known labels from a file, an archive or class folders, to measure the stages against."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import UserError
from core.exports.labels_in import Matched, match_names, read_class_folders, read_labels_csv
from core.images.npz import NpzSource
from core.images.refs import ImageRef
from core.images.zip_archive import is_zip
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import ImageClass
from core.tasks.class_names import suggest

STAGE = "Reading known labels"
_EXAMPLES = 5


@dataclass(frozen=True)
class ImportSpec:
    """`source` is a CSV (file_name, label), class folders in a folder or a zip archive, or an NPZ with labels.

    `renamed` maps names of classes there to names of classes here; images of the classes in `left_out` get no known
    label. A class of an NPZ is a number: it means the class here at that place, from 0, unless `renamed` has it.
    """

    project: Path
    source: Path
    renamed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportResult:
    """Images that have a known label now; `notes` say what did not match."""

    matched: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FoundName:
    """A class as it is called in the source, and how many images of the project it is said of.

    `suggested` is the class here that seems to be meant, empty for none; `alike` when the names only resemble each
    other, or when a number was taken for a place in the list: somebody has to look at it.
    """

    name: str
    images: int
    suggested: str = ""
    alike: bool = False

    @property
    def shown(self) -> str:
        """The name for people: bytes that are not UTF-8 as `\\xff`."""
        return ImageRef(self.name).legible


@dataclass(frozen=True)
class ImportPreview:
    """What a source holds, nothing of it stored. `found` has the commonest class first.

    `images` are all images of the project, `matched` those that the source names, `known` those that have a known
    label from before. `unmatched` counts names that are no image here; `examples` are the first of them.
    """

    source: Path
    found: tuple[FoundName, ...]
    images: int
    matched: int
    known: int
    unmatched: int
    examples: tuple[str, ...]


class UnknownClassesError(UserError):
    """The source has class names that the project does not have."""


def import_labels(spec: ImportSpec, ctx: JobContext) -> ImportResult:
    """Store known labels as truth: they are measured against, never trained on.

    Raises `UserError`, and `UnknownClassesError` for names that are no class here and are not left out.
    """
    with Project.open(spec.project) as project:
        project.check_writable()
        ctx.progress(0, 0, STAGE)
        read = _read(spec.source)
        wanted = _named_here(set(read.values()), spec, project.classes)
        ids = _class_ids(wanted, project.classes)
        rows, matched = _match(read, project)
        if not rows:
            raise UserError(f"No name in {spec.source.name} is an image of this project.")
        truth = {row: ids[name] for row, name in rows.items() if name in ids}
        if not truth:
            raise UserError("No image would get a known label: every class is left out.")
        ctx.check()
        project.set_truth(truth)
    return ImportResult(len(truth), tuple(matched.notes))


def preview_import(spec: ImportSpec, ctx: JobContext) -> ImportPreview:
    """What `import_labels` would find in `spec.source`; its `renamed` and `left_out` do not matter.

    Raises `UserError` when the source cannot be read. That no name is an image here is no error: `matched` is 0.
    """
    with Project.open(spec.project) as project:
        ctx.progress(0, 0, STAGE)
        read = _read(spec.source)
        ctx.check()
        rows, matched = _match(read, project)
        classes, known, images = project.classes, len(project.truth()), project.images.count()
    ctx.check()
    counts = Counter(dict.fromkeys(read.values(), 0))
    counts.update(rows.values())
    there = set(matched.found.tolist())
    missing = [name for position, name in enumerate(read) if position not in there]
    numbers = _has_numbers(spec.source)
    found = [_found(name, count, classes, numbers) for name, count in counts.most_common()]
    examples = tuple(ImageRef(name).legible for name in missing[:_EXAMPLES])
    return ImportPreview(spec.source, tuple(found), images, len(rows), known, len(missing), examples)


def _read(source: Path) -> dict[str, str]:
    """File name -> class as the source has it; a class of an NPZ is its number."""
    if source.is_dir() or is_zip(source):
        return read_class_folders(source)
    if _has_numbers(source):
        return {path: str(label) for path, label in NpzSource(source).labels().items()}
    return read_labels_csv(source)


def _match(read: Mapping[str, str], project: Project) -> tuple[dict[int, str], Matched]:
    """The class of each row of the project as the source has it; the last one where several names are one image."""
    matched = match_names(list(read), project.images.columns().refs)
    labels = list(read.values())
    pairs = zip(matched.rows.tolist(), matched.found.tolist(), strict=True)
    return {row: labels[found] for row, found in pairs}, matched


def _found(name: str, images: int, classes: tuple[ImageClass, ...], is_number: bool) -> FoundName:
    if is_number:
        at_place = _at_place(name, classes)
        return FoundName(name, images, at_place or "", alike=at_place is not None)
    suggested, alike = suggest(name, [c.name for c in classes])
    return FoundName(name, images, suggested, alike)


def _has_numbers(source: Path) -> bool:
    """Whether the classes there are numbers: the source is an NPZ."""
    return source.suffix.lower() == ".npz" and not source.is_dir()


def _at_place(number: str, classes: tuple[ImageClass, ...]) -> str | None:
    """The name of the class at this place, from 0."""
    known = number.isdecimal() and int(number) < len(classes)
    return classes[int(number)].name if known else None


def _named_here(names: set[str], spec: ImportSpec, classes: tuple[ImageClass, ...]) -> dict[str, str]:
    """Class in the source -> name of the class here, without those that are left out."""
    numbers = _has_numbers(spec.source)
    called = {
        name: (_at_place(name, classes) or name) if numbers else name for name in names - set(spec.left_out)
    }
    return {name: spec.renamed.get(name, spec.renamed.get(here, here)) for name, here in called.items()}


def _class_ids(wanted: Mapping[str, str], classes: tuple[ImageClass, ...]) -> dict[str, int]:
    """Class in the source -> id of the class here. Raises `UnknownClassesError`."""
    by_name = {c.name.casefold(): c.id for c in classes}
    unknown = sorted({here for here in wanted.values() if here.casefold() not in by_name})
    if unknown:
        known = ", ".join(c.name for c in classes) or "none yet"
        raise UnknownClassesError(
            f"These are not classes of the project: {', '.join(unknown[:10])} (it has: {known}).",
            "Say which class of the project each of them is, or label with these class names first.",
        )
    return {name: by_name[here.casefold()] for name, here in wanted.items()}
