"""The choice of the network in the dialog “How to refine”."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QWidget

from core.refine.names import TIMM_PREFIX as TIMM
from medlabel_gui.refine_choice import Named
from medlabel_gui.texts.refine import RefineTexts

_TIMM_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
_OTHER = TIMM  # what the last line of the list stands for


class NetworkBox(QWidget):
    """The networks with a sentence each; the strategy's own, and any of timm by its name."""

    changed = Signal()

    def __init__(self, networks: Sequence[Named], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: dict[str | None, str] = {None: RefineTexts.own_network_text}
        self.combo, self.name, self._sentence = QComboBox(), QLineEdit(), QLabel()
        self.combo.addItem(RefineTexts.own_network, None)
        for row in networks:
            self.combo.addItem(row.title, row.name)
            self._texts[row.name] = row.description
        self.combo.addItem(RefineTexts.other_network, _OTHER)
        self._texts[_OTHER] = RefineTexts.other_network_text.format(example=RefineTexts.timm_example)
        self.combo.setToolTip(RefineTexts.network_tip)
        self.name.setPlaceholderText(RefineTexts.timm_example)
        self.name.setAccessibleName(RefineTexts.timm_name)
        self._sentence.setProperty("role", "quiet")
        self._sentence.setWordWrap(True)
        self._place()
        self.combo.currentIndexChanged.connect(lambda _: self._follow())
        self.name.textChanged.connect(lambda _: self.changed.emit())
        self._follow()

    @property
    def chosen(self) -> str | None:
        """The name of a network, or None for the strategy's own."""
        found: str | None = self.combo.currentData()
        return TIMM + self._typed if found == _OTHER else found

    @property
    def problem(self) -> str:
        """What is wrong with what was typed; empty where nothing is."""
        if self.combo.currentData() != _OTHER or _TIMM_NAME.fullmatch(self._typed):
            return ""
        return RefineTexts.timm_problem.format(example=RefineTexts.timm_example)

    def show_network(self, name: str | None) -> None:
        """Show this choice."""
        other = name is not None and name.startswith(TIMM)
        self.name.setText(name.removeprefix(TIMM) if name is not None and other else "")
        self.combo.setCurrentIndex(max(self.combo.findData(_OTHER if other else name), 0))

    @property
    def _typed(self) -> str:
        return self.name.text().strip().removeprefix(TIMM)

    def _follow(self) -> None:
        found = self.combo.currentData()
        self._sentence.setText(self._texts[found])
        self.name.setVisible(found == _OTHER)
        self.changed.emit()

    def _place(self) -> None:
        label = QLabel(RefineTexts.network)
        label.setBuddy(self.combo)
        self.combo.setAccessibleName(RefineTexts.network.replace("&", ""))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.combo, 0, 1)
        grid.addWidget(self.name, 1, 1)
        grid.addWidget(self._sentence, 2, 1)
        grid.setColumnStretch(1, 1)
