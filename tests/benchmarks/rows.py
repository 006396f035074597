"""A measured figure beside what it should reach, and the table and file that hold them all."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("PySide6-Essentials", "torch", "open_clip_torch", "numpy", "pillow")


@dataclass(frozen=True)
class Row:
    """One figure. `reach` is in words, `unit` for both."""

    what: str
    value: float
    unit: str
    reach: str = ""


def machine() -> dict[str, str | int]:
    """What it was measured on."""
    found: dict[str, str | int] = {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'what':<{width}}  {'measured':>14}  reach"]
    lines += [f"{row.what:<{width}}  {row.value:>9.4g} {row.unit:<4}  {row.reach}" for row in rows]
    return "\n".join(lines)


def write(path: Path, rows: Sequence[Row]) -> None:
    """The rows and the machine's facts as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
