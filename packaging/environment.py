"""The virtual environment: a suitable Python, `.venv`, and what is installed in it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import system_packages

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
CORE_VENV = ROOT / ".venv-core"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python")
# In the environment itself, so that installing again needs no network.
BUILD_TOOLS = ("hatchling", "editables")
QT = ("pyside6", "pyside6-essentials", "pyqtgraph", "pytest-qt")
FIND_QT = "from importlib.util import find_spec as f; raise SystemExit(any(map(f, ('PySide6', 'pyqtgraph'))))"
STAMP = "medlabel-installed.json"


class BootstrapError(Exception):
    """Something that the person must mend; the message says how."""


def continue_in_suitable_python() -> None:
    """Start this program again in a newer Python when this one is too old; end it when there is none."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path and _works(path):
            sys.exit(subprocess.call([path, *sys.argv]))
    wanted = ".".join(map(str, OLDEST))
    sys.exit(f"MedLabel needs Python {wanted} or newer; this is {sys.version.split()[0]}.")


def python(venv: Path = VENV) -> str:
    """The interpreter of an environment."""
    return script("python", venv)


def script(name: str, venv: Path = VENV) -> str:
    """A command of an environment."""
    return str(venv / "Scripts" / f"{name}.exe" if os.name == "nt" else venv / "bin" / name)


def ensure_installed(venv: Path, extras: tuple[str, ...]) -> None:
    """Install this folder with the pinned versions, unless that is done already. Raises `BootstrapError`."""
    if _is_installed(venv, extras):
        return
    _ensure_venv(venv)
    print("Installing MedLabel and what it needs (several GB the first time).", flush=True)
    target = f".[{','.join(extras)}]" if extras else "."
    _pip(venv, *BUILD_TOOLS)
    _pip(venv, "--no-build-isolation", "--editable", target)
    _write_stamp(venv, extras)


def ensure_core_environment() -> str:
    """An environment in which no Qt was ever installed; gives its interpreter. Raises `BootstrapError`."""
    if not _is_installed(CORE_VENV, ("core",)):
        _ensure_venv(CORE_VENV)
        print(f"Installing the core without Qt in {CORE_VENV.name}.", flush=True)
        _pip(CORE_VENV, *BUILD_TOOLS, *core_requirements())
        _pip(CORE_VENV, "--no-build-isolation", "--no-deps", "--editable", ".")
        _write_stamp(CORE_VENV, ("core",))
    if subprocess.call([python(CORE_VENV), "-c", FIND_QT]):
        raise BootstrapError(f"{CORE_VENV} has Qt in it: delete the folder and try again.")
    return python(CORE_VENV)


def core_requirements() -> list[str]:
    """Dependencies and test tools of pyproject.toml, without Qt and what needs it."""
    import tomllib  # from 3.11; this file can be read by older ones

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [line for line in wanted if re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") not in QT]


def _ensure_venv(venv: Path) -> None:
    """Make the environment when it is missing, broken or was moved here from elsewhere."""
    if _works(python(venv)) and _read_stamp(venv).get("root", str(ROOT)) == str(ROOT):
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not system_packages.install([package], "This Python cannot make a virtual environment."):
            raise BootstrapError("Install what is named above, then give the same command again.")
    print(f"Making {venv.name} with Python {sys.version.split()[0]}.", flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(venv)]):
        raise BootstrapError(f"{venv} could not be made.")


def _works(path: str) -> bool:
    """Whether this is a Python that starts and is new enough."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.call([path, "-c", check], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _pip(venv: Path, *arguments: str) -> None:
    quiet = [] if sys.stdout.isatty() else ["-qq"]  # only errors where nobody watches
    # Byte code is made when a module is first used: most of torch never is.
    options = ["--disable-pip-version-check", "--no-compile", *quiet]
    command = [python(venv), "-m", "pip", "install", *options]
    if subprocess.call([*command, "--constraint", str(CONSTRAINTS), *arguments], cwd=str(ROOT)):
        raise BootstrapError(
            "Installing failed; pip says above why. The first time it needs a network and about 8 GB of disk."
        )


def _is_installed(venv: Path, extras: tuple[str, ...]) -> bool:
    stamp = _read_stamp(venv)
    done = stamp.get("key") == _key(venv) and set(extras) <= set(stamp.get("extras", "").split(","))
    return done and os.access(python(venv), os.X_OK)


def _key(venv: Path) -> str:
    """Changes with requirements, pinned versions, this folder's place and the environment's Python."""
    config = venv / "pyvenv.cfg"
    parts = [ROOT / "pyproject.toml", CONSTRAINTS, *([config] if config.is_file() else [])]
    digest = hashlib.sha256(str(ROOT).encode())
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def _read_stamp(venv: Path) -> dict[str, str]:
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(venv: Path, extras: tuple[str, ...]) -> None:
    stamp = {"key": _key(venv), "extras": ",".join(extras), "root": str(ROOT)}
    (venv / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
