"""The core is cheap to import, knows no Qt, and imports go one way."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "open_clip", "PySide6", "sklearn", "transformers", "medmnist")
SECONDS = 0.2
TRIES = 5

TIME_IMPORT = "import time; begin = time.perf_counter(); import core; print(time.perf_counter() - begin)"

# `loaded` is what came with the core's own modules, not with a `.pth` file of some other package.
IMPORT_EVERY_MODULE = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "medlabel_gui"):
            raise ModuleNotFoundError("No module named " + name)

sys.meta_path.insert(0, Blocker())
import core
names = [module.name for module in pkgutil.walk_packages(core.__path__, "core.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter that finds this source tree."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_that_importing_the_core_takes_less_than_a_fifth_of_a_second():
    """The best of a few: another process may hold the machine up, nothing makes an import too fast."""
    best = min(float(run_python(TIME_IMPORT)) for _ in range(TRIES))
    assert best < SECONDS


@pytest.mark.parametrize("module", ["core", "core.tasks", "core.cli.app"])
def test_that_nothing_heavy_is_loaded_before_a_task_needs_it(module: str):
    loaded = run_python(f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))")
    assert loaded.split() == []


def test_that_every_module_of_the_core_can_be_imported_without_qt():
    assert int(run_python(IMPORT_EVERY_MODULE)) > 20


def test_that_imports_go_one_way():
    """The contracts of pyproject.toml: layers, no Qt in the core, no torch in the GUI."""
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    if not (ROOT / "medlabel_gui" / "__init__.py").is_file():
        pytest.skip("the contracts are between two packages")
    linter = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
