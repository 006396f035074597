"""Reproduce: the published experiment and its relatives as a job, from image sets to table and plots."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import UserError
from core.experiments.summary import percent, points
from core.jobs import JobContext
from core.refine.params import TrainingChoices
from core.tasks.provenance import versions
from core.tasks.refine_choices import check_choices
from core.tasks.reproduce_spec import CLIP, ReproduceSpec
from core.tasks.reproduce_weak import weak_labels_of
from core.zeroshot.prompts import parse_class_names

if TYPE_CHECKING:
    from core.experiments.mixture import Mixture, MixtureSpec
    from core.experiments.summary import Row
    from core.experiments.trial import TrialSpec
    from core.experiments.weak import WeakSpec

__all__ = [
    "CLIP",
    "ReproduceResult",
    "ReproduceSpec",
    "TrainingChoices",
    "percent",
    "points",
    "reproduce",
]


@dataclass(frozen=True)
class ReproduceResult:
    """The table's rows and as Markdown, the files, how many trials there are and were on disk, remarks."""

    rows: "tuple[Row, ...]"
    table: str
    files: tuple[Path, ...]
    trials: int
    resumed: int
    failed: int
    seconds: float
    notes: tuple[str, ...] = ()


def reproduce(spec: ReproduceSpec, ctx: JobContext) -> ReproduceResult:
    """Run the experiment, or what of it is not in `spec.out` yet. Raises `UserError`; cancelling loses little."""
    started = time.monotonic()
    ctx.progress(0, 0, "Preparing the experiment")
    _check(spec)
    from core.experiments.report import notes_of, write_json, write_plots, write_tables
    from core.experiments.runner import default_jobs, run_trials
    from core.experiments.summary import markdown_table, summarise
    from core.zeroshot.encoder import pick_device

    device = pick_device(spec.device)
    spec.out.mkdir(parents=True, exist_ok=True)
    tasks = _tasks(spec, ctx)
    for mixture_spec, mixture in tasks:
        _check_draw(mixture_spec, mixture, spec.seed)
    weak, provenance = weak_labels_of(spec, [mixture for _, mixture in tasks], [s for s, _ in tasks], ctx)
    trials = _trials(spec, [mixture for mixture, _ in tasks], weak, device)
    facts = write_json(spec.out / "experiment.json", _facts(spec, tasks, provenance, device))
    ran = run_trials(trials, spec.out, spec.jobs or default_jobs(device), ctx)
    rows = summarise(ran.results)
    files = write_tables(rows, spec.out)
    mixtures = {_name(mixture, spec): mixture for _, mixture in tasks}
    drawn = write_plots(ran.results, mixtures, spec.out, spec.examples, ctx)
    return ReproduceResult(
        rows,
        markdown_table(rows),
        (*files, facts, *drawn),
        len(ran.results),
        ran.resumed,
        len(ran.failed),
        time.monotonic() - started,
        notes_of(ran.results, ran.failed),
    )


def _check(spec: ReproduceSpec) -> None:
    for name in spec.strategies:
        check_choices(name, spec.choices)
    if not spec.strategies or spec.repeats < 1:
        raise UserError("There must be a strategy and a repeat at least.")
    if spec.all_pairs and (spec.by_label or spec.classes or spec.counts):
        raise UserError("--all-pairs goes without --by-label, --classes and --counts.")
    if not spec.all_pairs and not spec.sources:
        raise UserError("No image set was given.", "Give two NPZ files, say, or --all-pairs --root FOLDER.")
    if not 0 < spec.test_share < 1:
        raise UserError(f"A test share of {spec.test_share} is not between 0 and 1.")


def _tasks(spec: ReproduceSpec, ctx: JobContext) -> "list[tuple[MixtureSpec, Mixture]]":
    from core.datasets.medmnist import download
    from core.experiments.mixture import MixtureSpec, load_mixture

    sources = spec.sources
    if spec.download:
        for source in (s for s in sources if not Path(s).exists()):
            ctx.progress(0, 0, f"Downloading {source}")
            download(source, spec.root, spec.image_size)
    one = MixtureSpec(
        sources=sources,
        classes=parse_class_names(spec.classes) if spec.classes else (),
        by_label=spec.by_label,
        root=str(spec.root) if spec.root else None,
        image_size=spec.image_size,
        side=spec.side,
        balanced=spec.balanced,
        counts=spec.counts,
        per_class=spec.per_class,
        test_share=spec.test_share,
    )
    wanted = [replace(one, sources=pair) for pair in _pairs(spec)] if spec.all_pairs else [one]
    found = []
    for done, mixture in enumerate(wanted):
        ctx.progress(done, len(wanted), "Reading the image sets")
        found.append((mixture, load_mixture(mixture)))
    return found


def _check_draw(spec: "MixtureSpec", mixture: "Mixture", seed: int) -> None:
    """Raise `UserError` where the repeats draw too few images for any strategy; each draws as many."""
    from core.experiments.mixture import split
    from core.refine.choosing import MIN_IMAGES

    drawn = len(split(mixture, spec, seed).train)
    if drawn >= MIN_IMAGES:
        return
    hint = "Give larger sets, or more of their images (--per-class, --counts)."
    if spec.balanced and not spec.counts:
        free = split(mixture, replace(spec, balanced=False), seed)
        counts = np.bincount(mixture.truth[free.train], minlength=len(mixture.classes))
        least = min(range(len(counts)), key=lambda k: (counts[k] == 0, counts[k]))
        if len(free.train) >= MIN_IMAGES:
            few = "1 image" if counts[least] == 1 else f"{counts[least]} images"
            hint = (
                f"Each class gives as many as the smallest, '{mixture.classes[least]}' with {few} to learn from: "
                "--no-balance takes what there is of each."
            )
    raise UserError(f"A repeat draws {drawn} images to learn from; at least {MIN_IMAGES} are needed.", hint)


def _pairs(spec: ReproduceSpec) -> list[tuple[str, str]]:
    """Every pair of the sets given or found below the root, but for two that show the same."""
    from core.datasets.medmnist import SHOWS, default_root, sets_below

    sources = spec.sources or tuple(
        str(path) for path in sets_below(spec.root or default_root(), spec.image_size)
    )
    shows = {source: SHOWS.get(Path(source).stem.partition("_")[0], Path(source).stem) for source in sources}
    pairs = [(a, b) for a, b in itertools.combinations(sources, 2) if shows[a] != shows[b]]
    if not pairs:
        raise UserError(
            "There are no two sets that show different things.", "Say with --root where more are."
        )
    return pairs


def _trials(
    spec: ReproduceSpec, mixtures: "Sequence[MixtureSpec]", weak: "Sequence[Sequence[WeakSpec]]", device: str
) -> "list[TrialSpec]":
    from core.experiments.trial import TrialSpec

    return [
        TrialSpec(mixture, labels, strategy, seed, spec.shots, spec.choices, device=device)
        for mixture, kinds in zip(mixtures, weak, strict=True)
        for labels in kinds
        for strategy in spec.strategies
        for seed in spec.seeds
    ]


def _name(mixture: "Mixture", spec: ReproduceSpec) -> str:
    from core.experiments.mixture import task_name

    return task_name(mixture, spec.by_label)


def _facts(
    spec: ReproduceSpec,
    tasks: "Sequence[tuple[MixtureSpec, Mixture]]",
    provenance: dict[str, Any],
    device: str,
) -> dict[str, Any]:
    """Everything that another person needs to do the same."""
    sets = {images.name: images for _, mixture in tasks for images in mixture.sets}
    return {
        "parameters": asdict(spec),
        "seeds": list(spec.seeds),
        "device": device,
        "tasks": [
            {"task": _name(m, spec), "classes": m.classes, "side": m.side, "colour": m.colour}
            for _, m in tasks
        ],
        "sets": [
            {"name": s.name, "images": len(s.files), "side": s.side, "fingerprint": s.fingerprint}
            for s in sets.values()
        ],
        "weak_labels": provenance,
        "versions": versions(),
    }
