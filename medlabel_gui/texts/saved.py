"""What is said of models that refinements trained."""

from medlabel_gui.texts.text import Text


class SavedTexts:
    save_title = Text("Save the refined model")
    file_name = Text("{name}.medlabel-model")
    kinds = Text("Refined models (*.medlabel-model)")
    open_title = Text("Open a saved model (a folder NAME.medlabel-model)")
    no_model = Text("The newest refinement has no model that could be saved.")
    no_model_hint = Text("Press Refine: it trains one.")
    among_images = Text("{path} lies among the images of this project.")
    among_images_hint = Text("Choose another place: nothing is written among the images.")
    title = Text("The model has other classes")
    question = Text("The saved model knows the classes {model}. This project has {project}.")
    held = Text("Labels of stage 1 now: {labels}. Decisions: {decisions}.")
    info = Text(
        "The model's classes take the place of the project's. What was decided for a class that goes is withdrawn; "
        "Undo brings all of it back."
    )
    replace = Text("Use the model's classes")
    saved = Text("The model was saved to {path}. “Label with a saved model…” uses it on other images.")
    labelled = Text("The saved model “{model}” labelled {count} images in {time}.")
