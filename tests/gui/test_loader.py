"""Thumbnails: only what is in sight, in a bounded cache, with a reason where there is none."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.images.folder import FolderSource
from core.images.npz import NpzSource
from core.images.pixels import Pixels
from core.images.refs import ImageRef
from core.images.source import thumbnail_pixels
from core.jobs import JobCancelled, JobContext
from medlabel_gui.grid import loader as loader_module
from medlabel_gui.grid.loader import ThumbnailLoader
from medlabel_gui.grid.thumbnails import fit, make_thumbnail
from medlabel_gui.grid.wishes import Wishes
from medlabel_gui.jobs import JobRunner
from medlabel_gui.session import Aspect
from tests.gui.conftest import make_images
from tests.gui.shown import ShownSession, longer, snapshot_of

NONE = np.empty(0, np.int64)


class SlowSource:
    """Grey pictures of 20 x 10 px; each waits until `allowed` lets it through."""

    kind = "slow"

    def __init__(self) -> None:
        self.root = Path()
        self.allowed = threading.Semaphore(0)
        self.begun: list[str] = []

    def read(self, ref: ImageRef) -> Pixels:
        self.begun.append(ref.path)
        assert self.allowed.acquire(timeout=10)
        return Pixels(np.zeros((10, 20), np.uint8), b"")

    def scan(self):
        return iter(())


@pytest.fixture
def session(runner: JobRunner) -> ShownSession:
    return ShownSession(runner)


@pytest.fixture
def loader(qtbot: QtBot, session: ShownSession, runner: JobRunner) -> ThumbnailLoader:
    made = ThumbnailLoader(session, runner)
    made.set_side(100)
    return made


@pytest.fixture
def slow(session: ShownSession, loader: ThumbnailLoader) -> SlowSource:
    source = SlowSource()
    session.put(snapshot_of([0] * 40), source)
    return source


def show(loader: ThumbnailLoader, visible: range, ahead: range = range(0)) -> None:
    loader.show_only(np.array(visible, np.int64), np.array(ahead, np.int64))


def open_folder(session: ShownSession, folder: Path) -> None:
    paths = sorted(path.name for path in folder.iterdir())
    session.put(snapshot_of([0] * len(paths), paths=paths), FolderSource(folder))


# What is made, and when


def test_that_what_is_in_sight_is_made_from_top_to_bottom_and_then_what_comes_next(
    qtbot: QtBot, loader: ThumbnailLoader, slow: SlowSource
) -> None:
    show(loader, range(10, 14), range(14, 16))
    qtbot.waitUntil(lambda: len(slow.begun) == 2)
    assert loader.waiting == (12, 13, 14, 15)
    slow.allowed.release(6)
    qtbot.waitUntil(lambda: all(loader.pixmap(row) is not None for row in range(10, 16)))
    assert set(slow.begun[:2]) == {"10.png", "11.png"} and set(slow.begun[4:]) == {"14.png", "15.png"}


def test_that_what_is_scrolled_away_is_not_made(
    qtbot: QtBot, loader: ThumbnailLoader, slow: SlowSource, runner: JobRunner
) -> None:
    show(loader, range(10))
    qtbot.waitUntil(lambda: len(slow.begun) == 2)
    show(loader, range(5, 8), range(8, 10))
    assert loader.waiting == (5, 6, 7, 8, 9)
    show(loader, range(20, 22), range(22, 24))
    qtbot.waitUntil(lambda: loader.waiting == (20, 21, 22, 23))
    slow.allowed.release(10)
    qtbot.waitUntil(lambda: not runner.jobs)
    assert sorted(slow.begun) == ["0.png", "1.png", "20.png", "21.png", "22.png", "23.png"]
    show(loader, range(20, 22))  # all there
    assert loader.waiting == () and not runner.jobs


def test_that_pages_that_fly_by_are_not_made(
    qtbot: QtBot, loader: ThumbnailLoader, slow: SlowSource, runner: JobRunner
) -> None:
    show(loader, range(3))
    qtbot.waitUntil(lambda: len(slow.begun) == 2)
    for first in (10, 20, 30):
        show(loader, range(first, first + 3))
        assert loader.waiting == ()
    show(loader, range(30, 33))  # painted again: it stays
    qtbot.waitUntil(lambda: loader.waiting == (30, 31, 32))
    slow.allowed.release(10)
    qtbot.waitUntil(lambda: not runner.jobs)
    assert sorted(slow.begun) == ["0.png", "1.png", "30.png", "31.png", "32.png"]


def test_that_images_which_a_scan_finds_while_others_are_made_get_thumbnails(
    qtbot: QtBot, loader: ThumbnailLoader, session: ShownSession
) -> None:
    source = SlowSource()
    session.put(snapshot_of([0] * 3), source)
    show(loader, range(3))
    qtbot.waitUntil(lambda: len(source.begun) == 2)
    session.put(longer(session.snapshot, [0] * 5), source, Aspect.TABLE)
    show(loader, range(8))
    source.allowed.release(8)
    qtbot.waitUntil(lambda: all(loader.cached(row) is not None for row in range(8)))


def test_that_a_wished_for_tile_is_made_before_all_others(
    qtbot: QtBot, loader: ThumbnailLoader, slow: SlowSource, runner: JobRunner
) -> None:
    show(loader, range(4))
    qtbot.waitUntil(lambda: len(slow.begun) == 2)
    assert loader.pixmap(30) is None and loader.pixmap(0) is None
    assert loader.waiting == (30, 2, 3)
    slow.allowed.release(10)
    qtbot.waitUntil(lambda: not runner.jobs)


def test_that_another_project_drops_wishes_and_thumbnails(
    qtbot: QtBot, loader: ThumbnailLoader, slow: SlowSource, session: ShownSession, runner: JobRunner
) -> None:
    heard = []
    slow.allowed.release(1)
    show(loader, range(4))
    qtbot.waitUntil(lambda: loader.cached_bytes > 0)
    loader.loaded.connect(heard.append)
    session.put(snapshot_of([0]), None)
    assert loader.waiting == () and loader.cached_bytes == 0
    slow.allowed.release(10)
    qtbot.waitUntil(lambda: not runner.jobs)
    assert heard == [] and loader.pixmap(0) is None


def test_that_a_cancelled_worker_leaves_its_wishes(qtbot: QtBot) -> None:
    wishes, ctx = Wishes(), JobContext()
    wishes.replace([3, 4])
    ctx.cancel()
    with pytest.raises(JobCancelled):
        wishes.take(ctx)
    assert wishes.waiting == (3, 4)


# What comes of it


def test_that_thumbnails_fit_into_the_tile_and_say_that_they_are_there(
    qtbot: QtBot, loader: ThumbnailLoader, session: ShownSession, tmp_path: Path
) -> None:
    heard = []
    loader.loaded.connect(heard.append)
    open_folder(session, make_images(tmp_path / "images", 3))
    show(loader, range(3))
    qtbot.waitUntil(lambda: len(heard) == 3)
    pixmap = loader.pixmap(0)
    assert (pixmap.width(), pixmap.height()) == (100, 80) and sorted(heard) == [0, 1, 2]


def test_that_the_cache_stays_within_its_bound(
    qtbot: QtBot,
    loader: ThumbnailLoader,
    session: ShownSession,
    runner: JobRunner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loader_module, "CACHE_BYTES", 100_000)
    open_folder(session, make_images(tmp_path / "images", 12))
    show(loader, range(12))
    qtbot.waitUntil(lambda: not runner.jobs)
    assert loader.cached_bytes == 3 * 100 * 80 * 4
    assert [row for row in range(12) if row in loader._cache] == sorted(loader._cache)


def test_that_a_broken_image_says_why_and_is_tried_again_after_the_next_scan(
    qtbot: QtBot, loader: ThumbnailLoader, session: ShownSession, tmp_path: Path
) -> None:
    folder = make_images(tmp_path / "images", 2)
    whole = (folder / "image_001.png").read_bytes()
    (folder / "image_001.png").write_bytes(b"not a picture")
    open_folder(session, folder)
    show(loader, range(2))
    qtbot.waitUntil(lambda: bool(loader.error(1)))
    assert loader.pixmap(1) is None
    (folder / "image_001.png").write_bytes(whole)
    session.put(session.snapshot, session.source, Aspect.TABLE)
    show(loader, range(2))
    qtbot.waitUntil(lambda: loader.pixmap(1) is not None)


def test_that_another_file_under_the_same_name_gets_another_thumbnail(
    qtbot: QtBot, loader: ThumbnailLoader, session: ShownSession, tmp_path: Path
) -> None:
    open_folder(session, make_images(tmp_path / "images", 2))
    show(loader, range(2))
    qtbot.waitUntil(lambda: all(loader.pixmap(row) is not None for row in range(2)))
    before = session.snapshot
    changed = replace(before.table, sha256=[b"", before.table.sha256[1]])
    session.put(replace(before, table=changed), None, Aspect.TABLE)
    assert loader.pixmap(0) is None and loader.pixmap(1) is not None


def test_that_another_size_is_loaded_while_the_old_one_is_shown(
    qtbot: QtBot, loader: ThumbnailLoader, session: ShownSession, tmp_path: Path
) -> None:
    open_folder(session, make_images(tmp_path / "images", 1))
    qtbot.waitUntil(lambda: loader.pixmap(0) is not None)
    loader.set_side(200)
    assert loader.pixmap(0).width() == 100
    qtbot.waitUntil(lambda: loader.pixmap(0).width() == 200)


# Pixels


@pytest.mark.parametrize("shape", [(28, 28), (600, 3), (1, 900), (64, 64, 3)])
def test_that_the_longer_side_becomes_the_wanted_one(shape: tuple[int, ...]) -> None:
    made = fit(np.zeros(shape, np.uint8), 100)
    assert max(made.shape[:2]) == 100 and min(made.shape[:2]) >= 1 and made.shape[2:] == shape[2:]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_that_a_large_jpeg_is_decoded_small_and_looks_the_same(tmp_path: Path, mode: str) -> None:
    ramp = np.add.outer(np.arange(800), np.arange(1000)) * 255 // 1800
    picture = Image.fromarray(ramp.astype(np.uint8)).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    picture.save(tmp_path / "large.jpg", quality=95, exif=exif)
    source, ref = FolderSource(tmp_path), ImageRef("large.jpg")
    small, whole = thumbnail_pixels(source, ref, 120), source.read(ref).array
    assert whole.shape[:2] == (1000, 800) and small.shape[:2] == (125, 100)
    assert small.ndim == whole.ndim
    one, other = (fit(array, 120).astype(int) for array in (small, whole))
    assert one.shape == other.shape and np.abs(one - other).mean() < 2


def test_that_a_thumbnail_larger_than_the_file_is_made_from_all_of_it(tmp_path: Path) -> None:
    Image.new("L", (64, 48), 90).save(tmp_path / "small.jpg")
    made = make_thumbnail(FolderSource(tmp_path), 0, ImageRef("small.jpg"), 120)
    assert made.array is not None and made.array.shape == (90, 120)


def test_that_sources_without_thumbnails_give_whole_images(tmp_path: Path) -> None:
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    np.savez(tmp_path / "set.npz", train_images=images)
    pixels = thumbnail_pixels(NpzSource(tmp_path / "set.npz"), ImageRef("train/000001.png", 1), 10)
    np.testing.assert_array_equal(pixels, images[1])
