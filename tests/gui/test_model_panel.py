"""Models and devices: the choice in the sidebar, the dialog with all details, folders, a download."""

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from core.errors import NotDownloadedError, UserError
from core.jobs import Progress
from core.resources import resource_path
from core.tasks.models import DeviceInfo
from medlabel_gui.models import ModelChoice, check_folder, model_choices, size_text
from medlabel_gui.panels.model import ModelPanel
from medlabel_gui.settings import Settings
from tests.gui.conftest import RecordingFileDialogs, process_deletions

LARGE = ModelChoice(
    "large",
    "Large",
    "The best. 1.7 GB, licence MIT.",
    "Its weights (1,710 MB) are not on this machine.",
    "Bring them by hand.",
    1710,
    "MIT",
    "The best.",
    77,
    224,
    768,
    hub="somebody/large",
)
STARTER = ModelChoice(
    "starter", "Starter", "Small.", size_mb=15, licence="CC BY-SA 4.0", good_for="Small.", where="/models/s"
)
CPU = DeviceInfo("cpu", "CPU, 8 cores", 16 * 2**30, True)
GPU = DeviceInfo("cuda", "NVIDIA H100", 80 * 2**30, True)
NO_GPU = DeviceInfo("cuda", "CUDA", 0, False, "No NVIDIA GPU was found.")
NO_MPS = DeviceInfo("mps", "Apple GPU", 0, False, "Only on Macs.")


@pytest.fixture
def files():
    return RecordingFileDialogs()


@pytest.fixture
def settings():
    return Settings()


@pytest.fixture
def panel(qtbot, runner, files, settings):
    made = ModelPanel(settings, runner, files)
    made.resize(270, 200)
    qtbot.addWidget(made)
    yield made
    qtbot.waitUntil(lambda: not runner.jobs)


@pytest.fixture
def dialog(panel):
    panel.set_choices((LARGE, STARTER))
    panel.open_details()
    yield panel._dialog
    if panel._dialog is not None:
        panel._dialog.close()
    process_deletions()


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "my model"
    shutil.copytree(resource_path("models", "starter"), folder)
    (folder / "medlabel.json").write_text(json.dumps({"title": "Mine", "licence": "ours"}))
    return folder


def press(dialog, text: str) -> None:
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == text)
    assert button.isEnabled() and button.isVisibleTo(dialog), text
    button.click()


def look_at(dialog, row: int) -> None:
    dialog._list.setCurrentItem(dialog._list.topLevelItem(row))


def visible(dialog, text: str) -> bool:
    return any(b.text() == text and b.isVisibleTo(dialog) for b in dialog.findChildren(QPushButton))


# The choice


def test_that_a_missing_model_is_greyed_and_says_why(panel):
    panel.set_choices((LARGE, STARTER))
    assert panel.chosen() == "starter"
    item = panel._items.item(0)
    assert not item.isEnabled() and "1,710 MB" in item.toolTip()
    assert panel._detail.text() == "Small. 15 MB."


def test_that_the_model_chosen_last_stays_chosen(panel, settings):
    settings.model = "b"
    assert panel.chosen() == "starter"
    panel.set_choices((ModelChoice("a", "A", ""), ModelChoice("b", "B", "")))
    assert panel.chosen() == "b"


def test_that_a_choice_is_remembered_and_told_once(panel, settings, qtbot):
    told = []
    panel.chosen_changed.connect(told.append)
    panel.set_choices((STARTER, ModelChoice("b", "B", "")))
    assert not told
    panel._combo.setCurrentIndex(1)
    panel._combo.activated.emit(1)
    panel._combo.activated.emit(1)
    assert settings.model == "b" and told == ["b"]


def test_that_a_machine_without_any_usable_model_says_so(panel):
    panel.set_choices((LARGE,))
    assert "No model can be used" in panel._detail.text() and "1,710 MB" in panel._detail.text()
    assert panel.chosen() == "starter"


# The catalogue


def test_that_the_catalogue_tells_which_models_are_missing_and_why(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    choices = {choice.id: choice for choice in model_choices()}
    large = choices["openai/ViT-L-14"]
    assert (
        "1,710 MB" in large.missing and large.hint and large.hub == "timm/vit_large_patch14_clip_224.openai"
    )
    assert (large.context_length, large.image_side, large.dim, large.licence) == (77, 224, 768, "MIT")
    assert not choices["starter"].missing and Path(choices["starter"].where).is_dir()


def test_that_one_bad_folder_does_not_hide_the_others(model_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    folders = [str(tmp_path / "gone"), str(tmp_path / "empty"), str(model_folder), str(model_folder)]
    gone, empty, mine = model_choices(folders)[-3:]
    assert "is not there" in gone.missing and gone.own and gone.id == str(tmp_path / "gone")
    assert "open_clip_config.json" in empty.missing
    assert (mine.title, mine.licence, mine.missing, mine.own) == ("Mine", "ours", "", True)
    assert mine.where == str(model_folder)


def test_that_a_folder_that_cannot_be_read_says_so(model_folder, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.zeroshot.catalogue.find_model", refuse)
    choice = model_choices([str(model_folder)])[-1]
    assert "cannot be read: Permission denied" in choice.missing and choice.title == "my model"


def test_that_a_folder_is_checked_for_weights_too(model_folder):
    assert check_folder(model_folder) == str(model_folder)
    next(model_folder.glob("*.safetensors")).unlink()
    with pytest.raises(UserError, match="has no weights"):
        check_folder(model_folder)
    with pytest.raises(UserError, match="is not there"):
        check_folder(model_folder / "nothing")


def test_that_sizes_are_for_people():
    assert [size_text(n) for n in (0, 15, 784, 1710)] == ["size unknown", "15 MB", "784 MB", "1.7 GB"]


# The dialog


def test_that_the_dialog_tells_everything_about_a_model(dialog):
    assert dialog.isVisible() and not dialog.isModal()
    assert "Starter" in dialog.details and "CC BY-SA 4.0" in dialog.details and "15 MB" in dialog.details
    look_at(dialog, 0)
    for text in ("Large", "1.7 GB", "MIT", "The best.", "77 tokens", "224 x 224", "768", "not on this"):
        assert text in dialog.details, text


def test_that_a_missing_model_explains_itself_in_the_dialog(dialog):
    look_at(dialog, 0)
    assert "1,710 MB" in dialog.details and "Bring them by hand." in dialog.details
    assert "huggingface.co" in dialog.details and visible(dialog, "Download")
    assert not dialog._use.isEnabled()
    look_at(dialog, 1)
    assert not visible(dialog, "Download") and not visible(dialog, "Remove from list")


def test_that_texts_of_models_are_not_read_as_markup(panel, dialog):
    panel.set_choices((ModelChoice("x", "a <b>bold</b> name", "", "<i>", own=True), STARTER))
    look_at(dialog, 0)
    assert "&lt;b&gt;" in dialog.details and "&lt;i&gt;" in dialog.details


def test_that_there_is_one_dialog_and_it_comes_back(panel, dialog, monkeypatch):
    raised = []
    monkeypatch.setattr(dialog, "raise_", lambda: raised.append(True))  # not every platform can
    panel.open_details()
    assert raised
    assert panel._dialog is dialog
    press(dialog, "Close")
    assert panel._dialog is None
    process_deletions()
    panel.open_details()
    assert panel._dialog is not dialog and panel._dialog.isVisible()


def test_that_a_model_is_taken_into_use_from_the_dialog(panel, settings, dialog):
    told = []
    panel.chosen_changed.connect(told.append)
    panel.set_choices((LARGE, STARTER, ModelChoice("b", "B", "")))
    look_at(dialog, 2)
    press(dialog, "Use this model")
    assert panel.chosen() == settings.model == "b" and told == ["b"]
    assert dialog._use.text() == "In use" and dialog._list.topLevelItem(2).font(0).bold()
    dialog._list.itemActivated.emit(dialog._list.topLevelItem(1), 0)
    assert panel.chosen() == "starter" and not dialog._list.topLevelItem(2).font(0).bold()
    dialog._list.itemActivated.emit(dialog._list.topLevelItem(0), 0)  # not on this machine
    assert panel.chosen() == "starter"


def test_that_refresh_asks_for_the_list_and_the_row_looked_at_stays(panel, dialog, qtbot):
    look_at(dialog, 0)
    with qtbot.waitSignal(panel.folders_changed):
        press(dialog, "Refresh")
    panel.set_choices((STARTER, LARGE))
    assert dialog._list.currentItem().text(0) == "Large"


# A folder


def test_that_a_model_folder_is_opened_remembered_and_used(
    panel, dialog, files, settings, qtbot, model_folder
):
    files.answer = model_folder
    with qtbot.waitSignal(panel.folders_changed):
        press(dialog, "Open model folder…")
    assert settings.model_folders == (str(model_folder),)
    panel.set_choices((LARGE, STARTER, *model_choices(settings.model_folders)[-1:]))
    assert panel.chosen() == str(model_folder) and "Mine" in dialog.details
    with qtbot.waitSignal(panel.folders_changed):
        press(dialog, "Open model folder…")
    assert settings.model_folders == (str(model_folder),)
    with qtbot.waitSignal(panel.folders_changed):
        press(dialog, "Remove from list")
    assert settings.model_folders == () and model_folder.is_dir()


def test_that_a_folder_without_a_model_is_refused_with_the_reason(
    panel, dialog, files, settings, qtbot, tmp_path
):
    files.answer = tmp_path
    press(dialog, "Open model folder…")
    qtbot.waitUntil(lambda: "open_clip_config.json" in dialog._problem.text())
    assert dialog._problem.isVisible() and settings.model_folders == ()


def test_that_a_refusal_is_not_lost_when_the_dialog_was_closed(panel, files, qtbot, tmp_path):
    files.answer = tmp_path
    with qtbot.waitSignal(panel.failed) as failed:
        panel.open_folder()
    assert isinstance(failed.args[0], UserError)


# A download


def test_that_a_download_shows_its_progress_and_can_be_cancelled(panel, dialog, qtbot):
    look_at(dialog, 0)
    with qtbot.waitSignal(panel.download_wanted) as wanted:
        press(dialog, "Download")
    assert wanted.args == ["large"] and "Starting" in dialog._progress.text()
    assert not visible(dialog, "Download")
    panel.show_progress(Progress(171_000_000, 1_710_000_000, "Downloading Large", 5e6))
    assert dialog._progress.text() == "Downloading Large: 171 MB of 1,710 MB · 5.0 MB/s · 5 min 08 s left"
    assert dialog._bar.value() == 100
    panel.show_progress(Progress(5, 10, "Reading images"))  # of another job
    assert dialog._bar.value() == 100
    with qtbot.waitSignal(panel.cancel_wanted):
        press(dialog, "Cancel")
    assert "Stopping" in dialog._progress.text() and not dialog._cancel.isEnabled()
    panel.download_ended(None)
    assert not visible(dialog, "Cancel") and visible(dialog, "Download")


def test_that_a_model_that_was_brought_is_used(panel, dialog):
    look_at(dialog, 0)
    press(dialog, "Download")
    panel.download_ended(None)
    panel.set_choices((ModelChoice("large", "Large", "The best."), STARTER))
    assert panel.chosen() == "large"


def test_that_a_stopped_download_leaves_the_choice_alone(panel, settings, dialog):
    settings.model = "b"
    b = ModelChoice("b", "B", "")
    panel.set_choices((LARGE, STARTER, b))
    look_at(dialog, 0)
    press(dialog, "Download")
    panel.download_ended(None)  # by the window's own Cancel
    panel.set_choices((LARGE, STARTER, b))
    assert panel.chosen() == settings.model == "b"


def test_that_a_failed_download_says_why_and_can_be_tried_again(panel, dialog):
    look_at(dialog, 0)
    press(dialog, "Download")
    error = NotDownloadedError("huggingface.co cannot be reached.", "medlabel models --download large")
    assert panel.download_ended(error) is None, "told here, so nowhere else"
    assert "cannot be reached. Check the network" in dialog._problem.text() and dialog._problem.isVisible()
    assert "medlabel models" not in dialog._problem.text()
    press(dialog, "Download")
    assert not dialog._problem.isVisible()


def test_that_a_download_that_fails_for_want_of_space_says_so(panel, dialog):
    panel.download_ended(UserError("Large needs 1,710 MB, 3 MB are free.", "Free some space."))
    assert "3 MB are free. Free some space." in dialog._problem.text()


def test_that_a_failed_download_is_told_elsewhere_while_the_dialog_is_closed(panel):
    left = panel.download_ended(
        NotDownloadedError("It cannot be reached.", "medlabel models --download large")
    )
    assert "It cannot be reached." in str(left) and "Details…" in str(left)
    assert "medlabel models" not in str(left)
    other = UserError("3 MB are free.", "Free some space.")
    assert panel.download_ended(other) is other and panel.download_ended(None) is None


def test_that_the_window_never_names_commands_to_bring_a_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    choices = {choice.id: choice for choice in model_choices()}
    for choice in choices.values():
        for word in ("medlabel models", "--model", "--download", "HF_", "\n"):
            assert word not in choice.hint + choice.missing, choice.id
    hint = choices["biomedclip"].hint
    for part in (
        "open_clip_model.safetensors",
        "open_clip_config.json",
        "tokenizer.json",
        "Open model folder…",
    ):
        assert part in hint
    assert "https://huggingface.co/microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224" in hint
    assert "“text” with config.json from https://huggingface.co/microsoft/BiomedNLP" in hint


def test_that_a_download_goes_on_when_the_dialog_is_closed_and_opened(panel, dialog):
    look_at(dialog, 0)
    press(dialog, "Download")
    dialog.close()
    process_deletions()
    panel.show_progress(Progress(855_000_000, 1_710_000_000, "Downloading Large", 5e6))
    panel.open_details()
    assert panel._dialog._bar.value() == 500 and visible(panel._dialog, "Cancel")


# Devices


def test_that_automatic_and_cpu_are_offered_until_more_is_known(panel, settings):
    settings.device = "cuda"
    texts = [panel._devices.itemText(row) for row in range(panel._devices.count())]
    assert texts == ["Automatic", "CPU"]
    assert panel.device() == "auto" and panel.device_text() == ""
    panel.set_devices((CPU, GPU, NO_MPS))
    assert panel.device() == "cuda" and panel.device_text() == "NVIDIA H100, 80 GB"


def test_that_automatic_says_what_it_takes(panel):
    panel.set_devices((CPU, GPU, NO_MPS))
    assert panel._devices.itemText(0) == "Automatic (NVIDIA H100)" and panel.device() == "auto"
    assert panel.device_text() == "NVIDIA H100, 80 GB"
    panel.set_devices((CPU, NO_GPU, NO_MPS))
    assert panel._devices.itemText(0) == "Automatic (CPU)"
    assert panel.device_text() == "CPU, 8 cores, 16 GB"


def test_that_a_device_that_is_not_there_says_why(panel, settings):
    settings.device = "cuda"
    panel.set_devices((CPU, NO_GPU, NO_MPS))
    item = panel._devices._items.item(2)
    assert not item.isEnabled() and item.toolTip() == "No NVIDIA GPU was found."
    assert "No NVIDIA GPU" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    assert panel.device() == "auto" and settings.device == "cuda"  # for when it is there again


def test_that_the_device_is_remembered(panel, settings):
    panel.set_devices((CPU, GPU, NO_MPS))
    panel._devices.setCurrentIndex(1)
    panel._devices.activated.emit(1)
    assert settings.device == panel.device() == "cpu" and panel.device_text() == "CPU, 8 cores, 16 GB"


def test_that_lists_are_as_wide_as_their_texts(panel):
    panel.set_devices((CPU, DeviceInfo("cuda", "A GPU with a very long name " * 3, 0, True), NO_MPS))
    panel.show()
    assert panel._devices.width() < 270
    panel._devices.widen_list()
    assert panel._devices.view().minimumWidth() > 270
    panel._devices.grab()  # painted with an ellipsis
