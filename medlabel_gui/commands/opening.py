"""From the disk into the window: folders, archives, projects, samples, images that were moved."""

from pathlib import Path

import numpy as np

from core.datasets.samples import sample_images_folder
from core.project.class_edits import add
from core.project.image_rows import MISSING
from core.project.queries import Query, RowSet
from core.project.records import Status
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.live_table import Rows
from medlabel_gui.texts.reports import OpenTexts


class OpeningCommands(CommandGroup):
    """What is opened comes to `open_path`, wherever the wish came from."""

    def open_path(self, path: Path) -> None:
        """Open a folder, a zip archive, an NPZ file or a project."""
        self.guarded(self.work.open)(path)

    def open_afresh(self, path: Path) -> None:
        """Open a folder without asking whether its images were moved."""
        self.guarded(lambda: self.work.open(path, afresh=True))()

    def open_folder(self) -> None:
        self.parts.files.choose_folder(OpenTexts.folder, "open", self.open_path)

    def open_npz(self) -> None:
        self.parts.files.choose_file(OpenTexts.npz, "open", OpenTexts.npz_kinds, self.open_path)

    def open_project(self) -> None:
        self.parts.files.choose_folder(OpenTexts.project, "project", self.open_path)

    def open_samples(self) -> None:
        self.open_path(sample_images_folder())

    def rescan(self) -> None:
        self.work.scan()

    def find_duplicates(self) -> None:
        self.work.find_duplicates()

    def choose_slices(self) -> None:
        """Ask which slices of volumes are images, then look for them."""
        from medlabel_gui.dialogs.slices import ask_slices

        if self.session.project is not None:
            ask_slices(self.parts.window, self.session.slices, self.guarded(self.work.choose_slices))

    def relink(self) -> None:
        project, files = self.session.project, self.parts.files
        if project is None:
            return
        again = self.guarded(lambda source: self.work.relink(project, source))
        if self.session.kind in ("npz", "zip"):
            files.choose_file(OpenTexts.relink, "open", OpenTexts.npz_kinds, again)
        else:
            files.choose_folder(OpenTexts.relink, "open", again)

    def relink_to(self, project: Path, source: Path) -> None:
        """The images of `project` are at `source` now; somebody was asked, or the files were compared."""
        self.guarded(lambda: self.work.relink(project, source, anyway=True))()

    def import_labels(self) -> None:
        from medlabel_gui.dialogs.import_labels import ImportLabelsDialog

        parts = self.parts
        dialog = ImportLabelsDialog(self.session, parts.settings, parts.runner, parts.files, parts.window)
        dialog.import_wanted.connect(self.guarded(self.work.import_labels))
        dialog.open()

    def name_sample_classes(self) -> None:
        """Give a project of the built-in samples its classes, so that Label can be pressed at once."""
        from core.datasets.samples import sample_classes

        session = self.session
        if session.source_path == sample_images_folder().resolve() and not session.classes:
            names = [(name, ()) for name in sample_classes()]
            self.guarded(session.execute)(add((), names, session.next_class_id))

    def show_new(self, first: int, count: int) -> None:
        """Show the `count` images from row `first` on, which a scan has added."""
        self._show(np.arange(first, first + count))

    def show_missing(self) -> None:
        """Show the images whose files are gone."""
        failed = np.flatnonzero(self.table.status == Status.ERROR)
        gone = [self.table.error[row] == MISSING for row in failed.tolist()]
        self._show(failed[gone])

    def show_errors(self) -> None:
        """Show the images that cannot be read."""
        self.parts.filter_bar.set_query(Query(statuses=frozenset({Status.ERROR})))
        self.parts.centre.show_grid()

    def _show(self, rows: Rows) -> None:
        self.parts.filter_bar.set_query(Query(rows=RowSet(rows)))
        self.parts.centre.show_grid()
