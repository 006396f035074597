"""The CLIP models that can be chosen: those of the core's catalogue, and folders of this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.jobs import Progress
from medlabel_gui.texts.model import ModelDialogTexts, ModelTexts

if TYPE_CHECKING:
    from core.zeroshot.entry import ModelEntry


@dataclass(frozen=True)
class ModelChoice:
    """`missing` says why the model cannot be used on this machine yet, empty when it can; `hint` how to bring it.

    `size_mb` and `dim` are 0 where they are not known. `where` is the folder of its weights, `hub` the repository
    to download it from, empty where there is none. `own`: a folder that was opened, its `id` is the path.
    """

    id: str
    title: str
    detail: str
    missing: str = ""
    hint: str = ""
    size_mb: int = 0
    licence: str = ""
    good_for: str = ""
    context_length: int = 0
    image_side: int = 0
    dim: int = 0
    where: str = ""
    hub: str = ""
    own: bool = False


@dataclass(frozen=True)
class Download:
    """A download that was asked for; `progress` None until it begins, `stopping` once it was asked to stop."""

    id: str
    title: str
    progress: Progress | None = None
    stopping: bool = False

    def at(self, progress: Progress) -> "Download":
        """The same, further on."""
        return replace(self, progress=progress)

    def stopped(self) -> "Download":
        """The same, asked to stop."""
        return replace(self, stopping=True)


def model_choices(folders: Sequence[str] = ()) -> tuple[ModelChoice, ...]:
    """All models in the catalogue's order, then the folders. Looks for weights on the disk: not for the main thread.

    A folder that is gone or is no model comes back as a choice that says so.
    """
    from core.zeroshot.catalogue import models

    own = [_of_folder(folder) for folder in dict.fromkeys(folders)]
    return (*(_choice(entry) for entry in models()), *own)


def check_folder(path: Path) -> str:
    """The id of the model in a folder. Raises `UserError` where there is none or something is missing.

    Reads files: not for the main thread.
    """
    from core.zeroshot.catalogue import find_model
    from core.zeroshot.weights import locate

    if not path.is_dir():
        raise UserError(ModelTexts.folder_gone.format(path=path), ModelTexts.folder_gone_hint)
    entry = find_model(path)
    locate(entry)
    return entry.id


def size_text(megabytes: int) -> str:
    """`784 MB`, `1.7 GB`."""
    if not megabytes:
        return ModelTexts.unknown_size
    if megabytes < 1000:
        return ModelTexts.megabytes.format(count=megabytes)
    return ModelTexts.gigabytes.format(count=f"{megabytes / 1000:.1f}")


def _choice(entry: "ModelEntry", own: bool = False) -> ModelChoice:
    from core.zeroshot.weights import locate

    where = missing = hint = ""
    try:
        where = str(locate(entry).path.parent)
    except UserError as error:
        missing, hint = error.message, _hint(entry) or error.hint
    size = size_text(entry.size_mb)
    return ModelChoice(
        id=entry.id,
        title=entry.title,
        detail=ModelTexts.summary.format(good_for=entry.good_for, size=size, licence=entry.licence),
        missing=missing,
        hint=hint,
        size_mb=entry.size_mb,
        licence=entry.licence,
        good_for=entry.good_for,
        context_length=entry.context_length,
        image_side=entry.image_side,
        dim=entry.dim,
        where=where,
        hub=entry.hub,
        own=own,
    )


def _hint(entry: "ModelEntry") -> str:
    """How to bring a model of the table by hand with what the window has; the core's words are the command line's."""
    from core.zeroshot.entry import by_hand

    parts = by_hand(entry)
    if parts is None:
        return ""
    *most, last = parts.files
    files = ModelDialogTexts.file_list.format(first=", ".join(most), last=last)
    text = ModelDialogTexts.by_hand.format(files=files, page=parts.page)
    if parts.text_page:
        text += " " + ModelDialogTexts.by_hand_text.format(page=parts.text_page)
    return text


def _of_folder(folder: str) -> ModelChoice:
    from core.zeroshot.catalogue import find_model

    title = Path(folder).name or folder
    try:
        if Path(folder).is_dir():
            return _choice(find_model(folder), own=True)
        missing, hint = ModelTexts.folder_gone.format(path=folder), ModelTexts.folder_gone_hint
    except UserError as error:
        missing, hint = error.message, error.hint
    except OSError as error:
        missing = ModelTexts.folder_unreadable.format(path=folder, reason=error.strerror or error)
        hint = ModelTexts.folder_gone_hint
    return ModelChoice(folder, title, "", missing, hint, own=True)
