"""Keys of classes beside those of the actions: each key does one thing, whatever the settings and the project say."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.project.records import ImageClass
from medlabel_gui.action_table import ACTIONS, Situation
from medlabel_gui.actions import Actions
from medlabel_gui.class_keys import ClassKeys
from medlabel_gui.session import Aspect, Change


class FakeSession(QObject):
    changed = Signal(Change)
    classes: tuple[ImageClass, ...] = ()


class Bench:
    """A place that has the focus; `done` are the actions that were called and the classes that were assigned."""

    def __init__(self, bot: QtBot) -> None:
        self.place, self.done = QWidget(), []
        bot.addWidget(self.place)
        self.field = QLineEdit()
        QVBoxLayout(self.place).addWidget(self.field)
        self.field.setEnabled(False)
        self.session = FakeSession(self.place)
        self.actions = Actions({}, self.place)
        self.actions.bind({spec.id: (lambda name=spec.id: self.done.append(name)) for spec in ACTIONS})
        self.actions.listen_in(self.place)
        reviewing = SimpleNamespace(
            parts=SimpleNamespace(actions=self.actions), guarded=lambda f: f, assign_key=self.assign
        )
        commands = SimpleNamespace(reviewing=reviewing)
        self.keys = ClassKeys(self.session, commands, (self.place,), self.place)
        self.place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.place.show()
        self.place.activateWindow()
        bot.waitUntil(self.place.isActiveWindow)
        self.place.setFocus()

    def assign(self, key: str) -> None:
        self.done.append(f"class {key}")

    def show(self, *keys: str) -> None:
        self.session.classes = tuple(ImageClass(n, f"c{n}", key=key) for n, key in enumerate(keys))
        self.session.changed.emit(Change(Aspect.TABLE))
        shown = frozenset(key or str(n + 1) for n, key in enumerate(keys))
        self.actions.refresh(Situation(project=True, images=True, selected=True, class_keys=shown))

    def press(self, keys: str) -> list[str]:
        self.done.clear()
        QTest.keyClicks(self.place, keys)
        return list(self.done)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_that_a_letter_gives_its_class_until_the_class_has_another_one(bench: Bench) -> None:
    bench.show("", "k")
    assert bench.press("k1") == ["class k", "assign_1"]
    bench.show("", "j")
    assert bench.press("kj") == ["class j"]


def test_that_an_action_and_a_class_on_one_key_do_not_silence_each_other(bench: Bench) -> None:
    bench.show("", "k")
    bench.actions.set_keys({"unsure": ("K",)})
    assert bench.press("k") == ["unsure"]
    bench.actions.set_keys({})
    assert bench.press("ku") == ["class k", "unsure"]


def test_that_a_number_still_gives_its_class_when_the_action_has_another_key(bench: Bench) -> None:
    bench.show("", "", "")
    bench.actions.set_keys({"assign_3": ("T",)})
    assert bench.press("t3") == ["assign_3", "class 3"]
    assert bench.keys.keys == {"3"}
