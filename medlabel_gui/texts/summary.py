"""Texts of the lines over the images and of the steps beside them."""

from medlabel_gui.texts.text import Text


class SummaryTexts:
    images = Text("{count} images")
    one_image = Text("1 image")
    decided = Text("{count} decided")
    errors = Text("{count} unreadable")
    more = Text("and {count} more classes")
    one_more = Text("and 1 more class")
    delivers = Text("The network changed {count} of CLIP's labels; its labels are shown.")
    not_delivered = Text("CLIP's labels are shown, not the network's. {reason}")
    selected = Text("{count} selected")


class KeyHintTexts:
    """Named as the actions."""

    assign = Text("{first} to {last} assign a class")
    accept = Text("{key} accept")
    unsure = Text("{key} unsure")
    exclude = Text("{key} exclude")
    preview = Text("{key} back")
    shortcuts = Text("{key} all keys")


class StepTexts:
    label = Text("Label images with CLIP")
    refine = Text("Refine with a network")
    label_first = Text("Gives every image a label")
    label_now = Text("{count} images wait for a label")
    label_now_one = Text("1 image waits for a label")
    label_none = Text("No image waits for a label")
    labelled = Text("{count} labelled by {model}")
    imported = Text("{count} labels imported")
    imported_one = Text("1 label imported")
    refine_first = Text("Corrects the labels, once there are any")
    refine_now = Text("Not refined yet")
    refined = Text("{count} labels changed")
    refined_one = Text("1 label changed")
    kept = Text("CLIP's labels kept: see above the images")
