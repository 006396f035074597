"""The training curves: loss and accuracy of training and validation an epoch, the best epoch marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.refine.events import EpochEnd
from medlabel_gui.panels.plots import LEGEND, CurvePlot


@dataclass(frozen=True)
class _Plots:
    loss: CurvePlot
    accuracy: CurvePlot


class CurvesPanel(QWidget):
    """Follows a training live, and shows the last one of the project.

    pyqtgraph is imported when the panel is first shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.epochs: list[EpochEnd] = []
        self._plots: _Plots | None = None
        self._text = QLabel("The network has not been trained yet.")
        self._text.setWordWrap(True)
        self._text.setProperty("role", "quiet")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(10, 4, 10, 8)
        self._layout.addWidget(self._text)
        self._layout.addStretch(1)

    def start(self) -> None:
        """A training begins: the old curves go."""
        self.show_epochs(())

    def add(self, epoch: EpochEnd) -> None:
        """An epoch has ended."""
        self.show_epochs((*self.epochs, epoch))

    def show_epochs(self, epochs: Sequence[EpochEnd]) -> None:
        """Show a training from its first epoch to the last one given."""
        self.epochs = list(epochs)
        self._text.setText(describe(self.epochs))
        if self._plots is not None:
            self._draw(self._plots)

    def _draw(self, plots: _Plots) -> None:
        numbers = [e.epoch for e in self.epochs]
        best = self.epochs[-1].best_epoch if self.epochs else 0
        losses = [e.train_loss for e in self.epochs], [e.validation_loss for e in self.epochs]
        accuracies = [e.train_accuracy for e in self.epochs], [e.validation_accuracy for e in self.epochs]
        last = self.epochs[-1].epochs if self.epochs else 1
        plots.loss.show_lines(numbers, *losses, best, last)
        plots.accuracy.show_lines(numbers, *accuracies, best, last)

    def _make_plots(self) -> _Plots:
        self._layout.takeAt(self._layout.count() - 1)
        plots = _Plots(CurvePlot("Loss"), CurvePlot("Accuracy on the labels learnt from", top=1.0))
        legend = QLabel(LEGEND)
        legend.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._layout.addWidget(legend)
        for plot in (plots.loss, plots.accuracy):
            self._layout.addWidget(plot, 1)
        return plots

    def showEvent(self, event: QShowEvent) -> None:
        if self._plots is None:
            self._plots = self._make_plots()
            self._draw(self._plots)
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if self._plots is not None and event.type() == QEvent.Type.PaletteChange:
            for plot in (self._plots.loss, self._plots.accuracy):
                plot.dress()


def describe(epochs: Sequence[EpochEnd]) -> str:
    """The training in words."""
    if not epochs:
        return "The network has not been trained yet."
    last = epochs[-1]
    best = next((e for e in epochs if e.epoch == last.best_epoch), last)
    return (
        f"Epoch {last.epoch} of at most {last.epochs}. Best so far: epoch {best.epoch}, "
        f"validation accuracy {best.validation_accuracy:.1%} (against the labels it learns from)."
    )
