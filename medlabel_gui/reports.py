"""Words what jobs have brought, and offers the next step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.errors import ImagesGoneError
from core.images.slices import ALL_AXIAL
from core.project.known import KnownProject
from medlabel_gui.commands import Commands
from medlabel_gui.dialogs.question import Question, ask
from medlabel_gui.durations import duration
from medlabel_gui.opened import volumes_of
from medlabel_gui.outcome import plain_reason
from medlabel_gui.parts import Parts
from medlabel_gui.session import Aspect, Change
from medlabel_gui.texts.reports import OpenTexts, ReportTexts
from medlabel_gui.texts.saved import SavedTexts
from medlabel_gui.work import Work

if TYPE_CHECKING:
    from core.tasks.duplicates import DuplicatesResult
    from core.tasks.export import ExportResult
    from core.tasks.import_labels import ImportResult
    from core.tasks.label import LabelResult
    from core.tasks.predict import PredictResult
    from core.tasks.refine import RefineResult
    from core.tasks.scan import ScanResult

Offers = list[tuple[str, Callable[[], None]]]


@dataclass(frozen=True)
class _NewProject:
    """A first scan of so many images, and what the message bar says of it."""

    images: int
    text: str
    offers: Offers


class Reporter(QObject):
    """One method a kind of result. It says nothing where nothing is worth saying."""

    def __init__(self, work: Work, commands: Commands, parts: Parts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work, self._commands, self._parts = work, commands, parts
        self._new: _NewProject | None = None
        work.finished.connect(self._report)
        commands.opening.session.changed.connect(self._tell_volumes)
        work.failed.connect(self._tell_failure)
        work.stopped.connect(lambda: parts.messages.show_note(ReportTexts.stopped))
        work.relabelled.connect(self._tell_lost_refinement)
        work.moved_found.connect(self._ask_whether_moved)
        work.relink_doubted.connect(self._ask_whether_to_relink)
        work.images_gone.connect(self._tell_gone)
        work.only_read.connect(
            lambda reason: parts.messages.show_warning(ReportTexts.only_read.format(reason=reason))
        )
        work.model_read.connect(commands.models.use)
        work.model_saved.connect(self._tell_saved)

    def _report(self, result: object) -> None:
        """By the name of the result's class: naming the classes would import their tasks at the start."""
        tell: dict[str, Callable[..., None]] = {
            "ScanResult": self._scanned,
            "LabelResult": self._labelled,
            "RefineResult": self._refined,
            "PredictResult": self._predicted,
            "ExportResult": self._exported,
            "ImportResult": self._imported,
            "DuplicatesResult": self._compared,
        }
        if isinstance(result, Path):
            self._parts.messages.show_note(ReportTexts.downloaded)
        elif type(result).__name__ in tell:
            tell[type(result).__name__](result)

    def _scanned(self, result: "ScanResult") -> None:
        opening, labelling = self._commands.opening, self._commands.labelling
        opening.name_sample_classes()
        new = result.new if result.new < result.images else 0
        news, offers, text = [], Offers(), ""
        for count, one, several in (
            (new, ReportTexts.new, ReportTexts.new),
            (result.changed, ReportTexts.changed_one, ReportTexts.changed),
            (result.missing, ReportTexts.missing_one, ReportTexts.missing),
            (result.errors, ReportTexts.unreadable, ReportTexts.unreadable),
        ):
            if count:
                news.append(_counted(count, one, several))
        if new:
            offers.append((ReportTexts.show_new, lambda: opening.show_new(result.first_new, new)))
            offers.append((ReportTexts.label_new, labelling.guarded(labelling.label)))
        if result.missing:
            offers.append((ReportTexts.show_missing, opening.show_missing))
        if result.errors:
            offers.append((ReportTexts.show_errors, opening.show_errors))
        if news:
            there = result.images - result.missing
            found = ReportTexts.found_one if there == 1 else ReportTexts.found
            text = found.format(images=f"{there:,}", news=", ".join(news))
            self._parts.messages.show_note(text, actions=offers)
        self._new = _NewProject(result.images, text, offers) if result.new == result.images else None

    def _tell_volumes(self, change: Change) -> None:
        """Once the table of a new project is there: that its volumes became slices, which can be chosen."""
        new, opening = self._new, self._commands.opening
        if change.aspect is Aspect.PROJECT:
            self._new = None
        table = opening.session.table
        if change.aspect is not Aspect.TABLE or new is None or table is None or len(table) < new.images:
            return
        self._new = None
        volumes, slices = volumes_of(table.refs, opening.session.kind)
        if volumes and opening.session.slices == ALL_AXIAL:
            words = ReportTexts.volumes_one if volumes == 1 else ReportTexts.volumes
            told = words.format(volumes=f"{volumes:,}", slices=f"{slices:,}")
            choose = (ReportTexts.choose_slices, opening.choose_slices)
            text = " ".join(filter(None, (new.text, told)))
            self._parts.messages.show_note(text, actions=[*new.offers, choose])

    def _labelled(self, result: "LabelResult") -> None:
        text = ReportTexts.labelled.format(count=f"{result.embedded:,}", time=duration(result.seconds))
        self._tell_labelled(text, result.reused, result.failed, result.notes)

    def _tell_labelled(self, text: str, reused: int, failed: int, notes: Sequence[str]) -> None:
        if reused:
            text += " " + ReportTexts.reused.format(count=f"{reused:,}")
        unread = ReportTexts.failed.format(count=f"{failed:,}") if failed else ""
        show = [(ReportTexts.show_errors, self._commands.opening.show_errors)] if failed else []
        self._parts.messages.show_note(" ".join(filter(None, (text, unread, *notes))), actions=show)

    def _predicted(self, result: "PredictResult") -> None:
        text = SavedTexts.labelled.format(
            model=result.model.stem, count=f"{result.predicted:,}", time=duration(result.seconds)
        )
        self._tell_labelled(text, result.reused, result.failed, result.notes)

    def _refined(self, result: "RefineResult") -> None:
        changed = f"{result.changed:,}"
        if result.delivers:
            text = ReportTexts.refined.format(changed=changed, images=f"{result.images:,}")
        else:
            text = ReportTexts.not_delivered.format(reason=plain_reason(result.reason))
        review = (ReportTexts.review_changed.format(count=changed), self._commands.reviewing.review_changed)
        messages = self._parts.messages
        tell = messages.show_warning if result.warnings else messages.show_note
        words = (text, *result.warnings, *result.notes)
        tell(" ".join(words), actions=[review] if result.changed else [])

    def _tell_saved(self, folder: Path) -> None:
        self._parts.messages.show_note(SavedTexts.saved.format(path=folder), folder)

    def _exported(self, result: "ExportResult") -> None:
        text = ReportTexts.exported.format(rows=f"{result.rows:,}", path=result.paths[0])
        skipped = [
            ReportTexts.left_out.format(count=f"{count:,}", why=why)
            for why, count in result.skipped.items()
            if count
        ]
        self._parts.messages.show_note(" ".join((text, *skipped, *result.notes)), result.paths[0])

    def _compared(self, result: "DuplicatesResult") -> None:
        reviewing, messages = self._commands.reviewing, self._parts.messages
        apart = ReportTexts.slices_apart if result.volumes else ""
        if not result.groups:
            told = ReportTexts.no_duplicates.format(count=f"{result.compared:,}")
            messages.show_note(" ".join(filter(None, (told, apart))))
            return
        exact = _counted(result.exact, ReportTexts.exact_one, ReportTexts.exact)
        near = _counted(result.near, ReportTexts.near_one, ReportTexts.near)
        text = ReportTexts.duplicates_one if result.groups == 1 else ReportTexts.duplicates
        told = text.format(groups=f"{result.groups:,}", kinds=f"{exact}, {near}")
        show = (ReportTexts.show_duplicates, reviewing.show_duplicates)
        messages.show_note(" ".join(filter(None, (told, apart))), actions=[show])

    def _imported(self, result: "ImportResult") -> None:
        text = ReportTexts.imported.format(count=f"{result.matched:,}")
        self._parts.messages.show_note(" ".join((text, *result.notes)))

    def _tell_lost_refinement(self, had_one: bool) -> None:
        if had_one:
            undo = (ReportTexts.undo, self._commands.reviewing.guarded(self._commands.reviewing.undo))
            self._parts.messages.show_note(ReportTexts.refinement_lost, actions=[undo])

    def _tell_failure(self, error: Exception) -> None:
        relink = (ReportTexts.find, self._commands.opening.relink)
        self._parts.messages.show_error(error, [relink] if isinstance(error, ImagesGoneError) else [])

    def _tell_gone(self, source: Path) -> None:
        text = f"{ReportTexts.gone.format(path=source)} {ReportTexts.gone_hint}"
        relink = (ReportTexts.find, self._commands.opening.relink)
        self._parts.messages.show_warning(text, actions=[relink])

    def _ask_whether_moved(self, known: KnownProject, path: Path) -> None:
        opening = self._commands.opening
        question = Question(
            OpenTexts.moved_title,
            OpenTexts.moved_text.format(name=path.name, old=known.source),
            OpenTexts.moved_info,
            (
                (OpenTexts.moved_use, lambda: opening.relink_to(known.folder, path)),
                (OpenTexts.moved_afresh, lambda: opening.open_afresh(path)),
            ),
        )
        ask(self._parts.window, question)

    def _ask_whether_to_relink(self, project: Path, path: Path) -> None:
        use = (OpenTexts.doubt_use, lambda: self._commands.opening.relink_to(project, path))
        text = OpenTexts.doubt_text.format(path=path)
        ask(self._parts.window, Question(OpenTexts.doubt_title, text, OpenTexts.doubt_info, (use,)))


def _counted(count: int, one: str, several: str) -> str:
    return one.format(count=1) if count == 1 else several.format(count=f"{count:,}")
