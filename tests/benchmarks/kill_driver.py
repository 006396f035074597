"""The process that is killed: random edits, runs and trainings on a project, each told before and after.

Lines in the pipe, `NUMBER` counting from 0: `S NUMBER` an edit begins; `A NUMBER DIGEST` it was acknowledged and
leaves the state of this digest; `N NUMBER` it changed nothing; `R ID` a run was acknowledged as finished.
"""

import os
import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from core.project import class_edits
from core.project.edits import Edit, Step, classes_to_json
from core.project.history import History
from core.project.image_rows import ImageFacts
from core.project.project import Project
from core.project.records import Status

STORE, COLUMNS = "embeddings-test", 8
_STATUSES = (Status.ACCEPTED, Status.CORRECTED, Status.UNSURE, Status.EXCLUDED, None)
_NOTES = ("", "blurred", "caf\xe9", "turned by 90\N{DEGREE SIGN}")


def digest(history: History) -> str:
    """What decisions, classes and notes hold, as one short word."""
    return digest_of(history.decisions, classes_to_json(history.classes), history.notes)


def digest_of(decisions: np.ndarray, classes: list[dict[str, Any]], notes: dict[int, str]) -> str:
    parts = (decisions["status"].tolist(), decisions["class_id"].tolist(), classes, sorted(notes.items()))
    return f"{zlib.crc32(repr(parts).encode()):08x}"


def values_of(rows: np.ndarray) -> np.ndarray:
    """The only values that the row store may hold for `rows` once they are done."""
    return (rows[:, None] % 97 + np.arange(COLUMNS)).astype(np.float16)


def drive(folder: Path, round_name: str, pipe: int, train: bool) -> None:
    """Work on the project in `folder` until killed; the author of each edit is `ROUND-NUMBER`."""
    rng = random.Random(round_name)
    with Project.open(folder) as project:
        for number in range(10**9):
            if rng.random() < 0.85:
                _edit(project, rng, f"{round_name}-{number}", number, pipe)
            else:
                _work(project, rng, pipe, train)


def _tell(pipe: int, *words: object) -> None:
    os.write(pipe, (" ".join(map(str, words)) + "\n").encode())


def _edit(project: Project, rng: random.Random, author: str, number: int, pipe: int) -> None:
    kind = rng.choice(("one", "one", "many", "classes", "notes", "undo", "redo"))
    edit = None if kind in ("undo", "redo") else _wish(project, rng, kind)
    _tell(pipe, "S", number)
    step: Step | None
    if edit is None:
        step = project.undo(author) if kind == "undo" else project.redo(author)
    else:
        step = project.execute(edit, author)
    if step is None or not (len(step.changes) or step.classes or step.notes):
        _tell(pipe, "N", number)
    else:
        _tell(pipe, "A", number, digest(project.history))


def _wish(project: Project, rng: random.Random, kind: str) -> Edit:
    images = project.images.count()
    if kind == "classes":
        return _classes(project, rng)
    if kind == "notes":
        rows = rng.sample(range(images), rng.choice((1, 40)))
        return Edit("Note", notes=dict.fromkeys(rows, rng.choice(_NOTES)))
    count = 1 if kind == "one" else rng.randrange(2, images)
    rows = np.sort(np.array(rng.sample(range(images), count), np.int64))
    status = rng.choice(_STATUSES)
    named = status in (Status.ACCEPTED, Status.CORRECTED) and project.classes
    class_id = rng.choice(project.classes).id if named else -1
    return Edit("Decide", rows, status, np.full(count, class_id, np.int32))


def _classes(project: Project, rng: random.Random) -> Edit:
    classes, decisions = project.classes, project.history.decisions
    chosen = rng.choice(classes).id if classes else 0
    what = rng.choice(("add", "rename", "prompts", "move", "remove", "merge"))
    if len(classes) < 3 or (what == "add" and len(classes) < 9):
        new = project.next_class_id()
        return class_edits.add(classes, [(f"class {new}", ("an image of {}",))], new)
    if what == "rename":
        return class_edits.rename(classes, chosen, f"name {rng.random()}")
    if what == "prompts":
        return class_edits.set_prompts(classes, chosen, [f"caption {rng.random()}"])
    if what == "remove":
        return class_edits.remove(classes, chosen, decisions)
    if what == "merge":
        others = [c.id for c in classes if c.id != chosen]
        return class_edits.merge(classes, chosen, [rng.choice(others)], decisions)
    return class_edits.move(classes, chosen, rng.randrange(len(classes)))


def _work(project: Project, rng: random.Random, pipe: int, train: bool) -> None:
    """What labelling and training write: a batch of rows with its facts, a training, a run."""
    rows = np.array(rng.sample(range(project.images.count()), 32), np.int64)
    project.row_store(STORE, (COLUMNS,), np.float16, {"model": "test"}).write(rows, values_of(rows))
    project.images.set_facts([ImageFacts(row, b"\1" * 32, 4, 4) for row in rows.tolist()])
    if train:
        _train(project)
    if project.classes:
        ids = [c.id for c in project.classes]
        first = project.runs.stage_one()
        kind = "refinement" if first is not None and rng.random() < 0.5 else "zero-shot"
        parent = first.id if kind == "refinement" and first is not None else None
        run = project.runs.begin(kind, ids, {}, parent)
        probabilities = np.full((project.images.count(), len(ids)), 1 / len(ids), np.float32)
        project.runs.finish(run, probabilities)
        _tell(pipe, "R", run)


def _train(project: Project) -> None:
    """Two epochs of a small network that goes on from its checkpoint."""
    import torch

    from core.refine.checkpoint import TrainingState, load_checkpoint, save_checkpoint, weights_of

    network = torch.nn.Linear(COLUMNS, 2)
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    path = project.arrays / "training.pt"
    found = load_checkpoint(path, "test")
    state = TrainingState(weights_of(network)) if found is None else found[0]
    if found is not None:
        network.load_state_dict(found[1]["weights"])
        optimiser.load_state_dict(found[1]["optimiser"])
    inputs = torch.arange(32 * COLUMNS, dtype=torch.float32).reshape(32, COLUMNS) / 256
    for _ in range(2):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), torch.arange(32) % 2).backward()
        optimiser.step()
        state.epoch += 1
        parts = {"weights": weights_of(network), "optimiser": optimiser.state_dict()}
        save_checkpoint(path, "test", state, parts)
