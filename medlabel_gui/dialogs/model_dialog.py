"""All models: what they are, whether they are here, how to get one."""

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from medlabel_gui.icons import Tint, icon, set_icon
from medlabel_gui.models import Download, ModelChoice, size_text
from medlabel_gui.panels.progress import describe
from medlabel_gui.plain import plain_tip
from medlabel_gui.texts.model import ModelDialogTexts

_ID = Qt.ItemDataRole.UserRole
_SIZE = QSize(860, 580)


class ModelDialog(QDialog):
    """Shows what it is told and says what is wanted."""

    download_wanted = Signal(str)
    cancel_wanted = Signal()
    use_wanted = Signal(str)
    remove_wanted = Signal(str)
    folder_wanted = Signal()
    refresh_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(ModelDialogTexts.title)
        self._choices: dict[str, ModelChoice] = {}
        self._chosen = ""
        self._download: Download | None = None
        self._list = _make_list()
        self._list.currentItemChanged.connect(self._show_current)
        self._list.itemActivated.connect(lambda item, _: self._use_if_here(str(item.data(0, _ID))))
        self._facts = QLabel()
        self._bar, self._progress = QProgressBar(), QLabel()
        self._problem = QLabel()
        for label in (self._progress, self._problem):
            label.setTextFormat(Qt.TextFormat.PlainText)
        texts = ModelDialogTexts
        self._download_button = _button(texts.download, texts.download_tip, "download", self._ask_download)
        self._cancel = _button(texts.cancel, texts.cancel_tip, "x", self.cancel_wanted.emit)
        self._remove = _button(texts.remove, texts.remove_tip, "trash-2", self._ask_remove)
        self._use = _button(texts.use, texts.use_tip, "", self._ask_use)
        self._use.setProperty("primary", True)
        self._arrange()
        self.resize(_SIZE)

    def show_choices(self, choices: Sequence[ModelChoice], chosen: str) -> None:
        """List these; `chosen` is the one in use. The row that was looked at stays, unless another is in use now."""
        current = self._looked_at()
        moved = chosen != self._chosen
        listed = list(self._choices.values())
        self._choices, self._chosen = {choice.id: choice for choice in choices}, chosen
        if listed != list(choices):
            self._list.ensurePolished()
            self._list.clear()
            self._list.addTopLevelItems([_item(choice) for choice in choices])
        self._mark_used(chosen if moved or current is None else current.id)
        self._show_current()

    def _mark_used(self, looked_at: str) -> None:
        for row, model in enumerate(self._choices):
            item = self._list.topLevelItem(row)
            assert item is not None
            for column in range(item.columnCount()):
                font = item.font(column)
                font.setBold(model == self._chosen)
                item.setFont(column, font)
            if model == looked_at or (row == 0 and looked_at not in self._choices):
                self._list.setCurrentItem(item)

    def show_download(self, download: Download | None) -> None:
        """A download began, got on, is being stopped, or is over (None)."""
        if download is not None and self._download is None:
            self.show_problem("")
        self._download = download
        self._show_current()

    def show_problem(self, text: str) -> None:
        """Say what did not work; nothing for an empty text."""
        self._say(text, "error")

    def show_note(self, text: str) -> None:
        """Say what is going on."""
        self._say(text, "quiet")

    @property
    def details(self) -> str:
        """What is said of the model that is looked at, as rich text."""
        return self._facts.text()

    # Inside

    def _say(self, text: str, role: str) -> None:
        self._problem.setText(text)
        self._problem.setProperty("role", role)
        self._problem.style().polish(self._problem)
        self._problem.setVisible(bool(text))

    def _looked_at(self) -> ModelChoice | None:
        item = self._list.currentItem()
        return None if item is None else self._choices.get(str(item.data(0, _ID)))

    def _show_current(self) -> None:
        choice, download = self._looked_at(), self._download
        if choice is None:
            return
        self._facts.setText(describe_model(choice))
        here = not choice.missing
        busy = download is not None
        self._use.setEnabled(here and choice.id != self._chosen)
        self._use.setText(ModelDialogTexts.in_use if choice.id == self._chosen else ModelDialogTexts.use)
        self._download_button.setVisible(not here and bool(choice.hub) and not busy)
        self._remove.setVisible(choice.own)
        for widget in (self._bar, self._progress, self._cancel):
            widget.setVisible(busy)
        if download is not None:
            self._show_progress(download, choice.id == download.id)

    def _show_progress(self, download: Download, same: bool) -> None:
        progress = download.progress
        total = progress.total if progress is not None else 0
        self._bar.setRange(0, 1000 if total else 0)
        if progress is not None and total:
            self._bar.setValue(1000 * progress.done // total)
        text = describe(progress) if progress is not None else ModelDialogTexts.starting
        if not same and progress is None:
            text = ModelDialogTexts.other_download.format(title=download.title)
        self._progress.setText(ModelDialogTexts.cancelling if download.stopping else text)
        self._cancel.setEnabled(not download.stopping)

    def _ask_download(self) -> None:
        choice = self._looked_at()
        if choice is not None:
            self.download_wanted.emit(choice.id)

    def _ask_remove(self) -> None:
        choice = self._looked_at()
        if choice is not None and choice.own:
            self.remove_wanted.emit(choice.id)

    def _ask_use(self) -> None:
        choice = self._looked_at()
        if choice is not None:
            self._use_if_here(choice.id)

    def _use_if_here(self, model: str) -> None:
        if not self._choices[model].missing:
            self.use_wanted.emit(model)

    def _arrange(self) -> None:
        texts = ModelDialogTexts
        middle = QHBoxLayout()
        middle.addWidget(self._list, 5)
        middle.addWidget(self._make_pane(), 6)
        bottom = QHBoxLayout()
        for button in (
            _button(texts.open_folder, texts.open_folder_tip, "folder-open", self.folder_wanted.emit),
            _button(texts.refresh, texts.refresh_tip, "refresh-cw", self.refresh_wanted.emit),
        ):
            bottom.addWidget(button)
        bottom.addStretch(1)
        bottom.addWidget(self._use)
        bottom.addWidget(_button(texts.close, "", "", self.reject))
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addLayout(middle, 1)
        self._problem.setWordWrap(True)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem.hide()
        layout.addWidget(self._problem)
        layout.addLayout(bottom)

    def _make_pane(self) -> QWidget:
        self._facts.setWordWrap(True)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self._facts.setTextInteractionFlags(flags)
        self._facts.setMargin(10)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self._facts)
        scroll.setWidgetResizable(True)
        self._progress.setWordWrap(True)
        buttons = QHBoxLayout()
        for button in (self._download_button, self._cancel, self._remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        pane = QWidget()
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._progress)
        layout.addWidget(self._bar)
        layout.addLayout(buttons)
        return pane


def describe_model(choice: ModelChoice) -> str:
    """Everything that is known of a model, as rich text."""
    texts = ModelDialogTexts
    size = size_text(choice.size_mb) if choice.size_mb else ""
    rows = [(texts.size, size), (texts.licence, choice.licence)]
    if choice.context_length:
        rows.append((texts.captions, texts.tokens.format(count=choice.context_length)))
    if choice.image_side:
        rows.append((texts.images, texts.pixels.format(side=choice.image_side)))
    if choice.dim:
        rows.append((texts.embedding, texts.numbers.format(count=choice.dim)))
    rows.append((texts.where, choice.where or texts.not_here))
    table = "".join(
        f"<tr><td style='padding-right:14px'>{html.escape(name)}</td><td>{_breakable(value)}</td></tr>"
        for name, value in rows
        if value
    )
    parts = [f"<h3>{html.escape(choice.title)}</h3>", f"<p>{html.escape(choice.good_for)}</p>"]
    parts.append(f"<table cellspacing='3' style='margin-top:8px'>{table}</table>")
    if choice.missing:
        parts.append(f"<p><b>{_breakable(choice.missing)}</b></p>")
        if choice.hub:
            bring = texts.bring_download.format(size=size_text(choice.size_mb), hub=choice.hub)
            parts.append(f"<p>{_breakable(bring)}</p>")
        parts.append(f"<p>{_breakable(choice.hint)}</p>")
    return "".join(parts)


def _breakable(text: str) -> str:
    """Escaped, with places where a long path or address may be broken."""
    return html.escape(text).replace("/", "/\u200b").replace("\\", "\\\u200b").replace("_", "_\u200b")


def _make_list() -> QTreeWidget:
    tree = QTreeWidget()
    texts = ModelDialogTexts
    tree.setHeaderLabels([texts.column_model, texts.column_size, texts.column_here])
    tree.setAccessibleName(texts.list_name)
    tree.setIndentation(0)
    tree.setRootIsDecorated(False)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column in (1, 2):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return tree


def _item(choice: ModelChoice) -> QTreeWidgetItem:
    here = ModelDialogTexts.no if choice.missing else ModelDialogTexts.yes
    size = size_text(choice.size_mb) if choice.size_mb else ""
    item = QTreeWidgetItem([choice.title, size, here])
    item.setData(0, _ID, choice.id)
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if not choice.missing:
        item.setIcon(2, icon("circle-check", Tint.GOOD))
    elif choice.own:
        item.setIcon(2, icon("triangle-alert", Tint.WARNING))
    for column in range(3):
        item.setToolTip(column, plain_tip(choice.missing or choice.detail))
    return item


def _button(text: str, tip: str, icon_name: str, slot: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    if icon_name:
        set_icon(button, icon_name)
    button.clicked.connect(lambda _=False: slot())
    return button
