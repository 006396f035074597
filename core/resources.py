"""Where the shipped files are: icons, sample images, the built-in model."""

from pathlib import Path

_PACKAGED = Path(__file__).parent / "_resources"  # in a wheel and in a frozen application
_SOURCE = Path(__file__).parent.parent / "resources"  # in a source tree


def resource_path(*parts: str) -> Path:
    """Path below the shipped `resources/` folder, alike in a source tree, a wheel and a frozen application."""
    root = _PACKAGED if _PACKAGED.is_dir() else _SOURCE
    return root.joinpath(*parts)
