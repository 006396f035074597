"""One image, large: zoom, brightness and contrast, facts, probabilities, note."""

from medlabel_gui.preview.page import PreviewPage

__all__ = ["PreviewPage"]
