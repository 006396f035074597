"""Texts of the dialog that imports known labels."""

from medlabel_gui.texts.text import Text


class ImportTexts:
    title = Text("Import known labels")
    purpose = Text("Known labels show how good each stage is. Nothing is trained on them.")
    after = Text("After the import, the report and the export show the accuracy of each stage.")
    source = Text("&From:")
    source_name = Text("Where the known labels are")
    nothing_chosen = Text("Choose a file or a folder")
    file = Text("CSV, NPZ or zip…")
    file_tip = Text(
        "A CSV with the columns file_name and label, an NPZ file with labels, or a zip archive of class folders"
    )
    folders = Text("Class folders…")
    folders_tip = Text("A folder with one folder for each class; the name of the folder is the label")
    choose_file = Text("Choose a file with known labels")
    kinds = Text("Files with labels (*.csv *.tsv *.txt *.npz *.zip)")
    choose_folder = Text("Choose the folder that holds the class folders")
    ok = Text("Import")
    ok_tip = Text("Keep these labels beside those of the stages, to measure them")
    cancel = Text("Cancel")
    no_project = Text("No project is open.")
    no_project_hint = Text("Open a folder of images first.")


class MappingTexts:
    name = Text("Name in the file")
    images = Text("Images")
    here = Text("Class here")
    table_name = Text("Which class of the project each name in the file is")
    leave_out = Text("Leave out")
    combo_name = Text("Class of the project for {name}")
    combo_tip = Text("Which class of this project “{name}” is. What is left out gets no known label.")
    alike = Text("The names are only similar. Is it the same class?")
    number = Text(
        "The file has numbers: {name} was taken for this place in the list of classes. Is it right?"
    )
    more = Text("Only the {count} most frequent names are shown; the others are left out.")


class OutcomeTexts:
    reading = Text("Reading known labels…")
    choose = Text("Choose a file or a folder with known labels first.")
    no_image = Text(
        "No name in {source} is an image of this project. The names have to be those of the image files, with or "
        "without their folders."
    )
    all_left_out = Text("Every class is left out. Say in the table which class of the project each name is.")
    labels = Text("Known labels for {count} of {images} images.")
    unmatched = Text("{count} names of the file are not images here: {examples}.")
    one_unmatched = Text("1 name of the file is not an image here: {examples}.")
    left_out = Text("{count} images are left out ({names}).")
    one_left_out = Text("1 image is left out ({names}).")
    check_one = Text("Please check the marked name.")
    check = Text("Please check the {count} marked names.")
    known = Text(
        "{count} images have a known label from before; it is replaced where the file names the same image."
    )
    one_known = Text("1 image has a known label from before; it is replaced if the file names that image.")
