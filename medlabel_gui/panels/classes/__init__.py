"""The classes of the project with their prompts: a list that is edited in place, each change one undoable step."""

from core.project.class_edits import Entry
from medlabel_gui.panels.classes.panel import ClassesPanel
from medlabel_gui.panels.classes.text import format_classes, parse_classes

__all__ = ["ClassesPanel", "Entry", "format_classes", "parse_classes"]
