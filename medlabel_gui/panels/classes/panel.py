"""The list of classes with their prompts. Every change is one undoable edit that the panel asks for."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from core.datasets.presets import Preset
from core.project.class_edits import Classes, Entry
from core.project.edits import Edit
from medlabel_gui.icons import Tint, icon, set_icon
from medlabel_gui.panels.classes.add import AddField
from medlabel_gui.panels.classes.counts import images_per_class
from medlabel_gui.panels.classes.empty import EmptyClasses
from medlabel_gui.panels.classes.menus import class_menu, fill_presets, look_menu
from medlabel_gui.panels.classes.notes import NotesBox
from medlabel_gui.panels.classes.remarks import key_notes, prompt_notes, specs, takes_note
from medlabel_gui.panels.classes.row import ClassRow
from medlabel_gui.panels.classes.rows import Rows
from medlabel_gui.panels.classes.text import format_classes, format_entries, parse_classes
from medlabel_gui.panels.classes.wishes import Wishes
from medlabel_gui.session import Aspect, Change, Session
from medlabel_gui.settings import Settings
from medlabel_gui.texts.classes import ClassesTexts, MoreMenuTexts, PasteTexts

if TYPE_CHECKING:
    from core.tasks.label import ClassSpec
    from core.tasks.prompts import PromptCheck

_COUNT_MS = 150  # counting waits so long for more changes
_CHECK_MS = 400


class ClassesPanel(QWidget):
    """Follows the session; changes nothing itself.

    `edit_wanted` asks for an edit. `check_wanted` says that the prompts are others now: `show_check` takes what a
    model makes of them.
    """

    edit_wanted = Signal(Edit)
    check_wanted = Signal()

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: Classes = ()
        self._checked: tuple[ClassSpec, ...] = ()
        self._check: PromptCheck | None = None
        self._wishes = Wishes(session, settings, self)
        self._wishes.edit_wanted.connect(self.edit_wanted)
        self._counting = self._make_timer(_COUNT_MS, self._count)
        self._checking = self._make_timer(_CHECK_MS, self.check_wanted.emit)
        self._make_menus()
        self.rows = Rows(self._wishes)
        self.rows.menu_wanted.connect(self._show_class_menu)
        self.rows.look_wanted.connect(self._show_look_menu)
        self.empty = EmptyClasses(self.presets_menu)
        self.notes = NotesBox()
        self.add = AddField(self._wishes)
        self._one_more = QLabel(ClassesTexts.one_more)
        self._one_more.setProperty("role", "quiet")
        self._place()
        session.changed.connect(self._follow)
        self._refresh()

    def _make_timer(self, interval: int, then: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(then)
        return timer

    def _make_menus(self) -> None:
        self.presets_menu = QMenu(MoreMenuTexts.presets, self)
        self.presets_menu.setIcon(icon("layers"))
        fill_presets(self.presets_menu, self.use_preset)
        self.more_menu = QMenu(self)
        self.more_menu.addAction(icon("clipboard-list"), MoreMenuTexts.paste, self.paste_list)
        self.more_menu.addMenu(self.presets_menu)
        self.more_menu.addSeparator()
        self._copy = self.more_menu.addAction(icon("copy"), MoreMenuTexts.copy, self.copy_list)
        for menu in (self.presets_menu, self.more_menu):
            self._wishes.ended.connect(menu.close)

    def _place(self) -> None:
        heading = QLabel(ClassesTexts.title)
        heading.setProperty("role", "heading")
        heading.setBuddy(self.add)
        self.more = QToolButton()
        self.more.setToolTip(ClassesTexts.more_tip)
        self.more.setAccessibleName(ClassesTexts.more)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.more_menu)
        set_icon(self.more, "ellipsis", Tint.QUIET)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.more)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.rows)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(self._pages, 1)
        layout.addWidget(self._one_more)
        layout.addWidget(self.add)
        layout.addWidget(self.notes)

    # What others ask

    def entries(self) -> list[Entry]:
        """(name, prompts) of every class, as they are stored."""
        return [(c.name, c.prompts) for c in self._session.classes]

    def focus_add(self) -> None:
        """Type the name of a new class."""
        self.add.field.setFocus()
        self.add.field.selectAll()

    def add_names(self, text: str) -> None:
        """Add classes: `a, b`, or one a line with prompts after an equals sign. What cannot be is told below it."""
        self.add.add_names(text)

    def set_text(self, text: str) -> None:
        """Make the classes those of a text, one a line."""
        self._wishes.replace_all(parse_classes(text))

    def finish_editing(self) -> None:
        """What is typed somewhere in the panel counts, as if Enter had been pressed."""
        self.rows.finish()
        self.add.commit()

    def paste_list(self, text: str = "", title: str = "") -> None:
        """Ask for classes as text."""
        from medlabel_gui.dialogs.paste_classes import PasteClassesDialog  # which reads text as we do

        if not self._wishes.open:
            return
        dialog = PasteClassesDialog(self._session.classes, self._session.decisions, text, self.window())
        dialog.setWindowTitle(title or PasteTexts.title)
        dialog.chosen.connect(self._use_list)
        self._wishes.ended.connect(dialog.reject)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def use_preset(self, preset: Preset) -> None:
        """Take a ready list at once where there is none yet; else ask what to do with those that are there."""
        if not self._session.classes:
            self._wishes.add(preset.entries)
        else:
            self.paste_list(
                format_entries(preset.entries), PasteTexts.preset_title.format(title=preset.title)
            )

    def copy_list(self) -> None:
        """Put the list as text into the clipboard."""
        QGuiApplication.clipboard().setText(format_classes(self._session.classes))

    def show_check(self, check: "PromptCheck") -> None:
        """What a model makes of the prompts; one of classes that have changed since is dropped."""
        if check.classes == specs(self._shown):
            self._check = check
            self._tell()

    def follow_keys(self) -> None:
        """The keys of the actions are others now."""
        self._tell()

    # Inside

    def _use_list(self, entries: list[Entry], instead: bool) -> None:
        if instead:
            self._wishes.replace_all(entries)
        else:
            self._wishes.add(entries)

    def _follow(self, change: Change) -> None:
        if change.aspect is Aspect.PROJECT:
            self.rows.clear()
            self.notes.forget_hidden()
            self.add.field.clear()
            self._counting.stop()
            self._refresh()
            self._count()
            return
        if self._session.classes != self._shown:
            self._refresh()
        if change.aspect is not Aspect.HISTORY and not self._counting.isActive():
            self._counting.start()

    def _refresh(self) -> None:
        """Show the classes as they are now, and have changed prompts looked at."""
        classes, is_open = self._session.classes, self._wishes.open
        self._shown = classes
        self.rows.show_classes(classes)
        self._pages.setCurrentWidget(self.rows if classes else self.empty)
        self.empty.show_open(is_open)
        self.add.show_open(is_open)
        self.more.setEnabled(is_open)
        self._copy.setEnabled(bool(classes))
        self._one_more.setVisible(len(classes) == 1)
        if self._counting.isActive() or self._session.table is not None:
            self._counting.start()
        if specs(classes) != self._checked:
            self._checked, self._check = specs(classes), None
            self._tell()
            if len(classes) >= 2:
                self._checking.start()
            else:
                self._checking.stop()

    def _count(self) -> None:
        table = self._session.table
        labelled = table is not None and bool((table.label >= 0).any())
        counts = images_per_class(table, self._shown) if table is not None and labelled else None
        self.rows.show_counts(counts)
        self._tell()

    def _tell(self) -> None:
        classes, check = self._shown, self._check
        own = check.own_captions if check is not None else ((),) * len(classes)
        for row, captions in zip(self.rows.rows, own, strict=True):
            row.show_captions(captions)
        about_prompts = prompt_notes(check, classes) if check is not None else []
        about_images = takes_note(self._session.table, classes)
        about_keys = key_notes(self._wishes.key_clashes())
        self.notes.show_notes([*about_keys, *about_images, *about_prompts])

    def _show_class_menu(self, row: ClassRow, where: QPoint) -> None:
        self._pop_up(class_menu(row, self.rows, self._wishes, self), where)

    def _show_look_menu(self, row: ClassRow, where: QPoint) -> None:
        self._pop_up(look_menu(row, self._wishes, self), where)

    def _pop_up(self, menu: QMenu, where: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        self._wishes.ended.connect(menu.close)
        menu.popup(where)
