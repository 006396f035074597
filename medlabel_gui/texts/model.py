"""What is said of models and of the devices they compute on."""

from medlabel_gui.texts.text import Text


class ModelTexts:
    """The part of the sidebar."""

    heading = Text("Model")
    tip = Text("The model that gives every image its first label")
    looking = Text("Looking for models…")
    details = Text("Details…")
    details_tip = Text("All models: what they are good for, how large they are, how to get one")
    summary = Text("{good_for} {size}, licence {licence}.")
    short = Text("{good_for} {size}.")
    not_here = Text("{title} (not on this machine)")
    none_usable = Text("No model can be used on this machine. {why}")
    megabytes = Text("{count} MB")
    gigabytes = Text("{count} GB")
    unknown_size = Text("size unknown")
    folder_gone = Text("The folder {path} is not there.")
    folder_gone_hint = Text("Connect its drive, or remove the model from the list.")
    folder_unreadable = Text("The folder {path} cannot be read: {reason}.")


class ModelDialogTexts:
    """The window with all models."""

    title = Text("Models")
    column_model = Text("Model")
    column_size = Text("Size")
    column_here = Text("On this machine")
    yes = Text("yes")
    no = Text("no")
    list_name = Text("Models")
    size = Text("Size")
    licence = Text("Licence")
    captions = Text("Captions")
    tokens = Text("up to {count} tokens (words and parts of words)")
    images = Text("Images")
    pixels = Text("read at {side} x {side} px")
    embedding = Text("Embedding")
    numbers = Text("{count} numbers an image")
    where = Text("Where")
    not_here = Text("not on this machine")
    bring_download = Text(
        "“Download” brings {size} from the web page huggingface.co/{hub}, once. Images never leave this machine."
    )
    by_hand = Text(
        "Without a network here: on another machine, save {files} from {page}, bring them into one folder on this "
        "machine, then press “Open model folder…”."
    )
    by_hand_text = Text("That folder also needs a folder “text” with config.json from {page}.")
    file_list = Text("{first} and {last}")
    download = Text("Download")
    download_tip = Text("Bring this model to this machine; it needs a network")
    cancel = Text("Cancel")
    cancel_tip = Text("Stop the download; the next one goes on from there")
    cancelling = Text("Stopping…")
    starting = Text("Starting the download…")
    other_download = Text("{title} is being downloaded.")
    download_failed = Text("The download did not succeed. {error}")
    download_failed_hint = Text(
        "Check the network, then press “Download” again; it goes on where it stopped. "
        "The files can also be brought by hand: see above."
    )
    download_failed_where = Text(
        "Check the network and try it again, or see “Details…” beside the model for how to bring it by hand."
    )
    open_folder = Text("Open model folder…")
    open_folder_tip = Text("Use a model of your own: a folder in open_clip's format")
    choose_folder = Text("Open a model folder")
    checking = Text("Looking at {path}…")
    remove = Text("Remove from list")
    remove_tip = Text("Take this folder off the list; its files stay where they are")
    refresh = Text("Refresh")
    refresh_tip = Text("Look again which models are on this machine")
    use = Text("Use this model")
    use_tip = Text("Label with this model from now on")
    in_use = Text("In use")
    close = Text("Close")


class DeviceTexts:
    """What computes."""

    label = Text("Compute on")
    name = Text("Device to compute on")
    tip = Text("Automatic takes a GPU where there is one")
    automatic = Text("Automatic")
    automatic_is = Text("Automatic ({title})")
    cpu = Text("CPU")
    with_memory = Text("{title}, {memory}")
    missing = Text("{title} (not there)")
