"""Decisions on the selected images, notes, undo, and the ways to what is worth a look."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.errors import UserError
from core.project.class_edits import key_of
from core.project.edits import Edit
from core.project.queries import Query, later_duplicates
from core.project.records import Status
from core.project.sorting import Sort
from core.project.table import Ints
from medlabel_gui.centre import Page
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.dialogs.note import edit_note
from medlabel_gui.live_table import Rows
from medlabel_gui.texts.commands import CommandTexts, StepTexts


class ReviewingCommands(CommandGroup):
    """Every method is one undoable step, for one image or a million."""

    def undo(self) -> None:
        self._step(self.session.undo)

    def redo(self) -> None:
        self._step(self.session.redo)

    def select_all(self) -> None:
        self.parts.view.selectAll()

    def show_duplicates(self) -> None:
        """Show the images that are there more than once, likes side by side."""
        self.parts.filter_bar.set_query(Query(duplicates=True, sort=Sort.DUPLICATES))
        self.parts.centre.show_grid()
        self.parts.centre.go_to(0)

    def select_duplicates(self) -> None:
        """Of the images shown, select all but the first of each group of duplicates."""
        model, view = self.parts.model, self.parts.view
        rows = later_duplicates(self.table, model.rows)
        if not len(rows):
            raise UserError(CommandTexts.no_duplicates, CommandTexts.no_duplicates_hint)
        self.parts.centre.show_grid()
        view.select_positions(np.sort(model.positions_of(rows)))

    def accept(self) -> None:
        """Accept the labels shown; images that a person has corrected stay corrected."""
        rows, table = self.selected(), self.table
        rows = rows[(table.label[rows] >= 0) & (table.status[rows] != Status.CORRECTED)]
        if not len(rows):
            raise UserError(CommandTexts.nothing_to_accept, CommandTexts.nothing_to_accept_hint)
        self._accept(StepTexts.accept, rows)

    def accept_confident(self, rows: Rows) -> None:
        """Accept what the slider of the review panel chose."""
        self.guarded(self._accept)(StepTexts.accept_confident, rows)

    def assign_key(self, key: str) -> None:
        """Give the selected images the class that `key` stands for."""
        classes = self.session.classes
        keys = [key_of(classes, position) for position in range(len(classes))]
        if key not in keys:
            raise UserError(CommandTexts.no_class.format(key=key), CommandTexts.no_class_hint)
        self.assign(keys.index(key))

    def assign(self, position: int) -> None:
        """Give the selected images a class: a correction, or an acceptance of those that show it already."""
        classes, rows, table = self.session.classes, self.selected(), self.table
        shown = [c.id for c in table.classes]
        place = shown.index(classes[position].id) if classes[position].id in shown else -2
        agreed = (table.label[rows] == place) & (table.status[rows] != Status.CORRECTED)
        status = np.where(agreed, Status.ACCEPTED, Status.CORRECTED).astype(np.uint8)
        chosen = np.full(len(rows), classes[position].id, np.int32)
        text = StepTexts.assign.replace("{name}", classes[position].name)
        self._decide(text, rows, status, chosen)

    def unsure(self) -> None:
        self._decide(StepTexts.unsure, self.selected(), Status.UNSURE)

    def exclude(self) -> None:
        self._decide(StepTexts.exclude, self.selected(), Status.EXCLUDED)

    def withdraw(self) -> None:
        self._decide(StepTexts.withdraw, self.selected(), None)

    def note(self) -> None:
        """Write one note on all selected images; the note of a single one can be changed."""
        if self.parts.centre.page is Page.PREVIEW:
            self.parts.preview.edit_note()
            return
        rows = self.selected()
        notes = {self.table.note[row] for row in rows.tolist()}
        current = notes.pop() if len(notes) == 1 else ""
        names = self.table.refs[int(rows[0])].legible if len(rows) == 1 else images_text(len(rows))

        def keep(text: str) -> None:
            if text.strip() != current:
                self.write_note(rows, text)

        dialog = edit_note(self.parts.window, names, current, keep)
        self.session.closed.connect(dialog.reject)

    def write_note(self, rows: Rows, text: str) -> None:
        """Keep `text` as the note of `rows`; an empty one takes the note away."""
        notes = dict.fromkeys(rows.tolist(), text.strip())
        what = StepTexts.note.format(images=images_text(len(rows)))
        self.guarded(self.session.execute)(Edit(what, notes=notes))

    def write_note_of(self, row: int, text: str) -> None:
        """Keep `text` as the note of one image."""
        self.write_note(np.array([row], np.int64), text)

    def review(self) -> None:
        """Walk through what is undecided, the most doubtful first, in the large preview."""
        self.parts.filter_bar.set_query(Query(sort=Sort.REVIEW))
        self.parts.show_review()
        if self.parts.model.rowCount():
            self.parts.centre.go_to(0)
            self.parts.centre.show_preview()

    def review_changed(self) -> None:
        """Show what the network labels otherwise than CLIP."""
        self.parts.filter_bar.set_query(Query(disagree=True, sort=Sort.CONFIDENCE, descending=True))
        self.parts.centre.show_grid()
        self.parts.centre.go_to(0)

    def review_pair(self, first: int, second: int) -> None:
        """Show and select the images that CLIP put into class `first` and the network into class `second`."""
        self.parts.filter_bar.set_query(Query(pair=(first, second)))
        self.parts.centre.show_grid()
        self.parts.centre.go_to(0)
        self.parts.view.selectAll()

    def preview(self) -> None:
        self.parts.centre.toggle_preview()

    def _step(self, step: Callable[[], None]) -> None:
        before = {c.id for c in self.session.classes}
        with self.parts.centre.following_change():
            step()
        if {c.id for c in self.session.classes} != before:
            self.parts.messages.clear_notes()  # they tell of labels that went with their classes

    def _accept(self, text: str, rows: Rows) -> None:
        """Classes that were removed a moment ago may still be shown; nobody can accept those."""
        ids = np.array([c.id for c in self.table.classes], np.int32)[self.table.label[rows]]
        there = np.isin(ids, [c.id for c in self.session.classes])
        if not there.any():
            raise UserError(CommandTexts.nothing_to_accept, CommandTexts.nothing_to_accept_hint)
        self._decide(text, rows[there], Status.ACCEPTED, ids[there])

    def _decide(
        self, text: str, rows: Rows, status: Status | npt.NDArray[np.uint8] | None, ids: Ints | None = None
    ) -> None:
        text = text.replace("{images}", images_text(len(rows)))
        with self.parts.centre.moving_on():
            self.session.execute(Edit(text, rows, status, ids))


def images_text(count: int) -> str:
    """`1 image`, `1,234 images`."""
    return StepTexts.one_image if count == 1 else StepTexts.images.format(count=f"{count:,}")
