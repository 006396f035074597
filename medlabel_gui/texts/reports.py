"""What the window says when a job has ended."""

from medlabel_gui.texts.text import Text


class ReportTexts:
    stopped = Text("Stopped. What was finished is kept; the next start goes on from there.")
    found = Text("Found {images} images: {news}.")
    found_one = Text("Found 1 image: {news}.")
    new = Text("{count} new")
    changed = Text("{count} have changed")
    changed_one = Text("1 has changed")
    missing = Text("{count} are no longer there")
    missing_one = Text("1 is no longer there")
    unreadable = Text("{count} could not be opened")
    show_new = Text("Show the new ones")
    label_new = Text("Label the new ones")
    show_missing = Text("Show the missing ones")
    show_errors = Text("Show them")
    volumes = Text("{volumes} volumes were opened as {slices} axial slices.")
    volumes_one = Text("1 volume was opened as {slices} axial slices.")
    choose_slices = Text("Choose slices…")
    labelled = Text("Labelled {count} images in {time}.")
    reused = Text("{count} had been looked at before.")
    failed = Text("In this run {count} could not be read.")
    refined = Text("Refined: {changed} of {images} images have another label now.")
    not_delivered = Text("The refinement has ended, but the first labels stay. {reason}")
    review_changed = Text("Review these {count}")
    undo = Text("Undo")
    refinement_lost = Text(
        "The labels follow the changed classes. The refinement belonged to the earlier ones: press Refine to train "
        "again, or undo the change."
    )
    duplicates = Text(
        "{groups} groups of images that are there more than once: {kinds}. An export keeps each group in one split."
    )
    duplicates_one = Text(
        "1 group of images that are there more than once: {kinds}. An export keeps it in one split."
    )
    exact = Text("{count} have the content of an earlier image")
    exact_one = Text("1 has the content of an earlier image")
    slices_apart = Text("Slices of one volume are not compared with each other.")
    near = Text("{count} look the same as another one")
    near_one = Text("1 looks the same as another one")
    no_duplicates = Text("No image is there twice: {count} were compared.")
    show_duplicates = Text("Show them")
    exported = Text("Exported {rows} images to {path}.")
    left_out = Text("Left out: {count} ({why}).")
    imported = Text("Known labels for {count} images. The report and the export hold how good each stage is.")
    downloaded = Text("The model is on this machine now.")
    only_read = Text(
        "This project can only be read: {reason}. Its labels can be looked at and exported; nothing can be changed."
    )
    gone = Text("The images of this project are no longer at {path}.")
    gone_hint = Text("Connect the drive and open the project again, or say where they are now.")
    find = Text("Find the images…")


class OpenTexts:
    folder = Text("Open a folder of images")
    npz = Text("Open a zip archive or an NPZ file")
    npz_kinds = Text("Archives of images (*.zip *.npz)")
    project = Text("Open a project (a folder NAME.medlabel)")
    relink = Text("Where are the images now?")
    moved_title = Text("Have these images been moved?")
    moved_text = Text("“{name}” holds the images of a project that were in {old}, which is gone.")
    moved_info = Text("Its labels and decisions can be used for the images where they are now.")
    moved_use = Text("Use its labels")
    moved_afresh = Text("Start afresh")
    doubt_title = Text("Are these the same images?")
    doubt_text = Text("Few of the files of this project are in {path}.")
    doubt_info = Text(
        "If the images there are others, their labels would be mixed up with those of this project, and every "
        "image that is not found would be shown as missing."
    )
    doubt_use = Text("Use this folder anyway")
    looking = Text("Looking for images…")
    looking_in = Text("in {path}")
    nothing = Text("No images found")
    nothing_in = Text("There is no PNG, JPEG, BMP, GIF, WebP, TIFF, DICOM or NIfTI file in {path}.")


class CloseTexts:
    title = Text("A job is running")
    question = Text("Stop the running job and close?")
    kept = Text("What it has finished is kept. The next start goes on from there.")
    stop = Text("Stop and close")
    stay = Text("Keep running")
