"""Texts of the start page, of the first start, and what several parts say."""

from medlabel_gui.texts.text import Text


class CommonTexts:
    research_only = Text("Research use only, not for diagnosis.")
    local = Text("Images stay on this machine.")


class StartTexts:
    title = Text("Open a folder of images")
    body = Text("Or drop a folder, a zip or NPZ file or a MedLabel project here.")
    open_folder = Text("Open folder…")
    open_npz = Text("Open zip or NPZ…")
    open_project = Text("Open project…")
    samples = Text("Try it with the built-in samples")
    recent = Text("Recent")
    no_recent = Text("What you open is listed here.")
    clear = Text("Clear list")
    clear_tip = Text("Forget what was opened; nothing is deleted")
    gone = Text("not there any more")
    gone_from = Text("not there any more · {folder}")
    open_recent = Text("Open {path}")
    gone_recent = Text("{path} is not there any more")
    recent_name = Text("{name}, in {folder}")
    steps = Text("How it works")
    step_label = Text("Type the class names and press Label: a CLIP model gives every image a label.")
    step_refine = Text("Press Refine: what is learnt from all these labels corrects many of them.")
    step_review = Text("Look at what is doubtful, accept or correct it, and export.")


class FirstStartTexts:
    title = Text("Welcome to MedLabel")
    what = Text(
        "MedLabel labels folders of medical images: with CLIP at first, then better with a network "
        "that is trained on CLIP's own labels. You look at what is doubtful, correct it, and export."
    )
    research = Text("Labels of MedLabel are not findings and must not be used in the care of a patient.")
    local = Text("No image and no label is sent anywhere, and nothing in your folders is changed.")
    name = Text("&Your name")
    name_hint = Text("It is written with every decision, so that others can see who decided.")
    name_tip = Text("You can change it later in the settings")
    understood = Text("I understand")
    quit = Text("Quit")
