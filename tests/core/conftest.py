"""Images and projects that tests make for themselves."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.images.refs import ImageRef, ScannedImage
from core.jobs import JobContext
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import ImageClass

CLASSES = (ImageClass(1, "chest x-ray"), ImageClass(2, "breast ultrasound"))


@pytest.fixture(autouse=True)
def user_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own projects. Not in the folder where tests put images: projects are refused there."""
    home = tmp_path_factory.mktemp("user") / "data"
    monkeypatch.setenv("MEDLABEL_HOME", str(home))
    return home


@pytest.fixture
def ctx() -> JobContext:
    return JobContext()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty-four grey pictures in two sub-folders: discs and stripes."""
    root = tmp_path / "images"
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:40, :40]
    for number in range(12):
        disc = ((x - 20) ** 2 + (y - 20) ** 2 < (8 + number % 5) ** 2) * 180
        stripes = ((x + number) // 4 % 2) * 180
        for name, picture in (("discs", disc), ("stripes", stripes)):
            path = root / name / f"{number:02d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            noisy = np.clip(picture + rng.integers(0, 60, picture.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(path)
    return root


@pytest.fixture
def project(tmp_path: Path, folder: Path):
    """An open project with ten rows (not scanned from the folder) and two classes."""
    with Project.create(tmp_path / "test.medlabel", folder) as opened:
        opened.images.add([ScannedImage(ImageRef(f"{row}.png"), 1, 1) for row in range(10)], 0)
        opened.history.resize(10)
        opened.execute(Edit("Set classes", classes=CLASSES), "tester")
        yield opened


# Experiments: two small sets in the MedMNIST layout, and a trial on their mixture without a network.


@pytest.fixture
def sets(tmp_path):
    from tests.core.experiment_parts import save_set

    return save_set(tmp_path / "dark.npz", 0, 40, 16), save_set(tmp_path / "light.npz", 2, 60, 24)


@pytest.fixture
def stub(monkeypatch):
    """A strategy in place of the published CNN; the networks' work is not what is tested here."""
    from core.refine.strategies import STRATEGIES
    from tests.core.experiment_parts import by_brightness

    monkeypatch.setitem(STRATEGIES, "published", by_brightness)


@pytest.fixture
def spec(sets):
    from core.experiments.mixture import MixtureSpec
    from core.experiments.trial import TrialSpec
    from core.experiments.weak import parse_noise

    return TrialSpec(MixtureSpec(sets), parse_noise("noise:N1@0.25"), "published", device="cpu")
