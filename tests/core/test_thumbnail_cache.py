"""Thumbnails on disk: what is kept, who can read it, and that nothing depends on it."""

import os
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.app import run
from core.errors import UserError
from core.images import thumbnail_cache
from core.images.folder import FolderSource
from core.images.npz import NpzSource
from core.images.refs import ImageRef
from core.images.thumbnail_cache import ThumbnailCache, cache_folder, kept_or_made, thumbnail_key
from core.tasks.cache import cache_size, clear_cache

GREY = np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
NAME = "Doe^Jane/19700101.dcm"


@pytest.fixture
def cache(user_data: Path):
    made = ThumbnailCache()
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> FolderSource:
    """A folder with a file that is not a small picture file."""
    path = tmp_path / "scans" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(b"slow")
    return FolderSource(tmp_path / "scans")


def key_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def always_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnail_cache, "SLOW", 0.0)


class Maker:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> np.ndarray:
        self.made += 1
        return GREY


@pytest.mark.parametrize("pixels", [GREY, COLOUR, GREY[:1, :1]])
def test_that_a_kept_thumbnail_comes_back_as_it_was(cache: ThumbnailCache, pixels: np.ndarray) -> None:
    assert cache.get(key_of(1)) is None
    cache.put(key_of(1), pixels)
    cache.close()  # what was kept is there for the next process
    np.testing.assert_array_equal(cache.get(key_of(1)), pixels)


def test_that_the_cache_lies_where_the_users_caches_lie(monkeypatch, user_data: Path) -> None:
    assert cache_folder() == user_data / "cache"
    monkeypatch.delenv("MEDLABEL_HOME")
    monkeypatch.setattr(thumbnail_cache.platformdirs, "user_cache_dir", lambda name, appauthor: f"/c/{name}")
    assert cache_folder() == Path("/c/MedLabel")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_that_only_the_user_can_read_it_also_where_the_folder_was_open(cache: ThumbnailCache) -> None:
    cache.folder.mkdir(parents=True, mode=0o755)
    before = os.umask(0)
    try:
        cache.put(key_of(1), GREY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    files = list(cache.folder.iterdir())
    assert len(files) >= 2  # the file and SQLite's neighbours of it
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_that_a_link_in_its_place_is_not_followed(cache: ThumbnailCache, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    cache.folder.mkdir(parents=True)
    cache.path.symlink_to(victim)
    cache.put(key_of(1), GREY)
    assert victim.read_bytes() == b"mine" and cache.get(key_of(1)) is None


def test_that_no_name_of_an_image_is_in_it(cache: ThumbnailCache, source, always_slow) -> None:
    kept_or_made(cache, source, ImageRef(NAME), 40, Maker())
    cache.close()
    content = b"".join(path.read_bytes() for path in cache.folder.iterdir())
    assert b"Doe" not in content and b"1970" not in content
    with sqlite3.connect(cache.path) as database:
        ((key,),) = database.execute("SELECT key FROM thumbnails").fetchall()
    database.close()
    assert len(key) == 32


def test_that_what_was_slow_is_made_once_and_what_was_quick_is_not_kept(
    cache: ThumbnailCache, source, monkeypatch
) -> None:
    maker, ref = Maker(), ImageRef(NAME)
    monkeypatch.setattr(thumbnail_cache, "SLOW", 1e9)
    for _ in range(2):
        kept_or_made(cache, source, ref, 40, maker)
    assert maker.made == 2
    monkeypatch.setattr(thumbnail_cache, "SLOW", 0.0)
    for _ in range(3):
        np.testing.assert_array_equal(kept_or_made(cache, source, ref, 40, maker), GREY)
    assert maker.made == 3
    assert kept_or_made(None, source, ref, 40, maker) is GREY and maker.made == 4


def test_that_another_file_frame_or_side_has_another_thumbnail(source) -> None:
    ref, path = ImageRef(NAME), source.root / NAME
    keys = [thumbnail_key(source, ref, 40), thumbnail_key(source, ref, 80)]
    keys.append(thumbnail_key(source, ImageRef(NAME, 1), 40))
    os.utime(path, ns=(1, 1))
    keys.append(thumbnail_key(source, ref, 40))
    path.write_bytes(b"slow and longer")
    os.utime(path, ns=(1, 1))
    keys.append(thumbnail_key(source, ref, 40))
    assert None not in keys and len(set(keys)) == 5
    assert thumbnail_key(source, ref, 40) == keys[-1]
    assert thumbnail_key(source, ImageRef("gone.dcm"), 40) is None
    assert thumbnail_key(source, ImageRef("nul\0.dcm"), 40) is None


def test_that_small_pictures_and_arrays_in_memory_are_not_looked_for(folder: Path, tmp_path: Path) -> None:
    assert thumbnail_key(FolderSource(folder), ImageRef("discs/00.png"), 40) is None
    noise = np.random.default_rng(0).integers(0, 256, (700, 700), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "large.png")
    assert thumbnail_key(FolderSource(folder), ImageRef("large.png"), 40) is not None
    np.savez(tmp_path / "set.npz", train_images=noise[None, :40, :40])
    assert thumbnail_key(NpzSource(tmp_path / "set.npz"), ImageRef("train/000000.png"), 40) is None


def test_that_the_oldest_go_when_it_is_full(user_data: Path) -> None:
    cache = ThumbnailCache(limit=20_000)
    for number in range(40):
        cache.put(key_of(number), GREY)  # about 1.3 kB each
    kept = [number for number in range(40) if cache.get(key_of(number)) is not None]
    assert kept == list(range(kept[0], 40)) and 8 <= len(kept) <= 16
    cache.put(key_of(99), np.random.default_rng(2).integers(0, 256, (200, 200), dtype=np.uint8))
    assert cache.get(key_of(99)) is None and cache.get(key_of(39)) is not None
    cache.close()


@pytest.mark.parametrize("damage", ["start", "middle", "empty", "text"])
def test_that_a_damaged_cache_is_begun_anew(cache: ThumbnailCache, caplog, damage: str) -> None:
    for number in range(50):
        cache.put(key_of(number), GREY)
    cache.close()
    data = bytearray(cache.path.read_bytes())
    if damage == "middle":
        data[4096:] = b"\xff" * (len(data) - 4096)
    data[:100] = {"start": b"\xff" * 100, "middle": bytes(data[:100])}.get(damage, b"")
    cache.path.write_bytes({"empty": b"", "text": b"not a database " * 1000}.get(damage, bytes(data)))
    for number in range(50):
        found = cache.get(key_of(number))
        assert found is None or (found == GREY).all()
    for _ in range(2):  # the first may find the damage
        cache.put(key_of(1), GREY)
    np.testing.assert_array_equal(cache.get(key_of(1)), GREY)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"\0" * 500, "text", None])
def test_that_a_damaged_thumbnail_is_made_again(cache: ThumbnailCache, data: object) -> None:
    cache.put(key_of(1), GREY)
    cache.close()
    with sqlite3.connect(cache.path) as database:
        database.execute("UPDATE thumbnails SET png = ?", (data,))
    database.close()
    assert cache.get(key_of(1)) is None
    cache.put(key_of(1), GREY)
    np.testing.assert_array_equal(cache.get(key_of(1)), GREY)


def test_that_one_of_another_version_is_begun_anew(cache: ThumbnailCache) -> None:
    cache.put(key_of(1), GREY)
    cache.close()
    with sqlite3.connect(cache.path) as database:
        database.execute("PRAGMA user_version = 77")
    database.close()
    assert cache.get(key_of(1)) is None
    cache.put(key_of(1), GREY)
    assert cache.get(key_of(1)) is not None


def test_that_deleting_it_while_it_is_open_does_no_harm(cache: ThumbnailCache, user_data: Path) -> None:
    cache.put(key_of(1), GREY)
    assert cache_size() > 0
    assert clear_cache() > 0
    assert list(cache.folder.iterdir()) == [] and cache_size() == 0
    assert cache.get(key_of(1)) is None
    cache.put(key_of(2), GREY)
    assert cache.get(key_of(2)) is not None and cache_size() > 0


def test_that_a_cache_that_cannot_be_written_costs_nothing(tmp_path: Path, source, always_slow) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = ThumbnailCache(tmp_path / "file" / "cache")
    assert kept_or_made(cache, source, ImageRef(NAME), 40, Maker()) is GREY
    assert cache.size() == 0


def test_that_a_locked_cache_is_passed_over(cache: ThumbnailCache, monkeypatch) -> None:
    cache.put(key_of(1), GREY)

    def locked(database: sqlite3.Connection) -> bytes:
        raise sqlite3.OperationalError("database is locked")

    assert cache._tried(locked) is None
    assert cache.get(key_of(1)) is not None  # nothing was thrown away


def test_that_many_threads_can_use_it(cache: ThumbnailCache) -> None:
    def use(number: int) -> bool:
        cache.put(key_of(number), GREY)
        return cache.get(key_of(number)) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(100)))


def test_that_the_command_clears_it_and_says_how_much_that_was(cache: ThumbnailCache, capsys) -> None:
    cache.put(key_of(1), GREY)
    cache.close()
    assert run(["clear-cache"]) == 0
    assert "Thumbnails deleted: 0.0 MB" in capsys.readouterr().out
    assert cache_size() == 0
    assert run(["clear-cache", "--json"]) == 0
    assert '"freed_bytes": 0' in capsys.readouterr().out


def test_that_a_cache_that_cannot_be_deleted_is_told(cache: ThumbnailCache, monkeypatch) -> None:
    cache.put(key_of(1), GREY)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(UserError, match="could not be deleted: Permission denied"):
        clear_cache()
