"""What the grid of images and the filters above it say."""

from core.project.records import Source, Status
from core.project.sorting import Sort
from medlabel_gui.texts.text import Text


class GridTexts:
    name = Text("Images")
    nothing = Text("No image fits these filters.")
    nothing_left = Text("No image has the label “{name}” now.")
    nothing_left_of = Text("No image has one of these labels now: {names}.")
    nothing_waits = Text("No image waits for a decision.")
    all_labelled = Text("Every image has a label.")
    no_label = Text("No label")
    unreadable = Text("Cannot be read: {why}")
    first = Text("{name}: {label}, {percent}")
    refined = Text("Refined: {label}, {percent}")
    changed = Text("Refining changed the first label")
    note = Text("Note: {text}")
    status_source = Text("{status}, label from {source}")
    described = Text("{name}, {label}, {status}")
    described_percent = Text("{name}, {label} {percent}, {status}")
    described_note = Text("{text}, with a note")
    described_changed = Text("{text}, changed by refining")


class StatusTexts:
    unlabelled = Text("Not labelled")
    predicted = Text("Waiting")
    accepted = Text("Accepted")
    corrected = Text("Corrected")
    unsure = Text("Unsure")
    excluded = Text("Excluded")
    error = Text("Cannot be read")


class StatusTips:
    unlabelled = Text("Neither a model nor a person has given a label")
    predicted = Text("Labelled by a model, and waiting for a person's decision")
    accepted = Text("A person agreed with the label of the model")
    corrected = Text("A person gave another label")
    unsure = Text("A person was not sure")
    excluded = Text("A person left it out of the labelled set")
    error = Text("The file is damaged, empty, not there, or not an image")


class SourceTexts:
    human = Text("a person")
    zero_shot = Text("CLIP")
    refinement = Text("refinement")
    imported = Text("imported labels")
    model = Text("a saved model")


class SortTexts:
    found = Text("As found")
    name = Text("Name")
    label = Text("Class")
    confidence = Text("Confidence")
    margin = Text("Uncertainty")
    review = Text("Worth a look")
    duplicates = Text("Duplicates")


class DirectionTexts:
    found = Text("First found first")
    found_down = Text("Last found first")
    name = Text("A to Z")
    name_down = Text("Z to A")
    label = Text("First class first")
    label_down = Text("Last class first")
    confidence = Text("Least confident first")
    confidence_down = Text("Most confident first")
    margin = Text("Least certain between two classes first")
    margin_down = Text("Most certain between two classes first")
    review = Text("Most worth a look first")
    review_down = Text("Least worth a look first")
    duplicates = Text("Duplicates side by side, first found first")
    duplicates_down = Text("Duplicates side by side, last found first")


class FilterTexts:
    bar = Text("Filters and order of the images")
    text = Text("Find by name or note")
    text_tip = Text("Show only images whose path or note holds this text (Ctrl+F)")
    classes = Text("Class")
    classes_tip = Text("Show only images with these labels")
    statuses = Text("Status")
    statuses_tip = Text("Show only images with these statuses")
    confidence = Text("Confidence")
    confidence_tip = Text("Show only images whose label has a confidence in this range")
    some = Text("{name}: {count}")
    any_class = Text("All classes")
    any_status = Text("All statuses")
    any_confidence = Text("Any confidence")
    no_label = Text("No label")
    at_least = Text("≥ {low} %")
    at_most = Text("≤ {high} %")
    between = Text("{low}-{high} %")
    low = Text("&From")
    high = Text("&to")
    percent = Text(" %")
    low_tip = Text("The lowest confidence to show")
    high_tip = Text("The highest confidence to show")
    more = Text("More")
    any_more = Text("None of these")
    more_tip = Text(
        "Show what refining changed, where the first and the refined label disagree, or what is there more than once"
    )
    changed = Text("Changed by refining")
    changed_tip = Text("The refined label is another than the first one, and it is the one that holds")
    disagree = Text("First and refined disagree")
    disagree_tip = Text("They gave different labels, whichever holds and whatever a person decided")
    duplicates = Text("Duplicates")
    duplicates_tip = Text(
        "Images of which there is another one with the same content or look (File, Find duplicates)"
    )
    sort_tip = Text("Order of the images")
    direction = Text("Turn the order round")
    group = Text("Group by class")
    group_tip = Text("Put the images of each class together")
    all = Text("{total} images")
    all_tip = Text("All images are shown")
    one = Text("1 image")
    some_of = Text("{shown} of {total}")
    some_of_tip = Text("{shown} of {total} images are shown")
    clear = Text("Show all images")
    clear_tip = Text("Take all filters away")
    pair = Text("First: {first}, refined: {second}")
    same_pair = Text("First and refined: {first}")
    rows = Text("{count} chosen images")
    one_row = Text("1 chosen image")
    review = Text("Only what waits for a decision")
    remove = Text("Take this filter away")


def status_text(status: Status) -> str:
    """A status in words."""
    return str(getattr(StatusTexts, status.name.lower()))


def status_tip(status: Status) -> str:
    """What a status means."""
    return str(getattr(StatusTips, status.name.lower()))


def source_text(source: Source) -> str:
    """Where a label comes from; empty where there is none."""
    return "" if source is Source.NONE else str(getattr(SourceTexts, source.name.lower()))


_SORTS = {sort: "label" if sort is Sort.CLASS else sort.name.lower() for sort in Sort}


def sort_text(sort: Sort) -> str:
    """An order in a word or two."""
    return str(getattr(SortTexts, _SORTS[sort]))


def direction_text(sort: Sort, descending: bool) -> str:
    """What comes first."""
    return str(getattr(DirectionTexts, _SORTS[sort] + ("_down" if descending else "")))
