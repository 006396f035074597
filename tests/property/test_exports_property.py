"""Any name and label survives the CSV; any split keeps groups together."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exports.csv_file import export_csv
from core.exports.labels_in import read_labels_csv
from core.exports.options import ExportRequest
from core.exports.split import assign_splits
from core.exports.spreadsheet import harmless, plain_text
from core.jobs import JobContext
from tests.core.tables import table_of

names = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"), min_size=1, max_size=20
).filter(lambda text: text.strip() == text)


@given(st.text())
def test_that_making_a_text_harmless_can_be_undone(text):
    assert plain_text(harmless(text)) == text


@settings(deadline=None, max_examples=60)
@given(
    st.lists(names, min_size=1, max_size=8, unique=True), st.lists(names, min_size=2, max_size=2, unique=True)
)
def test_that_names_and_labels_survive_the_csv(files, classes):
    labels = [k % 2 for k in range(len(files))]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "labels.csv"
        export_csv(ExportRequest(table_of(files, labels, tuple(classes)), None, out), JobContext())
        assert read_labels_csv(out) == {f: classes[k] for f, k in zip(files, labels, strict=True)}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10)), max_size=80),
    st.tuples(st.floats(0.1, 1), st.floats(0, 1), st.floats(0, 1)),
    st.integers(0, 100),
)
def test_that_no_group_is_ever_divided(images, shares, seed):
    labels = np.array([label for label, _ in images], np.int32)
    groups = [str(group) if group else "" for _, group in images]
    ratios = tuple(share / sum(shares) for share in shares)
    splits = assign_splits(labels, ratios, seed, groups)
    for group in set(groups) - {""}:
        assert len({int(s) for s, g in zip(splits, groups, strict=True) if g == group}) == 1
    assert all(ratios[s] > 0 for s in splits)
