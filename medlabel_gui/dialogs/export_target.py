"""Where an export goes: a file, or a new folder."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from core.tasks.export import ExportPlan
from medlabel_gui.dialogs.files import FileDialogs
from medlabel_gui.settings import Settings
from medlabel_gui.texts.export import TargetTexts

PURPOSE = "export"
_SUFFIXES = {"csv": ".csv", "npz": ".npz", "report": ".html"}


class TargetRow(QWidget):
    """A path for each format, suggested from the name of the images until somebody gives another one."""

    changed = Signal()

    def __init__(
        self, name: str, settings: Settings, files: FileDialogs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._settings, self._files = name, settings, files
        self._format = "csv"
        self._given: dict[str, str] = {}
        self.path, self.browse, self.label = QLineEdit(), QPushButton(TargetTexts.browse), QLabel()
        self.browse.setAutoDefault(False)  # Enter exports
        self.path.setToolTip(TargetTexts.tip)
        self.path.setAccessibleName(TargetTexts.tip)
        self.browse.setToolTip(TargetTexts.browse_tip)
        self.label.setBuddy(self.path)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.path, 0, 1)
        grid.addWidget(self.browse, 0, 2)
        grid.addWidget(self.note, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        self.path.textEdited.connect(self._take)
        self.browse.clicked.connect(self._ask)

    def show_format(self, name: str) -> None:
        """Show the path for this format; one that was emptied is suggested again."""
        self._format = name
        if not self._given.get(name):
            self._given.pop(name, None)
        self.label.setText(TargetTexts.folder if name == "folders" else TargetTexts.file)
        self.path.setText(self._given.get(name) or str(self._suggestion()))
        self.say("")

    @property
    def suggested(self) -> bool:
        """Whether nobody has given a path for this format yet."""
        return self._format not in self._given

    @property
    def out(self) -> Path | None:
        """The path; None when there is none. A bare name lies in the folder that was last used."""
        text = self.path.text().strip()
        if not text:
            return None
        path = Path(text).expanduser()
        suffix = _SUFFIXES.get(self._format, "")
        if suffix and not path.suffix:
            path = path.with_name(path.name + suffix) if path.name else path
        return path if path.is_absolute() else self._settings.folder(PURPOSE) / path

    def show_plan(self, out: Path, plan: ExportPlan) -> None:
        """Say what is wrong with the path, or what would be replaced; take over where a suggestion can be written."""
        if self.suggested and self.path.text() != str(out) and not self.path.hasFocus():
            self.path.setText(str(out))  # not below the hands of who is about to type another one
        if plan.problem:
            self.say(plan.problem, "error")
        elif plan.overwrites:
            names = TargetTexts.and_.join(path.name for path in plan.overwrites)
            text = TargetTexts.replaces if len(plan.overwrites) == 1 else TargetTexts.replaces_many
            self.say(text.format(files=names), "warning")
        else:
            self.say("")

    def say(self, text: str, role: str = "quiet") -> None:
        """A line below the path."""
        self.note.setText(text)
        self.note.setProperty("role", role)
        self.note.style().polish(self.note)
        self.note.setVisible(bool(text))

    def _suggestion(self) -> Path:
        name = str(getattr(TargetTexts, f"suffix_{self._format}")).format(name=self._name)
        return self._settings.folder(PURPOSE) / name

    def _take(self, text: str) -> None:
        self._given[self._format] = text
        self.changed.emit()

    def _ask(self) -> None:
        if self._format == "folders":
            name = self._suggestion().name
            title = TargetTexts.title_folder
            self._files.choose_folder(title, PURPOSE, lambda folder: self._chosen(folder / name))
            return
        kinds = str(getattr(TargetTexts, f"{self._format}_kinds"))
        name = self.out.name if self.out is not None else self._suggestion().name
        self._files.choose_target(TargetTexts.title_file, PURPOSE, name, kinds, self._chosen)

    def _chosen(self, path: Path) -> None:
        self.path.setText(str(path))
        self._take(str(path))
