"""PySide6 6.12.0 aborts the interpreter after some thousands of emits on CPython 3.11."""

import os
import subprocess
import sys

SCRIPT = """
from PySide6.QtCore import QCoreApplication, QObject, Signal
class Source(QObject):
    told = Signal(int, bool)
app, source, count = QCoreApplication([]), Source(), [0]
def take(number, flag):
    count[0] += 1
source.told.connect(take)
for number in range(50_000):
    source.told.emit(number, True)
print(count[0])
"""


def test_that_emitting_fifty_thousand_times_does_not_abort_the_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "50000"), done.stderr
