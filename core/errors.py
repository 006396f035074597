"""Errors that end a task. Everything else that escapes a task is a bug."""


class UserError(Exception):
    """What went wrong, for people: what happened, to which file, and what to do next.

    `str(error)` is one line. `hint` is the next step and may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ImagesGoneError(UserError):
    """The images of a project are not where they were; whoever shows it can offer to say where they are."""


class NotDownloadedError(UserError):
    """A model did not come over the network; the hint names commands, a window has buttons to name."""


class JobCancelled(Exception):  # noqa: N818  not an error
    """Raised inside a task when somebody asked it to stop. Silent: never shown as an error."""
