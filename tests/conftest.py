"""For every test: no screen, no network; and, when asked, an interpreter in which Qt cannot be imported."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

# Before any test imports Qt or a model library. End-to-end tests set their own for the processes they start.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Whatever reaches for another machine fails its test: here by an audit hook, in the Python processes that tests start
# by the same hook, which they find first on their path.
GUARD = str(Path(__file__).with_name("network_guard"))
sys.path.insert(0, GUARD)
import no_network  # noqa: E402

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (GUARD, os.environ.get("PYTHONPATH"))))
# One folder for the whole run, one file for each process of tests: those of pytest-xdist inherit the folder.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if "MEDLABEL_NETWORK_ATTEMPTS" not in os.environ:
    os.environ["MEDLABEL_NETWORK_ATTEMPTS"] = tempfile.mkdtemp(prefix="medlabel-network-")
ATTEMPTS = Path(os.environ["MEDLABEL_NETWORK_ATTEMPTS"])
os.environ[no_network.LOG] = str(ATTEMPTS / f"attempts-{WORKER or 'main'}.txt")
no_network.install()

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


@pytest.fixture(autouse=True)
def no_network_is_reached() -> Iterator[None]:
    """Fails a test during which this process, or one that it started, reached for another machine."""
    yield
    tried = no_network.attempts()
    no_network.forget()
    assert not tried, f"the network was reached for: {tried}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The same for what was tried outside a test: while tests were collected, or after the last one.

    A process of pytest-xdist leaves its file behind; the one that started it looks at all of them.
    """
    if WORKER:
        return
    logs = sorted(ATTEMPTS.glob("attempts-*.txt"))
    for log in logs:
        sys.stderr.write(f"The network was reached for outside a test:\n{log.read_text(encoding='utf-8')}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    shutil.rmtree(ATTEMPTS, ignore_errors=True)
