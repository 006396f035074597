"""What the large preview says."""

from medlabel_gui.texts.text import Text


class PreviewTexts:
    position = Text("{position} of {count}")
    no_label = Text("No label")
    reading = Text("Reading {name}…")
    unreadable = Text("This image cannot be read: {why}")
    no_source = Text("The images of this project are not there now, so this one cannot be shown.")
    why = Text("Why this image")
    side = Text("Facts about the image")


class CanvasTexts:
    name = Text("Image {name}")
    empty = Text("No image")
    tip = Text(
        "Wheel: larger and smaller. Drag: move. Double click or Z: all of it or original pixels.\n"
        "Right button: drag sideways for contrast, up and down for brightness; of an image of more than 8 bits,\n"
        "sideways for the width of the window, up and down for its level. The file and the labels stay as they are."
    )
    fitted = Text("Fit · {percent}%")
    scaled = Text("{percent}%")
    original = Text("100% · original pixels")
    changed = Text("Shown with {changes}; the file is as it was")
    brightness = Text("brightness {value}")
    contrast = Text("contrast {value}")
    inverted = Text("black and white swapped")


class ToneTexts:
    title = Text("View")
    original = Text("Original pixels (Z)")
    whole = Text("Whole image (Z)")
    brightness = Text("&Brightness")
    contrast = Text("&Contrast")
    brightness_tip = Text(
        "How bright the image is shown; the file stays as it is (right button: drag up and down)"
    )
    contrast_tip = Text(
        "How strong its contrast is shown; the file stays as it is (right button: drag sideways)"
    )
    invert = Text("&Invert")
    invert_tip = Text("Show black as white and white as black")
    reset = Text("Reset")
    reset_tip = Text("Show the image as it is in the file, through its own window")
    window = Text("Window: {window}")
    window_tip = Text(
        "The stored values from black to white, in the preview only: labelling goes by the image's own window.\n"
        "Brightness moves the level, contrast the width (right button: drag up and down, sideways)."
    )


class FactTexts:
    title = Text("File")
    name = Text("Name")
    folder = Text("Folder")
    top_folder = Text("(the opened folder)")
    size = Text("Size on disk")
    pixels = Text("Pixels")
    modified = Text("Modified")
    frame = Text("Frame")
    frame_of = Text("{frame} ({count} in the file)")
    format = Text("Format")
    bits = Text("{format}, {bits} bits a sample")
    modality = Text("Modality")
    photometric = Text("Photometric")
    window = Text("Window")
    level_width = Text("level {level}, width {width}")
    from_header = Text("from the header")
    from_percentiles = Text("from the percentiles")
    from_range = Text("from smallest to largest")
    notes = Text("Notes")
    checksum = Text("SHA-256")
    checksum_frame = Text("SHA-256 of\nthis frame")
    group = Text("Patient or group")
    grey = Text("{width} x {height}, grey")
    colour = Text("{width} x {height}, colour")
    bytes = Text("{count} bytes")
    kilobytes = Text("{count} KB")
    megabytes = Text("{count} MB")
    gigabytes = Text("{count} GB")
    unknown = Text("…")
    copy = Text("Copy the SHA-256 checksum of the file")
    copy_frame = Text(
        "Copy the SHA-256 checksum of this frame's stored samples; that of the file is another one"
    )
    copied = Text("Copied")


class DecisionTexts:
    title = Text("Label")
    known = Text("Known label: {name}")
    known_agrees = Text("Known label: {name}, the same")
    by = Text("{status} by {author}, {at}")
    waiting = Text("Waiting for a decision")
    from_clip = Text("Label from CLIP")
    from_refinement = Text("Refined label")
    from_model = Text("Label from a saved model")
    from_import = Text("Imported label")


class NoteTexts:
    title = Text("Note")
    add = Text("Add a note")
    edit = Text("Change the note")
    save = Text("Save")
    cancel = Text("Cancel")
    keys = Text("Ctrl+Enter saves, Esc leaves it as it was.")
    placeholder = Text("What should others know of this image?")
    dialog_title = Text("Note")
    dialog_of = Text("Note on {names}")
    dialog_tip = Text("An empty note takes the old one away.")


class ProbabilityTexts:
    title = Text("Class probabilities")
    refined = Text("Refined")
    refined_unused = Text("Refined (these labels are not used)")
    none = Text("No model has labelled this image yet.")
    all = Text("Show all {count} classes")
    best = Text("Show the {count} most probable")
    delivered = Text("label")
    known = Text("known")
    nothing = Text("-")
    line = Text("{name}: {values}")
    value = Text("{stage} {percent}")
    tip = Text("What each model says; the classes of an image add up to 100%. A model can be sure and wrong.")


class ReasonTexts:
    disagree = Text("The stages disagree: {stage} says {first}, refined it is {second}.")
    tie = Text("A close call: another class is as probable as {label}.")
    close = Text("A close call: {label} leads by only {points} percentage points.")
    close_one = Text("A close call: {label} leads by only 1 percentage point.")
    not_sure = Text("Not quite sure: {label}.")
    unknown = Text("Nothing says how sure the label {name} is.")
    sure = Text("Nothing speaks against {label}.")
    label = Text("{name} ({share})")
