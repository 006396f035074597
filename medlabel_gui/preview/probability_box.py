"""The bars of the most probable classes, and a button for all of them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from medlabel_gui.preview.bars import ProbabilityBars
from medlabel_gui.preview.probabilities import BEST, ImageProbabilities
from medlabel_gui.texts.preview import ProbabilityTexts


class ProbabilityBox(QWidget):
    """Whether all classes are shown stays as it is from one image to the next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ImageProbabilities((), ())
        self._all = False
        self._none = QLabel(ProbabilityTexts.none)
        self._none.setProperty("role", "quiet")
        self._none.setWordWrap(True)
        self.bars = ProbabilityBars()
        self.more = QPushButton()
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.clicked.connect(self._toggle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self._none, self.bars):
            layout.addWidget(part)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_probabilities(self, found: ImageProbabilities) -> None:
        """Show what the stages say of an image."""
        self._shown = found
        best = found.best()
        self._none.setVisible(not found.lines)
        self.bars.setVisible(bool(found.lines))
        self.bars.show_lines(found.stages, found.lines if self._all else best)
        self.more.setVisible(len(found.lines) > len(best))
        text = ProbabilityTexts.best if self._all else ProbabilityTexts.all
        self.more.setText(text.format(count=BEST if self._all else len(found.lines)))
        self.more.setToolTip(self.more.text())

    def _toggle(self) -> None:
        self._all = not self._all
        self.show_probabilities(self._shown)
