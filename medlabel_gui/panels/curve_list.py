"""The list of trainings under the curves: which ones are drawn."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QDateTime, QLocale, QPointF, QRectF, QSize, Qt, QTimeZone, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from medlabel_gui.durations import duration
from medlabel_gui.panels.curve_runs import LIVE, RunCurves
from medlabel_gui.panels.plots import run_colour, run_symbol
from medlabel_gui.texts.training import RunListTexts
from medlabel_gui.theme import colours, is_dark

_KEY = Qt.ItemDataRole.UserRole
_MOST_ROWS = 5  # seen at once
_SWATCH = QSize(26, 12)
_SLACK = 8  # Qt counts check box and icon a little too narrow


def run_name(training: RunCurves) -> str:
    """`Run 3`."""
    return RunListTexts.run.format(number=training.number)


def run_when(training: RunCurves) -> str:
    """When it began, in local time: short for today, with the date before."""
    began = QDateTime.fromString(training.created_at, Qt.DateFormat.ISODate)
    if not began.isValid():
        return RunListTexts.now if training.key == LIVE else ""
    began.setTimeZone(QTimeZone.utc())
    local, now = began.toLocalTime(), QDateTime.currentDateTime()
    if local.date() == now.date():
        return QLocale().toString(local, "HH:mm")
    same_year = local.date().year() == now.date().year()
    return QLocale().toString(local, "d MMM HH:mm" if same_year else "d MMM yyyy")


class RunList(QTreeWidget):
    """Trainings with check boxes, the newest first."""

    toggled = Signal(int, bool)  # key of a training, whether it is to be drawn

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(RunListTexts.accessible)
        self.setToolTip(RunListTexts.tip)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setIconSize(_SWATCH)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHeaderLabels(
            [
                RunListTexts.column_run,
                RunListTexts.column_when,
                RunListTexts.column_strategy,
                RunListTexts.column_accuracy,
            ]
        )
        self.headerItem().setToolTip(3, RunListTexts.accuracy_tip)
        header = self.header()
        header.setStretchLastSection(False)
        for column in (1, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(24)
        self.itemChanged.connect(self._changed)
        self._keys: list[int] = []

    def show_trainings(self, trainings: Sequence[RunCurves], drawn: Collection[int]) -> None:
        """List `trainings`, given oldest first; those whose key is in `drawn` are checked."""
        newest_first = list(reversed(trainings))
        self.blockSignals(True)
        try:
            self._match_rows([training.key for training in newest_first])
            for row, training in enumerate(newest_first):
                self._fill(row, training, training.key in drawn)
        finally:
            self.blockSignals(False)
        self.setColumnWidth(0, self.sizeHintForColumn(0) + _SLACK)
        rows = min(len(trainings), _MOST_ROWS)
        row_height = max(self.sizeHintForRow(0), self.fontMetrics().height() + 4)
        self.setFixedHeight(self.header().sizeHint().height() + rows * row_height + 2 * self.frameWidth())
        self.setMinimumWidth(self._least_width(len(trainings) > _MOST_ROWS))

    def _least_width(self, scrolls: bool) -> int:
        """The width, px, in which no word of the header is cut off; the third column takes what the others leave."""
        header = self.header()
        width = sum(max(header.sectionSize(c), header.sectionSizeHint(c)) for c in (0, 1, 3))
        bar = self.verticalScrollBar().sizeHint().width() if scrolls else 0
        return width + header.sectionSizeHint(2) + bar + 2 * self.frameWidth()

    def _match_rows(self, keys: list[int]) -> None:
        """A row for each key. Rows that fit stay: one of them may just be telling that it was checked."""
        if keys == self._keys:
            return
        item = self.currentItem()
        current = None if item is None else item.data(0, _KEY)
        self._keys = keys
        self.ensurePolished()
        self.clear()
        for key in keys:
            item = QTreeWidgetItem()
            item.setData(0, _KEY, key)
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.addTopLevelItem(item)
            if key == current:
                self.setCurrentItem(item)

    def _fill(self, row: int, training: RunCurves, checked: bool) -> None:
        item = self.topLevelItem(row)
        assert item is not None
        best = training.best
        accuracy = f"{best.validation_accuracy:.1%}" if best is not None else ""
        by = training.network or training.strategy  # the narrow column has room for one; the tip has both
        texts = (run_name(training), run_when(training), by, accuracy)
        tip = _tip(training)
        for column, text in enumerate(texts):
            item.setText(column, text)
            item.setToolTip(column, tip)
        item.setIcon(0, _swatch(training.number - 1))
        item.setCheckState(0, Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)

    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.toggled.emit(int(item.data(0, _KEY)), item.checkState(0) == Qt.CheckState.Checked)


def _strategy(training: RunCurves) -> str:
    if not training.strategy or training.network in ("", training.strategy):
        return training.strategy or training.network
    return RunListTexts.strategy_of_network.format(strategy=training.strategy, network=training.network)


def _tip(training: RunCurves) -> str:
    best = training.best
    if best is None:
        return run_name(training)
    text = RunListTexts.row_tip.format(
        run=run_name(training),
        when=run_when(training),
        strategy=_strategy(training),
        epochs=len(training.epochs),
        seconds=duration(training.seconds),
        best=best.epoch,
    )
    if training.stopped_early:
        text += "\n" + RunListTexts.row_tip_early.format(waited=training.epochs[-1].waited)
    return text


def _swatch(style: int) -> QIcon:
    """A piece of the run's curve with its point; on the window's own ground where its row is selected."""
    icon = QIcon(_piece(style, ""))
    icon.addPixmap(_piece(style, colours().base), QIcon.Mode.Selected)
    return icon


def _piece(style: int, ground: str) -> QPixmap:
    pixmap = QPixmap(_SWATCH * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    colour = run_colour(style, is_dark())
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if ground:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(QPointF(0, 0), _SWATCH), 3, 3)
    middle = QPointF(_SWATCH.width() / 2, _SWATCH.height() / 2)
    painter.setPen(QPen(colour, 2))
    painter.drawLine(QPointF(1, middle.y()), QPointF(_SWATCH.width() - 1, middle.y()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    _draw_symbol(painter, run_symbol(style), middle)
    painter.end()
    return pixmap


def _draw_symbol(painter: QPainter, symbol: str, at: QPointF, r: float = 4.5) -> None:
    """The shapes that `run_symbol` names."""
    if symbol == "o":
        painter.drawEllipse(at, r, r)
    elif symbol == "s":
        painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r))
    else:
        shapes = {
            "t": ((-r, -r), (r, -r), (0, r)),
            "t1": ((-r, r), (r, r), (0, -r)),
            "d": ((0, -r - 1), (r, 0), (0, r + 1), (-r, 0)),
            "p": ((0, -r), (r, -r * 0.3), (r * 0.6, r), (-r * 0.6, r), (-r, -r * 0.3)),
        }
        painter.drawPolygon(QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in shapes[symbol]]))
