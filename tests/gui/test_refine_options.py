"""How to refine: the dialog, what is kept of it, and what Refine makes of it."""

import pytest
from PySide6.QtWidgets import QToolButton, QWidget

from core.jobs import JobContext
from core.refine.names import NETWORKS, STRATEGIES
from core.refine.params import TrainingChoices
from core.tasks.refine import RefineResult, RefineSpec
from medlabel_gui.dialogs.refine_options import RefineOptionsDialog
from medlabel_gui.refine_choice import (
    DEFAULT_CHOICE,
    RefineChoice,
    choice_words,
    keep_choice,
    kept_choice,
    networks,
    parse_rate,
    strategies,
)
from medlabel_gui.settings import Settings
from tests.gui.conftest import Driver
from tests.gui.fakes import fake_refine

CHOSEN = RefineChoice(
    "gce", TrainingChoices("timm/convnext_tiny", "adamw", "one-cycle", 12, 32, 3e-4, True, True, False)
)


@pytest.fixture
def dialog(qtbot):
    parent = QWidget()  # the dialog goes when it is closed
    qtbot.addWidget(parent)
    made = RefineOptionsDialog(DEFAULT_CHOICE, strategies(), networks(), parent=parent)
    made.show()
    yield made  # and keeps its parent


# What is kept


def test_that_every_choice_is_kept_and_read_again() -> None:
    keep_choice(Settings(), CHOSEN)
    assert kept_choice(Settings()) == CHOSEN


def test_that_what_makes_no_sense_in_the_settings_counts_as_not_chosen() -> None:
    settings = Settings()
    wrong = {"strategy": "magic", "network": "lenet", "optimiser": 3, "epochs": True, "batch_size": 0}
    settings.set_choices("refine", {**wrong, "learning_rate": "fast", "flip": "no", "schedule": []})
    assert kept_choice(settings) == DEFAULT_CHOICE


@pytest.mark.parametrize(
    ("text", "rate"),
    [("0.001", 0.001), ("1e-3", 0.001), ("0,01", 0.01), ("0", None), ("x", None), ("nan", None)],
)
def test_that_learning_rates_are_read_as_people_type_them(text: str, rate: float | None) -> None:
    assert parse_rate(text) == rate


def test_that_a_choice_is_told_in_a_few_words() -> None:
    assert choice_words(DEFAULT_CHOICE) == []
    assert choice_words(CHOSEN) == [STRATEGIES["gce"].title, "timm/convnext_tiny", "trained in another way"]


# The dialog


def test_that_every_strategy_and_network_is_offered_with_its_sentence(dialog) -> None:
    assert set(dialog.strategies) == set(STRATEGIES)
    for name, button in dialog.strategies.items():
        assert STRATEGIES[name].title in button.text()
        assert button.accessibleDescription() == STRATEGIES[name].description
    for name, network in NETWORKS.items():
        dialog.network.show_network(name)
        assert dialog.network.chosen == name and dialog.network._sentence.text() == network.description


def test_that_the_dialog_shows_and_gives_what_was_chosen(qtbot) -> None:
    dialog = RefineOptionsDialog(CHOSEN, strategies(), networks())
    qtbot.addWidget(dialog)
    assert dialog.more.isChecked() and dialog.choice == CHOSEN
    dialog.reset_button.click()
    assert dialog.choice.training == TrainingChoices()


def test_that_what_is_rarely_needed_is_folded_away(dialog) -> None:
    assert not dialog.training.isVisible()
    dialog.more.click()
    assert dialog.training.isVisible()
    assert dialog.training.epochs.text() == dialog.training.batch_size.text() == "Strategy's own"
    assert not dialog.training.flip.isChecked() and "heart" in dialog.training.flip_why.text()


def test_that_nothing_wrong_can_be_kept(dialog) -> None:
    dialog.training.rate.setText("fast")
    assert "learning rate" in dialog.problem.text() and dialog.problem.isVisible()
    assert not dialog.ok_button.isEnabled() and not dialog.refine_button.isEnabled()
    dialog.training.rate.setText("1e-3")
    assert dialog.ok_button.isEnabled() and not dialog.problem.isVisible()
    dialog.network.show_network("timm/")
    assert "timm" in dialog.problem.text() and not dialog.ok_button.isEnabled()
    dialog.network.name.setText("timm/resnet10t")
    assert dialog.ok_button.isEnabled() and dialog.choice.training.network == "timm/resnet10t"


def test_that_a_changed_published_method_is_not_called_the_published_one(dialog) -> None:
    dialog.strategies["published"].setChecked(True)
    assert not dialog.published.isVisible()
    dialog.training.epochs.setValue(5)
    assert dialog.published.isVisible()


def test_that_cancelling_keeps_nothing(dialog) -> None:
    kept: list[object] = []
    dialog.kept.connect(kept.append)
    dialog.training.epochs.setValue(5)
    dialog.cancel_button.click()
    assert not kept


# In the window


def test_that_refine_uses_what_was_chosen(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    specs: list[RefineSpec] = []

    def record(spec: RefineSpec, ctx: JobContext) -> RefineResult:
        specs.append(spec)
        return fake_refine(spec, ctx)

    monkeypatch.setattr("core.tasks.refine.refine", record)
    opened.label()
    opened.trigger("refine")
    assert (specs[-1].strategy, specs[-1].choices) == ("auto", TrainingChoices())
    opened.parts.sidebar.refine.findChild(QToolButton).click()
    dialog = opened.window.findChild(RefineOptionsDialog)
    dialog.show_choice(CHOSEN)
    dialog.refine_button.click()
    opened.settle()
    assert (specs[-1].strategy, specs[-1].choices) == (CHOSEN.strategy, CHOSEN.training)
    assert STRATEGIES["gce"].title in opened.parts.sidebar.refine.state
