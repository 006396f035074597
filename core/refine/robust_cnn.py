"""A CNN trained with a loss made for wrong labels, cross-fitted."""

from core.jobs import JobContext
from core.refine.cnn_task import cnn_task
from core.refine.params import Loss
from core.refine.request import RefineOutcome, RefineRequest


def refine_gce(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Generalised cross-entropy with q = 0.7 (Zhang and Sabuncu 2018)."""
    return _refine(request, "gce", ctx)


def refine_elr(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Early-learning regularisation (Liu et al. 2020)."""
    return _refine(request, "elr", ctx)


def _refine(request: RefineRequest, loss: Loss, ctx: JobContext) -> RefineOutcome:
    task = cnn_task(request, loss)
    final = task.final(task.rows, ctx)  # first, so that there are curves to look at
    return task.outcome(final, task.out_of_fold(task.rows, ctx), {})
