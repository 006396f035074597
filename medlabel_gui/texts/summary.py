"""Texts of the lines over the images and of the steps beside them."""

from medlabel_gui.texts.text import Text


class SummaryTexts:
    images = Text("{count} images")
    one_image = Text("1 image")
    decided = Text("{count} decided")
    errors = Text("{count} cannot be read")
    more = Text("and {count} more classes")
    one_more = Text("and 1 more class")
    delivers = Text("The refined labels are shown.")
    not_delivered = Text("{first} labels are shown, not the refined ones: see Changes.")
    warning = Text("⚠ One warning: see Changes.")
    warnings = Text("⚠ {count} warnings: see Changes.")
    selected = Text("{count} selected")


class FirstTexts:
    """Who gave the labels of stage 1, and the same before the word “labels”."""

    clip = Text("CLIP")
    clip_whose = Text("CLIP's")
    imported = Text("Imported labels")
    imported_whose = Text("the imported")
    predicted = Text("Saved model")
    predicted_whose = Text("the saved model's")


class KeyHintTexts:
    """Named as the actions."""

    assign = Text("{first} to {last} assign a class")
    accept = Text("{key} accept")
    unsure = Text("{key} unsure")
    exclude = Text("{key} exclude")
    preview = Text("{key} back")
    shortcuts = Text("{key} all keys")


class StepTexts:
    label = Text("Label the images")
    refine = Text("Refine the labels")
    label_first = Text("Gives every image a label")
    label_now = Text("{count} images wait for a label")
    label_now_one = Text("1 image waits for a label")
    label_none = Text("No image waits for a label")
    labelled = Text("{count} labelled by {model}")
    imported = Text("{count} labels imported")
    imported_one = Text("1 label imported")
    predicted = Text("{count} labelled by a saved model")
    predicted_one = Text("1 labelled by a saved model")
    how = Text("Chosen: {choice}")
    refine_first = Text("Corrects the labels, once there are any")
    refine_now = Text("Not refined yet")
    refined = Text("{count} labels changed")
    refined_one = Text("1 label changed")
    kept = Text("First labels kept: see Changes")
