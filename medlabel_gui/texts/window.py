"""The window itself: docks, toolbar, title."""

from medlabel_gui.texts.text import Text


class WindowTexts:
    title = Text("{name} - MedLabel")
    labelling = Text("Labelling")
    review = Text("Review")
    training = Text("Training")
    changes = Text("Changes")
    toolbar = Text("Toolbar")
    size = Text("Size")
    size_tip = Text("Size of the thumbnails (Ctrl+mouse wheel)")
    size_name = Text("Size of the thumbnails")
    recent = Text("Open &recent")
