"""Each operation on classes is one edit that can be taken back; names and keys stay unique."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.images.refs import ImageRef, ScannedImage
from core.project import class_edits
from core.project.edits import DECISION, Edit
from core.project.project import Project
from core.project.records import ImageClass, Status

A, B, C = ImageClass(1, "a", ("one",)), ImageClass(2, "b"), ImageClass(3, "c", ("two {}",))
CLASSES = (A, B, C)
NOTHING = np.zeros(0, DECISION)


def decisions(*said: tuple[Status, int]):
    found = np.zeros(len(said), DECISION)
    found["status"], found["class_id"] = [s for s, _ in said], [c for _, c in said]
    return found


def named(edit: Edit) -> list[str]:
    assert edit.classes is not None
    return [c.name for c in edit.classes]


def test_that_classes_are_added_at_the_end_with_clean_names_and_new_ids():
    edit = class_edits.add(CLASSES, [("  chest   x-ray ", (" a  film ", "", "a film")), ("d", ())], 7)
    assert edit.classes == (*CLASSES, ImageClass(7, "chest x-ray", ("a film",)), ImageClass(8, "d"))
    assert edit.text == "Add 2 classes" and class_edits.add((), [("d", ())], 1).text == "Add 'd'"


@pytest.mark.parametrize("name", ["", "   ", "B", " b "])
def test_that_an_empty_or_taken_name_is_refused(name):
    with pytest.raises(UserError):
        class_edits.add(CLASSES, [(name, ())], 4)
    with pytest.raises(UserError):
        class_edits.rename(CLASSES, 1, name)


def test_that_two_new_classes_of_one_name_are_refused():
    with pytest.raises(UserError, match="'D' already"):
        class_edits.add(CLASSES, [("D", ()), ("d", ())], 4)


def test_that_a_renamed_class_keeps_everything_else():
    edit = class_edits.rename(CLASSES, 1, " A ")
    assert edit.classes == (ImageClass(1, "A", ("one",)), B, C) and edit.text == "Rename 'a' to 'A'"


def test_that_prompts_are_cleaned_and_an_empty_list_gives_the_templates_back():
    assert class_edits.set_prompts(CLASSES, 2, [" x ", "x", ""]).classes[1].prompts == ("x",)
    assert class_edits.set_prompts(CLASSES, 1, []).classes[0].prompts == ()


def test_that_a_class_gets_a_colour_and_a_key():
    edit = class_edits.set_look(CLASSES, 2, "#12abEF", "K", {"U", "x"})
    assert edit.classes[1] == ImageClass(2, "b", (), False, "#12abEF", "k")
    assert edit.text == "Change the colour and key of 'b'"
    assert class_edits.set_look(edit.classes, 2, "", "k", {"k"}).text == "Change the colour of 'b'"


@pytest.mark.parametrize(
    ("key", "reason"),
    [("u", "something else"), ("U", "something else"), ("3", "belongs to 'c'"), ("0", "cannot be")]
    + [(key, "cannot be") for key in ("ab", "?", "½", "10")],
)
def test_that_a_key_that_does_something_else_is_refused(key, reason):
    classes = class_edits.set_look(CLASSES, 3, "", "3").classes
    with pytest.raises(UserError, match=reason):
        class_edits.set_look(classes, 1, "", key, {"U", "X"})


def test_that_a_colour_is_checked():
    with pytest.raises(UserError, match="not a colour"):
        class_edits.set_look(CLASSES, 1, "red", "")


def test_that_a_key_of_its_own_goes_before_the_number_of_the_place():
    classes = class_edits.set_look(CLASSES, 1, "", "2").classes
    assert [class_edits.key_of(classes, k) for k in range(3)] == ["2", "", "3"]
    many = tuple(ImageClass(k, str(k)) for k in range(12))
    assert [class_edits.key_of(many, k) for k in (0, 8, 9)] == ["1", "9", ""]


def test_that_one_class_moves_and_the_text_names_it():
    assert named(class_edits.reorder(CLASSES, [3, 1, 2])) == ["c", "a", "b"]
    assert class_edits.reorder(CLASSES, [3, 1, 2]).text == "Move 'c'"
    assert class_edits.reorder(CLASSES, [3, 2, 1]).text == "Reorder the classes"
    assert named(class_edits.move(CLASSES, 1, 99)) == ["b", "c", "a"]
    assert named(class_edits.move(CLASSES, 3, -5)) == ["c", "a", "b"]
    with pytest.raises(UserError):
        class_edits.reorder(CLASSES, [1, 2])


def test_that_merging_moves_the_decisions_with_their_status_and_joins_the_prompts():
    said = decisions(
        (Status.ACCEPTED, 3), (Status.CORRECTED, 2), (Status.UNSURE, -1), (0, -1), (Status.ACCEPTED, 1)
    )
    edit = class_edits.merge(CLASSES, 1, [2, 3], said)
    assert edit.rows.tolist() == [0, 1] and edit.class_ids.tolist() == [1, 1]
    assert edit.status.tolist() == [Status.ACCEPTED, Status.CORRECTED]
    assert edit.classes == (ImageClass(1, "a", ("one", "an image of b", "b", "two c")),)
    assert edit.text == "Merge 2 classes into 'a'"


def test_that_a_class_without_prompts_is_still_looked_for_after_a_merge():
    assert class_edits.merge(CLASSES, 2, [1], NOTHING).classes[0].prompts == ("an image of {}", "{}", "one")
    rest = (A, ImageClass(9, "rest", is_other=True))
    assert class_edits.merge(rest, 9, [1], NOTHING).classes == (rest[1],)
    assert class_edits.merge(rest, 1, [9], NOTHING).classes == (A,)


@pytest.mark.parametrize(("into", "merged"), [(1, [1]), (1, []), (1, [8]), (8, [1])])
def test_that_a_merge_without_sense_is_refused(into, merged):
    with pytest.raises(UserError):
        class_edits.merge(CLASSES, into, merged, NOTHING)


def test_that_removing_a_class_withdraws_what_was_decided_for_it():
    said = decisions((Status.ACCEPTED, 1), (Status.CORRECTED, 2), (Status.EXCLUDED, -1))
    edit = class_edits.remove(CLASSES, 2, said)
    assert named(edit) == ["a", "c"] and edit.rows.tolist() == [1] and edit.status is None


def test_that_one_class_at_most_takes_what_fits_none():
    one = class_edits.mark_other(CLASSES, 1, True).classes
    two = class_edits.mark_other(one, 3, True).classes
    assert [c.is_other for c in two] == [False, False, True]
    assert not any(c.is_other for c in class_edits.mark_other(two, 3, False).classes)


def test_that_a_replaced_list_keeps_the_classes_of_the_same_name():
    said = decisions((Status.ACCEPTED, 1), (Status.ACCEPTED, 3))
    edit = class_edits.replace_all(CLASSES, [("d", ()), ("A", ("x",))], 4, said)
    assert edit.classes == (ImageClass(4, "d"), ImageClass(1, "A", ("x",))) and edit.rows.tolist() == [1]
    with pytest.raises(UserError):
        class_edits.replace_all(CLASSES, [("d", ()), ("D", ())], 4, said)


def test_that_a_class_that_is_gone_is_told_in_words():
    for operation in (
        lambda: class_edits.rename(CLASSES, 9, "x"),
        lambda: class_edits.move(CLASSES, 9, 0),
        lambda: class_edits.remove(CLASSES, 9, NOTHING),
    ):
        with pytest.raises(UserError, match="changed meanwhile"):
            operation()


# With a real project

ROWS = 5
POSITION = st.integers(0, 5)
NAMES = st.sampled_from(["a", "A", "b", "c", " d ", "e f"])
MOVES = st.one_of(
    st.tuples(st.just("add"), NAMES),
    st.tuples(st.just("rename"), POSITION, NAMES),
    st.tuples(st.just("prompts"), POSITION, st.lists(NAMES, max_size=2)),
    st.tuples(st.just("look"), POSITION, st.sampled_from(["", "#ff0000"]), st.sampled_from(["", "1", "k"])),
    st.tuples(st.just("move"), POSITION, POSITION),
    st.tuples(st.just("merge"), POSITION, POSITION),
    st.tuples(st.just("remove"), POSITION),
    st.tuples(st.just("other"), POSITION, st.booleans()),
    st.tuples(st.just("replace"), st.lists(NAMES, max_size=3)),
    st.tuples(st.just("decide"), POSITION, st.integers(0, ROWS - 1)),
)


def edit_for(project: Project, move: tuple) -> Edit:
    """The edit of a drawn move; positions beyond the list are ids that no class has."""
    classes, said = project.classes, project.history.decisions
    ids = [c.id for c in classes] + [999] * 6
    kind, *values = move
    if kind == "add":
        return class_edits.add(classes, [(values[0], ())], project.next_class_id())
    if kind == "replace":
        return class_edits.replace_all(classes, [(n, ()) for n in values[0]], project.next_class_id(), said)
    if kind == "merge":
        return class_edits.merge(classes, ids[values[0]], [ids[values[1]]], said)
    if kind == "remove":
        return class_edits.remove(classes, ids[values[0]], said)
    if kind == "decide":
        return Edit("Correct", np.array([values[1]]), Status.CORRECTED, np.array([ids[values[0]]], np.int32))
    does = {
        "rename": class_edits.rename,
        "prompts": class_edits.set_prompts,
        "look": class_edits.set_look,
        "move": class_edits.move,
        "other": class_edits.mark_other,
    }
    return does[kind](classes, ids[values[0]], *values[1:])


def state(project: Project):
    said = project.history.decisions
    return project.classes, said["status"].tolist(), said["class_id"].tolist()


@settings(deadline=None, max_examples=60)
@given(st.lists(MOVES, max_size=20))
def test_that_undoing_any_sequence_of_operations_restores_every_state(moves):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "images").mkdir()
        with Project.create(Path(folder) / "p.medlabel", Path(folder) / "images") as project:
            project.images.add([ScannedImage(ImageRef(f"{row}.png")) for row in range(ROWS)], 0)
            project.history.resize(ROWS)
            project.execute(class_edits.add((), [("one", ()), ("two", ())], project.next_class_id()), "me")
            states, ever = [state(project)], {c.id for c in project.classes}
            for move in moves:
                new_id = project.next_class_id()
                try:
                    edit = edit_for(project, move)
                except UserError:
                    continue
                project.execute(edit, "me")
                if state(project) != states[-1]:
                    states.append(state(project))
                assert new_id not in ever, "no class gets the id of another one, not even of a removed one"
                ever |= {c.id for c in project.classes}
                check_sense(project)
            for before in reversed(states[:-1]):
                project.undo("me")
                assert state(project) == before
            for after in states[1:]:
                project.redo("me")
                assert state(project) == after


def check_sense(project: Project) -> None:
    classes = project.classes
    names = [c.name.casefold() for c in classes]
    keys = [c.key for c in classes if c.key]
    assert len(set(names)) == len(names) and all(c.name == " ".join(c.name.split()) != "" for c in classes)
    assert len(set(keys)) == len(keys) and sum(c.is_other for c in classes) <= 1
    used = [class_edits.key_of(classes, k) for k in range(len(classes))]
    assert len(set(filter(None, used))) == len([key for key in used if key])
    said = project.history.decisions
    decided = set(said["class_id"][said["status"] > 0].tolist()) - {999}  # 999: decided for no class at all
    assert decided <= {c.id for c in classes}, "nothing is decided for a class that is gone"
