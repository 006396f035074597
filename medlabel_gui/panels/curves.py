"""The training curves: loss and accuracy of training and validation an epoch, of one run or several."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.errors import UserError
from core.jobs import JobEnded
from core.refine.events import BatchEnd, EpochEnd
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.jobs import JobRunner
from medlabel_gui.panels import plots
from medlabel_gui.panels.curve_files import Plots, draw_picture, legend_html, make_plots
from medlabel_gui.panels.curve_files import write_numbers as write_csv
from medlabel_gui.panels.curve_files import write_picture as write_png
from medlabel_gui.panels.curve_list import RunList
from medlabel_gui.panels.curve_runs import LIVE, RunCurves, stored_trainings
from medlabel_gui.panels.curve_words import describe
from medlabel_gui.panels.live_training import LiveTraining
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.texts.training import CurveTexts

_REDRAW_MS = 250


class CurvesPanel(QWidget):
    """Follows a training live and shows the project's earlier ones; the newest is drawn until others are checked.

    pyqtgraph is imported when the panel is first shown: in a worker thread where there is a runner.
    """

    failed = Signal(Exception)
    noted = Signal(str, object)  # what was done, and the file

    def __init__(
        self,
        session: Session,
        files: FileDialogs,
        runner: JobRunner | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._files, self._runner = session, files, runner
        self._loading = False
        self._live = LiveTraining()
        self._stored: list[RunCurves] = []
        self._checked: dict[int, bool] = {}  # what a person checked or unchecked, by key
        self._plots: Plots | None = None
        self._text, self._legend = QLabel(CurveTexts.none), QLabel()
        self._runs = RunList()
        self._runs.toggled.connect(self._toggle)
        self._picture = self._button(CurveTexts.save_picture, CurveTexts.save_picture_tip, self._ask_picture)
        self._numbers = self._button(CurveTexts.save_numbers, CurveTexts.save_numbers_tip, self._ask_numbers)
        self._arrange()
        self._redraw_timer = QTimer(self)
        self._redraw_timer.setSingleShot(True)
        self._redraw_timer.setInterval(_REDRAW_MS)
        self._redraw_timer.timeout.connect(self.refresh)
        session.changed.connect(self._follow)
        self.refresh()

    # What is shown

    @property
    def epochs(self) -> list[EpochEnd]:
        """The epochs of the live training, else of the newest one of the project."""
        newest = self._trainings()[-1:]
        return list(newest[0].epochs) if newest else []

    @property
    def text(self) -> str:
        """The newest training in words."""
        return self._text.text()

    def drawn(self) -> list[RunCurves]:
        """The trainings whose curves are shown, oldest first."""
        trainings = self._trainings()
        newest = trainings[-1].key if trainings else None
        return [t for t in trainings if t.epochs and self._checked.get(t.key, t.key == newest)]

    # A live training

    def start(self) -> None:
        """A training begins."""
        self._live.start()
        self._checked.pop(LIVE, None)
        self.refresh()

    def add(self, epoch: EpochEnd) -> None:
        """An epoch has ended; it is drawn a moment later, together with those that come until then."""
        self._live.add_epoch(epoch)
        if not self._redraw_timer.isActive():
            self._redraw_timer.start()

    def add_batch(self, batch: BatchEnd) -> None:
        """A batch has ended: only the text says so."""
        self._live.add_batch(batch)
        if not self._redraw_timer.isActive():
            self._tell(self._trainings())

    def end(self) -> None:
        """The training is over. Its curves stay until the session brings the stored ones."""
        self._live.end()
        self.refresh()

    def refresh(self) -> None:
        """Draw what there is."""
        self._redraw_timer.stop()
        trainings, drawn = self._trainings(), self.drawn()
        self._tell(trainings)
        self._runs.show_trainings(trainings, {t.key for t in drawn})
        self._runs.setVisible(bool(trainings))
        for button in (self._picture, self._numbers):
            button.setEnabled(bool(drawn))
        self._legend.setText(legend_html(drawn))
        self._legend.setVisible(bool(drawn) and self._plots is not None)
        if self._plots is not None:
            self._plots.show_trainings(drawn)

    # Files

    def save_picture(self, path: Path) -> None:
        """Write what is drawn as a PNG; says what came of it by a signal."""
        self._save(lambda: write_png(path, draw_picture(self.drawn(), self)), CurveTexts.picture_saved, path)

    def save_numbers(self, path: Path) -> None:
        """Write the epochs of what is drawn as a CSV; says what came of it by a signal."""
        self._save(lambda: write_csv(path, self.drawn()), CurveTexts.numbers_saved, path)

    def _save(self, write: Callable[[], None], done: str, path: Path) -> None:
        try:
            self._check_place(path)
            write()
        except UserError as error:
            self.failed.emit(error)
        else:
            self.noted.emit(done.format(path=path), path)

    def _check_place(self, path: Path) -> None:
        """Nothing is written among the images. Raises `UserError`."""
        images = self._session.source_path
        if images is not None and path.resolve().is_relative_to(images):
            raise UserError(CurveTexts.among_images.format(path=path), CurveTexts.among_images_hint)

    def _ask_picture(self) -> None:
        self._ask(
            CurveTexts.save_picture, CurveTexts.picture_name, CurveTexts.picture_kind, self.save_picture
        )

    def _ask_numbers(self) -> None:
        self._ask(
            CurveTexts.save_numbers, CurveTexts.numbers_name, CurveTexts.numbers_kind, self.save_numbers
        )

    def _ask(self, title: str, name: str, kind: str, chosen: Callable[[Path], None]) -> None:
        self._files.choose_target(title.rstrip("…"), "export", name, kind, chosen)

    # Inside

    def _trainings(self) -> list[RunCurves]:
        if not self._live.exists:
            return self._stored
        return [*self._stored, self._live.curves(len(self._stored) + 1)]

    def _tell(self, trainings: Sequence[RunCurves]) -> None:
        """The newest training in words."""
        self._text.setText(describe(trainings[-1] if trainings else None, self._live.batch))

    def _follow(self, change: Change) -> None:
        if change.aspect not in (Aspect.PROJECT, Aspect.TABLE):
            return
        snapshot = self._session.snapshot
        stored = stored_trainings(snapshot.runs) if snapshot is not None else []
        if change.aspect is Aspect.PROJECT:
            self._checked.clear()
        if change.aspect is Aspect.PROJECT or len(stored) > len(self._stored):
            self._adopt_live(stored)
        self._stored = stored
        self.refresh()

    def _adopt_live(self, stored: Sequence[RunCurves]) -> None:
        """What was live is stored now, or belongs to another project."""
        checked = self._checked.pop(LIVE, None)
        if checked is not None and stored:
            self._checked[stored[-1].key] = checked
        self._live.forget()

    def _prepare_plots(self) -> None:
        if self._runner is None or plots.is_loaded():
            self._make_plots()
            return
        self._loading = True
        self._runner.start("load plots", lambda _: plots.load(), "io", on_ended=self._loaded)

    def _loaded(self, ended: JobEnded) -> None:
        self._loading = False
        if isinstance(ended.error, Exception):
            self.failed.emit(ended.error)
        else:
            self._make_plots()

    def _make_plots(self) -> None:
        self._plots = make_plots(self)
        self._curves.takeAt(0)
        self._curves.addWidget(self._plots.loss, 1)
        self._curves.addWidget(self._plots.accuracy, 1)
        self.refresh()

    def _toggle(self, key: int, drawn: bool) -> None:
        self._checked[key] = drawn
        self.refresh()

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(slot)
        return button

    def _arrange(self) -> None:
        self._text.setWordWrap(True)
        self._legend.setWordWrap(True)
        self._legend.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._legend.setProperty("role", "quiet")
        self._curves = QVBoxLayout()
        self._curves.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._picture)
        buttons.addWidget(self._numbers)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.addWidget(self._text)
        layout.addLayout(self._curves, 1)
        layout.addWidget(self._legend)
        layout.addWidget(self._runs)
        layout.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        if self._plots is None and not self._loading:
            self._prepare_plots()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plots is not None:
            self.refresh()  # the list's pieces of curves are in the plots' colours
