"""The sample images that ship with the application: synthetic, labelled by what they were generated for."""

import csv
import json
from pathlib import Path

from core.resources import resource_path


def sample_images_folder() -> Path:
    """The folder of PNG files, 64x64; a plain folder to open like any other. Do not write there."""
    return resource_path("samples", "images")


def sample_labels() -> dict[str, str]:
    """Class name of each sample image, by file name relative to `sample_images_folder()`."""
    with resource_path("samples", "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["file_name"]: row["label"] for row in csv.DictReader(file)}


def sample_classes() -> tuple[str, ...]:
    """Names of the classes, in the order they were generated in."""
    described = json.loads(resource_path("samples", "samples.json").read_text(encoding="utf-8"))
    return tuple(entry["name"] for entry in described["classes"])
