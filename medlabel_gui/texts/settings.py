"""Texts of the settings dialog."""

from medlabel_gui.texts.text import Text


class SettingsTexts:
    title = Text("Settings")
    general = Text("General")
    shortcuts = Text("Shortcuts")
    name = Text("&Your name")
    name_hint = Text("Written with every decision, so that others can see who decided.")
    name_tip = Text("Decisions that were made already keep the name they were made under")
    theme = Text("&Colours")
    theme_tip = Text("How bright the window is; images are always shown as they are")
    system = Text("As the system has it")
    light = Text("Light")
    dark = Text("Dark")
    thumbnails = Text("Thumbnails")
    keep_thumbnails = Text("Keep &thumbnails on disk")
    keep_tip = Text("Only those of images that are slow to read, where only you can read them")
    clear = Text("C&lear cache ({size})")
    clear_tip = Text("Delete all thumbnails on disk now; they are made again when they are needed")
    megabytes = Text("{number} MB")


class ShortcutTexts:
    hint = Text("Choose an action, then press its new key in one of the fields below.")
    search = Text("Find an action or a key")
    action = Text("Action")
    keys = Text("Keys")
    shortcuts_list = Text("All actions and their keys")
    images_only = Text("only in the images")
    first = Text("&Key for “{action}”")
    second = Text("&Another key")
    nothing_chosen = Text("&Key")
    key_tip = Text("Click here, then press the key; the cross removes it")
    reset = Text("Reset")
    reset_tip = Text("Give this action the key it came with")
    reset_all = Text("Reset all")
    reset_all_tip = Text("Give every action the key it came with")
    clash = Text("“{first}” and “{second}” share the key {key}. One of the two has to get another key.")
    reserved = Text("{key} moves among the images and cannot be the key of “{first}”.")
    reserved_preview = Text("{key} is a key of the large preview and cannot be the key of “{first}”.")
    clash_class = Text(
        "“{first}” and the class “{name}” share the key {key}. "
        "Take another key here, or give the class another one in the list of classes."
    )
    take = Text("Take it from “{other}”")
    take_tip = Text("Remove the key there")
    waiting = Text("Settings can be kept once every key does one thing only.")
