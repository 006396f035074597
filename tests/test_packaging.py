"""What is delivered: the wheel, the pinned versions, and the files that ship with the application."""

import configparser
import importlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ROOT / "resources"
SOURCES = ("core", "medlabel_gui", "resources", "pyproject.toml", "README.md", "LICENSE")
PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9._]+(; sys_platform == \"(linux|win32|darwin)\")?")

WHERE_RESOURCES_ARE = "import core.resources as r; print(r.resource_path('samples', 'LICENSE.md'))"


def files_below(folder: Path) -> set[str]:
    """Relative POSIX paths of the files of a folder, without caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build writes into the tree that it builds from."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as an installer lays it out."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked: Path) -> Message:
    return message_from_string(next(unpacked.glob("*.dist-info/METADATA")).read_text(encoding="utf-8"))


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """packaging/bootstrap.py, which finds its neighbours because a script's own folder is on the path."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    return importlib.import_module("bootstrap")


def python_with(paths: list[Path], code: str, cwd: Path) -> str:
    """Output of an interpreter that sees `paths` before anything that is installed."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_that_the_wheel_holds_two_packages_and_nothing_else_at_the_top(unpacked: Path):
    names = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"core", "medlabel_gui"}


def test_that_the_wheel_holds_every_resource_below_the_core(unpacked: Path):
    assert files_below(unpacked / "core" / "_resources") == files_below(RESOURCES)


@pytest.mark.parametrize("part", ["models/starter", "samples/images"])
def test_that_the_model_and_the_samples_are_among_the_resources(unpacked: Path, part: str):
    if not (RESOURCES / part).is_dir():
        pytest.skip(f"resources/{part} is not there yet")
    assert files_below(unpacked / "core" / "_resources" / part)


def test_that_the_wheel_holds_every_module_and_template(unpacked: Path):
    for package in ("core", "medlabel_gui"):
        modules = {name for name in files_below(ROOT / package) if name.endswith((".py", ".html", ".css"))}
        assert modules <= files_below(unpacked / package)


def test_that_both_commands_are_entry_points(unpacked: Path):
    entries = configparser.ConfigParser()
    entries.read(next(unpacked.glob("*.dist-info/entry_points.txt")), encoding="utf-8")
    assert entries["console_scripts"]["medlabel"] == "core.cli:main"
    assert entries["gui_scripts"]["medlabel-gui"] == "medlabel_gui.__main__:main"


def test_that_the_metadata_names_licence_python_and_the_broken_qt(metadata: Message):
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    qt = next(line for line in metadata.get_all("Requires-Dist", []) if line.lower().startswith("pyside6"))
    assert "essentials" in qt.lower()
    assert "!=6.12.0" in qt


def test_that_every_licence_text_is_in_the_wheel(metadata: Message, unpacked: Path):
    licences = {path.relative_to(ROOT).as_posix() for path in RESOURCES.rglob("LICENSE.md")} | {"LICENSE"}
    assert set(metadata.get_all("License-File", [])) == licences
    assert files_below(next(unpacked.glob("*.dist-info/licenses"))) == licences
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_that_resources_are_found_in_a_source_tree(tmp_path: Path):
    assert Path(python_with([ROOT], WHERE_RESOURCES_ARE, tmp_path)).is_relative_to(RESOURCES)


def test_that_resources_are_found_in_an_installed_wheel(unpacked: Path, tmp_path: Path):
    found = Path(python_with([unpacked], WHERE_RESOURCES_ARE, tmp_path))
    assert found.is_relative_to(unpacked)
    assert found.is_file() or not any(RESOURCES.rglob("LICENSE.md"))


def test_that_resources_are_found_in_a_frozen_application(unpacked: Path, tmp_path: Path):
    """PyInstaller's one-folder layout: modules compiled into an archive, data beside the program."""
    internal = tmp_path / "_internal"
    shutil.copytree(unpacked / "core" / "_resources", internal / "core" / "_resources")
    freeze = f"""
import importlib.util, sys
sys.frozen, sys._MEIPASS = True, {str(internal)!r}
# The loader of a frozen application gives modules a __file__ below _MEIPASS though no source lies there.
for name, file in (("core", "core/__init__.py"), ("core.resources", "core/resources.py")):
    source = open({str(unpacked)!r} + "/" + file, encoding="utf-8").read()
    module = type(sys)(name)
    module.__file__, module.__path__ = {str(internal)!r} + "/" + file + "c", []
    sys.modules[name] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)
print(module.resource_path("samples", "LICENSE.md"))
"""
    assert Path(python_with([], freeze, tmp_path)).is_relative_to(internal)


def test_that_the_constraints_are_pure_pins():
    """Names and versions only, so that the file works with any index, mirror or local folder."""
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not PIN.fullmatch(line)] == []
    assert "://" not in "\n".join(lines)


def test_that_every_requirement_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonical(line) for line in lines}
    assert [line for line in wanted if canonical(line) not in pinned] == []


def test_that_a_refreshed_pin_drops_the_build_and_keeps_linux_parts_to_linux(bootstrap: ModuleType):
    refresh = importlib.import_module("refresh_constraints")
    assert refresh.constraint("torch==2.15.0+cpu") == "torch==2.15.0"
    assert (
        refresh.constraint("nvidia-nccl-cu13==2.30.7") == 'nvidia-nccl-cu13==2.30.7; sys_platform == "linux"'
    )


def test_that_the_environment_of_the_core_asks_for_no_qt(bootstrap: ModuleType):
    wanted = {canonical(line) for line in bootstrap.environment.core_requirements()}
    assert {"numpy", "torch", "typer", "pytest", "hypothesis"} <= wanted
    assert wanted.isdisjoint({"pyside6-essentials", "pyqtgraph", "pytest-qt"})


def test_that_a_second_run_installs_nothing_until_a_pin_changes(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    environment = bootstrap.environment
    pins, venv = tmp_path / "constraints.txt", tmp_path / "venv"
    pins.write_text("numpy==2.0\n", encoding="utf-8")
    monkeypatch.setattr(environment, "CONSTRAINTS", pins)
    python = Path(environment.python(venv))
    python.parent.mkdir(parents=True)
    shutil.copy(sys.executable, python)
    environment._write_stamp(venv, ("lint", "test"))
    assert environment._is_installed(venv, ("test", "lint"))
    assert environment._is_installed(venv, ())
    assert not environment._is_installed(venv, ("docs",))
    pins.write_text("numpy==2.1\n", encoding="utf-8")
    assert not environment._is_installed(venv, ("test", "lint"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is asked")
def test_that_only_missing_libraries_are_asked_for(bootstrap: ModuleType):
    needs = {"libc.so.6": "libc6", "libnothere.so.1": "libnothere1", "no-such-program": "nothing"}
    assert bootstrap.system_packages.missing(needs) == ["libnothere1", "nothing"]


def test_that_every_step_runs_and_one_failure_is_enough(
    bootstrap: ModuleType, capfd: pytest.CaptureFixture[str]
):
    steps = {
        "bad": [sys.executable, "-c", "raise SystemExit(3)"],
        "good": [sys.executable, "-c", "print(42)"],
    }
    assert bootstrap.run_all(steps) == 1
    shown = capfd.readouterr().out
    assert "42" in shown
    assert "FAILED   bad" in shown
    assert "ok       good" in shown


def test_that_the_packaging_folder_is_no_package():
    """`import packaging` must go on to find the library of that name."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


def canonical(requirement: str) -> str:
    """`PySide6_Essentials==6.11.3` and `PySide6-Essentials>=6.8.3` to `pyside6-essentials`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()
