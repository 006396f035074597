"""Write packaging/constraints.txt from what is installed in the environment of the Python that runs this."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("constraints.txt")
LINUX_ONLY = ("cuda-", "nvidia-", "triton")  # parts of torch for NVIDIA cards, there on Linux alone
INSTALLERS = ("pip==", "setuptools==", "wheel==")
HEADER = """\
# The versions that MedLabel is developed and tested with; `pip install -c` takes exactly these.
# To refresh: make a new environment, install MedLabel without this file, let its Python write it, and test:
#   python3 -m venv .venv-new
#   .venv-new/bin/python -m pip install ".[test,lint]"
#   .venv-new/bin/python packaging/refresh_constraints.py
#   make test demo
# torch and torchvision must be a pair that belongs together; PySide6 must not be 6.12.0 (pyproject.toml).
"""


def main() -> None:
    """Names and versions only: no addresses, no hashes, no local paths."""
    freeze = [sys.executable, "-m", "pip", "freeze", "--exclude", "medlabel", "--exclude-editable"]
    lines = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    lines = [line for line in lines if "==" in line and not line.startswith(INSTALLERS)]
    TARGET.write_text(HEADER + "\n".join(map(constraint, lines)) + "\n", encoding="utf-8")


def constraint(line: str) -> str:
    """`name==version` without a local build tag, limited to Linux where the package exists only there."""
    name, _, version = line.partition("==")
    only = '; sys_platform == "linux"' if name.startswith(LINUX_ONLY) else ""
    return f"{name}=={version.partition('+')[0]}{only}"


if __name__ == "__main__":
    main()
