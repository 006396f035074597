"""Names of undoable steps, and why an action could not be done."""

from medlabel_gui.texts.text import Text


class CommandTexts:
    no_project = Text("No project is open.")
    no_project_hint = Text("Open a folder of images first.")
    decisions_concerned = Text("{what}: this concerned {count} decisions.")
    busy = Text("Another job is running.")
    busy_hint = Text("Wait until it ends, or cancel it.")
    read_only = Text("This project can only be read: {reason}.")
    not_written = Text("The change could not be written to the project: {error}.")
    not_written_hint = Text(
        "Check that the drive is there and has space, and that the project is not open elsewhere."
    )
    nothing_to_accept = Text("The selected images have no label that could be accepted.")
    nothing_to_accept_hint = Text("Label them first, or assign a class.")
    no_class = Text("The key {key} stands for no class.")
    no_class_hint = Text("Add a class, or give one this key in the list of classes.")
    no_duplicates = Text("No two of the images shown are duplicates of each other.")
    no_duplicates_hint = Text("Show all images, or look for duplicates first (File, Find duplicates).")
    few_classes = Text("At least two classes are needed.")
    few_classes_hint = Text("Name them in the list of classes, or add one that takes what fits none.")


class StepTexts:
    """Written into the log of the project, hence not translated when they are shown there."""

    accept = Text("Accept {images}")
    accept_confident = Text("Accept {images} at or above a confidence")
    assign = Text("Assign {name} to {images}")
    unsure = Text("Mark {images} as unsure")
    exclude = Text("Exclude {images}")
    withdraw = Text("Withdraw the decision on {images}")
    note = Text("Note on {images}")
    one_image = Text("1 image")
    images = Text("{count} images")
