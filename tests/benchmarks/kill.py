"""The project store, killed again and again: `make kill ARGS="--kills 500"`.

A driver makes random edits, runs and trainings on a project and is ended by SIGKILL at a random moment, mostly
while an edit is being written. After each time the project must open, hold every acknowledged edit, and be what its
log says. Prints the figures; exit code 1 at the first project that does not hold.
"""

import argparse
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from core.images.refs import ImageRef, ScannedImage
from core.project.project import Project
from tests.benchmarks.kill_check import Told, check
from tests.benchmarks.kill_driver import drive

IMAGES = 3000
ROUNDS = 25  # kills that one project gets
_EDITS = 16  # at most so many edits before a kill
_DELAY = 0.004  # seconds at most from the beginning of an edit to the kill


@dataclass
class Figures:
    """What came of it. `unsaid`: edits that were in the log although nobody was told so any more."""

    kills: int = 0
    between: int = 0
    acknowledged: int = 0
    unsaid: int = 0
    runs: int = 0
    trained: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        share = self.between / max(self.kills, 1)
        return (
            f"kills {self.kills}, of them between the start of an edit and its acknowledgement {self.between} "
            f"({share:.0%})\nedits acknowledged {self.acknowledged}, lost 0; written but not acknowledged "
            f"{self.unsaid}\nruns acknowledged {self.runs}; kills while networks were trained {self.trained}\n"
            f"after every kill the project opened and was the replay of its log ({self.seconds:.0f} s)"
        )


def kill_often(place: Path, kills: int, seed: int = 0, training: float = 0.0) -> Figures:
    """Raises `AssertionError` when a project does not hold. `training` is the share of rounds that train networks."""
    rng, figures, started = random.Random(seed), Figures(), time.monotonic()
    for number in range(kills):
        folder = place / f"{number // ROUNDS}.medlabel"
        if not folder.exists():
            _make(folder, place)
        train = rng.random() < training
        told = _one_round(folder, f"{seed}.{number}", rng, train)
        figures.unsaid += check(folder, f"{seed}.{number}", told)
        figures.kills += 1
        figures.between += told.open is not None
        figures.acknowledged += len(told.digests)
        figures.runs += len(told.runs)
        figures.trained += train
    figures.seconds = time.monotonic() - started
    return figures


def _make(folder: Path, source: Path) -> None:
    with Project.create(folder, source) as project:
        project.images.add([ScannedImage(ImageRef(f"{row}.png"), 1, 1) for row in range(IMAGES)], 0)


def _one_round(folder: Path, name: str, rng: random.Random, train: bool) -> Told:
    """Fork the driver, wait for a random number of edits, kill it; what it had told."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _be_the_driver(folder, name, reading, writing, train)
    os.close(writing)
    told, text, edits = Told(), "", rng.randrange(_EDITS)
    while text.count("S ") <= edits:  # the kill comes after the start of an edit ...
        text += os.read(reading, 65536).decode() or _ended(child)
    anywhere = rng.random() < 0.3  # ... or of whatever comes then
    select.select([], [], [], rng.random() * _DELAY * (20 if anywhere else 1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 65536):
        text += more.decode()
    os.close(reading)
    told.read(text)
    return told


def _be_the_driver(folder: Path, name: str, reading: int, writing: int, train: bool) -> None:
    try:
        os.close(reading)
        drive(folder, name, writing, train)
    except BaseException:  # nothing of the parent's may run in the fork
        traceback.print_exc()
    finally:
        os._exit(1)


def _ended(child: int) -> str:
    raise AssertionError(f"the driver ended by itself: {os.waitpid(child, 0)[1]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a fork inherits no threads
    import torch

    import core.refine.checkpoint  # noqa: F401  once here, not in each fork

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="medlabel-kill-") as place:
        print(kill_often(Path(place), options.kills, options.seed, training=0.1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
