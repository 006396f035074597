"""What somebody is told before the first image is opened: what this is for, and that it is for research only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.tasks.provenance import who
from medlabel_gui.resources import application_icon
from medlabel_gui.settings import Settings
from medlabel_gui.texts.start import CommonTexts, FirstStartTexts

_WIDTH = 460


class FirstStart(QDialog):
    """Left by "I understand", which keeps the name, or by "Quit", as which the closing cross counts. Esc does
    nothing: it is pressed too easily for either. Shown with `open()`."""

    quit_wanted = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(FirstStartTexts.title)
        self._settings = settings
        self.name = QLineEdit(settings.author or who())
        self.name.setToolTip(FirstStartTexts.name_tip)
        self.understood = QPushButton(FirstStartTexts.understood)
        self.understood.setProperty("primary", True)
        self.understood.setDefault(True)
        self.understood.clicked.connect(self.accept)
        self.quit = QPushButton(FirstStartTexts.quit)
        self.quit.clicked.connect(self.reject)
        self._place()
        self.rejected.connect(self.quit_wanted)

    def accept(self) -> None:
        """Go on, and do not ask again."""
        self._settings.author = self.name.text()
        self._settings.terms_seen = True
        super().accept()

    def _place(self) -> None:
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(48, 48))
        title = QLabel(FirstStartTexts.title)
        title.setProperty("role", "title")
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(picture)
        top.addWidget(title, 1)
        form = QFormLayout()
        form.addRow(FirstStartTexts.name, self.name)
        form.addRow("", _words(FirstStartTexts.name_hint, "quiet"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.quit)
        buttons.addWidget(self.understood)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 20, 22, 18)
        layout.setSpacing(10)
        layout.addLayout(top)
        for text, role in (
            (FirstStartTexts.what, ""),
            (CommonTexts.research_only, "heading"),
            (FirstStartTexts.research, ""),
            (CommonTexts.local, "heading"),
            (FirstStartTexts.local, ""),
        ):
            layout.addWidget(_words(text, role))
        layout.addSpacing(6)
        layout.addLayout(form)
        layout.addSpacing(6)
        layout.addLayout(buttons)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setFixedWidth(_WIDTH) if role != "quiet" else label.setMinimumWidth(_WIDTH - 110)
    label.setProperty("role", role)
    return label
