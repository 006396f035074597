"""The report: one page that needs nothing else, and in which every name is only text."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from core.errors import JobCancelled, UserError
from core.exports.options import ExportRequest
from core.exports.report.counts import class_lines, confusion, decided_by, largest, largest_square
from core.exports.report.facts import ClassQuality, ReportFacts, ReportRun, StageQuality
from core.exports.report.page import export_report
from core.exports.report.tiles import candidates
from core.images.folder import FolderSource
from core.jobs import JobContext
from core.project.project import Project
from core.project.records import Run, Status
from core.tasks.export import ExportSpec, export
from core.tasks.report_facts import stage_names
from core.tasks.scan import open_project, scan
from tests.core.exported import labelled_project
from tests.core.tables import picture, request_for, table_of

BAD = "<script>alert('x')</script>&\"$a_b$"
TAGS = {"html", "head", "meta", "title", "style", "body", "header", "main", "section", "div", "footer"}
TAGS |= {"h1", "h2", "h3", "h4", "p", "b", "br", "span", "figure", "img", "figcaption", "ul", "li"}
TAGS |= {"dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.sources, self.alts, self.text = set(), [], [], []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.words = " ".join(" ".join(self.text).split())

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        found = dict(attributes)
        assert not [name for name in found if name.startswith("on")]
        if tag == "img":
            self.sources.append(found["src"])
            self.alts.append(found["alt"])

    def handle_data(self, data):
        self.text.append(data)

    def plots(self):
        """The SVG plots, parsed."""
        kind = "data:image/svg+xml;base64,"
        encoded = [source.removeprefix(kind) for source in self.sources if source.startswith(kind)]
        return [ElementTree.fromstring(base64.b64decode(text)) for text in encoded]

    def tiles(self):
        return [source for source in self.sources if source.startswith("data:image/png;base64,")]


def report_of(request, ctx=None):
    export_report(request, ctx or JobContext())
    return Page(request.out)


def quality(name="a", accuracy=0.9):
    classes = (
        ClassQuality(name, 12, 0.75, 0.5, float("nan")),
        ClassQuality("b", 12, 1.0, 0.25, 0.875),
    )
    return StageQuality("zero_shot", 24, accuracy, 0.625, classes)


def test_that_a_report_needs_nothing_but_itself(folder, tmp_path):
    page = report_of(request_for(folder, tmp_path / "r.html"))
    assert page.tags <= TAGS and "script" not in page.tags
    assert all(source.startswith("data:image/") for source in page.sources) and all(page.sources)
    without_pictures = re.sub(r"data:[^\"]*", "", page.source)
    assert not re.search(r"//|url\(|@import|<link", without_pictures)
    assert "default-src 'none'" in page.source


def test_that_it_says_twice_that_it_is_not_for_diagnosis(folder, tmp_path):
    page = report_of(request_for(folder, tmp_path / "r.html"))
    places = [match.start() for match in re.finditer("Research use only, not for diagnosis", page.source)]
    assert len(places) == 2
    assert page.source.index("<main>") > places[0] and page.source.index("</main>") < places[1]


def test_that_every_name_is_text_and_never_markup(folder, tmp_path):
    n = 24
    status = np.full(n, Status.ACCEPTED, np.uint8)
    facts = ReportFacts(
        title=BAD,
        created_at=BAD,
        details=((BAD, BAD),),
        prompts=((BAD, (BAD, "plain")),),
        versions=((BAD, "1"),),
        runs=(ReportRun(BAD, BAD, BAD, True, True, BAD),),
        stages=(quality(BAD),),
        stage_names={"zero_shot": BAD, "refined": BAD, "delivered": BAD},
        not_delivered=BAD,
    )
    request = request_for(
        folder,
        tmp_path / "r.html",
        classes=(BAD, "b"),
        note=[BAD] * n,
        error=[""] * (n - 1) + [BAD],
        annotator=[BAD] * n,
        status=status,
        refined_label=np.zeros(n, np.int32),
        refined_confidence=np.full(n, 0.5, np.float32),
        truth=np.ones(n, np.int32),
        facts=facts,
    )
    (folder / "discs" / "00.png").rename(folder / "discs" / "<script>.png")
    request.table.refs[:] = [
        type(ref)(ref.path.replace("discs/00.png", "discs/<script>.png")) for ref in request.table.refs
    ]
    page = report_of(request)
    assert page.tags <= TAGS
    assert "<script" not in page.source.casefold()
    assert page.words.count(BAD) >= 20 and "<script>.png" in page.words
    for plot in page.plots():
        assert not [element for element in plot.iter() if "script" in element.tag]
    written = ["".join(plot.itertext()) for plot in page.plots()]
    assert any(BAD[:20] in text for text in written), "a class name in a plot is the name, no formula"


@pytest.mark.parametrize("name", ["$x$", "a\x01b", "\ud800", "胸部X線", "x" * 300, "\\frac", "", "%s {0}"])
def test_that_any_class_name_can_be_drawn(folder, tmp_path, name):
    page = report_of(request_for(folder, tmp_path / "r.html", classes=(name, "b")))
    assert page.plots()


def test_that_the_same_request_gives_the_same_bytes(folder, tmp_path):
    requests = [request_for(folder, tmp_path / name, seed=4) for name in ("a.html", "b.html")]
    for request in requests:
        export_report(request, JobContext())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    export_report(request_for(folder, tmp_path / "c.html", seed=5), JobContext())
    assert (tmp_path / "c.html").read_bytes() != (tmp_path / "a.html").read_bytes(), (
        "ties are drawn by the seed"
    )


def test_that_example_tiles_are_the_most_and_the_least_confident_of_each_class(folder, tmp_path):
    confidence = np.linspace(0.5, 0.99, 24).astype(np.float32)
    page = report_of(request_for(folder, tmp_path / "r.html", confidence=confidence))
    assert len(page.tiles()) == 24, "twelve images a class: eight and four"
    first = Image.open(io.BytesIO(base64.b64decode(page.tiles()[0].partition(",")[2])))
    expected = np.asarray(Image.open(folder / "discs" / "11.png"))
    assert (np.asarray(first) == expected).all(), "a small image is shown as it is, the surest first"
    assert page.words.index("11.png") < page.words.index("04.png") < page.words.index("Least confident")


def test_that_large_images_become_small_tiles(tmp_path):
    picture(tmp_path / "images" / "a" / "large.png", (900, 300), "RGB", (10, 20, 30))
    page = report_of(request_for(tmp_path / "images", tmp_path / "r.html"))
    (tile,) = page.tiles()
    size = Image.open(io.BytesIO(base64.b64decode(tile.partition(",")[2]))).size
    assert size == (112, 37)


def test_that_an_image_that_cannot_be_read_gives_way_to_the_next(folder, tmp_path):
    confidence = np.linspace(0.5, 0.99, 24).astype(np.float32)
    for name in ("11", "10"):
        (folder / "discs" / f"{name}.png").write_bytes(b"broken")
    page = report_of(request_for(folder, tmp_path / "r.html", confidence=confidence, split=False))
    assert len(page.tiles()) == 22
    assert (
        "11.png" not in page.words.partition("stripes")[0].partition("Most confident")[2].partition("b 12")[0]
    )


def test_that_a_report_is_written_where_the_images_are_not_at_hand(folder, tmp_path):
    request = request_for(folder, tmp_path / "r.html")
    folder.rename(tmp_path / "moved")
    page = report_of(request)
    assert not page.tiles() and "the images were not at hand" in page.words


def test_that_corrected_images_are_not_ranked_by_the_confidence_of_another_label(folder, tmp_path):
    status = np.full(24, Status.PREDICTED, np.uint8)
    status[0] = Status.CORRECTED
    confidence = np.full(24, 0.9, np.float32)
    confidence[:2] = 1.0
    request = request_for(folder, tmp_path / "r.html", labels=[0] * 24, status=status, confidence=confidence)
    sure, unsure = candidates(request, np.arange(24))
    assert sure[0] == 1 and sure[-1] == 0 and 0 not in unsure
    status[:] = Status.CORRECTED
    page = report_of(request)
    assert len(page.tiles()) == 8 and "0.900" not in page.words.partition("Examples")[2]


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 12, 20, 40, 400])
def test_that_no_image_is_a_candidate_twice(n):
    table = table_of([f"{row}.png" for row in range(n)], [0] * n)
    request = request_for_table(table)
    sure, unsure = candidates(request, np.arange(n))
    assert len({*sure, *unsure}) == len(sure) + len(unsure)
    assert len(sure) >= min(n, 8) and len(unsure) >= min(max(n - 8, 0), 4)


def request_for_table(table):
    return ExportRequest(table, None, Path("r.html"))


def test_that_quality_is_told_where_labels_are_known_and_only_there(folder, tmp_path):
    facts = ReportFacts(stages=(quality(accuracy=0.9572),))
    truth = np.zeros(24, np.int32)
    page = report_of(request_for(folder, tmp_path / "r.html", truth=truth, facts=facts))
    for word in ("95.72%", "62.50%", "75.00%", "25.00%", "Sensitivity", "Specificity", "\u2013"):
        assert word in page.words
    assert any("known label (rows)" in alt and "a to a: 12" in alt for alt in page.alts)
    assert "known label" not in report_of(request_for(folder, tmp_path / "r.html")).words.casefold()


def test_that_the_confusion_of_the_stages_is_drawn_with_its_numbers(folder, tmp_path):
    refined = np.array([0] * 9 + [1] * 15, np.int32)
    page = report_of(
        request_for(
            folder,
            tmp_path / "r.html",
            refined_label=refined,
            refined_confidence=np.full(24, 0.7, np.float32),
        )
    )
    (alt,) = [alt for alt in page.alts if "a to b: 3" in alt]
    assert "a to a: 9" in alt and "b to b: 12" in alt
    assert "3 of 24 images have another label" in page.words
    numbers = {text for plot in page.plots() for text in plot.itertext()}
    assert {"9", "3", "12"} <= numbers


def test_that_one_stage_alone_is_reported_without_the_other(folder, tmp_path):
    page = report_of(request_for(folder, tmp_path / "r.html"))
    assert "Where the stages differ" not in page.words and "Confidence" in page.words


def test_that_only_the_chosen_statuses_are_reported(folder, tmp_path):
    status = np.array([Status.ACCEPTED] * 5 + [Status.PREDICTED] * 19, np.uint8)
    only = frozenset({Status.ACCEPTED})
    page = report_of(request_for(folder, tmp_path / "r.html", status=status, statuses=only))
    assert "5 images" in page.words and len(page.tiles()) == 5
    nothing = report_of(request_for(folder, tmp_path / "r.html", statuses=frozenset({Status.UNSURE})))
    assert "0 images" in nothing.words and not nothing.tiles()


def test_that_a_project_without_labels_can_be_reported(folder, tmp_path):
    page = report_of(request_for(folder, tmp_path / "r.html", labels=[-1] * 24))
    assert "(no label)" in page.words and "No person has looked" in page.words
    assert report_of(request_for(folder, tmp_path / "r.html", labels=[-1] * 24, classes=())).plots()


def test_that_many_classes_and_notes_stay_readable(tmp_path):
    n = 400
    names = tuple(f"class {k:03}" for k in range(100))
    labels = np.arange(n) % 100
    table = table_of(
        [f"{row}.png" for row in range(n)],
        labels,
        names,
        note=[f"note {row}" for row in range(n)],
        refined_label=((labels + 1) % 100).astype(np.int32),
    )
    page = report_of(ExportRequest(table, FolderSource(tmp_path / "gone"), tmp_path / "r.html"))
    assert "note 99" in page.words and "note 100" not in page.words
    assert "The first 100 of 400" in page.words
    drawn = {text for plot in page.plots() for text in plot.itertext()}
    assert "(other classes)" in drawn and "class 099" not in drawn


def test_that_a_cancelled_report_leaves_nothing(folder, tmp_path):
    ctx = JobContext(interval=0)
    ctx._listener = lambda event: ctx.cancel()
    with pytest.raises(JobCancelled):
        export_report(request_for(folder, tmp_path / "r.html"), ctx)
    assert not list(tmp_path.glob("*.html")) and not list(tmp_path.glob(".*"))


def test_that_a_place_that_cannot_be_written_is_a_clear_error(folder, tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        export_report(request_for(folder, tmp_path / "nowhere" / "r.html"), JobContext())


# The numbers


def test_that_a_confusion_matrix_counts_pairs_and_leaves_out_what_has_no_label():
    first, second = np.array([0, 0, 1, -1, 2], np.int32), np.array([0, 1, 1, 0, -1], np.int32)
    assert confusion(first, second, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_that_classes_beyond_the_largest_are_put_together_and_nothing_is_lost():
    rng = np.random.default_rng(0)
    names = [f"c{k}" for k in range(40)]
    counts = rng.integers(0, 50, (40, 7))
    shown, merged = largest(names, counts)
    assert len(shown) == 24 and merged.sum() == counts.sum() and shown[-1] == "(other classes)"
    matrix = rng.integers(0, 9, (40, 40))
    shown, merged = largest_square(names, matrix)
    assert merged.shape == (24, 24) and merged.sum() == matrix.sum()
    position = names.index(shown[0])
    assert merged[0, 0] == matrix[position, position]
    sparse = np.zeros((40, 40), np.int64)
    sparse[3, 7] = 5
    shown, merged = largest_square(names, sparse)
    assert shown == ["c3", "c7"] and merged.tolist() == [[0, 5], [0, 0]]


def test_that_counts_by_class_and_status_and_by_person_are_those_of_the_rows():
    status = np.array([Status.ACCEPTED, Status.CORRECTED, Status.PREDICTED, Status.ERROR], np.uint8)
    table = table_of(["a", "b", "c", "d"], [0, 0, 1, -1], status=status, annotator=["ann", "bob", "", ""])
    lines = class_lines(table, np.arange(4))
    assert [(line.name, line.images) for line in lines] == [("a", 2), ("b", 1), ("(no label)", 1)]
    assert lines[0].statuses[Status.CORRECTED] == 1
    assert decided_by(table, np.arange(4)) == [("ann", 1), ("bob", 1)]
    assert [line.images for line in class_lines(table, np.array([2]))] == [0, 1]


# From a project


def test_that_the_report_of_a_project_tells_where_labels_come_from(folder, tmp_path, ctx):
    project = labelled_project(folder)
    result = export(ExportSpec(project, "report", tmp_path / "r.html"), ctx)
    page = Page(tmp_path / "r.html")
    assert result.rows == 24
    for word in (
        "Labels of images", str(folder), "starter", "a round thing", "published", "ann", "blurred", "torch",
        "stage 1, zero-shot", "stage 2, refinement", "CLIP, refined (Published CNN)", "UTC",
    ):  # fmt: skip
        assert word in page.words, word
    assert "4 images" in page.words, "ann decided four"


def test_that_known_labels_are_measured_for_each_stage_of_the_chosen_images(folder, tmp_path, ctx):
    project = labelled_project(folder)
    with Project.open(project) as opened:
        opened.set_truth({row: 1 if row < 12 else 2 for row in range(24)})
    export(ExportSpec(project, "report", tmp_path / "r.html"), ctx)
    page = Page(tmp_path / "r.html")
    assert "CLIP alone 24 50.00% 50.00%" in page.words
    assert "CLIP, refined (Published CNN) 24 100.00% 100.00%" in page.words
    assert "Delivered labels 24" in page.words
    only = frozenset({Status.ACCEPTED, Status.CORRECTED})
    export(ExportSpec(project, "report", tmp_path / "r.html", statuses=only), ctx)
    assert "CLIP alone 2 50.00%" in Page(tmp_path / "r.html").words


def test_that_a_stage_that_does_not_deliver_says_so(folder, tmp_path, ctx):
    project = labelled_project(folder, delivers=False)
    export(ExportSpec(project, "report", tmp_path / "r.html"), ctx)
    assert "The labels of stage 2 are not the delivered ones. Worse." in Page(tmp_path / "r.html").words
    assert "that stage 2 would label otherwise" in Page(tmp_path / "r.html").words


@pytest.mark.parametrize(
    ("kind", "params", "expected"),
    [
        ("zero-shot", {"strategy": "auto"}, "CLIP, refined (Automatic)"),
        ("predicted", {"strategy": "gce"}, "Saved model, refined (CNN, generalised cross-entropy)"),
        ("imported", {"strategy": "of another version"}, "Imported labels, refined (of another version)"),
        ("zero-shot", None, "CLIP, refined"),
    ],
)
def test_that_the_second_stage_is_named_by_its_strategy(kind, params, expected):
    first = Run(1, kind, "", (1, 2))
    second = None if params is None else replace(first, kind="refinement", params=params)
    assert stage_names(first, second)["refined"] == expected


def test_that_a_project_without_runs_can_be_reported(folder, tmp_path, ctx):
    project = open_project(folder)
    scan(project, ctx)
    export(ExportSpec(project, "report", tmp_path / "r.html"), ctx)
    assert "(no label)" in Page(tmp_path / "r.html").words


def test_that_imported_weak_labels_are_not_called_clip(folder, tmp_path, ctx):
    project = labelled_project(folder)
    with Project.open(project) as opened:
        run = opened.runs.begin("imported", [1, 2], {"file": "weak.csv", "sha256": "ab12"})
        opened.runs.finish(run, np.full((24, 2), 0.5, np.float32))
    export(ExportSpec(project, "report", tmp_path / "r.html"), ctx)
    page = Page(tmp_path / "r.html")
    assert "weak.csv, SHA-256 ab12" in page.words and "Imported labels" in page.words
    assert "CLIP" not in page.words
