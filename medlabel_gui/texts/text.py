"""A text of the window, in English here and translated at the moment it is read."""

from PySide6.QtCore import QCoreApplication


class Text:
    """An attribute of a class of texts: `StartTexts.title` is a translated str.

    The class's name is the context that translators see. Values go in with `str.format` and names:
    `StartTexts.found.format(count=3)`.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def __get__(self, instance: object, owner: type) -> str:
        return QCoreApplication.translate(owner.__name__, self.source)
