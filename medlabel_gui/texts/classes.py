"""Texts of the list of classes, of its menus and of the dialog to paste a list."""

from medlabel_gui.texts.text import Text


class ClassesTexts:
    title = Text("Classes")
    more = Text("More")
    more_tip = Text("Paste or copy the list, or take a ready one")
    list_name = Text("Classes")
    add = Text("Add a class…")
    add_tip = Text("Type a name and press Enter. Several at once: a, b, c, or paste lines.")
    add_name = Text("Name of a new class")
    no_project = Text("Open a folder of images first.")
    skipped = Text("{count} of these are in the list already.")
    skipped_one = Text("One of these is in the list already.")
    one_more = Text("Name at least one more class.")


class EmptyTexts:
    title = Text("Name at least two classes")
    body = Text("What kinds of images are in the folder? For example “chest x-ray” and “breast ultrasound”.")
    presets = Text("Presets")
    presets_tip = Text("Take a ready list of classes")
    closed = Text("Open a folder of images. Then name here what its images show.")


class RowTexts:
    grip = Text("Drag to another place (Alt+Up, Alt+Down)")
    chip = Text("Colour and key")
    chip_tip = Text("The key {key} gives selected images this class. Click for colour and key.")
    chip_tip_none = Text("No key gives this class. Click for colour and key.")
    name_tip = Text("{name}\nDouble-click or F2 to rename")
    rest_tip = Text("{name}\nTakes what fits none of the others. Double-click or F2 to rename")
    name = Text("Name of the class")
    count_tip_one = Text("1 image has this label")
    count_tip = Text("{count} images have this label")
    prompts = Text("Prompts of {name}")
    prompts_tip = Text("What the model is told about this class")
    described = Text("{name}, key {key}. {images}")
    described_no_key = Text("{name}. {images}")
    no_count = Text("No images are labelled yet")
    press_key = Text("Press a digit or a letter. Delete gives the automatic key, Esc leaves it.")


class PromptTexts:
    name = Text("Prompt {number} of {name}")
    add_name = Text("Another prompt for {name}")
    first = Text("Describe what such an image shows…")
    another = Text("Add a prompt…")
    tip = Text(
        "One caption a line, as under a picture. {} stands for the name. Say what is there, never “not”.\n"
        "The model takes the average of several."
    )
    remove = Text("Remove this prompt")
    reads = Text("The model reads: {captions}")
    reads_more = Text("The model reads: {captions} and {count} more")
    quoted = Text("“{caption}”")


class ClassMenuTexts:
    rename = Text("Rename")
    prompts = Text("Prompts")
    colour = Text("Colour")
    key = Text("Key…")
    merge = Text("Merge into")
    move = Text("Move")
    up = Text("Up")
    down = Text("Down")
    top = Text("To the top")
    bottom = Text("To the bottom")
    rest = Text("Takes what fits none")
    remove = Text("Remove")
    more_colours = Text("More colours…")
    automatic_colour = Text("Automatic")
    choose_colour = Text("Colour of {name}")
    blue = Text("Blue")
    orange = Text("Orange")
    green = Text("Green")
    pink = Text("Pink")
    sky = Text("Light blue")
    red = Text("Red")
    yellow = Text("Yellow")
    violet = Text("Violet")
    grey = Text("Grey")


class MoreMenuTexts:
    paste = Text("Paste a list…")
    presets = Text("Presets")
    copy = Text("Copy the list")


class PresetTexts:
    about = Text("{about} {count} classes.")
    research = Text("Classes of a research data set, not for diagnosis.")


class NoteTexts:
    same = Text(
        "“{one}” and “{other}” are nearly the same for this model ({cosine}). Say in prompts what sets them apart."
    )
    shared = Text("“{one}” and “{other}” have the same prompt: “{caption}”.")
    more_pairs = Text("{count} more pairs of classes are hard to tell apart.")
    one_more_pair = Text("One more pair of classes is hard to tell apart.")
    takes = Text(
        "“{name}” takes {percent} of the images. If that cannot be, give the other classes prompts, "
        "or add what is missing."
    )
    key = Text(
        "The key {key} of “{name}” does something else: {action}. Give the class another key, or change that one "
        "in the settings."
    )
    hide = Text("Hide this note")
    previous = Text("Previous note")
    next = Text("Next note")
    position = Text("{at} of {count}")
    warning = Text("Warning: {text}")


class PasteTexts:
    title = Text("Paste a list of classes")
    preset_title = Text("Preset: {title}")
    explain = Text(
        "One class a line. After “=” you may say what its images show, with “|” between several prompts."
    )
    example = Text(
        "chest x-ray\nbreast ultrasound = an ultrasound image of the breast | a sonogram of the breast"
    )
    text_name = Text("Classes, one a line")
    append = Text("&Add to the list")
    append_tip = Text("Classes that are in the list already stay as they are")
    replace = Text("&Replace the list")
    replace_tip = Text("Classes of the same name stay the same; the others are removed")
    ok = Text("Use these classes")
    cancel = Text("Cancel")
    nothing = Text("No class yet.")
    nothing_new = Text("All of these are in the list already.")
    new = Text("{count} new")
    known = Text("{count} in the list already")
    kept = Text("{count} kept")
    removed = Text("{count} removed")
    withdrawn = Text("decisions withdrawn with them: {count}")
    undo = Text("Undo brings everything back.")
