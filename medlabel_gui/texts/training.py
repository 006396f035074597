"""What the training curves and the matrix of changed labels say."""

from medlabel_gui.texts.text import Text


class CurveTexts:
    """The panel with the curves."""

    among_images = Text("{path} lies among the images of this project.")
    among_images_hint = Text("Choose another place: images are not written to.")

    none = Text("The network has not been trained yet. “Refine” trains it and draws its curves here.")
    begins = Text("The training begins…")
    live = Text("Epoch {epoch} of at most {epochs}.")
    live_batch = Text("Epoch {epoch} of at most {epochs}: batch {batch} of {batches}, loss {loss}.")
    first_batch = Text("Epoch {epoch}: batch {batch} of {batches}, loss {loss}.")
    of_network = Text("{network}. {text}")
    best_so_far = Text(
        "Best so far: epoch {epoch}, validation accuracy {accuracy} (against the labels it learns from)."
    )
    waiting = Text("{waited} of {patience} epochs without a better one; then it stops.")
    ended = Text("{run} ended after {epoch} epochs.")
    stopped_early = Text("{run} stopped early after epoch {epoch}: no better for {waited} epochs.")
    interrupted = Text(
        "The training was stopped after epoch {epoch}. "
        "“Refine” goes on from there while images and labels stay the same."
    )
    best = Text("Best: epoch {epoch}, validation accuracy {accuracy} (against the labels it learns from).")
    loss = Text("Loss")
    accuracy = Text("Accuracy on the labels learnt from (%)")
    accessible_plot = Text("{title} of training and validation an epoch")
    epoch = Text("epoch")
    at_epoch = Text("Epoch {epoch}")
    values = Text("{validation} (training {training})")
    values_of = Text("{run}: {values}")
    more = Text("and {count} more")
    legend_validation = Text("validation")
    legend_training = Text("training")
    legend_best = Text("best epoch")
    legend_stopped = Text("stopped early")
    save_picture = Text("Save picture…")
    save_picture_tip = Text("Save the curves that are shown as a PNG picture")
    save_numbers = Text("Save numbers…")
    save_numbers_tip = Text("Save the epochs of the curves that are shown as a CSV table")
    picture_kind = Text("PNG picture (*.png)")
    numbers_kind = Text("CSV table (*.csv)")
    picture_name = Text("training curves.png")
    numbers_name = Text("training curves.csv")
    picture_saved = Text("The curves were saved to {path}.")
    numbers_saved = Text("The numbers of the curves were saved to {path}.")
    not_written = Text("The picture could not be written to {path}.")
    not_written_hint = Text("Check that the folder is there, may be written to and has space.")


class RunListTexts:
    """The list of trainings under the curves."""

    accessible = Text("Trainings; the checked ones are drawn")
    tip = Text("Check the trainings that you want to compare")
    run = Text("Run {number}")
    column_run = Text("Run")
    column_when = Text("When")
    column_strategy = Text("Network")
    column_accuracy = Text("Best")
    accuracy_tip = Text("Best validation accuracy, against the labels that were learnt from")
    now = Text("now")
    strategy_of_network = Text("{strategy}, {network}")
    row_tip = Text("{run}, {when}\n{strategy}\n{epochs} epochs in {seconds}, best epoch {best}")
    row_tip_early = Text("stopped early: no better for {waited} epochs")


class ChangesTexts:
    """The matrix of what refining changed. `{first}` is one of the names of stage 1's labels."""

    none = Text("Nothing has been refined yet. After “Refine” this shows which labels it changed.")
    stale = Text(
        "The last refinement learnt from labels that are no longer the current ones: the classes, the prompts "
        "or the model have changed since. Run “Refine” again to see what it changes."
    )
    changed = Text("Refining changed {changed} of {images} labels ({share}).")
    would_change = Text("Refining would change {changed} of {images} labels ({share}).")
    unchanged = Text("Refining changed none of {images} labels.")
    would_not_change = Text("Refining would change none of {images} labels.")
    delivered = Text("The refined labels are the ones shown and exported.")
    not_delivered = Text(
        "The refined labels are not used: {first} labels stay the ones shown and exported. {reason}"
    )
    taken = Text("Taken: {title}. {why}")
    best = Text("Best candidate: {title}. {why}")
    compared = Text("Compared with: {titles}.")
    score = Text("{title}: {score} of the ties between like images kept")
    axes = Text("Rows: {first} label. Columns: the refined label. Choose a cell to see its images.")
    review = Text("Review the {count} changed images")
    review_one = Text("Review the changed image")
    review_would = Text("Review the {count} images it would change")
    review_would_one = Text("Review the image it would change")
    review_none = Text("No changed images to review")
    review_tip = Text("Show only the images whose refined label is another one")
    accessible = Text("What refining changed: rows are {first} labels, columns the refined ones")
    cell_changed = Text("{images}: {first} label {before}, refined {after}")
    cell_kept = Text("{images}: {before} in both")
    one_image = Text("1 image")
    images = Text("{count} images")
    row_tip = Text("{name}: {first} label of {count} images")
    column_tip = Text("{name}: refined label of {count} images")
