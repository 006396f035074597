"""The dialog “How to refine”: the strategy, its network, and how that is trained."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGroupBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.refine.params import TrainingChoices
from medlabel_gui.dialogs.refine_network import NetworkBox
from medlabel_gui.dialogs.refine_training import TrainingBox
from medlabel_gui.icons import set_icon
from medlabel_gui.refine_choice import DEFAULT_CHOICE, Named, RefineChoice
from medlabel_gui.texts.refine import RefineTexts

_PUBLISHED = "published"  # the strategy that is exactly what was published, as long as nothing is changed
_WIDTH = 620  # px
_ROOM = 90  # px of a screen's height that are left free


class RefineOptionsDialog(QDialog):
    """Says `kept` with what was chosen, and `refine_wanted` after it when that is to be used at once."""

    kept = Signal(RefineChoice)
    refine_wanted = Signal()

    def __init__(
        self,
        choice: RefineChoice,
        strategies: Sequence[Named],
        networks: Sequence[Named],
        may_refine: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(RefineTexts.title)
        self._strategies, self._may_refine = tuple(strategies), may_refine
        self.strategies: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self.network, self.training = NetworkBox(networks), TrainingBox()
        self._make_parts()
        self._place_parts()
        self._connect()
        self.show_choice(choice)
        self.resize(_WIDTH, self._best_height())

    @property
    def choice(self) -> RefineChoice:
        """What is chosen now."""
        strategy = next(name for name, button in self.strategies.items() if button.isChecked())
        training = self.training.applied_to(TrainingChoices(network=self.network.chosen))
        return RefineChoice(strategy, training)

    def show_choice(self, choice: RefineChoice) -> None:
        """Show this; the first strategy stands for one that is not known."""
        self.strategies.get(choice.strategy, next(iter(self.strategies.values()))).setChecked(True)
        self.network.show_network(choice.training.network)
        self.training.show_choices(choice.training)
        if not self.training.is_default:
            self.more.setChecked(True)
        self._follow()

    # Assembly

    def _make_parts(self) -> None:
        for row in self._strategies:
            recommended = row.name == DEFAULT_CHOICE.strategy
            button = QRadioButton(
                RefineTexts.recommended.format(title=row.title) if recommended else row.title
            )
            button.setAccessibleDescription(row.description)
            button.setToolTip(row.description)
            self._group.addButton(button)
            self.strategies[row.name] = button
        self.more = QToolButton()
        self.more.setText(RefineTexts.more)
        self.more.setToolTip(RefineTexts.more_tip)
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.published, self.problem = _words(RefineTexts.published, "warning"), _words("", "error")
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.refine_button = self._button(RefineTexts.refine, RefineTexts.refine_tip, role.AcceptRole)
        self.refine_button.setProperty("primary", True)
        self.ok_button = self._button(RefineTexts.ok, RefineTexts.ok_tip, role.AcceptRole)
        self.cancel_button = self._button(RefineTexts.cancel, RefineTexts.cancel, role.RejectRole)
        self.reset_button = self._button(RefineTexts.reset, RefineTexts.reset_tip, role.ResetRole)
        (self.refine_button if self._may_refine else self.ok_button).setDefault(True)

    def _button(self, text: str, tip: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        button = self.buttons.addButton(text, role)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        return button

    def _place_parts(self) -> None:
        strategies = QGroupBox(RefineTexts.strategy)
        column = QVBoxLayout(strategies)
        column.setSpacing(1)
        for row in self._strategies:
            column.addWidget(self.strategies[row.name])
            sentence = _words(row.description, "quiet")
            sentence.setIndent(24)
            column.addWidget(sentence)
            column.addSpacing(5)
        page = QWidget()
        inside = QVBoxLayout(page)
        inside.setContentsMargins(16, 14, 16, 6)
        inside.setSpacing(10)
        for part in (_words(RefineTexts.purpose, ""), strategies, self.network, self.more):
            inside.addWidget(part)
        inside.addWidget(self.training)
        inside.addWidget(self.published)
        inside.addStretch(1)
        self._page = QScrollArea()
        self._page.setFrameShape(QFrame.Shape.NoFrame)
        self._page.setWidgetResizable(True)
        self._page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page.setWidget(page)
        below = QVBoxLayout()
        below.setContentsMargins(16, 6, 16, 14)
        below.setSpacing(8)
        below.addWidget(self.problem)
        below.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._page, 1)
        layout.addLayout(below)

    def _connect(self) -> None:
        self._group.buttonToggled.connect(lambda *_: self._follow())
        self.network.changed.connect(self._follow)
        self.training.changed.connect(self._follow)
        self.more.toggled.connect(self._unfold)
        self.ok_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        self.reset_button.clicked.connect(lambda: self.show_choice(DEFAULT_CHOICE))
        self.refine_button.clicked.connect(self._refine)

    # Inside

    def _best_height(self) -> int:
        page = self._page.widget()
        layout = page.layout() if page is not None else None
        assert layout is not None
        wanted = layout.totalHeightForWidth(_WIDTH) + self.buttons.sizeHint().height() + 28
        screen = self.screen().availableGeometry().height() - _ROOM
        return min(wanted, screen)

    def _unfold(self) -> None:
        self._follow()
        self.resize(max(self.width(), _WIDTH), max(self.height(), self._best_height()))

    def _follow(self) -> None:
        chosen = self.choice
        changed = chosen.training != DEFAULT_CHOICE.training
        self.published.setVisible(chosen.strategy == _PUBLISHED and changed)
        self.training.setVisible(self.more.isChecked())
        set_icon(self.more, "chevron-down" if self.more.isChecked() else "chevron-right")
        problem = self.network.problem or self.training.problem
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.ok_button.setEnabled(not problem)
        self.refine_button.setEnabled(not problem and self._may_refine)

    def _refine(self) -> None:
        self.accept()
        self.refine_wanted.emit()

    # Qt

    def accept(self) -> None:
        """Keep what is chosen and close."""
        self.kept.emit(self.choice)
        super().accept()


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label
