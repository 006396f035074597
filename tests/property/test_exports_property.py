"""Any name and label survives the CSV; any split keeps groups together."""

import tempfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exports.csv_file import export_csv
from core.exports.labels_in import read_labels_csv
from core.exports.options import ExportRequest
from core.exports.plan import plan_export
from core.exports.registry import FORMATS
from core.exports.report.page import export_report
from core.exports.split import assign_splits
from core.exports.spreadsheet import harmless, plain_text
from core.images.folder import FolderSource
from core.jobs import JobContext
from core.project.records import Status
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
        source = FolderSource(Path(folder) / "gone")
        export_csv(ExportRequest(table_of(files, labels, tuple(classes)), source, out), JobContext())
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


class Words(HTMLParser):
    """The tags and the text of a page, white space put together."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text = set(), []
        self.feed(source)
        self.words = " ".join("".join(self.text).split())

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text.append(data)


@settings(deadline=None, max_examples=12)
@given(names, names, names)
def test_that_any_name_stands_in_a_report_as_text(name, file, note):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.html"
        plain = table_of(["file"], [0], ("class", "other"), note=["note"])
        table = table_of([file], [0], (name, "other"), note=[note])
        pages = []
        for content in (plain, table):
            export_report(ExportRequest(content, FolderSource(Path(folder) / "gone"), out), JobContext())
            pages.append(Words(out.read_text(encoding="utf-8")))
        assert pages[0].tags == pages[1].tags
        for text in (name, file, note):
            assert " ".join(text.split()) in pages[1].words


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 2), st.sampled_from(list(Status))), min_size=1, max_size=60),
    st.sampled_from(["csv", "report"]),
    st.one_of(st.none(), st.frozensets(st.sampled_from(list(Status)))),
    st.booleans(),
)
def test_that_a_plan_accounts_for_every_image(images, format, statuses, split):
    labels = np.array([label for label, _ in images], np.int32)
    status = np.array([status for _, status in images], np.uint8)
    table = table_of([f"{k}.png" for k in range(len(images))], labels, ("a", "b", "c"), status=status)
    request = ExportRequest(table, FolderSource(Path("gone")), Path("out"), statuses=statuses, split=split)
    chosen = FORMATS[format].select(request)
    plan = plan_export(format, request, chosen, np.full(len(images), 10))
    assert plan.images + sum(plan.left_out.values()) == len(images)
    assert sum(one.images for one in plan.classes) == (labels[chosen.rows] >= 0).sum()
    if plan.splits:
        assert sum(plan.splits.values()) == sum(sum(one.splits) for one in plan.classes)
