"""The strategy `auto`: labels propagated over graphs of like images, weighed against stage 1's, and a student CNN.

Measured against strategies that train on the weak labels as they are, propagation is the only one that does not
repeat errors which follow from the image content; what its labels are worth is judged without any known label
(core/refine/recipe).
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.errors import UserError
from core.jobs import JobContext
from core.refine.candidates import compare
from core.refine.choosing import rows_to_learn
from core.refine.evidence import Verdict
from core.refine.params import TrainingChoices
from core.refine.recipe.decisions import decided_certain
from core.refine.recipe.features import image_views
from core.refine.recipe.recipe import RecipeResult, run_recipe
from core.refine.request import RefineOutcome, RefineRequest
from core.refine.student import GRAPH_SIDE, student_input, train_student


def refine_auto(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Propagate, weigh, then train a student on what came out; the evidence decides whose labels are delivered.

    Probabilities are out-of-fold with regard to the weak labels and calibrated. The student labels new images.
    Raises `UserError` when there are too few images to learn from.
    """
    rows = rows_to_learn(request)
    if request.weak.shape[1] < 2:
        raise UserError("There is only one class.", "Add a second class: there is nothing to tell apart.")
    result = _recipe(request, ctx)
    student = train_student(request, result.delivery.probabilities, rows, ctx)
    ctx.progress(0, 0, "Comparing the candidates")
    candidates = compare(request.weak.argmax(axis=1), result, student)
    chosen = next(candidate for candidate in candidates if candidate.chosen)
    delivery = result.delivery
    reason = chosen.reason or delivery.reason
    delivers = chosen.name != "stage one"
    cuts = {candidate.name: candidate.cut for candidate in candidates}
    return RefineOutcome(
        decided_certain(
            student.probabilities if chosen.name == "student" else delivery.probabilities, request.truth
        ),
        {
            **student.fitted.metrics(),
            "temperature": student.temperature,
            "candidate": chosen.title,
            "reason": reason if delivers else "",  # the verdict has it then
            "candidates": [{**asdict(c), "score": 1 - c.cut} for c in candidates],
            "stage_one_error_estimated": delivery.weak_error,
            "graph_error_estimated": delivery.graph_error,
            "recipe": _settings(result),
        },
        replace(student.fitted.trained, temperature=student.temperature, warning=student.warning),
        out_of_fold=True,
        warnings=(*delivery.warnings, *([student.warning] if student.warning else [])),
        verdict=Verdict(delivers, "" if delivers else reason, 1 - cuts["stage one"], 1 - chosen.cut),
    )


def inputs(learnt: int, side: int, colour: bool, choices: TrainingChoices) -> list[tuple[int, bool]]:
    """The (side, grey) at which the strategy will ask for pixels, with so many images to learn from."""
    return [(GRAPH_SIDE, not colour), student_input(learnt, side, colour, choices)]


def _recipe(request: RefineRequest, ctx: JobContext) -> RecipeResult:
    pixels = request.pixels(GRAPH_SIDE, not request.colour)
    views = image_views(
        pixels,
        request.embeddings,
        request.seed,
        lambda done, total: ctx.progress(done, total, "Describing images"),
    )
    return run_recipe(
        views,
        request.weak.argmax(axis=1).astype(np.int64),
        request.truth.astype(np.int64),
        request.train_on,
        request.weak.shape[1],
        request.seed,
        lambda done, total: ctx.progress(done, total, "Comparing images with each other"),
    )


def _settings(result: RecipeResult) -> dict[str, Any]:
    """What the recipe settled on; empty where there was nothing to separate."""
    if result.partition is None:
        return {}
    setting = result.partition.setting
    return {
        "graph": setting.graph,
        "alpha": setting.alpha,
        "power": setting.power,
        "rounds": setting.rounds,
        "cut": setting.cut,
        "first_cut": result.partition.first_cut,
        "class_cuts": [float(cut) for cut in result.partition.cuts],
    }
