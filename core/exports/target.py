"""Where an export may be written: never onto the images, among them, or into the project."""

import os
from pathlib import Path

from core.errors import UserError
from core.exports.options import ExportRequest
from core.images.formats.registry import format_by_name
from core.images.places import lies_in, names_of

_ELSEWHERE = "Choose another place: images are never written to."


def sidecar_of(npz: Path) -> Path:
    """The JSON with the class names, beside an NPZ."""
    return npz.parent / f"{npz.stem}.json"


def check_target(request: ExportRequest, *beside: Path) -> None:
    """Raises `UserError` when `request.out`, or a file that is written `beside` it, must not be written there.

    That is: onto the images or the file with their class names, into the image folder or the project's folder,
    onto any other picture, or where a folder is. Links are followed.
    """
    for path in (request.out, *beside):
        _check_place(request, path)
        if _is_folder(path):
            raise UserError(f"{path} is a folder, not a file name.", "Add the name of the file.")
        if any(format_by_name(name.name) is not None and os.path.lexists(name) for name in names_of(path)):
            raise UserError(f"{path} is an image.", "Choose another name: images are never replaced.")


def check_npz_target(request: ExportRequest) -> None:
    """`check_target` of the NPZ and of the file with its class names, which must be two files."""
    sidecar = sidecar_of(request.out)
    if sidecar == request.out:
        raise UserError(
            f"{request.out.name} is the name of the file with the class names.", "End it in .npz."
        )
    check_target(request, sidecar)


def check_new_folder(request: ExportRequest) -> None:
    """Raises `UserError` when `request.out` holds something already, or lies where `check_target` refuses a file."""
    out, root = request.out, request.source.root
    _check_place(request, out)
    if _is_folder(root) and lies_in(root, out):
        raise UserError(f"{out} lies around the image folder.", _ELSEWHERE)
    if os.path.lexists(out) and not _is_empty_folder(out):
        raise UserError(f"{out} holds something already.", "Choose a new or an empty folder.")


def _check_place(request: ExportRequest, path: Path) -> None:
    root = request.source.root
    if _is_folder(root):
        if lies_in(path, root):
            raise UserError(f"{path} lies in the image folder.", _ELSEWHERE)
    elif any(lies_in(path, kept) for kept in (root, sidecar_of(root))):
        raise UserError(f"{path} belongs to the images of this project.", _ELSEWHERE)
    if request.project is not None and lies_in(path, request.project):
        raise UserError(f"{path} lies in the folder of the project.", "Choose another place.")


# What cannot be looked at is not there; that it cannot be written either is found when it is tried.


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_empty_folder(path: Path) -> bool:
    try:
        return not any(path.iterdir())
    except OSError:
        return False
