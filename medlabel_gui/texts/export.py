"""Texts of the export dialog."""

from core.tasks.export import Status
from medlabel_gui.texts.text import Text


class ExportTexts:
    title = Text("Export")
    export = Text("Export")
    export_tip = Text("Write this")
    no_project = Text("No project is open.")
    no_project_hint = Text("Open a folder of images first.")


class FormatTexts:
    csv = Text("&CSV")
    npz = Text("&NPZ")
    folders = Text("Class &folders")
    report = Text("&Report")
    csv_purpose = Text(
        "A table with one row an image: labels and confidences of both stages, who decided, and when. "
        "For a spreadsheet, pandas or Hugging Face."
    )
    npz_purpose = Text(
        "Images and labels as arrays in the layout of MedMNIST, class names in a JSON beside them. "
        "For training a network."
    )
    folders_purpose = Text(
        "Copies without texts in their headers, sorted into one folder a class. For torchvision and many other "
        "tools; the originals stay as they are."
    )
    report_purpose = Text(
        "One web page with counts, plots, examples and the origin of the labels. To show and to keep. It holds "
        "small copies of some images. Research use only, not for diagnosis."
    )


class WhichTexts:
    title = Text("Which images")
    count = Text("{name} ({count})")
    tip = Text("Write the images with this status")
    accepted = Text("Accepted")
    corrected = Text("Corrected")
    predicted = Text("Waiting")
    unsure = Text("Unsure")
    excluded = Text("Excluded")
    unlabelled = Text("Not labelled")
    error = Text("Cannot be read")
    none = Text("Choose at least one status.")


class SplitTexts:
    title = Text("Parts")
    divide = Text("Divide into train, validation and test")
    divide_tip = Text("Every class is divided alike; equal images and groups are never divided")
    train = Text("Train")
    val = Text("Validation")
    test = Text("Test")
    share_tip = Text("Share of this part in percent")
    percent = Text(" %")
    sum = Text("The shares make {sum} %, they must make 100 %.")
    seed = Text("Seed")
    seed_tip = Text("The same number always gives the same division")


class GroupTexts:
    title = Text("Keep together")
    by = Text("By")
    by_tip = Text("Images of one patient should not stand in two parts")
    nothing = Text("Nothing but equal images")
    keep = Text("The groups of an earlier export")
    pattern = Text("A pattern in the file name")
    column = Text("A column of a CSV file")
    patient = Text("The patient in the DICOM header")
    patient_note = Text(
        "Images of one patient stay in one part. Of the patient ID only a salted hash is kept, which names the group "
        "in an export; the ID itself is kept nowhere."
    )
    no_dicom = Text("This project has no DICOM images")
    pattern_label = Text("Pattern")
    pattern_tip = Text(
        "A regular expression; what stands in its first brackets names the group. "
        "^([^_]+)_ takes everything before the first underscore"
    )
    file_label = Text("File")
    file_tip = Text("A CSV file with the column file_name and one that names the group")
    choose = Text("Choose…")
    choose_title = Text("Choose a CSV file with groups")
    kinds = Text("CSV files (*.csv)")
    column_label = Text("Column")
    column_tip = Text("The column that names the patient or group")
    no_pattern = Text("Type a pattern for the groups.")
    no_file = Text("Choose a CSV file with the groups.")
    no_column = Text("Name the column with the groups.")
    example = Text("{file} → {group}")
    no_group = Text("(no group)")


class ImageTexts:
    title = Text("Images")
    size = Text("Size")
    size_tip = Text("Height and width of each image in the file, in pixels")
    own = Text("As they are (else 224 px)")
    pixels = Text("{side} px")
    other = Text("Other…")
    side_tip = Text("Side of the square in pixels")
    px = Text(" px")
    fit = Text("Shape")
    fit_tip = Text("How images that are not square of this size get there")
    pad = Text("Whole image, black borders")
    crop = Text("Centre square, as MedMNIST")
    stretch = Text("Stretched")
    colour = Text("Colour")
    colour_tip = Text("Channels of each image")
    automatic = Text("Grey if all are grey")
    grey = Text("Grey")
    rgb = Text("Colour (RGB)")


class CsvTexts:
    title = Text("File")
    excel = Text("For Excel: start with a byte order mark")
    excel_tip = Text("Excel then reads letters beyond A to Z right; other programs do not need it")


class TargetTexts:
    file = Text("&Write to")
    folder = Text("&Write to the new folder")
    tip = Text("Where it is written")
    browse = Text("Browse…")
    browse_tip = Text("Choose where it is written")
    title_file = Text("Export as")
    title_folder = Text("Choose the folder in which the new folder is made")
    csv_kinds = Text("CSV files (*.csv)")
    npz_kinds = Text("NPZ files (*.npz)")
    report_kinds = Text("Web pages (*.html)")
    suffix_csv = Text("{name} labels.csv")
    suffix_npz = Text("{name} labelled.npz")
    suffix_folders = Text("{name} sorted")
    suffix_report = Text("{name} report.html")
    empty = Text("Choose where to write.")
    replaces = Text("“{files}” is there already and will be replaced.")
    replaces_many = Text("“{files}” are there already and will be replaced.")
    and_ = Text("” and “")


class PlanTexts:
    looking = Text("Looking…")
    rows = Text("First rows")
    classes = Text("Classes")
    rows_name = Text("First rows of what will be written")
    classes_name = Text("Images by class and part")
    images = Text("{count} images")
    image = Text("1 image")
    nothing = Text("No image would be written.")
    divided = Text("{images}: {train} train, {val} validation, {test} test")
    left_out = Text("Left out: {reasons}.")
    reason = Text("{count} {why}")
    shape = Text("{height} × {width} px, {channels}: {resize}.")  # noqa: RUF001
    grey = Text("grey")
    colour = Text("colour")
    size = Text("About {size}.")
    size_npz = Text("At most about {size}.")
    groups = Text("Groups kept together: {groups}; images in none: {ungrouped}.")
    class_column = Text("Class")
    images_column = Text("Images")


STATUS_TEXTS = {
    Status.ACCEPTED: "accepted",
    Status.CORRECTED: "corrected",
    Status.PREDICTED: "predicted",
    Status.UNSURE: "unsure",
    Status.EXCLUDED: "excluded",
    Status.UNLABELLED: "unlabelled",
    Status.ERROR: "error",
}


def status_text(status: Status) -> str:
    """The name of a status."""
    return str(getattr(WhichTexts, STATUS_TEXTS[status]))
