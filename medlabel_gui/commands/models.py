"""Models that refinements trained: saved, and used on other images."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.project.class_edits import replace_all
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.dialogs.question import Question, ask
from medlabel_gui.texts.saved import SavedTexts

if TYPE_CHECKING:
    from core.tasks.saved_models import ModelInfo

_PURPOSE = "models"
_MOST = 8  # classes that are named in the question


class ModelCommands(CommandGroup):
    """The model of the newest refinement goes out, saved ones come in."""

    def save_model(self) -> None:
        """Ask where to, and save the model of the newest refinement there."""
        model = self.snapshot.model
        if model is None:
            raise UserError(SavedTexts.no_model, SavedTexts.no_model_hint)
        name = SavedTexts.file_name.format(name=Path(self.session.name).stem)
        save = self.guarded(lambda target: self._save(model, target))
        self.parts.files.choose_target(SavedTexts.save_title, _PURPOSE, name, SavedTexts.kinds, save)

    def label_saved(self) -> None:
        """Ask for a saved model and label all images with it."""
        look = self.guarded(self.work.look_at_model)
        self.parts.files.choose_folder(SavedTexts.open_title, _PURPOSE, look)

    def use(self, model: "ModelInfo") -> None:
        """Label with `model`; when its classes are not the project's, this is asked first."""
        classes, project = self.session.classes, self.session.project
        names = [c.name for c in classes]
        if not names or _same(names, model.classes):
            self._use(model)
            return
        texts = {"model": _listed(model.classes), "project": _listed(names)}
        answer = (SavedTexts.replace, self.guarded(lambda: self._use(model)))
        box = ask(
            self.parts.window,
            Question(SavedTexts.title, SavedTexts.question.format(**texts), self._costs(), (answer,)),
        )
        assert project is not None
        self.session.closed.connect(box.reject)

    def _use(self, model: "ModelInfo") -> None:
        session = self.session
        names = [c.name for c in session.classes]
        if not _same(names, model.classes):
            prompts = {c.name.casefold(): c.prompts for c in session.classes}
            entries = [(name, prompts.get(name.casefold(), ())) for name in model.classes]
            edit = replace_all(session.classes, entries, session.next_class_id, session.decisions)
            session.execute(edit)
        self.work.predict(model.folder, self.parts.models.device())

    def _costs(self) -> str:
        """What goes when the model's classes take the place of the project's."""
        decisions = int((self.session.decisions["status"] > 0).sum())
        table = self.session.table
        labels = 0 if table is None else int((table.zero_shot_label >= 0).sum())
        if not labels and not decisions:
            return str(SavedTexts.info)
        held = SavedTexts.held.format(labels=f"{labels:,}", decisions=f"{decisions:,}")
        return f"{held} {SavedTexts.info}"

    def _save(self, model: Path, target: Path) -> None:
        images = self.session.source_path
        if images is not None and target.resolve().is_relative_to(images):
            raise UserError(SavedTexts.among_images.format(path=target), SavedTexts.among_images_hint)
        self.work.save_model(model, target)


def _same(names: "list[str]", others: tuple[str, ...]) -> bool:
    """Whether they are the same classes, in whatever order and case."""
    return sorted(name.casefold() for name in names) == sorted(name.casefold() for name in others)


def _listed(names: "list[str] | tuple[str, ...]") -> str:
    text = ", ".join(f"“{name}”" for name in names[:_MOST])
    return f"{text} …" if len(names) > _MOST else text
