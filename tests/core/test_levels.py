"""Windows over numbers that float32 does not hold."""

import numpy as np
import pytest

from core.images.levels import apply_window, percentile_window


@pytest.mark.parametrize("dtype", ["u4", "i4", "i8", "f8"])
def test_that_numbers_far_from_zero_keep_what_lies_between_them(dtype):
    values = (np.arange(256).reshape(16, 16) + 2_000_000_000).astype(dtype)
    window = percentile_window(values)
    near = percentile_window(np.arange(256, dtype=np.int32))
    assert window.low - 2_000_000_000 == pytest.approx(near.low, abs=1e-6)
    shown = apply_window(values, window.low, window.high)
    expected = apply_window(np.arange(256).reshape(16, 16), near.low, near.high)
    assert np.abs(shown.astype(int) - expected).max() <= 1  # between two greys


def test_that_float64_keeps_what_is_tiny_and_what_is_huge():
    for unit in (1e-20, 1e300):
        values = np.arange(-128, 128).reshape(16, 16) * unit
        window = percentile_window(values)
        assert len(np.unique(apply_window(values, window.low, window.high))) > 250
    step = apply_window(np.array([[1e9 - 1e-3, 1e9, 1e9 + 1e-3]]), 1e9, 1e9)
    assert step.tolist() == [[0, 0, 255]]
