"""Confident learning: drop the labels that out-of-fold probabilities contradict, train on the rest."""

import warnings

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.cnn_task import cnn_task
from core.refine.request import RefineOutcome, RefineRequest


def refine_confident(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Northcutt et al. 2021 as cleanlab does it, with a cross-fitted CNN before and after.

    A label that a person decided is never dropped. The images whose labels were dropped are judged by all the
    networks that were trained on the rest.
    """
    task = cnn_task(request, "cross-entropy")
    first = task.out_of_fold(task.rows, ctx, "before-", "Looking for wrong labels, images seen")
    ctx.progress(0, 0, "Dropping labels that look wrong")
    suspect = np.zeros(len(request.weak), np.bool_)
    suspect[task.rows] = label_issues(task.labels[task.rows], first[task.rows])
    suspect &= request.truth < 0
    rows = np.setdiff1d(task.rows, np.flatnonzero(suspect))
    final = task.final(rows, ctx)
    return task.outcome(final, task.out_of_fold(rows, ctx), {"dropped_labels": int(suspect.sum())})


def label_issues(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """(n,) whether a label (n,) looks wrong by out-of-fold probabilities (n, k). No class loses all its labels."""
    from cleanlab.filter import find_label_issues

    present, compact = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return np.zeros(len(labels), np.bool_)
    # cleanlab wants the classes to be 0..k-1, each with a label
    shares = probabilities[:, present].astype(np.float64) + 1e-12
    shares /= shares.sum(axis=1, keepdims=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "May not flag all label issues")  # of a class with one image
        issues = np.asarray(find_label_issues(compact, shares, n_jobs=1), np.bool_)
    left = np.bincount(compact[~issues], minlength=len(present))
    return np.asarray(issues & (left > 0)[compact])
