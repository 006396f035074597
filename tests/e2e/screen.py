"""A screen in memory with a window manager: real key presses and mouse clicks, and pictures of what is seen."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageGrab

T = TypeVar("T")
PROGRAMS = ("Xvfb", "openbox", "xdotool")
SIZE = (1366, 768)


def missing_programs() -> list[str]:
    """What this machine lacks for an end-to-end test of the window."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Screen:
    """Use as a context manager; pictures go to `pictures`."""

    def __init__(self, pictures: Path) -> None:
        self._pictures = pictures
        pictures.mkdir(parents=True, exist_ok=True)
        self._processes: list[subprocess.Popen[bytes]] = []
        self.display = ""

    def __enter__(self) -> "Screen":
        read, write = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
        self._start(command, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as numbers:
            self.display = f":{numbers.readline().strip()}"
        self._start(["openbox"])
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(10)

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to show themselves here."""
        return {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def picture(self, name: str) -> Image.Image:
        """What is seen now, kept as a PNG."""
        taken = ImageGrab.grab(xdisplay=self.display)
        taken.save(self._pictures / f"{name}.png")
        return taken

    def press(self, *keys: str) -> None:
        """Key presses as xdotool names them: `ctrl+l`, `Return`."""
        for key in keys:
            self._xdotool("key", "--clearmodifiers", key)
            time.sleep(0.05)  # a person is no faster

    def write(self, text: str) -> None:
        """Type a text."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press("Return")
            self._xdotool("type", "--delay", "8", line)

    def click(self, x: int, y: int) -> None:
        """Click with the left button."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def window(self, title: str, seconds: float = 30.0) -> str:
        """Wait for a window whose title matches, bring it to the front; its number."""
        found = wait_for(lambda: self._search(title), f"a window named {title}", seconds)
        self._xdotool("windowactivate", "--sync", found)
        return found

    def wait_closed(self, title: str, seconds: float = 30.0) -> None:
        """Wait until no window has such a title."""
        wait_for(lambda: not self._search(title), f"the end of the window {title}", seconds)

    def _search(self, title: str) -> str:
        return self._xdotool("search", "--onlyvisible", "--name", title).split("\n")[0]

    def _xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip()

    def _start(self, command: list[str], pass_fds: tuple[int, ...] = ()) -> None:
        environment = self.environment if self.display else dict(os.environ)
        quiet = subprocess.DEVNULL
        self._processes.append(
            subprocess.Popen(command, env=environment, pass_fds=pass_fds, stdout=quiet, stderr=quiet)
        )


def wait_for(condition: Callable[[], T], what: str, seconds: float = 60.0) -> T:
    """The first true value of `condition`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")
