"""Columns of whole numbers come back from their packed form as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from core.project.edits import CHANGE, Step, pack_decisions, unpack_decisions
from core.project.packing import as_index, pack, unpack

small = st.integers(-3, 3)
lengths = st.shared(st.integers(0, 40), key="rows")
columns = st.lists(
    st.one_of(
        lengths.flatmap(
            lambda n: npst.arrays(st.sampled_from([np.int8, np.int16, np.int32, np.int64, np.uint8]), n)
        ),
        lengths.flatmap(lambda n: npst.arrays(np.int32, n, elements=small)),
        st.tuples(lengths, st.integers(-(2**40), 2**40)).map(lambda t: np.arange(t[1], t[1] + t[0])),
    ),
    min_size=1,
    max_size=6,
)


@given(columns)
def test_that_columns_come_back_as_they_were(columns):
    for column, found in zip(columns, unpack(pack(columns)), strict=True):
        assert found.tolist() == column.tolist()


@given(npst.arrays(CHANGE, st.integers(0, 20)))
def test_that_a_steps_changes_come_back_as_they_were(changes):
    step = Step(changes)
    assert Step.unpacked(*step.packed()).changes.tolist() == changes.tolist()
    assert step.inverse.inverse.changes.tolist() == changes.tolist()
    assert unpack_decisions(pack_decisions(changes["after"])).tolist() == changes["after"].tolist()


@given(st.lists(st.integers(0, 30), max_size=10), st.integers(0, 20), st.integers(0, 10))
def test_that_rows_as_an_index_find_the_same(rows, start, count):
    values = np.arange(100) * 3
    for chosen in (np.array(rows, np.int64), np.arange(start, start + count), np.arange(count)[::-1]):
        assert values[as_index(chosen)].tolist() == values[chosen].tolist()


def test_that_a_million_decisions_of_few_classes_take_few_bytes():
    changes = np.zeros(1_000_000, CHANGE)
    changes["row"] = np.arange(1_000_000)
    changes["after"]["class_id"] = np.random.default_rng(0).integers(1, 7, 1_000_000)
    packed, _ = Step(changes).packed()
    assert len(packed) < 500_000


def test_that_what_is_not_packed_is_refused():
    with pytest.raises(ValueError, match="not packed"):
        unpack(b"x\x01")
