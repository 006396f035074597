"""Any sequence of edits, undos, redos and restarts behaves as a list of states with a cursor."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.images.refs import ImageRef, ScannedImage
from core.project.edits import Edit
from core.project.project import Project
from core.project.records import Status

ROWS = 6
edits = st.tuples(
    st.just("edit"),
    st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=ROWS, unique=True),
    st.sampled_from([None, Status.ACCEPTED, Status.CORRECTED, Status.UNSURE, Status.EXCLUDED]),
    st.integers(1, 3),
)
notes = st.tuples(
    st.just("note"), st.dictionaries(st.integers(0, ROWS - 1), st.sampled_from(["", "blurred", "caf\xe9"]))
)
moves = st.lists(
    st.one_of(edits, notes, st.just(("undo",)), st.just(("redo",)), st.just(("restart",))), max_size=25
)


def state(project: Project) -> tuple[list[tuple[int, int]], dict[int, str]]:
    decisions = project.history.decisions
    decided = list(zip(decisions["status"].tolist(), decisions["class_id"].tolist(), strict=True))
    return decided, dict(project.history.notes)


@settings(deadline=None, max_examples=40)
@given(moves)
def test_that_any_sequence_of_edits_and_undos_equals_a_list_of_states(sequence):
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        images.mkdir()
        project = Project.create(Path(folder) / "p.medlabel", images)
        project.images.add([ScannedImage(ImageRef(f"{row}.png")) for row in range(ROWS)], 0)
        project.history.resize(ROWS)
        states, cursor = [state(project)], 0
        for move in sequence:
            if move[0] == "edit":
                _, rows, status, class_id = move
                class_ids = np.full(len(rows), class_id if status else -1, np.int32)
                step = project.execute(
                    Edit("x", rows=np.array(rows), status=status, class_ids=class_ids), "me"
                )
                if len(step.changes):
                    states[cursor + 1 :] = [state(project)]
                    cursor += 1
            elif move[0] == "note":
                if len(project.execute(Edit("x", notes=move[1]), "me").notes):
                    states[cursor + 1 :] = [state(project)]
                    cursor += 1
            elif move[0] == "undo":
                assert (project.undo("me") is not None) == (cursor > 0)
                cursor = max(0, cursor - 1)
            elif move[0] == "redo":
                assert (project.redo("me") is not None) == (cursor < len(states) - 1)
                cursor = min(len(states) - 1, cursor + 1)
            else:
                project.close()
                project = Project.open(Path(folder) / "p.medlabel")
            assert state(project) == states[cursor]
        project.close()
