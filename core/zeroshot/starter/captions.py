"""Captions for a batch: drawn from the vocabulary by a small grammar, each with what it is true of."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.zeroshot.starter.concepts import (
    BY_KEY,
    COARSE,
    CONCEPTS,
    CT,
    MRI,
    OTHERS,
    ULTRASOUND,
    UNKNOWN_MODALITIES,
    UNKNOWN_PARTS,
    UNKNOWN_THINGS,
    XRAY,
    Concept,
)

TEMPLATES: tuple[str, ...] = (
    "{}", "{}", "{}", "a {}", "an image of {}", "an image of a {}", "a photo of {}", "a photo of a {}",
    "this is a photo of {}", "this is a photo of a {}", "a medical image showing {}",
    "a medical image of {}", "a medical image showing a {}", "{} image", "{} images", "a picture of {}",
    "this is {}", "this is a {}", "{} picture", "the {}", "an example of {}", "{} of a patient",
    "a patient's {}", "a scan showing {}", "image: {}", "medical {}", "{}.", "one {}", "a clinical {}",
    "a low quality {}", "a cropped image of {}", "an image labelled {}", "class {}", "type: {}",
)  # fmt: skip

TRUE, FALSE, UNSURE = 1, 0, -1


@dataclass(frozen=True)
class Caption:
    """A caption with the concepts it is true of, and those of which nobody can say."""

    text: str
    concepts: frozenset[str]
    finding: str | None = None
    unsure: frozenset[str] = frozenset()

    def truth(self, concept: str, finding: str | None) -> int:
        """TRUE, FALSE or UNSURE for an image of `concept` with `finding` (None: not stated)."""
        if concept in self.unsure:
            return UNSURE
        if concept not in self.concepts:
            return FALSE
        if self.finding is None:
            return TRUE
        if finding is None:
            return UNSURE
        return TRUE if finding == self.finding else FALSE


def normalised(phrase: str) -> str:
    """Lower case words without articles, punctuation or plural: two phrases alike here count as the same."""
    words = re.findall(r"[a-z0-9&]+", phrase.lower().replace("x-ray", "xray").replace("x ray", "xray"))
    return " ".join(word.rstrip("s") for word in words if word not in ("a", "an", "the"))


UNSEEN: frozenset[str] = frozenset(normalised(phrase) for concept in CONCEPTS for phrase in concept.unseen)


def combine(part: str, noun: str, modality: str, rng: random.Random) -> str:
    """Body part and modality in one of the orders in which people write them."""
    near = f"{part} {modality}".strip()
    article = rng.choice(("the ", "the ", "a ", ""))
    if noun.startswith("a "):
        article = ""
    forms = (
        near,
        near,
        near,
        f"{modality} of {article}{noun}",
        f"{modality} of {article}{noun}",
        f"{modality} {part}".strip(),
        f"{noun} on {modality}",
        f"{modality} showing {article}{noun}",
        f"{part}, {modality}".strip(", "),
        f"{noun} {modality}",
        f"{near.replace(' ', '_')}",
        f"{modality}: {noun}",
    )
    return rng.choice(forms)


def phrase_of(concept: Concept, rng: random.Random) -> str:
    """A phrase for the concept that is not one of those kept out of training."""
    while True:
        kind = rng.random()
        if kind < 0.25:
            phrase = rng.choice(concept.words)
        elif kind < 0.5 or not concept.modality:
            phrase = rng.choice(concept.phrases)
        else:
            phrase = combine(
                rng.choice(concept.adjectives), rng.choice(concept.nouns), rng.choice(concept.modality), rng
            )
        if normalised(phrase) not in UNSEEN:
            return phrase


def templated(phrase: str, rng: random.Random, noise: float = 0.1) -> str:
    """The phrase in a template (never one that makes a held-out phrase), at times with a meaningless word."""
    text = rng.choice(TEMPLATES).format(phrase)
    if normalised(text) in UNSEEN:
        text = phrase
    if rng.random() < noise:
        words = text.split(" ")
        words.insert(rng.randint(0, len(words)), _nonsense(rng))
        text = " ".join(words)
    return text


def _nonsense(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return str(rng.randint(0, 2000))
    return "".join(rng.choice("abcdefghijklmnoprstuvwz") for _ in range(rng.randint(2, 7)))


def concept_caption(concept: Concept, rng: random.Random) -> Caption:
    """A caption that names body part and modality."""
    return Caption(templated(phrase_of(concept, rng), rng), frozenset((concept.key,)))


def finding_caption(concept: Concept, finding: str, rng: random.Random) -> Caption:
    """A caption that also names what the picture shows."""
    text = templated(rng.choice(concept.findings[finding]), rng)
    return Caption(text, frozenset((concept.key,)), finding)


def other_caption(name: str, rng: random.Random) -> Caption:
    """A caption of the pictures that are not medical."""
    text = rng.choice(OTHERS[name])
    return Caption(templated(text, rng) if rng.random() < 0.3 else text, frozenset((f"other: {name}",)))


def coarse_caption(rng: random.Random) -> Caption:
    """A caption true of several concepts."""
    texts, concepts, unsure = rng.choice(COARSE)
    return Caption(templated(rng.choice(texts), rng), frozenset(concepts), unsure=frozenset(unsure))


_KNOWN = {
    ("chest", "x"), ("hand", "x"), ("chest", "c"), ("abdomen", "c"), ("head", "c"), ("breast", "m"),
    ("brain", "m"), ("head", "m"), ("brain", "c"), ("breast", "u"),
}  # fmt: skip
_PARTS = ("chest", "hand", "abdomen", "head", "breast", "brain")
_FAMILIES = {"x": XRAY, "c": CT, "m": MRI, "u": ULTRASOUND}


def negative_caption(rng: random.Random) -> Caption:
    """A caption true of no image: a body part with the wrong modality, or something never shown."""
    kind = rng.random()
    family = rng.choice("xcmu")
    if kind < 0.45:
        part = rng.choice([part for part in _PARTS if (part, family) not in _KNOWN])
        phrase = combine(part, part, rng.choice(_FAMILIES[family]), rng)
    elif kind < 0.65:
        part = rng.choice(UNKNOWN_PARTS)
        if (part, family) == ("skull", "c"):
            family = "x"
        phrase = combine(part, part, rng.choice(_FAMILIES[family]), rng)
    elif kind < 0.8:
        phrase = rng.choice(UNKNOWN_MODALITIES)
    elif kind < 0.9:
        phrase = rng.choice(UNKNOWN_THINGS)
    else:
        phrase = f"{_nonsense(rng)} {_nonsense(rng)}"
    if normalised(phrase) in UNSEEN:
        return negative_caption(rng)
    return Caption(templated(phrase, rng, noise=0.0), frozenset())


def draw_captions(
    rng: random.Random, each: int = 2, coarse: int = 6, findings: int = 8, negatives: int = 16
) -> list[Caption]:
    """Captions for one batch: `each` for every concept, and some of every other kind."""
    captions = [concept_caption(concept, rng) for concept in CONCEPTS for _ in range(each)]
    captions += [other_caption(name, rng) for name in OTHERS]
    captions += [coarse_caption(rng) for _ in range(coarse)]
    stated = [(concept, finding) for concept in CONCEPTS for finding in concept.findings]
    captions += [finding_caption(concept, finding, rng) for concept, finding in rng.sample(stated, findings)]
    captions += [negative_caption(rng) for _ in range(negatives)]
    return captions


def truth_table(
    images: Sequence[tuple[str, str | None]], captions: Sequence[Caption]
) -> npt.NDArray[np.int8]:
    """TRUE, FALSE or UNSURE of each image (concept, finding) with each caption: (images, captions) int8."""
    rows: dict[tuple[str, str | None], list[int]] = {}
    for image in images:
        if image not in rows:
            rows[image] = [caption.truth(*image) for caption in captions]
    return np.array([rows[image] for image in images], dtype=np.int8)


def known_words() -> list[str]:
    """Names of all concepts, for the model's own description."""
    return list(BY_KEY)
