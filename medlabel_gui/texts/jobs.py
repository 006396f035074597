"""What is said of a running job."""

from medlabel_gui.texts.text import Text


class ProgressTexts:
    """The line in the status bar."""

    ready = Text("Ready")
    starting = Text("Starting…")
    stopping = Text("Stopping…")
    cancel = Text("Cancel")
    bar_name = Text("Progress of the running job")
    stage = Text("{stage}…")
    count = Text("{stage}: {done}")
    count_of = Text("{stage}: {done} of {total}")
    rate = Text("{rate}/s")
    left = Text("{duration} left")
    megabytes = Text("{count} MB")


class DurationTexts:
    seconds = Text("{seconds} s")
    minutes = Text("{minutes} min {seconds} s")
    hours = Text("{hours} h {minutes} min")
