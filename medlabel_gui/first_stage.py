"""What people call the labels that came first, whoever gave them: CLIP, a file, a saved model."""

from core.project.records import Run
from medlabel_gui.texts.summary import FirstTexts

_KINDS = ("imported", "predicted")  # any other kind of a stage 1 run is CLIP's


def kind_of(run: Run | None) -> str:
    """`clip`, `imported` or `predicted`."""
    return run.kind if run is not None and run.kind in _KINDS else "clip"


def name_of(run: Run | None) -> str:
    """`CLIP`: who gave the labels of stage 1."""
    return str(getattr(FirstTexts, kind_of(run)))


def whose(run: Run | None) -> str:
    """`CLIP's`, to stand before `labels`."""
    return str(getattr(FirstTexts, f"{kind_of(run)}_whose"))
