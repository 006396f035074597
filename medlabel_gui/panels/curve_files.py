"""Curves as files: a table of all epochs, and a picture of fixed size on white."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.errors import UserError
from core.exports.atomic import replacing
from core.exports.spreadsheet import harmless
from medlabel_gui.panels.curve_list import run_name
from medlabel_gui.panels.curve_runs import RunCurves
from medlabel_gui.panels.plots import Curve, CurvePlot, run_colour
from medlabel_gui.texts.training import CurveTexts

_PICTURE = QSize(900, 720)  # device-independent pixels
_SCALE = 2
COLUMNS = (
    "run",
    "started",
    "strategy",
    "network",
    "epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "best_epoch",
    "stopped_early",
    "seconds",
)


def write_numbers(path: Path, trainings: Sequence[RunCurves]) -> None:
    """Write a CSV with a row an epoch: losses in nats, accuracies 0..1. Raises `UserError`."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for training in trainings:
            for e in training.epochs:
                writer.writerow(
                    [
                        training.number,
                        training.created_at,
                        harmless(training.strategy),
                        harmless(training.network),
                        e.epoch,
                        e.train_loss,
                        e.train_accuracy,
                        e.validation_loss,
                        e.validation_accuracy,
                        e.best_epoch,
                        int(training.stopped_early),
                        round(e.seconds, 3),
                    ]
                )


def write_picture(path: Path, image: QImage) -> None:
    """Write a PNG. Raises `UserError`."""
    with replacing(path) as temporary:
        # The stub asks for bytes, the function itself for str.
        if not image.save(str(temporary), "PNG"):  # type: ignore[call-overload]
            raise UserError(CurveTexts.not_written.format(path=path), CurveTexts.not_written_hint)


def draw_picture(trainings: Sequence[RunCurves], parent: QWidget) -> QImage:
    """The curves on white, 900 x 720 at twice the pixels, whatever the window looks like."""
    sheet = QWidget(parent)
    try:
        _dress_light(sheet)
        plots = make_plots(sheet, _SCALE)
        ink = (
            sheet.palette().color(QPalette.ColorRole.Text).name()
        )  # an application's style sheet wins over a palette
        lines = "<br>".join([_runs_line(trainings), legend_html(trainings)])
        legend = QLabel(f"<div style='color:{ink}'>{lines}</div>")
        legend.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(sheet)
        for widget in (plots.loss, plots.accuracy):
            layout.addWidget(widget, 1)
            widget.dress()
        layout.addWidget(legend)
        sheet.resize(_PICTURE)
        plots.show_trainings(trainings)
        image = QImage(_PICTURE * _SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_SCALE)
        image.fill(Qt.GlobalColor.white)
        sheet.ensurePolished()
        sheet.render(image)
    finally:
        sheet.deleteLater()
    return image


@dataclass(frozen=True)
class Plots:
    """Loss and accuracy below each other, with one pointer."""

    loss: CurvePlot
    accuracy: CurvePlot

    def show_trainings(self, trainings: Sequence[RunCurves]) -> None:
        """Draw these."""
        shown = [training for training in trainings if training.epochs]
        last = max((training.epochs[-1].epochs for training in shown), default=1)
        self.loss.show_curves([_curve(training, "loss") for training in shown], last)
        self.accuracy.show_curves([_curve(training, "accuracy") for training in shown], last)


def make_plots(parent: QWidget, pixels: float | None = None) -> Plots:
    """Both plots; pointing at one shows the values of both. `pixels` is as `CurvePlot` takes it."""
    plots = Plots(
        CurvePlot(
            CurveTexts.loss, lambda value: f"{value:.3f}", epoch_label=False, pixels=pixels, parent=parent
        ),
        CurvePlot(
            CurveTexts.accuracy,
            lambda value: f"{value:.1%}",
            top=1.0,
            scale=100,
            pixels=pixels,
            parent=parent,
        ),
    )
    for source in (plots.loss, plots.accuracy):
        for target in (plots.loss, plots.accuracy):
            source.hovered.connect(target.point_at)
    return plots


def legend_html(trainings: Sequence[RunCurves]) -> str:
    """What lines and marks mean."""
    parts = [
        f"<b>─●─</b> {CurveTexts.legend_validation}",
        f"<b>- - -</b> {CurveTexts.legend_training}",
        f"<b>★</b> {CurveTexts.legend_best}",
    ]
    if any(training.stopped_early for training in trainings):
        parts.append(f"<b>┃</b> {CurveTexts.legend_stopped}")
    return " &nbsp; ".join(part.replace(" ", "&nbsp;") for part in parts)


def _runs_line(trainings: Sequence[RunCurves]) -> str:
    return " &nbsp; ".join(
        f"<span style='color:{run_colour(t.number - 1, False).name()}'>●</span>&nbsp;{run_name(t)}"
        for t in trainings
    )


def _curve(training: RunCurves, what: str) -> Curve:
    epochs = training.epochs
    return Curve(
        name=run_name(training),
        style=training.number - 1,
        epochs=tuple(e.epoch for e in epochs),
        training=tuple(getattr(e, f"train_{what}") for e in epochs),
        validation=tuple(getattr(e, f"validation_{what}") for e in epochs),
        best=epochs[-1].best_epoch,
        stopped=epochs[-1].epoch if training.stopped_early else 0,
    )


def _dress_light(sheet: QWidget) -> None:
    palette = QPalette(sheet.palette())
    for role, colour in (
        (QPalette.ColorRole.Window, "#FFFFFF"),
        (QPalette.ColorRole.Base, "#FFFFFF"),
        (QPalette.ColorRole.Text, "#1F2328"),
        (QPalette.ColorRole.WindowText, "#1F2328"),
        (QPalette.ColorRole.PlaceholderText, "#4A525B"),
        (QPalette.ColorRole.Mid, "#D4D8DD"),
    ):
        palette.setColor(role, QColor(colour))
    sheet.setPalette(palette)
    sheet.setAutoFillBackground(True)
