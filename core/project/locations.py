"""Where projects lie when nobody says: in the user's data folder, keyed by the resolved source path."""

import hashlib
import os
import re
from pathlib import Path

import platformdirs

SUFFIX = ".medlabel"


def data_folder() -> Path:
    """The user's data folder of MedLabel; the environment variable MEDLABEL_HOME moves it."""
    moved = os.environ.get("MEDLABEL_HOME")
    return Path(moved) if moved else Path(platformdirs.user_data_dir("MedLabel", appauthor=False))


def default_project_folder(source: Path) -> Path:
    """The project folder for the images at `source`. The same source always gives the same folder."""
    resolved = source.resolve()
    key = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]
    name = re.sub(r"[^\w.-]+", "_", os.fsencode(resolved.name).decode("ascii", "replace"), flags=re.ASCII)[
        :40
    ]
    return data_folder() / "projects" / f"{name or 'images'}-{key}{SUFFIX}"
