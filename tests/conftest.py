"""For every test: no screen, no network; and, when asked, an interpreter in which Qt cannot be imported."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# Before any test imports Qt or a model library. End-to-end tests set their own for the processes they start.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

QT_BLOCKED = os.environ.get("MEDLABEL_BLOCK_QT") == "1"
QT_PACKAGES = frozenset({"PySide6", "shiboken6", "pyqtgraph", "medlabel_gui"})


class QtBlocker(MetaPathFinder):
    """Makes an installed Qt look as if it were not there. `make test-core` runs the core's tests so."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in QT_PACKAGES:
            raise ModuleNotFoundError(f"No module named {fullname!r} (MEDLABEL_BLOCK_QT)", name=fullname)
        return None


if QT_BLOCKED:
    sys.meta_path.insert(0, QtBlocker())
    collect_ignore = ["gui", "e2e"]
