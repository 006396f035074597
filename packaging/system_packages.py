"""Libraries and programs of the system that Qt and its tests need, and the Debian packages with them."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys

# Shared library or program -> Debian package. What QtWidgets is linked against and does not bring itself.
OFFSCREEN = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
# What Qt's plugins for the two kinds of screen need besides.
WAYLAND = dict(
    OFFSCREEN,
    **{"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"},
)
X11 = dict(
    OFFSCREEN,
    **{
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    },
)
# End-to-end tests start the real window on a screen in memory.
VIRTUAL_SCREEN = dict(X11, Xvfb="xvfb", openbox="openbox", xdotool="xdotool")


def ensure(needs: dict[str, str], why: str) -> bool:
    """Whether the system has all of them now. Root on Debian gets them installed, others the one line."""
    packages = missing(needs)
    if not packages:
        return True
    return install(packages, why) and not missing(needs)


def missing(needs: dict[str, str]) -> list[str]:
    """Packages of those that are not there. Only Linux is asked; Qt brings its own libraries elsewhere."""
    if not sys.platform.startswith("linux"):
        return []
    return [package for name, package in needs.items() if not _is_there(name)]


def install(packages: list[str], why: str) -> bool:
    """Install Debian packages as root, or print the line that does. Whether they were installed."""
    line = ["install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        print(f"{why} On Debian they are in: {' '.join(packages)}.", file=sys.stderr)
        return False
    if os.geteuid() != 0:
        print(f"{why} Install them with:\n  sudo apt-get {' '.join(line)}", file=sys.stderr)
        return False
    print(f"{why} Installing: {' '.join(packages)}", flush=True)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.call(["apt-get", "update", "-qq"], env=quiet)  # an old list may still do
    command = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *line]
    return subprocess.call(command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) == 0


def _is_there(name: str) -> bool:
    if ".so" not in name:
        return shutil.which(name) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
