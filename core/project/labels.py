"""From runs and decisions to the delivered label of every image."""

import numpy as np
import numpy.typing as npt

from core.images.refs import ImageRef
from core.project.history import History
from core.project.image_rows import ImageColumns
from core.project.records import ImageClass, Run, Source, Status
from core.project.runs import Runs
from core.project.table import Floats, Ints, LabelTable, positions_of

_NONE = -1
_FIRST_SOURCES = {"imported": Source.IMPORTED, "predicted": Source.MODEL}


def build_table(
    images: ImageColumns,
    history: History,
    runs: Runs,
    truth: dict[int, int],
    groups: dict[int, str],
    log: dict[int, tuple[str, str]],
    duplicate: Ints,
    position: Ints | None = None,
) -> LabelTable:
    """Put the snapshot together.

    `truth` maps rows to class ids, `groups` rows to names, `log` edit ids to (author, time).
    `duplicate` (n,) and `position` (n,) are the columns of these names.
    """
    n = len(images.refs)
    first, second = runs.stage_one(), runs.refinement()
    zero_label, zero_confidence = _columns(first, runs, history.classes, n)
    refined_label, refined_confidence = _columns(second, runs, history.classes, n)
    label, confidence, source = zero_label.copy(), zero_confidence.copy(), np.zeros(n, np.uint8)
    source[label >= 0] = _stage_one_source(first)
    if second is not None and second.delivers:
        refined = refined_label >= 0
        label[refined], confidence[refined] = refined_label[refined], refined_confidence[refined]
        source[refined] = Source.REFINEMENT
    status = np.where(label >= 0, np.uint8(Status.PREDICTED), np.uint8(Status.UNLABELLED)).astype(np.uint8)
    history.resize(n)
    _apply_decisions(history.decisions[:n], history.classes, status, source, label)
    edits = history.decisions["edit"][:n].tolist()
    table = LabelTable(
        classes=history.classes,
        refs=images.refs,
        status=status,
        source=source,
        label=label,
        confidence=confidence,
        zero_shot_label=zero_label,
        zero_shot_confidence=zero_confidence,
        refined_label=refined_label,
        refined_confidence=refined_confidence,
        truth=_by_position(truth, history.classes, n),
        width=images.width,
        height=images.height,
        grey=images.grey,
        sha256=images.sha256,
        error=images.error,
        note=[history.notes.get(row, "") for row in range(n)],
        group=[groups.get(row, "") for row in range(n)],
        annotator=[log[edit][0] if edit else "" for edit in edits],
        updated_at=[log[edit][1] if edit else "" for edit in edits],
        duplicate=duplicate,
        flat=images.flat,
        position=position,
    )
    undecided = table.failed & (status <= Status.PREDICTED)
    status[undecided], label[undecided], source[undecided] = Status.ERROR, _NONE, Source.NONE
    confidence[undecided] = np.nan
    return table


def labels_of(probabilities: npt.NDArray[np.float32], columns: npt.NDArray[np.int32]) -> tuple[Ints, Floats]:
    """Label = argmax and its probability of (n, k) float32; `columns` (k,) gives the label of each column.

    Rows of NaN have the label -1 and the confidence NaN.
    """
    known = ~np.isnan(probabilities[:, 0]) if probabilities.size else np.zeros(len(probabilities), np.bool_)
    labels = np.full(len(probabilities), _NONE, np.int32)
    confidence = np.full(len(probabilities), np.nan, np.float32)
    best = probabilities[known].argmax(axis=1)
    labels[known] = columns[best]
    confidence[known] = probabilities[known, best]
    return labels, confidence


def _columns(run: Run | None, runs: Runs, classes: tuple[ImageClass, ...], n: int) -> tuple[Ints, Floats]:
    labels, confidence = np.full(n, _NONE, np.int32), np.full(n, np.nan, np.float32)
    if run is not None:
        probabilities = runs.probabilities(run)
        columns = positions_of(classes, np.array(run.class_ids, np.int32))
        labels[: len(probabilities)], confidence[: len(probabilities)] = labels_of(probabilities, columns)
        confidence[labels < 0] = np.nan
    return labels, confidence


def first_source(kind: str) -> Source:
    """The source of labels of a stage 1 run of this kind."""
    return _FIRST_SOURCES.get(kind, Source.ZERO_SHOT)


def _stage_one_source(run: Run | None) -> Source:
    return first_source(run.kind if run is not None else "")


def _apply_decisions(
    decisions: npt.NDArray[np.void],
    classes: tuple[ImageClass, ...],
    status: npt.NDArray[np.uint8],
    source: npt.NDArray[np.uint8],
    label: Ints,
) -> None:
    decided = decisions["status"] > 0
    status[decided] = decisions["status"][decided]
    source[decided] = Source.HUMAN
    named = decided & (decisions["class_id"] >= 0)
    label[named] = positions_of(classes, decisions["class_id"][named])


def _by_position(truth: dict[int, int], classes: tuple[ImageClass, ...], n: int) -> Ints:
    column = np.full(n, _NONE, np.int32)
    rows = np.fromiter(truth, np.int64, len(truth))
    class_ids = np.fromiter(truth.values(), np.int64, len(truth))
    inside = rows < n
    column[rows[inside]] = positions_of(classes, class_ids[inside])
    return column


def is_folder_row(ref: ImageRef) -> bool:
    """Whether a row stands for a folder that could not be opened rather than for an image."""
    return ref.path.endswith("/")
