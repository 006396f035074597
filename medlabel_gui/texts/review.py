"""What the review panel says."""

from medlabel_gui.texts.text import Text


class ReviewTexts:
    progress = Text("Progress")
    decided = Text("{decided} of {count} images decided ({share})")
    decided_one = Text("{decided} of 1 image decided")
    nothing = Text("No images yet.")
    bar = Text("Share of the images that somebody has decided about")
    accept_title = Text("Accept by confidence")
    threshold = Text("At or &above")
    threshold_tip = Text("Labels with at least this confidence would be accepted; finer steps near 100%")
    slider = Text("Least confidence")
    counted = Text("{accepted} of {count} shown images without a decision are at or above {threshold}%.")
    counted_one = Text("{accepted} of 1 shown image without a decision is at or above {threshold}%.")
    none_waiting = Text("None of the shown images waits for a decision with a label from a model.")
    accept = Text("Accept {count} images")
    accept_one = Text("Accept 1 image")
    accept_none = Text("Accept")
    accept_tip = Text("Accept the labels of these images, in one step that can be undone")
    honest = Text(
        "The confidence is what the model says of itself, not a guarantee: look at some before you accept many."
    )
    histogram = Text("How confident the model is of the shown images without a decision")
    histogram_tip = Text(
        "Images without a decision by confidence, on the scale of the slider; what would be accepted is filled. "
        "A bar's height is the square root of its number of images, so that few are seen beside many."
    )
    walk = Text("Review the most doubtful")
    walk_tip = Text(
        "Walk through the images without a decision in the large preview, those most worth a look first"
    )
