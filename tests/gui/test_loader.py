"""Thumbnails: only what is asked for, in a bounded cache, with a reason where there is none."""

import numpy as np
import pytest

from medlabel_gui.grid import loader as loader_module
from medlabel_gui.grid.thumbnails import fit
from tests.gui.conftest import Driver


def test_that_visible_thumbnails_arrive_and_fit_into_the_tile(opened: Driver) -> None:
    loader, side = opened.window.loader, opened.window.view.side
    opened.bot.waitUntil(lambda: all(loader.pixmap(row) is not None for row in range(12)))
    pixmap = loader.pixmap(0)
    assert (pixmap.width(), pixmap.height()) == (side, round(side * 32 / 40))


def test_that_the_cache_stays_within_its_bound(opened: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = opened.window.loader
    opened.bot.waitUntil(lambda: loader.pixmap(0) is not None)
    monkeypatch.setattr(loader_module, "CACHE_BYTES", 200_000)
    loader.set_side(100)
    for row in range(12):
        loader.pixmap(row)
    opened.settle()
    assert 0 < loader.cached_bytes <= 200_000


def test_that_a_broken_image_says_why(driver: Driver, images) -> None:
    (images / "image_003.png").write_bytes(b"not a picture")
    driver.open(images)
    loader = driver.window.loader
    driver.bot.waitUntil(lambda: bool(loader.error(3)))
    assert loader.pixmap(3) is None


def test_that_another_size_is_loaded_while_the_old_one_is_shown(opened: Driver) -> None:
    loader = opened.window.loader
    opened.bot.waitUntil(lambda: loader.pixmap(0) is not None)
    opened.window.view.set_side(200)
    assert loader.pixmap(0) is not None
    opened.bot.waitUntil(lambda: loader.pixmap(0).width() == 200)


@pytest.mark.parametrize("shape", [(28, 28), (600, 3), (1, 900), (64, 64, 3)])
def test_that_the_longer_side_becomes_the_wanted_one(shape: tuple[int, ...]) -> None:
    made = fit(np.zeros(shape, np.uint8), 100)
    assert max(made.shape[:2]) == 100 and min(made.shape[:2]) >= 1 and made.shape[2:] == shape[2:]
