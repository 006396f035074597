"""Keeps stage 1's labels in step with the classes: editing a prompt labels again from stored embeddings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from core.project.records import Run, described
from medlabel_gui.session import Change, Session
from medlabel_gui.work import Work

_DELAY_MS = 300  # several edits in a row become one labelling


class AutoRelabel(QObject):
    """Waits until the classes differ from those that the current labels were made with, then labels again.

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
        if self._stale_run() is not None:
            self._timer.start()

    def _stale_run(self) -> Run | None:
        """The run behind the current labels when other classes were meant; None while all is in step."""
        snapshot = self._session.snapshot
        run = snapshot.stage_one if snapshot is not None else None
        if run is None or run.kind != "zero-shot" or len(self._session.classes) < 2:
            return None
        made_with = run.params.get("classes")
        return run if made_with is not None and made_with != described(self._session.classes) else None
