"""Images that are there more than once: hashes, groups, the task, the command, splits."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageEnhance

from core.cli.app import run
from core.errors import JobCancelled
from core.exports.selection import select
from core.exports.split import assign_splits
from core.images.perceptual import HASH_BYTES, look_of, perceptual_hash
from core.jobs import JobContext
from core.project.duplicates import read_duplicates, save_duplicates
from core.project.project import Project
from core.project.queries import Query, facets, later_duplicates
from core.project.queries import select as query_rows
from core.project.records import Status
from core.project.sorting import Sort
from core.quality.duplicates import (
    HASH_DISTANCE,
    LEAST_CORRELATION,
    MOST_CONTENTS,
    Links,
    close_codes,
    correlations,
    find_candidates,
    find_links,
    first_of_content,
    join,
)
from core.quality.one_file import between_files, file_numbers
from core.tasks.duplicates import DuplicatesSpec, find_duplicates
from core.tasks.scan import open_project, scan
from tests.core.tables import request_for, table_of


def scene(seed: int, side: int = 96) -> Image.Image:
    """Soft blobs: smooth as a radiograph, another one for each seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    picture = np.zeros((side, side))
    for _ in range(12):
        cx, cy, width = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.05, 0.3)
        picture += rng.uniform(0.2, 1) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / width**2)
    return Image.fromarray((picture / picture.max() * 200 + 20).astype(np.uint8))


def as_jpeg(image: Image.Image, quality: int = 50) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("L")


COPIES = {
    "coded again": as_jpeg,
    "smaller": lambda image: image.resize((60, 60)),
    "larger": lambda image: image.resize((150, 150)),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "in colour": lambda image: image.convert("RGB"),
}


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_that_a_changed_copy_is_near_and_another_image_is_not(change):
    for seed in range(5):
        one, copy, other = (
            np.asarray(scene(seed)),
            np.asarray(change(scene(seed))),
            np.asarray(scene(seed + 100)),
        )
        assert len(perceptual_hash(one)) == HASH_BYTES
        assert distance(perceptual_hash(one), perceptual_hash(copy)) <= HASH_DISTANCE
        assert correlations(look_of(one)[None], look_of(copy)[None])[0] >= LEAST_CORRELATION
        assert correlations(look_of(one)[None], look_of(other)[None])[0] < LEAST_CORRELATION


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (700, 3), (64, 64), (2000, 1500, 3)])
def test_that_any_shape_has_a_look_and_a_flat_one_no_hash(shape):
    flat = np.full(shape, 7, np.uint8)
    assert perceptual_hash(flat) == b""
    assert look_of(flat).shape == (24, 24)
    assert correlations(look_of(flat)[None], look_of(flat)[None]).tolist() == [0]
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert len(perceptual_hash(noise)) == (0 if noise.size == 1 else HASH_BYTES)


def test_that_all_close_hashes_are_found_and_no_others():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 2**63, 300).astype(np.uint64)
    for row in range(100):  # up to two bits more than what counts as close
        flips = rng.choice(64, rng.integers(1, HASH_DISTANCE + 3), replace=False)
        codes[row + 100] = codes[row] ^ np.bitwise_or.reduce(np.uint64(1) << flips.astype(np.uint64))
    codes = np.unique(codes)
    bits = np.unpackbits(codes.view(np.uint8).reshape(-1, 8), axis=1).astype(np.int32)
    distances = (bits[:, None] != bits[None]).sum(axis=2)
    wanted = {(a, b) for a, b in np.argwhere(distances <= HASH_DISTANCE).tolist() if a < b}
    assert set(map(tuple, close_codes(codes).tolist())) == wanted


def test_that_one_hash_is_not_enough_to_be_a_duplicate():
    hashes = [b"12345678", b"12345678", b"", b"", b"12345679", b"abcdefgh"]
    candidates = find_candidates(hashes, np.arange(6))
    assert candidates.rows.tolist() == [0, 1, 4]
    looks = np.random.default_rng(0).integers(0, 256, (6, 24, 24)).astype(np.uint8)
    looks[4] = looks[1] // 2
    links = find_links(candidates, looks)
    assert links.pairs.tolist() == [[1, 4]]
    assert join(np.arange(6), links).tolist() == [-1, 1, -1, -1, 1, -1]


def test_that_equal_contents_are_one_group_and_unknown_ones_none():
    first = first_of_content([b"a", b"", b"b", b"a", b"", b"a"])
    assert join(first).tolist() == [0, -1, -1, 0, -1, 0]


def test_that_likeness_does_not_chain_a_folder_into_one_group():
    n = 400
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    groups = join(np.arange(n), Links(chain, np.full(n - 1, 0.99, np.float32)))
    assert np.unique(groups, return_counts=True)[1].max() <= MOST_CONTENTS
    assert (groups >= 0).mean() > 0.9


def test_that_copies_of_linked_images_join_their_group():
    first = first_of_content([b"a", b"b", b"a", b"b", b"c"])
    links = Links(np.array([[0, 1]]), np.array([0.99], np.float32))
    assert join(first, links).tolist() == [0, 0, 0, 0, -1]


def test_that_changed_images_leave_their_group(tmp_path):
    save_duplicates(tmp_path, np.array([0, 0, -1, 3, 3, 3], np.int32))
    assert read_duplicates(tmp_path, 8).tolist() == [0, 0, -1, 3, 3, 3, -1, -1]
    done = np.load(tmp_path / "duplicates" / "done.npy")
    done[[1, 3]] = False
    np.save(tmp_path / "duplicates" / "done.npy", done)
    assert read_duplicates(tmp_path, 6).tolist() == [-1, -1, -1, -1, 3, 3]
    assert read_duplicates(tmp_path / "nowhere", 2).tolist() == [-1, -1]


@pytest.fixture
def twins(tmp_path):
    """Six different images, a copy of the first one, the second one coded again, a flat and a broken one."""
    root = tmp_path / "twins"
    root.mkdir()
    for number in range(6):
        scene(number).save(root / f"{number}.png")
    shutil.copy(root / "0.png", root / "copy of 0.png")
    scene(1).resize((70, 70)).save(root / "like 1.jpg", quality=60)
    Image.new("L", (40, 40), 9).save(root / "flat.png")
    (root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    return root


def found_in(project):
    with Project.open(project) as opened:
        table = opened.table()
    names = [ref.path for ref in table.refs]
    groups: dict[int, set[str]] = {}
    for name, group in zip(names, table.duplicate.tolist(), strict=True):
        if group >= 0:
            groups.setdefault(group, set()).add(name)
    return sorted(groups.values(), key=sorted)


def test_that_the_task_finds_copies_and_likes_and_reads_each_image_once(twins, ctx):
    project = open_project(twins)
    scan(project, ctx)
    result = find_duplicates(DuplicatesSpec(project, listed=True), ctx)
    assert (result.groups, result.exact, result.near, result.unread) == (2, 1, 1, 1)
    assert found_in(project) == [{"0.png", "copy of 0.png"}, {"1.png", "like 1.jpg"}]
    kinds = {(image.file_name, image.kind) for image in result.images}
    assert kinds == {
        ("0.png", "first"),
        ("copy of 0.png", "exact"),
        ("1.png", "first"),
        ("like 1.jpg", "near"),
    }
    again = find_duplicates(DuplicatesSpec(project), ctx)
    assert again.read == 1 and again.images == ()  # the broken one is tried again
    assert (again.groups, again.exact, again.near) == (2, 1, 1)


def test_that_only_equal_contents_are_found_when_asked_for(twins, ctx):
    project = open_project(twins)
    scan(project, ctx)
    result = find_duplicates(DuplicatesSpec(project, near=False), ctx)
    assert (result.groups, result.exact, result.near) == (1, 1, 0)


def test_that_an_image_that_changes_is_compared_anew(twins, ctx):
    project = open_project(twins)
    scan(project, ctx)
    find_duplicates(DuplicatesSpec(project), ctx)
    scene(77, 200).save(twins / "like 1.jpg")
    scan(project, ctx)
    assert found_in(project) == [{"0.png", "copy of 0.png"}]
    find_duplicates(DuplicatesSpec(project), ctx)
    assert found_in(project) == [{"0.png", "copy of 0.png"}]


def test_that_a_stopped_search_leaves_no_groups_and_goes_on(twins, ctx):
    project = open_project(twins)
    scan(project, ctx)
    stopping = JobContext()
    stopping.cancel()
    with pytest.raises(JobCancelled):
        find_duplicates(DuplicatesSpec(project), stopping)
    assert found_in(project) == []
    find_duplicates(DuplicatesSpec(project), ctx)
    assert len(found_in(project)) == 2


def test_that_the_command_lists_groups_and_writes_them(twins, tmp_path, capsys):
    out = tmp_path / "duplicates.csv"
    assert run(["duplicates", str(twins), "--csv", str(out)]) == 0
    told = capsys.readouterr().out
    assert "Groups     2" in told and "near   like 1.jpg" in told
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["group", "file_name", "frame", "kind"] and len(rows) == 5
    assert run(["duplicates", str(twins), "--exact", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["groups"] == 1 and result["images"][1]["kind"] == "exact"


def test_that_the_list_is_not_written_among_the_images(twins, capsys):
    assert run(["duplicates", str(twins), "--csv", str(twins / "list.csv")]) == 1
    assert "lies in the image folder" in capsys.readouterr().err
    assert not (twins / "list.csv").exists()


def test_that_likes_and_patients_are_united_in_one_split():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300).astype(np.int32)
    groups = [f"p{number // 3}" if number % 3 else "" for number in range(300)]
    likes = [number // 7 + 1 if number % 5 == 0 else 0 for number in range(300)]
    splits = assign_splits(labels, (0.7, 0.1, 0.2), 0, groups, (), likes)
    for names in (groups, likes):
        for name in set(names) - {"", 0}:
            assert len({int(s) for s, n in zip(splits, names, strict=True) if n == name}) == 1
    assert len(set(splits.tolist())) == 3


def test_that_an_export_keeps_likes_in_one_split(tmp_path):
    for name in "ab":
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("L", (8, 8), number).save(tmp_path / "images" / name / f"{number:02d}.png")
    likes = np.repeat(np.arange(0, 40, 4), 4).astype(np.int32)
    request = request_for(tmp_path / "images", tmp_path / "out.csv", duplicate=likes)
    split = select(request, frozenset(Status), True).split
    assert all(len(set(split[likes == group].tolist())) == 1 for group in set(likes.tolist()))
    assert len(set(split.tolist())) > 1


def test_that_duplicates_are_filtered_and_stand_side_by_side():
    table = table_of(list("abcdef"), [0] * 6, duplicate=np.array([-1, 1, 2, -1, 2, 1], np.int32))
    found = query_rows(table, Query(duplicates=True, sort=Sort.DUPLICATES))
    assert found.rows.tolist() == [1, 5, 2, 4]
    assert query_rows(table, Query(sort=Sort.DUPLICATES)).rows.tolist() == [1, 5, 2, 4, 0, 3]
    assert facets(table).duplicates == 4
    assert not Query(duplicates=True, sort=Sort.DUPLICATES).follows_labels
    assert Query(duplicates=True).narrows


def test_that_all_but_the_first_of_each_group_are_chosen_among_the_images_shown():
    table = table_of(list("abcdef"), [0] * 6, duplicate=np.array([0, 0, 2, -1, 2, 0], np.int32))
    assert later_duplicates(table, np.arange(6)).tolist() == [1, 4, 5]
    assert later_duplicates(table, np.array([5, 4, 1])).tolist() == [5]
    assert later_duplicates(table, np.array([3])).tolist() == []


def soft_volume(depth: int, seed: int) -> np.ndarray:
    """(depth, 64, 64) uint8: slices that change a little from one to the next; the first and last two are black."""
    one, other = (np.asarray(scene(number, 64), np.float32) for number in (seed, seed + 1))
    shares = np.linspace(0, 1, depth - 4, dtype=np.float32)[:, None, None]
    full = (one * (1 - shares) + other * shares).astype(np.uint8)
    return np.pad(full, ((2, 2), (0, 0), (0, 0)))


def project_of_volumes(tmp_path, ctx, *volumes):
    for number, volume in enumerate(volumes):
        tifffile.imwrite(tmp_path / f"{number}.tif", volume, photometric="minisblack")
    project = open_project(tmp_path)
    scan(project, ctx)
    return project


def test_that_slices_of_one_volume_are_not_duplicates_of_each_other(tmp_path, ctx):
    volume = soft_volume(20, 5)
    volume[9] = volume[8]
    project = project_of_volumes(tmp_path, ctx, volume, soft_volume(20, 50))
    for near in (True, False):
        result = find_duplicates(DuplicatesSpec(project, near), ctx)
        assert (result.compared, result.groups, result.exact, result.near, result.volumes) == (40, 0, 0, 0, 2)
    assert found_in(project) == []


def test_that_slices_are_found_in_another_volume_one_of_each_file_in_a_group(tmp_path, ctx):
    volume = soft_volume(20, 5)
    brighter = (volume * 1.1).astype(np.uint8)
    brighter[10] = volume[10]
    project = project_of_volumes(tmp_path, ctx, volume, brighter)
    result = find_duplicates(DuplicatesSpec(project, listed=True), ctx)
    assert result.exact == 1 and result.near >= 14, "nearly all of the 16 that are not empty"
    groups: dict[int, list[str]] = {}
    frames: dict[int, set[int]] = {}
    for image in result.images:
        groups.setdefault(image.group, []).append(image.file_name)
        frames.setdefault(image.group, set()).add(image.frame)
        assert 2 <= image.frame < 18, "empty slices are in no group"
    assert all(sorted(names) == ["0.tif", "1.tif"] for names in groups.values())
    assert all(len(found) == 1 for found in frames.values()), "each with the slice that is its own"
    assert find_duplicates(DuplicatesSpec(project, near=False), ctx).exact == 1


def test_that_pictures_of_their_own_are_still_found_beside_volumes(tmp_path, ctx):
    for name in ("a.png", "b.png"):
        Image.new("L", (40, 40), 9).save(tmp_path / name)
    volume = soft_volume(8, 5)
    scene(5, 64).resize((90, 90)).save(tmp_path / "like the third slice.png")
    project = project_of_volumes(tmp_path, ctx, volume)
    find_duplicates(DuplicatesSpec(project), ctx)
    assert found_in(project) == [{"0.tif", "like the third slice.png"}, {"a.png", "b.png"}]


def test_that_no_group_unites_two_images_of_a_file_by_way_of_another():
    links = Links(
        np.array([[0, 2], [1, 2], [1, 3], [0, 4]]), np.array([0.99, 0.995, 0.991, 0.986], np.float32)
    )
    files = file_numbers(["v", "v", "w", "w", "x.png"])
    assert files.tolist() == [0, 0, 1, 1, -1]
    kept = between_files(links, np.arange(5), files)
    assert kept.pairs.tolist() == [[1, 2], [0, 4]]
    same = between_files(links, np.arange(5), np.full(5, -1))
    assert same.pairs.tolist() == links.pairs.tolist()


def test_that_the_command_says_that_slices_are_not_compared_with_each_other(tmp_path, twins, ctx, capsys):
    place = tmp_path / "volumes"
    place.mkdir()
    project_of_volumes(place, ctx, soft_volume(8, 5))
    said = "Slices of one volume are not compared with each other."
    assert run(["duplicates", str(place)]) == 0
    told = capsys.readouterr().out
    assert said in told and "No image is there twice." in told
    assert run(["duplicates", str(twins)]) == 0
    assert said not in capsys.readouterr().out
