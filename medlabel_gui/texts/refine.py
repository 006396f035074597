"""What the dialog says that chooses how to refine."""

from medlabel_gui.texts.text import Text


class RefineTexts:
    """The dialog itself. Names and sentences of strategies and networks come from the core."""

    title = Text("How to refine")
    purpose = Text(
        "Refining learns from all labels what the classes look like, and corrects those that do not fit. "
        "Labels that a person has accepted or corrected count as true."
    )
    strategy = Text("Strategy")
    recommended = Text("{title} (recommended)")
    network = Text("&Network")
    network_tip = Text("The network that is trained; it also labels new images later")
    own_network = Text("The strategy's own")
    own_network_text = Text("Whichever network the strategy comes with.")
    other_network = Text("Another one, by its timm name…")
    other_network_text = Text("Any image network of the timm library, as {example}.")
    timm_example = Text("mobilenetv3_small_100")
    timm_name = Text("Name of a timm network")
    timm_problem = Text("Write the name of a timm network, as {example}.")
    published = Text("With these changes it is no longer the method as it was published.")
    more = Text("&More")
    more_tip = Text("How the network is trained")
    reset = Text("Reset")
    reset_tip = Text("Choose everything as it came: the recommended strategy, with everything its own")
    ok = Text("OK")
    ok_tip = Text("Keep these choices for the next time “Refine” is pressed")
    refine = Text("Refine now")
    refine_tip = Text("Keep these choices and refine with them")
    cancel = Text("Cancel")


class ChoiceTexts:
    """A choice in a few words."""

    own_training = Text("trained in another way")


class TrainingTexts:
    """How the network is trained."""

    own = Text("Strategy's own")
    optimiser = Text("&Optimiser")
    optimiser_tip = Text("How the weights follow the gradient")
    sgd = Text("SGD")
    adam = Text("Adam")
    adamw = Text("AdamW")
    schedule = Text("&Schedule")
    schedule_tip = Text("How the learning rate changes over the epochs")
    constant = Text("Constant")
    cosine = Text("Cosine")
    one_cycle = Text("One cycle")
    step = Text("In steps")
    epochs = Text("&Epochs at most")
    epochs_tip = Text("How often every image is seen; a training that gets no better stops before")
    batch_size = Text("&Batch size")
    batch_size_tip = Text("Images a step; more need more memory")
    rate = Text("Learning &rate")
    rate_tip = Text("How far a step goes, as 0.001 or 1e-3")
    rate_problem = Text("The learning rate is a number between {least} and {most}, as 0.001.")
    weights = Text("&Class weights")
    weights_tip = Text("Whether images of rare classes count more, so that these are not given up")
    weights_on = Text("Rare classes count more")
    weights_off = Text("All images count alike")
    flip = Text("Allow &left-right flips of the images it learns from")
    flip_why = Text(
        "Off, because a mirrored body is another one: a flipped chest has its heart on the wrong side. "
        "Allow it where left and right mean nothing, as in tissue under a microscope."
    )
    pretrained = Text("Start from &published weights where they are on this machine")
    pretrained_tip = Text(
        "Networks that were trained on many photographs before learn faster from few images"
    )
