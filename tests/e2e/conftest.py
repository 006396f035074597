"""The real programs, run as a user runs them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


class CommandLine:
    """`medlabel` in a process of its own, with its own user data folder."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "MEDLABEL_HOME": str(home), "HF_HUB_OFFLINE": "1"}

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "core.cli", *map(str, arguments)]
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    def run(self, *arguments: object, expect: int = 0) -> str:
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=600)
        assert process.returncode == expect, f"exit code {process.returncode}\n{output}\n{errors}"
        return output if expect == 0 else errors

    def json(self, *arguments: object) -> dict:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def medlabel(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "user data")


@pytest.fixture
def many_images(tmp_path: Path) -> Path:
    """800 small pictures of two kinds in two folders."""
    root = tmp_path / "many images"
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64]
    for number in range(400):
        shift = rng.integers(-8, 9, 2)
        disc = ((x - 32 - shift[0]) ** 2 + (y - 32 - shift[1]) ** 2 < rng.integers(150, 400)) * 180
        stripes = ((x + shift[0]) // 8 % 2) * 180
        for name, picture in (("a", disc), ("b", stripes)):
            path = root / name / f"{number:04d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            noisy = np.clip(picture + rng.integers(0, 70, picture.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(path)
    return root


def interrupt(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Send a signal and wait for the end; exit code and standard error."""
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors
