"""One trial: draw, weak labels, second stage, measures. Arrays in, plain numbers out."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.experiments.measures import accuracy_and_f1, calibration_error, confusion
from core.experiments.mixture import Mixture, MixtureSpec, Rows, Split, load_mixture, split, task_name
from core.experiments.weak import WeakLabels, WeakSpec, weak_labels
from core.jobs import JobContext
from core.refine.params import TrainingChoices

Floats = npt.NDArray[np.float32]

_FORMAT = 1  # of a trial's key: raise it when the same spec gives another result
_EXAMPLES = 48


@dataclass(frozen=True)
class TrialSpec:
    """Everything that decides a trial's result.

    `seed` decides the draw, the emulated errors and the training. `shots` true labels a class are given to
    the strategy as decisions of a person; they are left out of what is measured. `threads` is for PyTorch.
    """

    mixture: MixtureSpec
    weak: WeakSpec
    strategy: str
    seed: int = 0
    shots: int = 0
    choices: TrainingChoices = field(default_factory=TrainingChoices)
    device: str = "cpu"
    threads: int = 1


@dataclass(frozen=True)
class Scores:
    """One labelling against the truth, 0..1; NaN where there is nothing to measure."""

    accuracy: float
    f1: float
    ece: float


@dataclass(frozen=True)
class TrialResult:
    """What a trial measured; JSON-able. `_train` is on the images that were learnt from, `_test` on new ones.

    `clip` are the weak labels, `refined` what the strategy delivers. A strategy whose own verdict is against
    its labels delivers the weak ones on both parts (`delivers` is then False). `confusion_*` are counts
    [truth][label] on the training images. A strategy that does not judge itself is measured as it is; where
    `refine` would hold its labels back, `notes` say so: `held_back` is the reason, `collapsed` whether it
    gave up a class. `examples` are images whose label changed:
    (position in the mixture, weak, refined, truth), of which the plots show some.
    """

    key: str
    task: str
    weak: str
    strategy: str
    seed: int
    classes: tuple[str, ...]
    images: int
    test_images: int
    clip_train: Scores
    clip_test: Scores
    refined_train: Scores
    refined_test: Scores
    confusion_clip: list[list[int]]
    confusion_refined: list[list[int]]
    curves: list[dict[str, Any]]
    examples: list[tuple[int, int, int, int]]
    delivers: bool
    warnings: tuple[str, ...]
    seconds: float
    notes: dict[str, Any] = field(default_factory=dict)


def run_trial(spec: TrialSpec, ctx: JobContext) -> TrialResult:
    """Run one trial in this process. Raises `UserError` and `JobCancelled`."""
    ctx.progress(0, 0, "Reading the images")
    mixture = load_mixture(spec.mixture)
    drawn = split(mixture, spec.mixture, spec.seed)
    weak = weak_labels(spec.weak, mixture, drawn.train, drawn.test, spec.seed)
    started = time.monotonic()
    with _threads(spec.threads):
        outcome, given, held_back = _refined(spec, mixture, drawn, weak, ctx)
        seconds = time.monotonic() - started
        new = _on_test(spec, mixture, drawn, outcome, ctx)
    delivers = outcome.verdict is None or outcome.verdict.delivers
    refined = outcome.probabilities if delivers else weak.train
    if not delivers and new is not None:
        new = weak.test
    return _measured(spec, mixture, drawn, weak, refined, new, given, outcome, delivers, held_back, seconds)


def trial_key(spec: TrialSpec) -> str:
    """16 hex digits of all that decides the result: parameters and data, not where files lie."""
    mixture = load_mixture(spec.mixture)
    facts = asdict(spec) | {
        "format": _FORMAT,
        "mixture": asdict(spec.mixture) | {"sources": "", "root": ""},
        "weak": asdict(spec.weak) | {"file": ""},
        "data": [images.fingerprint for images in mixture.sets],
        "classes": mixture.classes,
        "threads": 0,
        "test": True,  # of an earlier version: the keys in its logs stay what they were
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def from_json(fields_of: Mapping[str, Any]) -> TrialResult:
    """A result from what `dataclasses.asdict` and JSON made of it. Raises `TypeError`, `KeyError`."""
    values = {item.name: fields_of[item.name] for item in fields(TrialResult)}
    for name in ("clip_train", "clip_test", "refined_train", "refined_test"):
        scores = {key: float("nan") if value is None else value for key, value in values[name].items()}
        values[name] = Scores(**scores)
    for name in ("classes", "warnings"):
        values[name] = tuple(values[name])
    values["examples"] = [tuple(example) for example in values["examples"]]
    return TrialResult(**values)


def _refined(
    spec: TrialSpec, mixture: Mixture, drawn: Split, weak: WeakLabels, ctx: JobContext
) -> tuple[Any, npt.NDArray[np.bool_], dict[str, Any]]:
    """The strategy's outcome, (m,) which images' true labels it was given, and what refine's judge says of it."""
    from core.experiments.requests import request_for
    from core.refine.evidence import EVIDENCE_SIDE, judge
    from core.refine.strategies import STRATEGIES

    if spec.strategy not in STRATEGIES:
        raise UserError(f"There is no strategy '{spec.strategy}'.", f"Choose among: {', '.join(STRATEGIES)}.")
    truth = _shots(mixture.truth[drawn.train], spec.shots, spec.seed)
    request = request_for(
        mixture.pixels(drawn.train),
        weak.train,
        truth=truth,
        seed=spec.seed,
        device=spec.device,
        embeddings=weak.embeddings,
        choices=spec.choices,
    )
    outcome = STRATEGIES[spec.strategy](request, ctx)
    if outcome.verdict is not None:
        return outcome, truth >= 0, {}
    after = outcome.probabilities.argmax(axis=1)
    found = judge(request.pixels(EVIDENCE_SIDE, True), request.labels, after, weak.train.shape[1], spec.seed)
    notes = {} if found.delivers else {"held_back": found.reason, "collapsed": found.collapsed}
    return outcome, truth >= 0, notes


def _shots(truth: Rows, shots: int, seed: int) -> Rows:
    """(m,) the true labels of `shots` random images a class, -1 elsewhere."""
    given = np.full(len(truth), -1, np.int64)
    if shots:
        rng = np.random.default_rng([seed, 29])
        for k in np.unique(truth):
            chosen = rng.permutation(np.flatnonzero(truth == k))[:shots]
            given[chosen] = k
    return given


def _on_test(spec: TrialSpec, mixture: Mixture, drawn: Split, outcome: Any, ctx: JobContext) -> Floats | None:
    """Probabilities (t, k) of the test images by the outcome's model; None where there is none."""
    model = outcome.model
    if model is None or not len(drawn.test):
        return None
    ctx.progress(0, 0, "Labelling the test images")
    found: Floats = model.probabilities(
        mixture.pixels(drawn.test, model.side, model.channels == 1), spec.device
    )
    return found


def _measured(
    spec: TrialSpec,
    mixture: Mixture,
    drawn: Split,
    weak: WeakLabels,
    refined: Floats,
    new: Floats | None,
    given: npt.NDArray[np.bool_],
    outcome: Any,
    delivers: bool,
    held_back: dict[str, Any],
    seconds: float,
) -> TrialResult:
    names, k = mixture.classes, len(mixture.classes)
    judged = np.flatnonzero(~given)
    truth, test_truth = mixture.truth[drawn.train][judged], mixture.truth[drawn.test]
    before, after = weak.train[judged].argmax(axis=1), refined[judged].argmax(axis=1)
    return TrialResult(
        key=trial_key(spec),
        task=task_name(mixture, spec.mixture.by_label),
        weak=spec.weak.name,
        strategy=spec.strategy,
        seed=spec.seed,
        classes=names,
        images=len(drawn.train),
        test_images=len(drawn.test),
        clip_train=_scores(weak.train[judged], truth, names),
        clip_test=_scores(weak.test, test_truth, names),
        refined_train=_scores(refined[judged], truth, names),
        refined_test=_scores(new, test_truth, names),
        confusion_clip=confusion(before, truth, k),
        confusion_refined=confusion(after, truth, k),
        curves=list(outcome.metrics.get("curves", [])),
        examples=_examples(drawn.train[judged], before, after, truth, spec.seed),
        delivers=delivers,
        warnings=tuple(outcome.warnings),
        seconds=seconds,
        notes={
            **{name: outcome.metrics[name] for name in ("network", "candidate") if name in outcome.metrics},
            **held_back,
        },
    )


def _scores(probabilities: Floats | None, truth: Rows, names: tuple[str, ...]) -> Scores:
    if probabilities is None or not len(truth) or np.isnan(probabilities).any():
        return Scores(float("nan"), float("nan"), float("nan"))
    accuracy, f1 = accuracy_and_f1(probabilities.argmax(axis=1), truth, names)
    return Scores(accuracy, f1, calibration_error(probabilities, truth))


def _examples(
    rows: Rows, before: Rows, after: Rows, truth: Rows, seed: int
) -> list[tuple[int, int, int, int]]:
    changed = np.random.default_rng(seed).permutation(np.flatnonzero(before != after))[:_EXAMPLES]
    return [(int(rows[i]), int(before[i]), int(after[i]), int(truth[i])) for i in changed]


class _threads:  # noqa: N801  used as a function
    """Lets PyTorch and BLAS use some threads only, and puts back what was."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> None:
        import torch
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        self._before = torch.get_num_threads()
        torch.set_num_threads(self._count)
        self._limits = threadpool_limits(self._count)

    def __exit__(self, *_: object) -> None:
        import torch

        self._limits.restore_original_limits()
        torch.set_num_threads(self._before)
