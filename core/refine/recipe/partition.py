"""The partition of the images that follows the weak labels and cuts the fewest ties between like images."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.refine.recipe.features import Floats, by_direction, by_distance
from core.refine.recipe.graph import NEIGHBOURS, affinity, mean_cut, nearest, normalised, normalised_cuts
from core.refine.recipe.islands import with_islands
from core.refine.recipe.propagation import propagate, without_bias
from core.refine.splits import stratified_folds

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Tick = Callable[[int, int], None]
"""Called with steps done and in all, often."""

ALPHAS = (0.9, 0.95, 0.98, 0.995, 0.9995)
POWERS = (0.0, 0.5, 1.0)
_SETTINGS = tuple((graph, alpha) for graph in ("distance", "direction") for alpha in ALPHAS)
BLUNT = 0.1
"""Cut from which on the classes do not separate: above it no partition was better than the weak labels."""
_DEPTH_ALPHA = 0.9
_FEWEST_NEIGHBOURS = 4
_SHARE_OF_A_CLASS = 0.6  # the images of one, if all were equally large
_DIGITS = 4
_ROUNDS = 2
_GAIN = 0.97  # of the cut, without which another round would only smooth


@dataclass(frozen=True)
class Graphs:
    """W (n, n) each: of the distance and the direction of all views together, and both with those of each view."""

    distance: "csr_array"
    direction: "csr_array"
    all: "csr_array"


@dataclass(frozen=True)
class Setting:
    """How a partition came about: the graph's name, alpha, the power of the bias correction, its mean normalised cut
    in all graphs, how often it was propagated again, and the beliefs (n, k) float32."""

    graph: str
    alpha: float
    power: float
    cut: float
    rounds: int
    beliefs: Floats


@dataclass(frozen=True)
class Partition:
    """`labels` (n,), out-of-fold `beliefs` (n, k) float32, `depth` (n,): how deep an image lies in its part, 0..1.

    `cuts` (k,) are the normalised cuts of its classes in the graph of distances. `first_cut` is the share of ties
    between like images that the first propagation cut, classes weighing as they are large: later ones can only
    smooth it, so it tells whether the classes separate.
    """

    labels: Ints
    beliefs: Floats
    depth: Floats
    cuts: npt.NDArray[np.float64]
    setting: Setting
    first_cut: float


def graphs_of(views: list[Floats], classes: int, seed: int, tick: Tick) -> Graphs:
    """Graphs of nearest neighbours, symmetrised by union: 20, fewer where a class has fewer than about 33 images, so
    that most neighbours of an image can be of its class.
    """
    n = len(views[0])
    k = min(NEIGHBOURS, n - 1, max(_FEWEST_NEIGHBOURS, round(_SHARE_OF_A_CLASS * n / classes)))
    wanted = [by_distance(views), by_direction(views), *views, *(by_direction([view]) for view in views)]
    made = []
    for number, features in enumerate(wanted):
        tick(number, len(wanted))
        made.append(affinity(nearest(features, k, seed)))
    together = made[0]
    for w in made[1:]:
        together = together + w
    return Graphs(made[0], made[1], together.tocsr())


def find_partition(
    graphs: Graphs, beliefs: Floats, labels: Ints, mean_weak: Floats, seed: int, tick: Tick
) -> Partition:
    """The out-of-fold propagation of `beliefs` (n, k) whose partition has the smallest mean normalised cut.

    `labels` (n,) spread the classes over the folds; `mean_weak` (k,) is how often each class is named. Agreement
    with the weak labels would choose the setting that imitates their errors. Where the errors fill whole
    neighbourhoods the partition is propagated again, as long as that makes its cut clearly smaller.
    """
    total = (1 + _ROUNDS) * len(_SETTINGS)
    best = _best(
        graphs, beliefs, stratified_folds(labels, seed=seed), mean_weak, lambda done: tick(done, total)
    )
    first = mean_cut(graphs.distance, best.beliefs.argmax(axis=1), beliefs.shape[1])
    for number in range(1, 1 + _ROUNDS if first <= BLUNT else 1):
        again = _again(graphs, best, beliefs, seed + 4 + number, partial(_later, tick, number, total))
        if again.cut > _GAIN * best.cut or _share_cut(graphs, again) > _share_cut(graphs, best):
            break  # a small class makes the mean fall when it swallows half of a large one
        best = replace(again, rounds=number)
    classes = beliefs.shape[1]
    hidden = stratified_folds(labels, seed=seed)
    final = with_islands(graphs.distance, best.beliefs, beliefs, hidden, mean_weak)
    chosen = final.argmax(axis=1)
    if final is not best.beliefs:
        first = max(first, mean_cut(graphs.distance, chosen, classes))
    return Partition(
        chosen,
        final,
        _depth(getattr(graphs, best.graph), chosen, classes, seed),
        normalised_cuts(graphs.distance, chosen, classes),
        best,
        first,
    )


def _later(tick: Tick, number: int, total: int, done: int) -> None:
    tick(number * len(_SETTINGS) + done, total)


def _again(graphs: Graphs, best: Setting, beliefs: Floats, seed: int, tick: Callable[[int], None]) -> Setting:
    """Propagate the labels that were found instead of the weak ones; decisions stay, who must not teach does not."""
    found = best.beliefs.argmax(axis=1)
    hot = np.eye(beliefs.shape[1], dtype=np.float32)[found]
    mass = beliefs.sum(axis=1)
    hot[mass > 1] = beliefs[mass > 1]
    hot[mass == 0] = 0
    share = np.asarray(np.bincount(found, minlength=beliefs.shape[1]) / len(found), np.float32)
    return _best(graphs, hot, stratified_folds(found, seed=seed), share, tick)


def _share_cut(graphs: Graphs, setting: Setting) -> float:
    return mean_cut(graphs.distance, setting.beliefs.argmax(axis=1), setting.beliefs.shape[1])


def _best(
    graphs: Graphs, beliefs: Floats, hidden: Ints, mean_weak: Floats, tick: Callable[[int], None]
) -> Setting:
    best: Setting | None = None
    classes = beliefs.shape[1]
    for number, (name, alpha) in enumerate(_SETTINGS):
        spread = propagate(
            normalised(getattr(graphs, name)), beliefs, hidden, alpha, tick=partial(tick, number)
        )
        for power in POWERS:
            found = without_bias(spread, mean_weak, power)
            cut = round(float(normalised_cuts(graphs.all, found.argmax(axis=1), classes).mean()), _DIGITS)
            if best is None or cut < best.cut:
                best = Setting(name, alpha, power, cut, 0, found)
    assert best is not None
    return best


def _depth(w: "csr_array", labels: Ints, classes: int, seed: int) -> Floats:
    """(n,) the belief in an image's own part when the partition itself is propagated, out of fold."""
    hot = np.eye(classes, dtype=np.float32)[labels]
    spread = propagate(normalised(w), hot, stratified_folds(labels, seed=seed + 1), _DEPTH_ALPHA)
    return np.asarray(spread[np.arange(len(labels)), labels], np.float32)
