"""What the message bar tells, and the list of what it has still to tell. Plain data, no widget."""

import platform
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from PySide6.QtCore import qVersion

from core import __version__
from core.errors import UserError
from medlabel_gui.texts.messages import MessageTexts

Button = tuple[str, Callable[[], None]]
MOST = 5  # messages kept at a time


class Kind(Enum):
    """How much a message matters."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """`path` is offered to be shown in its folder, `details` to be copied, `buttons` are the caller's."""

    kind: Kind
    text: str
    path: Path | None = None
    details: str = ""
    buttons: tuple[Button, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Messages:
    """The messages that a person can page through, oldest first; `at` is the one that is shown, -1 for none."""

    kept: tuple[Message, ...] = ()
    at: int = -1

    @property
    def shown(self) -> Message | None:
        return self.kept[self.at] if self.kept else None

    def add(self, message: Message) -> "Messages":
        """The newest takes the place of what is shown. An error that is shown stays: a note or a warning
        waits behind it, another error is shown before it."""
        shown = self.shown
        if shown is None:
            return Messages((message,), 0)
        if shown.kind is not Kind.ERROR:
            kept = (*self.kept[: self.at], *self.kept[self.at + 1 :], message)
            return Messages(kept, len(kept) - 1)
        if shown == message:
            return self
        dropped = 1 if len(self.kept) == MOST else 0
        if dropped and self.at == 0 and message.kind is not Kind.ERROR:
            kept = (shown, *self.kept[2:], message)
            return Messages(kept, 0)
        kept = (*self.kept[dropped:], message)
        return Messages(kept, len(kept) - 1 if message.kind is Kind.ERROR else self.at - dropped)

    def close(self) -> "Messages":
        """Without the one that is shown; the one before it is shown next, else the one after it."""
        if not self.kept:
            return self
        kept = (*self.kept[: self.at], *self.kept[self.at + 1 :])
        return Messages(kept, min(max(self.at - 1, 0), len(kept) - 1))

    def step(self, by: int) -> "Messages":
        """The one `by` places further is shown, as far as there are any."""
        return Messages(self.kept, min(max(self.at + by, 0), len(self.kept) - 1))

    def only_errors(self) -> "Messages":
        """Without the notes and warnings."""
        kept = tuple(message for message in self.kept if message.kind is Kind.ERROR)
        shown = self.shown
        return Messages(kept, kept.index(shown) if shown in kept else len(kept) - 1)


def error_message(error: BaseException, context: str, buttons: Sequence[Button] = ()) -> Message:
    """A `UserError` in its own words; anything else is a bug, and its details have the traceback.

    An attribute `details` (str) of the error, as one has that came from another process, stands for the traceback.
    """
    expected = isinstance(error, UserError)
    name = type(error).__name__
    text = str(error) if expected else f"{MessageTexts.bug} ({name}: {error})"
    parts = [str(error)] if expected else [f"{name}: {error}"]
    trace = getattr(error, "details", "")
    if not isinstance(trace, str) or not trace:
        trace = "" if expected else "".join(traceback.format_exception(error))
    if expected and not trace and error.__cause__ is not None:
        trace = f"{type(error.__cause__).__name__}: {error.__cause__}"
    if trace:
        parts.append(trace.strip())
    parts.append("\n".join([*_versions(), *([context] if context else [])]))
    return Message(Kind.ERROR, text, details="\n\n".join(parts) + "\n", buttons=tuple(buttons))


def _versions() -> tuple[str, ...]:
    return (
        f"MedLabel {__version__}",
        f"Qt {qVersion()}, Python {platform.python_version()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
    )
