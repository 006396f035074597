"""Projects that were labelled and refined by the stand-ins, without a window."""

from pathlib import Path

from core.jobs import JobContext
from core.project.project import Project
from core.tasks.label import ClassSpec, LabelSpec, set_classes
from core.tasks.refine import RefineSpec
from core.tasks.scan import open_project, scan
from tests.gui.conftest import open_in
from tests.gui.fakes import fake_label, fake_refine


def labelled_project(images: Path) -> Path:
    """Even images are `first`, odd ones `second`."""
    folder = open_project(images)
    scan(folder, JobContext())
    with Project.open(folder) as project:
        set_classes(project, [ClassSpec("first"), ClassSpec("second")], "tester")
    label_again(folder)
    return folder


def label_again(folder: Path) -> None:
    """Enter another run of stage 1, as after a change of prompts."""
    fake_label(LabelSpec(folder, None, "starter"), JobContext())


def refine(folder: Path) -> None:
    """The first half becomes `first`, the second half `second`: three epochs, the second is the best."""
    fake_refine(RefineSpec(folder), JobContext())


def show(session, folder: Path) -> None:
    """Open the project in a session."""
    open_in(session, folder)
