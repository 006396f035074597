"""What the actions are called and what they do: attributes are named as the ids of the action table."""

from medlabel_gui.texts.text import Text


class MenuTexts:
    file = Text("&File")
    edit = Text("&Edit")
    label = Text("&Label")
    review = Text("&Review")
    view = Text("&View")
    help = Text("&Help")


class ActionTexts:
    open_folder = Text("&Open folder…")
    open_npz = Text("Open zip or &NPZ…")
    open_project = Text("Open &project…")
    open_samples = Text("Open the built-in &samples")
    rescan = Text("Look for ne&w files")
    relink = Text("The images were &moved…")
    find_duplicates = Text("Find &duplicates")
    choose_slices = Text("Slices of &volumes…")
    import_labels = Text("&Import known labels…")
    export = Text("&Export…")
    quit = Text("&Quit")
    undo = Text("&Undo")
    redo = Text("&Redo")
    select_all = Text("Select &all")
    select_duplicates = Text("Select all but the &first of each group of duplicates")
    note = Text("&Note…")
    settings = Text("&Settings…")
    add_class = Text("&Add a class")
    paste_classes = Text("&Paste a list of classes…")
    label = Text("&Label")
    refine = Text("&Refine")
    refine_options = Text("&How to refine…")
    save_model = Text("&Save the refined model…")
    label_saved = Text("Label &with a saved model…")
    cancel = Text("&Cancel")
    review = Text("&Review the most doubtful")
    review_changed = Text("Review what refi&ning changed")
    preview = Text("Large &preview")
    accept = Text("&Accept")
    unsure = Text("&Unsure")
    exclude = Text("E&xclude")
    withdraw = Text("&Withdraw decision")
    assign = Text("Assign class {number}")
    find = Text("&Find by name or note")
    clear_filter = Text("&Show all images")
    group = Text("&Group by class")
    larger = Text("&Larger thumbnails")
    smaller = Text("S&maller thumbnails")
    shortcuts = Text("&Keyboard shortcuts")
    about = Text("&About MedLabel")


class TipTexts:
    """For tooltips, where the text of an action does not say it all."""

    open_folder = Text("Open a folder of images; nothing in it is changed")
    open_npz = Text("Open a zip archive of images, or an NPZ file in the MedMNIST layout")
    open_project = Text("Open a project folder (NAME.medlabel)")
    open_samples = Text("Synthetic images to try everything on")
    rescan = Text("Look again for new, changed and missing files")
    relink = Text("Tell where the images of this project are now")
    import_labels = Text(
        "Read known labels from a CSV, to measure how good each stage is; nothing is trained on them"
    )
    choose_slices = Text("Choose which slices of NIfTI and 3D NPZ volumes are images of this project")
    find_duplicates = Text("Find images that are there more than once, or look the same")
    select_duplicates = Text("Of the images shown; Exclude then leaves the others of each group out")
    export = Text("Write labels, images with labels, or a report")
    undo = Text("Take the last change back")
    redo = Text("Do it again")
    note = Text("Write a note on the selected images")
    add_class = Text("Type the name of a class")
    paste_classes = Text("Write or paste all classes at once, with their prompts")
    label = Text("Give every image a label with the chosen CLIP model")
    refine = Text("Learn from these labels what the classes look like, and correct them")
    refine_options = Text("Choose the strategy and the network that Refine uses")
    save_model = Text("Save what the refinement has learnt, to label other images with it")
    label_saved = Text("Give every image a label with a model that was refined on other images")
    cancel = Text("Stop the running job; finished work is kept")
    review = Text("Walk through the images, those most worth a look first")
    review_changed = Text("Show the images whose refined label is another than the first one")
    preview = Text("Look at one image closely; the same key goes back")
    accept = Text("The labels of the selected images are right")
    unsure = Text("Somebody else should look at these")
    exclude = Text("Leave these out of the labelled set")
    withdraw = Text("Back to what the model says")
    assign = Text("Give the selected images this class")
    clear_filter = Text("Take all filters away")
    group = Text("Put the images of each class together")


def menu_text(menu: str) -> str:
    """The title of a menu, with the mark of its key."""
    return str(getattr(MenuTexts, menu))


def action_text(action_id: str) -> str:
    """What an action is called in the menus."""
    name, number = _name_and_number(action_id)
    return str(getattr(ActionTexts, name)).format(number=number)


def plain_text(action_id: str) -> str:
    """What an action is called without the marks of a menu."""
    return action_text(action_id).replace("&", "").rstrip("…")


def action_tip(action_id: str) -> str:
    """What an action does; empty where its text says it all."""
    return str(getattr(TipTexts, _name_and_number(action_id)[0], ""))


def _name_and_number(action_id: str) -> tuple[str, str]:
    """`assign_3` is named `assign` and has the number 3; others have no number."""
    name, _, number = action_id.rpartition("_")
    return (name, number) if number.isdigit() else (action_id, "")
