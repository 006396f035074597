"""What huggingface_hub has stored on this machine, by its folder layout: no network, no import of it."""

import os
from collections.abc import Iterator
from pathlib import Path


def cache_folder() -> Path:
    """The cache folder as huggingface_hub has it: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(variable):
            return _path(value)
    if value := os.environ.get("HF_HOME"):
        return _path(value) / "hub"
    return _path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def snapshots(repository: str) -> Iterator[Path]:
    """The stored snapshots of `org/name`: first that which `main` points at, then the newest."""
    root = cache_folder() / f"models--{repository.replace('/', '--')}"
    folder = root / "snapshots"
    try:
        main = folder / (root / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        main = folder
    if main != folder and main.is_dir():
        yield main
    try:
        others = [path for path in folder.iterdir() if path.is_dir() and path != main]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return
    yield from others


def _path(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser()
