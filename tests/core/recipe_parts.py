"""Blobs of points that stand for images, and labels with errors, for the tests of the recipe."""

import numpy as np


def no_tick(done: int, total: int) -> None:
    pass


def blobs(sizes, seed=0, dimensions=8, spread=6.0):
    """Points (n, d) float32 of one normal blob a class, and their classes (n,)."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    centres = rng.normal(size=(len(sizes), dimensions)) * spread / np.sqrt(2)
    points = centres[truth] + rng.normal(size=(len(truth), dimensions))
    return points.astype(np.float32), truth


def flipped(truth, rate, classes, seed=1):
    """Labels of which a share `rate` names another class at random."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < rate
    return np.where(wrong, (truth + rng.integers(1, classes, len(truth))) % classes, truth)


def one_hot(labels, classes):
    return np.eye(classes, dtype=np.float32)[labels]


def nobody(n):
    """No decision (n,)."""
    return np.full(n, -1)
