"""A saved network that was trained badly says so wherever it labels."""

from dataclasses import replace

import numpy as np
from PIL import Image

from core.jobs import JobContext
from core.refine.model_file import save_model
from core.tasks.predict import PredictSpec, predict
from tests.core.saved_models import brightness_network


def test_that_labelling_by_a_network_that_learnt_little_repeats_its_warning(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(4):
        Image.fromarray(np.full((28, 28), 60 * number, np.uint8)).save(pictures / f"{number}.png")
    told = "The network agrees with 58% of the labels on images that it was not trained on: train longer."
    for name, warning in (("poor", told), ("good", "")):
        folder = tmp_path / f"{name}.medlabel-model"
        save_model(folder, replace(brightness_network(), warning=warning), ("dark", "bright"), {}, "")
        found = predict(PredictSpec(folder, pictures, device="cpu"), JobContext())
        assert (told in found.notes) == (name == "poor")
