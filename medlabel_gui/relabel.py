"""Keeps stage 1's labels in step with the classes: editing a prompt labels again from stored embeddings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from core.project.records import ImageClass, Run, described
from core.project.runs import STAGE_ONE
from medlabel_gui.session import Change, Session
from medlabel_gui.work import Work

_DELAY_MS = 300  # several edits in a row become one labelling


def earlier_run(runs: Sequence[Run], counting: Run, classes: Sequence[ImageClass]) -> Run | None:
    """The run that belonged to `classes`, where `counting` belongs to other ones; None where a new one is needed.

    A saved model or weak labels bring classes of their own; undoing them, or doing it again, brings their run back.
    What CLIP can label anew by its own embeddings is not looked for.
    """
    ids = {c.id for c in classes}
    if set(counting.class_ids) == ids:
        return None
    fitting = [run for run in runs if run.finished and run.kind in STAGE_ONE and set(run.class_ids) == ids]
    exact = [run for run in fitting if run.params.get("classes") in (None, described(classes))]
    best = exact or fitting
    if not best or counting.kind == best[-1].kind == "zero-shot":
        return None
    return best[-1]


class AutoRelabel(QObject):
    """Waits until the classes differ from those that the current labels were made with, then labels again.

    Where an earlier run that is not CLIP's belongs to the classes, it counts again instead.
    While another job runs it waits: a labelling may bring a run by another model, which is then the one to follow.
    """

    def __init__(
        self, session: Session, work: Work, device: Callable[[], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._work, self._device = session, work, device
        self._asked: tuple[Path | None, int, list[dict[str, Any]]] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self.now)
        session.changed.connect(self._follow)

    def now(self) -> None:
        """Label again at once if the labels are out of step."""
        self._timer.stop()
        if self._work.busy:
            return  # its end brings a new snapshot, and with it the next look
        earlier = self._earlier_run()
        if earlier is not None:
            self._session.count_again(earlier.id)
            return
        run = self._stale_run()
        if run is None:
            self._asked = None
            return
        wish = (self._session.project, run.id, described(self._session.classes))
        if wish == self._asked:
            return  # it is on its way, or it failed and would fail again
        self._asked = wish
        self._work.relabel(str(run.params["model"]["model"]), self._device())

    def _follow(self, change: Change) -> None:
        del change
        if self._stale_run() is not None or self._earlier_run() is not None:
            self._timer.start()

    def _earlier_run(self) -> Run | None:
        snapshot = self._session.snapshot
        if snapshot is None or snapshot.stage_one is None:
            return None
        return earlier_run(snapshot.runs, snapshot.stage_one, self._session.classes)

    def _stale_run(self) -> Run | None:
        """The run behind the current labels when other classes were meant; None while all is in step."""
        snapshot = self._session.snapshot
        run = snapshot.stage_one if snapshot is not None else None
        if run is None or run.kind != "zero-shot" or len(self._session.classes) < 2:
            return None
        made_with = run.params.get("classes")
        return run if made_with is not None and made_with != described(self._session.classes) else None
