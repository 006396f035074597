"""Texts of the choice of slices."""

from medlabel_gui.texts.text import Text


class SlicesTexts:
    title = Text("Slices of volumes")
    purpose = Text("Which slices of a NIfTI or 3D NPZ volume are images of this project?")
    plane = Text("&Plane:")
    plane_tip = Text("Across which axis of the body the volumes are cut")
    axial = Text("Axial")
    coronal = Text("Coronal")
    sagittal = Text("Sagittal")
    part = Text("&Slices:")
    part_tip = Text("All of them, some, or one of each volume")
    all = Text("All of them")
    middle = Text("Only the middle one")
    every = Text("One in every:")
    number_name = Text("One in how many slices")
    lost = Text(
        "Labels and decisions of slices that are left out stay in the project, and come back with their slices."
    )
    choose = Text("Use these slices")
    cancel = Text("Cancel")
