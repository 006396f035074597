"""The weak labels of an experiment: by a CLIP model, emulated, or out of a file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.jobs import JobContext
from core.tasks.label import parse_classes
from core.tasks.reproduce_spec import CLIP, ReproduceSpec
from core.zeroshot.catalogue import find_model
from core.zeroshot.prompts import prompts_for

if TYPE_CHECKING:
    from core.experiments.mixture import Mixture, MixtureSpec
    from core.experiments.weak import WeakSpec


def weak_labels_of(
    spec: ReproduceSpec, mixtures: "Sequence[Mixture]", specs: "Sequence[MixtureSpec]", ctx: JobContext
) -> "tuple[list[list[WeakSpec]], dict[str, Any]]":
    """For each task its kinds of weak labels, and where they come from."""
    from core.experiments.weak import parse_noise

    found: list[list[WeakSpec]] = [[] for _ in mixtures]
    provenance: dict[str, Any] = {}
    for text in spec.weak:
        if text == CLIP:
            labels, provenance["clip"] = _by_clip(spec, mixtures, specs, ctx)
        elif text.startswith("noise:"):
            labels = [parse_noise(text)] * len(mixtures)
        elif len(mixtures) > 1:
            raise UserError("A file of weak labels goes with one task.", "Leave out --all-pairs.")
        else:
            labels = [_from_file(Path(text), mixtures[0], spec.out)]
        for own, label in zip(found, labels, strict=True):
            own.append(label)
    return found, provenance


def _by_clip(
    spec: ReproduceSpec, mixtures: "Sequence[Mixture]", specs: "Sequence[MixtureSpec]", ctx: JobContext
) -> "tuple[list[WeakSpec], dict[str, Any]]":
    from core.experiments.clip_labels import label_by_clip
    from core.tasks.encoders import forget_encoder, shared_encoder, text_classifier

    entry = find_model(spec.model)
    ctx.progress(0, 0, f"Loading {entry.title}")
    encoder = shared_encoder(entry, spec.device)
    labels: list[WeakSpec] = []
    captions: dict[str, tuple[str, ...]] = {}
    for mixture, own in zip(mixtures, specs, strict=True):
        prompts = _prompts(spec, mixture, entry.templates)
        classifier, _ = text_classifier(encoder, list(prompts.values()))
        captions |= prompts
        rows = _drawn(mixture, own, spec)
        labels.append(label_by_clip(mixture, rows, encoder, classifier, spec.out / "clip", ctx))
    about = encoder.provenance() | {"prompts": captions}
    forget_encoder()  # the trials need the memory
    return labels, about


def _prompts(spec: ReproduceSpec, mixture: "Mixture", templates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    names = ",".join(f'"{name}"' for name in mixture.classes)
    classes = parse_classes(names, spec.prompts)
    return {c.name: prompts_for(c.name, c.prompts, templates) for c in classes}


def _drawn(mixture: "Mixture", own: "MixtureSpec", spec: ReproduceSpec) -> npt.NDArray[np.int64]:
    """The images that any repeat draws."""
    from core.experiments.mixture import split

    wanted = np.zeros(len(mixture.truth), np.bool_)
    for seed in spec.seeds:
        drawn = split(mixture, own, seed)
        wanted[drawn.train] = wanted[drawn.test] = True
    return np.flatnonzero(wanted)


def _from_file(path: Path, mixture: "Mixture", out: Path) -> "WeakSpec":
    """Weak labels of anybody: NPZ with probabilities of every image in order, or CSV by file name."""
    from core.experiments.weak import WeakSpec, stored_labels
    from core.exports.labels_in import match_names, read_probabilities_csv
    from core.images.refs import ImageRef

    if not path.is_file():
        raise UserError(
            f"There is no file {path}.", "Weak labels are clip, noise:KIND@RATE, a CSV or an NPZ."
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if path.suffix.lower() == ".npz":
        stored_labels(path, mixture)
        return WeakSpec(path.name, file=str(path.resolve()), digest=digest)
    read = read_probabilities_csv(path)
    if sorted(read.classes) != sorted(mixture.classes):
        raise UserError(
            f"{path.name} has the classes {', '.join(read.classes)}.",
            f"The task's are: {', '.join(mixture.classes)}; name them with --classes.",
        )
    matched = match_names(read.files, [ImageRef(name) for name in mixture.files])
    values = np.full((len(mixture.truth), len(mixture.classes)), np.nan, np.float32)
    order = [read.classes.index(name) for name in mixture.classes]
    values[matched.rows] = read.probabilities[matched.found][:, order]
    stored = out / f"weak-{digest}.npz"
    np.savez(stored, probabilities=values)
    return WeakSpec(path.name, file=str(stored.resolve()), digest=digest)
