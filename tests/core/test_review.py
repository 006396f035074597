"""The order of the review: what is worth a look first, and the reason that is given."""

import numpy as np
import pytest

from core.project.records import Status
from core.quality.review import ReasonKind, reason, review_order, waiting
from tests.core.tables import table_of

NAN = float("nan")


def reviewed(labels, margin, **columns):
    columns = {name: np.asarray(values, dtype_of(name)) for name, values in columns.items()}
    return table_of([f"{row}.png" for row in range(len(labels))], labels, **columns), np.float32(margin)


def dtype_of(name: str):
    return np.uint8 if name == "status" else np.float32 if "confidence" in name else np.int32


def test_that_the_smallest_margin_comes_first() -> None:
    table, margin = reviewed([0, 1, 0, 1], [0.9, 0.1, 0.5, 0.0])
    assert review_order(table, margin).tolist() == [3, 1, 2, 0]


def test_that_stages_which_disagree_with_confidence_come_before_every_close_call() -> None:
    table, margin = reviewed(
        [1, 0, 1, 1],
        [0.9, 0.0, 0.6, 0.2],
        zero_shot_label=[0, 0, 0, 1],
        zero_shot_confidence=[0.99, 0.5, 0.6, 0.6],
        refined_label=[1, 0, 1, 1],
        refined_confidence=[0.95, 0.5, 0.8, 0.6],
    )
    assert review_order(table, margin).tolist() == [0, 2, 1, 3]


def test_that_a_hesitant_disagreement_is_worth_no_more_than_its_hesitation() -> None:
    table, margin = reviewed(
        [1, 1],
        [0.8, 0.05],
        zero_shot_label=[0, 1],
        zero_shot_confidence=[0.26, 0.5],
        refined_label=[1, 1],
        refined_confidence=[0.9, 0.52],
    )
    assert review_order(table, margin).tolist() == [1, 0]


def test_that_only_undecided_images_with_a_label_are_walked_through() -> None:
    statuses = [Status.PREDICTED, Status.ACCEPTED, Status.CORRECTED, Status.UNSURE, Status.EXCLUDED]
    table, margin = reviewed(
        [0, 0, 0, 0, 0, -1, -1, 1],
        np.zeros(8),
        status=[*statuses, Status.ERROR, Status.UNLABELLED, Status.UNLABELLED],
    )
    assert review_order(table, margin).tolist() == [0, 7]
    assert waiting(table).tolist() == [row in (0, 7) for row in range(8)]


def test_that_ties_keep_the_order_of_the_rows() -> None:
    table, margin = reviewed(np.zeros(1000), np.full(1000, 0.25))
    assert review_order(table, margin).tolist() == list(range(1000))


def test_that_many_images_are_sorted_exactly() -> None:
    rng = np.random.default_rng(5)
    margin = np.concatenate([rng.random(5000), np.repeat(rng.random(50), 20), [0.0, 1.0]]).astype(np.float32)
    table, margin = reviewed(np.zeros(len(margin)), margin)
    assert (
        review_order(table, margin).tolist() == np.argsort(-(np.float32(1) - margin), kind="stable").tolist()
    )


def test_that_an_unknown_margin_counts_as_what_the_confidence_allows() -> None:
    table, margin = reviewed([0, 0, 0, 0], [NAN, 0.3, NAN], confidence=[0.6, 0.65, NAN, 0.9])
    assert review_order(table, margin).tolist() == [2, 0, 1, 3]


def test_that_the_order_of_nothing_is_nothing() -> None:
    table, margin = reviewed([], [])
    order = review_order(table, margin)
    assert order.shape == (0,) and order.dtype == np.int64


def test_that_the_order_does_not_depend_on_the_rows_around() -> None:
    """Every worth is an image's own: taking images away leaves the order of the others."""
    rng = np.random.default_rng(3)
    labels, margin = rng.integers(0, 2, 60), rng.random(60)
    first, firsts = rng.integers(0, 2, 60), rng.random(60)
    columns = {
        "zero_shot_label": first,
        "zero_shot_confidence": firsts,
        "refined_label": labels,
        "refined_confidence": rng.random(60),
    }
    whole = reviewed(labels, margin, **columns)
    kept = np.arange(0, 60, 3)
    part = reviewed(labels[kept], margin[kept], **{name: values[kept] for name, values in columns.items()})
    order = review_order(*whole)
    assert kept[review_order(*part)].tolist() == [row for row in order.tolist() if row % 3 == 0]


@pytest.mark.parametrize(
    ("columns", "margin", "kind"),
    [
        ({"status": [Status.ACCEPTED]}, 0.0, ReasonKind.DECIDED),
        (
            {
                "zero_shot_label": [0],
                "refined_label": [1],
                "zero_shot_confidence": [0.9],
                "refined_confidence": [0.8],
            },
            0.1,
            ReasonKind.STAGES_DISAGREE,
        ),
        ({}, 0.1, ReasonKind.CLOSE_CALL),
        ({}, 0.19, ReasonKind.CLOSE_CALL),
        ({}, 0.2, ReasonKind.NOT_SURE),
        ({}, 0.83, ReasonKind.NOT_SURE),
        ({"confidence": [0.55]}, NAN, ReasonKind.NOT_SURE),  # the second class may be near or far
        ({}, 0.95, ReasonKind.SURE),
    ],
)
def test_that_the_reason_is_what_weighs_most(columns, margin, kind) -> None:
    table, margins = reviewed([1], [margin], **columns)
    assert reason(table, margins, 0).kind is kind


def test_that_a_reason_has_the_numbers_to_say_it() -> None:
    table, margin = reviewed(
        [1],
        [0.6],
        confidence=[0.8],
        zero_shot_label=[0],
        zero_shot_confidence=[0.9],
        refined_label=[1],
        refined_confidence=[0.8],
    )
    found = reason(table, margin, 0)
    assert (found.label, found.first, found.second) == (1, 0, 1)
    numbers = (found.confidence, found.margin, found.first_confidence, found.second_confidence)
    assert numbers == pytest.approx((0.8, 0.6, 0.9, 0.8))


def test_that_an_image_without_a_margin_yet_still_has_a_reason() -> None:
    table, margin = reviewed([0, 0], [0.5])
    assert np.isnan(reason(table, margin, 1).margin)
