"""Classes, Label, Refine, Cancel."""

from core.errors import UserError
from core.project.edits import Edit
from medlabel_gui.commands.base import CommandGroup
from medlabel_gui.refine_choice import RefineChoice, keep_choice, kept_choice, networks, strategies
from medlabel_gui.texts.commands import CommandTexts
from medlabel_gui.texts.reports import ReportTexts


class LabellingCommands(CommandGroup):
    """From the class list and the model list to the work."""

    def add_class(self) -> None:
        self.parts.show_dock(self.parts.label_dock)
        self.parts.classes.focus_add()

    def paste_classes(self) -> None:
        self.parts.classes.paste_list()

    def edit_classes(self, edit: Edit) -> None:
        """Do what the class list asks for; what it takes from images is said, with a way back."""
        self.guarded(self.session.execute)(edit)
        concerned = 0 if edit.rows is None else len(edit.rows)
        if concerned:
            undo = (ReportTexts.undo, self.guarded(self.session.undo))
            text = CommandTexts.decisions_concerned.format(what=edit.text, count=f"{concerned:,}")
            self.parts.messages.show_note(text, actions=[undo])

    def label(self) -> None:
        self.parts.classes.finish_editing()
        if len(self.session.classes) < 2:
            self.parts.classes.focus_add()
            raise UserError(CommandTexts.few_classes, CommandTexts.few_classes_hint)
        self.work.label(self.parts.models.chosen(), self.parts.models.device())

    def refine(self) -> None:
        self.parts.classes.finish_editing()
        self.parts.relabel.now()
        self.work.refine(self.parts.models.device(), kept_choice(self.parts.settings))

    def refine_options(self) -> None:
        """Choose how Refine goes about it."""
        from medlabel_gui.dialogs.refine_options import RefineOptionsDialog

        parts = self.parts
        may = parts.actions["refine"].isEnabled()
        dialog = RefineOptionsDialog(
            kept_choice(parts.settings), strategies(), networks(), may, parent=parts.window
        )
        dialog.kept.connect(self._keep_choice)
        dialog.refine_wanted.connect(self.guarded(self.refine))
        dialog.open()

    def _keep_choice(self, choice: RefineChoice) -> None:
        keep_choice(self.parts.settings, choice)
        self.parts.sidebar.show_choice(choice)

    def cancel(self) -> None:
        self.work.cancel()

    def check_prompts(self) -> None:
        """See how the chosen model reads the classes, for the notes below the list."""
        if len(self.session.classes) >= 2:
            self.work.check_prompts(self.parts.models.chosen(), self.parts.models.device())

    def download(self, model: str) -> None:
        """Bring a model of the catalogue; when that cannot begin, the list of models hears of it too."""
        try:
            self.work.download(model)
        except UserError as error:
            self.parts.models.download_ended(error)
            self.failed.emit(error)
