"""Texts of the message bar and of what it copies."""

from medlabel_gui.texts.text import Text


class MessageTexts:
    bug = Text(
        "Something went wrong inside MedLabel. Your labels are saved; you can go on, or start it again."
    )
    copy = Text("Copy details")
    copy_tip = Text("Copy what happened and the versions, to send to whoever looks after MedLabel here")
    copied = Text("Copied")
    reveal = Text("Show in folder")
    reveal_tip = Text("Show {path} in the file manager")
    whole = Text("Show all")
    whole_tip = Text("Show the whole message")
    close = Text("Close this message")
    previous = Text("Previous message")
    next = Text("Next message")
    position = Text("{at} of {count}")
    note = Text("Note")
    warning = Text("Warning")
    error = Text("Error")
    announced = Text("{kind}: {text}")
