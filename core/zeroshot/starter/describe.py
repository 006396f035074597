"""Calibrate a trained model and write the description that ships with it: `medlabel.json`."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from core.zeroshot.starter.captions import UNSEEN, normalised
from core.zeroshot.starter.concepts import CONCEPTS, KEYS
from core.zeroshot.starter.data import Source
from core.zeroshot.starter.measures import (
    Floats,
    augmented,
    balanced_accuracy,
    classify,
    concept_images,
    expected_calibration_error,
    fit_scale,
    image_vectors,
    softmax,
    text_vectors,
    unseen_phrases,
)

LICENCE = "CC BY-SA 4.0 (weights; from the licences of the images), see MODEL_CARD.md"
GOOD_FOR = "Telling modalities and body parts apart (chest X-ray, brain MRI, fundus ...), not diagnoses."


TEMPLATE_CHOICES: tuple[tuple[str, ...], ...] = (
    ("{}",),
    ("a photo of {}",),
    ("this is a photo of {}",),
    ("an image of a {}",),
    ("{}", "an image of {}"),
    ("{}", "an image of {}", "a medical image showing {}"),
    ("{}", "an image of a {}", "this is a photo of {}", "a medical image showing {}"),
)


def check_vocabulary() -> None:
    """Raise when a phrase kept out of training is also among the training phrases."""
    for concept in CONCEPTS:
        for phrase in (*concept.phrases, *concept.words):
            if normalised(phrase) in UNSEEN:
                raise ValueError(f"'{phrase}' of {concept.key} is in training and kept out of it")


def choose_templates(model: nn.Module, vectors: Floats, truth: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """The templates with the best mean accuracy over several ways to name the classes."""
    namings = [KEYS, [concept.words[0] for concept in CONCEPTS], [concept.words[1] for concept in CONCEPTS]]
    namings += [[concept.phrases[i] for concept in CONCEPTS] for i in range(3)]

    def score(templates: tuple[str, ...]) -> float:
        texts = [text_vectors(model, names, templates) for names in namings]
        return float(np.mean([balanced_accuracy(classify(vectors, text), truth) for text in texts]))

    return max(TEMPLATE_CHOICES, key=score)


def set_scale(model: nn.Module, scale: float) -> None:
    """Fold a fitted temperature into the model."""
    with torch.no_grad():
        model.logit_scale.fill_(math.log(scale))  # type: ignore[operator]


def calibrate(model: nn.Module, validation: Sequence[Source]) -> dict[str, Any]:
    """Choose templates and logit scale on validation images; validation figures by name."""
    images, truth = concept_images(validation, 120)
    clean, hard = image_vectors(model, images), image_vectors(model, augmented(images, truth))
    templates = choose_templates(model, np.concatenate([clean, hard]), np.concatenate([truth, truth]))
    texts = text_vectors(model, KEYS, templates)
    scale = fit_scale(hard @ texts.T, truth)
    set_scale(model, scale)
    confident = softmax(scale * hard @ texts.T)
    return {
        "templates": list(templates),
        "logit_scale": round(scale, 2),
        "validation": round(balanced_accuracy(classify(clean, texts), truth), 4),
        "validation_augmented": round(balanced_accuracy(classify(hard, texts), truth), 4),
        "calibration_error_augmented": round(expected_calibration_error(confident, truth), 4),
        "unseen_phrases": {key: round(rate, 3) for key, rate in unseen_phrases(model, clean, truth).items()},
    }


def describe(
    model: nn.Module, validation: Sequence[Source], command: str, seed: int, seconds: float
) -> dict[str, Any]:
    """Calibrate the model on validation images and say what it is and by which command it was made."""
    check_vocabulary()
    figures = calibrate(model, validation)
    return {
        "title": "MedLabel starter",
        "templates": figures.pop("templates"),
        "known_concepts": list(KEYS),
        "licence": LICENCE,
        "good_for": GOOD_FOR,
        "trained_by": command,
        "seed": seed,
        "seconds": round(seconds),
        "data": sorted({source.name.split("/")[0].split(" ")[0] for source in validation}),
        "metrics": figures,
    }
