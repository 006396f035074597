"""A file that cannot be opened is told, and leaves the window and what it remembers as they were."""

import numpy as np
import pytest

from core.project.known import known_projects
from medlabel_gui.settings import Settings

PICKLED = {"train_images": np.array([{"a": 1}], object)}
VOLUMES = {"train_images": np.zeros((2, 28, 28, 28), np.float32)}


@pytest.mark.parametrize(("arrays", "why"), [(PICKLED, "holds Python objects"), (VOLUMES, "type float32")])
def test_that_an_npz_that_cannot_be_opened_is_told_and_forgotten(opened, tmp_path, arrays, why):
    before = opened.window.session.project, Settings().recent, len(list(known_projects()))
    np.savez(tmp_path / "bad.npz", **arrays)
    opened.open(tmp_path / "bad.npz")
    assert why in opened.parts.messages.text and "pickle" not in opened.parts.messages.text
    assert (opened.window.session.project, Settings().recent, len(list(known_projects()))) == before
