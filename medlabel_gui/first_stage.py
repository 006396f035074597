"""What people call the labels that came first, whoever gave them: CLIP, a file, a saved model."""

from core.project.labels import first_source
from core.project.records import Run, Source
from medlabel_gui.texts.summary import FirstTexts

_KINDS = {Source.IMPORTED: "imported", Source.MODEL: "predicted"}


def kind_of(run: Run | None) -> str:
    """`clip`, `imported` or `predicted`."""
    return _KINDS.get(first_source(run.kind if run is not None else ""), "clip")


def name_of(run: Run | None) -> str:
    """`CLIP`: who gave the labels of stage 1."""
    return str(getattr(FirstTexts, kind_of(run)))


def whose(run: Run | None) -> str:
    """`CLIP's`, to stand before `labels`."""
    return str(getattr(FirstTexts, f"{kind_of(run)}_whose"))
