"""The choice of the CLIP model. One that is not on this machine is greyed and says why."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from medlabel_gui.models import ModelChoice
from medlabel_gui.settings import Settings

_CHOICE = Qt.ItemDataRole.UserRole
DEFAULT = "starter"


class ModelPanel(QWidget):
    """A list of models with what is said of the chosen one."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        heading = QLabel("Model")
        heading.setProperty("role", "heading")
        self._combo = QComboBox()
        self._combo.setAccessibleName("Model")
        self._combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._combo.setMaxVisibleItems(20)
        self._items = QStandardItemModel(self)
        self._combo.setModel(self._items)
        heading.setBuddy(self._combo)
        self._detail = QLabel("Looking for models…")
        self._detail.setProperty("role", "quiet")
        self._detail.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self._combo)
        layout.addWidget(self._detail)
        self._combo.currentIndexChanged.connect(self._describe)
        self._combo.activated.connect(self._remember)

    def set_choices(self, choices: Sequence[ModelChoice]) -> None:
        """Fill the list; the model chosen last stays chosen where it can be used."""
        wanted = self._settings.model or DEFAULT
        self._items.clear()
        for choice in choices:
            item = QStandardItem(
                choice.title if not choice.missing else f"{choice.title} (not on this machine)"
            )
            item.setData(choice, _CHOICE)
            item.setEnabled(not choice.missing)
            item.setToolTip("\n".join(filter(None, (choice.detail, choice.missing))))
            self._items.appendRow(item)
        usable = [n for n, choice in enumerate(choices) if not choice.missing]
        named = [n for n in usable if choices[n].id == wanted]
        self._combo.setCurrentIndex((named or usable or [-1])[0])
        self._describe()

    def chosen(self) -> str:
        """Id of the chosen model; the default while the list is not there yet."""
        choice = self._current()
        return choice.id if choice is not None else DEFAULT

    def _current(self) -> ModelChoice | None:
        choice = self._combo.currentData(_CHOICE)
        return choice if isinstance(choice, ModelChoice) else None

    def _describe(self) -> None:
        choice = self._current()
        if choice is not None:
            self._detail.setText(choice.missing or choice.detail)
        elif self._items.rowCount():
            first = self._items.item(0).data(_CHOICE)
            self._detail.setText(f"No model can be used on this machine. {first.missing}")

    def _remember(self) -> None:
        self._settings.model = self.chosen()
