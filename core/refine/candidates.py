"""Whose labels are delivered: stage 1's, the recipe's or the student's."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.refine.recipe.graph import mean_cut
from core.refine.recipe.recipe import RecipeResult
from core.refine.student import Student

TITLES = {
    "stage one": "stage 1's labels",
    "graph": "groups of like images",
    "combined": "groups of like images together with stage 1's labels",
    "student": "the student network",
}
_MARGIN = 0.97
"""How much of a cut is clearly less of it: the same share that `recipe.partition` asks of another round. A prior, not
fitted to any images: a network redraws a few borders by chance."""


@dataclass(frozen=True)
class Candidate:
    """`cut` is the share of ties to like images that leave the classes, `agreement` the share of stage 1's
    labels that are the same; both 0..1. `reason` is said when the candidate is taken for a reason of its own."""

    name: str
    title: str
    cut: float
    agreement: float
    chosen: bool = False
    reason: str = ""


def compare(weak: npt.NDArray[np.int64], result: RecipeResult, student: Student) -> list[Candidate]:
    """The candidates, one of them chosen, judged without any known label by what their labels (n,) do to like images.

    The recipe has weighed its own labels against stage 1's. The student takes over only where it cuts clearly
    fewer ties and yet agrees with stage 1 as often: a network that learnt errors with its labels does not.
    """
    recipe = result.delivery.probabilities.argmax(axis=1)
    classes = result.delivery.probabilities.shape[1]
    labels = {"stage one": weak, "student": student.probabilities.argmax(axis=1)}
    if result.delivery.candidate != "stage one":
        labels[result.delivery.candidate] = recipe
    found = {
        name: Candidate(name, TITLES[name], _cut(result, own, classes), float((own == weak).mean()))
        for name, own in labels.items()
    }
    chosen = found[result.delivery.candidate]
    pupil = found["student"]
    better = pupil.cut < _MARGIN * chosen.cut and pupil.agreement >= chosen.agreement
    if student.out_of_fold and chosen.name != "stage one" and better:
        reason = (
            f"It cuts fewer ties between like images than the groups do ({pupil.cut:.3f}, {chosen.cut:.3f}) and "
            f"agrees with stage 1 as often ({pupil.agreement:.0%})."
        )
        chosen = replace(pupil, reason=reason)
    found[chosen.name] = replace(chosen, chosen=True)
    return list(found.values())


def _cut(result: RecipeResult, labels: npt.NDArray[np.int64], classes: int) -> float:
    """Classes weighing as they are large; 1 where there is no graph."""
    if result.graphs is None:
        return 1.0
    return mean_cut(result.graphs.all, labels, classes)
