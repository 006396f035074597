"""Views of images: what is alike must come out alike, whatever the size, the colours and how few there are."""

import numpy as np
import pytest
import torch

from core.errors import JobCancelled
from core.refine.recipe import features
from core.refine.recipe.features import (
    by_direction,
    by_distance,
    components,
    image_views,
    patch_features,
    standardised,
    thumbnails,
)


@pytest.fixture(autouse=True)
def few_patches(monkeypatch):
    monkeypatch.setattr(features, "_SAMPLED", 3_000)
    monkeypatch.setattr(features, "CENTROIDS", 12)


def pictures(n, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def textures(n=20, side=16):
    """Horizontal stripes, then vertical ones, of any phase and brightness."""
    rng, steps = np.random.default_rng(1), np.arange(side)
    made = []
    for number in range(2 * n):
        stripes = ((steps + rng.integers(0, 4)) // 2 % 2) * rng.integers(80, 160) + rng.integers(0, 80)
        picture = np.broadcast_to(stripes, (side, side))
        made.append(picture.T if number < n else picture)
    return np.stack(made).astype(np.uint8), np.repeat([0, 1], n)


def naive_patch(image, top, left):
    patch = image[top : top + 6, left : left + 6].reshape(-1).astype(np.float64) / 255
    patch -= patch.mean()
    return patch / np.sqrt(patch.var(ddof=1) + 10 / 255**2)


@pytest.mark.parametrize("shape", [(9, 9), (9, 9, 3)])
def test_that_patches_are_cut_as_those_the_centroids_were_learnt_from(shape):
    """Against a loop over the positions, in numpy."""
    image = pictures(1, *shape)
    size = 36 * (1 if len(shape) == 2 else 3)
    rng = np.random.default_rng(2)
    mean, whiten = rng.normal(size=size) * 0.1, rng.normal(size=(size, size)) * 0.1
    centroids = rng.normal(size=(12, size))
    maps = np.zeros((4, 4, 12))
    for top in range(4):
        for left in range(4):
            white = (naive_patch(image[0], top, left) - mean) @ whiten
            far = np.linalg.norm(white - centroids, axis=1)
            maps[top, left] = np.maximum(far.mean() - far, 0)
    expected = maps.reshape(2, 2, 2, 2, 12).mean(axis=(1, 3)).transpose(2, 0, 1).ravel()
    tensors = [torch.from_numpy(a.astype(np.float32)) for a in (mean, whiten, centroids)]
    (batch,) = features._batches(image)
    found = features._pooled(batch, *tensors, 1)
    np.testing.assert_allclose(found[0], expected, atol=1e-3)


def test_that_patches_tell_textures_apart_whatever_their_phase_and_brightness():
    pixels, kind = textures()
    found = standardised(patch_features(pixels, 0))
    distances = np.linalg.norm(found[:, None] - found, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (kind[distances.argmin(axis=1)] == kind).mean() > 0.95


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3), (64, 64)])
def test_that_views_have_a_row_an_image_and_at_most_64_columns(shape):
    views = image_views(pictures(70, *shape), None, 0)
    assert [view.shape[0] for view in views] == [70, 70]
    assert all(view.shape[1] <= 64 and view.dtype == np.float32 for view in views)


def test_that_embeddings_are_one_more_view():
    embeddings = np.random.default_rng(0).normal(size=(30, 100)).astype(np.float32)
    views = image_views(pictures(30, 12, 12), embeddings, 0)
    assert len(views) == 3
    np.testing.assert_allclose(views[2], components(embeddings, 0), atol=1e-5)


def test_that_a_seed_gives_the_same_views():
    first, again = (image_views(pictures(30, 12, 12), None, 3) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("n", [2, 5])
def test_that_a_few_images_have_finite_views(n):
    for view in image_views(pictures(n, 28, 28), None, 0):
        assert view.shape[0] == n and np.isfinite(view).all()


def test_that_images_that_are_all_the_same_have_finite_views():
    with np.errstate(invalid="ignore"):
        views = image_views(np.full((12, 28, 28), 7, np.uint8), None, 0)
    assert np.isfinite(by_distance(views)).all() and np.isfinite(by_direction(views)).all()


def test_that_progress_is_told_up_to_the_last_image():
    told = []
    patch_features(pictures(300, 8, 8), 0, lambda done, total: told.append((done, total)))
    assert told == [(256, 300), (300, 300)]


def test_that_a_cancelled_job_ends_while_patches_are_compared():
    def stop(done, total):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        image_views(pictures(30, 12, 12), None, 0, stop)


def test_that_components_keep_the_distances_of_what_has_few_dimensions():
    rng = np.random.default_rng(0)
    flat = (rng.normal(size=(50, 3)) @ rng.normal(size=(3, 200)) + 5).astype(np.float32)
    found = components(flat, 0, 3)
    np.testing.assert_allclose(
        np.linalg.norm(found[:1] - found, axis=1),
        np.linalg.norm(flat[:1] - flat, axis=1),
        rtol=1e-3,
        atol=1e-3,
    )
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-3)


def test_that_columns_are_standardised_and_constant_ones_vanish():
    found = standardised(np.array([[1, 5], [3, 5], [5, 5]], np.float32))
    np.testing.assert_allclose(found, [[-1.2247, 0], [0, 0], [1.2247, 0]], atol=1e-3)


def test_that_a_thumbnail_is_the_mean_of_each_field():
    picture = np.kron(np.arange(64).reshape(8, 8), np.ones((2, 2))).astype(np.uint8)
    np.testing.assert_allclose(thumbnails(picture[None])[0] * 255, np.arange(64), atol=1e-3)
    colour = np.stack([picture, picture + 100, picture * 0], axis=-1)[None]
    assert thumbnails(colour).shape == (1, 192)


def test_that_no_view_outweighs_another_by_its_scale():
    rng = np.random.default_rng(0)
    views = [rng.normal(size=(40, 3)).astype(np.float32) * 1000, rng.normal(size=(40, 5)).astype(np.float32)]
    together = by_distance(views)
    assert together.shape == (40, 8)
    for part in (together[:, :3], together[:, 3:]):
        assert np.mean(np.sum(part**2, axis=1)) == pytest.approx(1, rel=1e-4)
    directions = by_direction(views)
    np.testing.assert_allclose(np.linalg.norm(directions[:, :3], axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(directions[:, 3:], axis=1), 1, rtol=1e-4)


def test_that_identical_images_have_equal_views_and_no_warning_comes_from_below():
    views = image_views(np.full((30, 16, 16), 9, np.uint8), np.ones((30, 5), np.float32), 0)
    for view in (*views, by_distance(views), by_direction(views)):
        assert len(view) == 30 and not view.any()
