"""Probabilities from embeddings."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.zeroshot.classify import nearly_same, probabilities


def unit(rng: np.random.Generator, rows: int, dim: int = 16) -> np.ndarray:
    vectors = rng.normal(size=(rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("bias", [None, -10.0])
def test_that_probabilities_equal_torchs_softmax(dtype, bias):
    rng = np.random.default_rng(0)
    embeddings, classifier = unit(rng, 200).astype(dtype), unit(rng, 5)
    logits = (
        100
        * torch.from_numpy(embeddings.astype(np.float32)).double()
        @ torch.from_numpy(classifier).double().T
    )
    expected = (logits + (bias or 0)).softmax(-1).numpy()
    found = probabilities(embeddings, classifier, 100.0, bias)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-5)


@given(st.integers(1, 40), st.integers(1, 50))
def test_that_the_size_of_chunks_does_not_change_the_result(rows, chunk):
    rng = np.random.default_rng(rows)
    embeddings, classifier = unit(rng, rows), unit(rng, 3)
    whole = probabilities(embeddings, classifier, 50.0)
    np.testing.assert_allclose(probabilities(embeddings, classifier, 50.0, chunk=chunk), whole, atol=1e-6)


def test_that_a_large_scale_neither_overflows_nor_rounds_to_one():
    classifier = np.eye(2, 16, dtype=np.float32)
    found = probabilities(np.array([[1, 0] + [0] * 14], np.float16), classifier, 8.5)
    assert 0.9997 < found[0, 0] < 1
    assert np.isfinite(probabilities(classifier, classifier, 1e6)).all()


def test_that_the_result_is_written_into_a_given_array_and_rows_with_nan_stay_nan(tmp_path):
    rng = np.random.default_rng(1)
    embeddings = unit(rng, 10)
    embeddings[3] = np.nan
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (10, 4))
    assert probabilities(embeddings, unit(rng, 4), 100.0, chunk=4, out=out) is out
    assert np.isnan(out[3]).all()
    np.testing.assert_allclose(np.delete(out, 3, 0).sum(1), 1, atol=1e-6)


def test_that_no_images_give_no_rows_and_wrong_shapes_are_refused():
    classifier = np.eye(2, 16, dtype=np.float32)
    assert probabilities(np.empty((0, 16), np.float16), classifier, 1.0).shape == (0, 2)
    with pytest.raises(ValueError, match="classifier"):
        probabilities(np.empty((3, 8), np.float32), classifier, 1.0)
    with pytest.raises(ValueError, match="out is"):
        probabilities(np.empty((3, 16), np.float32), classifier, 1.0, out=np.empty((3, 2)).astype(np.float16))


def test_that_nearly_same_finds_pairs_of_classes_that_cannot_be_told_apart():
    classifier = np.eye(4, 16, dtype=np.float32)
    classifier[2] = classifier[0] + 0.05 * classifier[1]
    ((i, j, cosine),) = nearly_same(classifier)
    assert (i, j) == (0, 2)
    assert 0.99 < cosine < 1
    assert nearly_same(np.eye(4, dtype=np.float32)) == []
