"""Who and what made a result."""

import getpass
import platform
from functools import cache

from core import __version__

_PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "open_clip_torch",
    "safetensors",
    "numpy",
    "scipy",
    "pillow",
    "scikit-learn",
    "faiss-cpu",
    "cleanlab",
)


def who() -> str:
    """The login name of whoever sits here; empty when the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    from importlib.metadata import PackageNotFoundError, version  # it brings half of `email`

    found = [("medlabel", __version__), ("python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def versions() -> dict[str, str]:
    """Versions of what computes, by package name."""
    return dict(_versions())
