"""Texts of About and of the page of shortcuts."""

from medlabel_gui.texts.text import Text


class AboutTexts:
    title = Text("About {name}")
    what = Text(
        "Labels folders of medical images: with CLIP at first, then better with a network that is trained "
        "on CLIP's own labels."
    )
    versions = Text("Versions")
    device = Text("Computes on")
    missing = Text("not installed")
    system = Text("System")
    licences = Text("Licences")
    licence_own = Text("MedLabel: Apache-2.0")
    licence_qt = Text("Qt and Qt for Python (PySide6): LGPL-3.0")
    licence_icons = Text("Icons: Lucide, ISC")
    licence_samples = Text("Built-in sample images: CC BY-SA 4.0")
    copy = Text("Copy")
    copy_tip = Text("Copy the versions, to send with a question")


class ShortcutPageTexts:
    title = Text("Keyboard shortcuts")
    search = Text("Find an action or a key")
    images_only = Text(
        "Keys of a single letter or number, Enter and Space count while the images have the focus."
    )
    nothing = Text("Nothing has that name or key.")
    change = Text("They can be changed in the settings.")
    numbers = Text("1 to {last}")
    numbers_do = Text("Assign class 1 to {last}")
    moving = Text("Moving and selecting")
    arrows = Text("Arrows")
    arrows_do = Text("Move")
    shift_arrows = Text("Shift+arrows")
    shift_arrows_do = Text("Extend the selection")
    ends = Text("Home, End, Page up, Page down")
    ends_do = Text("Move far")
    click = Text("Click")
    click_do = Text("Select an image")
    ctrl_click = Text("Ctrl+click")
    ctrl_click_do = Text("Add an image to the selection, or take it out")
    shift_click = Text("Shift+click")
    shift_click_do = Text("Select everything up to there")
    drag = Text("Drag")
    drag_do = Text("Select what is in the frame")
    wheel = Text("Ctrl+wheel")
    wheel_do = Text("Larger or smaller thumbnails")
    double_click = Text("Double click")
    double_click_do = Text("Look at an image closely")
    two_keys = Text("{first}, {second}")
    preview = Text("Large preview")
    original_do = Text("Original pixels, or all of the image")
    zoom_do = Text("Larger or smaller")
    plain_wheel = Text("Wheel")
    zoom_at_do = Text("Larger or smaller where the pointer is")
    drag_image_do = Text("Move the image")
    right_drag = Text("Drag, right button")
    right_drag_do = Text("Sideways: contrast; up and down: brightness")
    back_do = Text("Back to all images")
    classes = Text("List of classes")
    own_key = Text("A class's own key")
    own_key_do = Text("In the images: assign it. Click the key's box in the list to change it")
    rename_do = Text("Rename the class")
    remove_do = Text("Remove the class")
    reorder_do = Text("Move the class up or down")
    prompts_do = Text("Open or close its descriptions")
    notes = Text("While writing a note")
    save_do = Text("Save the note")
    give_up_do = Text("Leave the note as it was")
