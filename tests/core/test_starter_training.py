"""The built-in model: its words, its training images, one step of its training, and the shipped folder."""

import json
import math
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.resources import resource_path
from core.zeroshot.starter.augment import LOOKS, augment, fit
from core.zeroshot.starter.captions import (
    FALSE,
    TRUE,
    UNSEEN,
    UNSURE,
    Caption,
    concept_caption,
    draw_captions,
    normalised,
    truth_table,
)
from core.zeroshot.starter.concepts import CONCEPTS, KEYS, OTHERS
from core.zeroshot.starter.ct import SCANNERS, WINDOWS, body_mask, other_window
from core.zeroshot.starter.data import Source, is_test, read_mednist, shrink
from core.zeroshot.starter.describe import check_vocabulary
from core.zeroshot.starter.measures import expected_calibration_error, fit_scale, softmax
from core.zeroshot.starter.model import (
    IMAGE_SIZE,
    MODEL_CFG,
    build_model,
    load_weights,
    save_model,
    tokenize,
)
from core.zeroshot.starter.scenes import draw
from core.zeroshot.starter.shifts import SHIFTS
from core.zeroshot.starter.train import (
    ImageDrawer,
    Schedule,
    Settings,
    command_of,
    contrastive_loss,
    finishing,
    make_optimizer,
    parse,
    train,
    train_step,
)
from core.zeroshot.starter.twins import has_twin

FOLDER = resource_path("models", "starter")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on many threads of a busy machine are slow."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def blobs(count: int, side: int, seed: int) -> list[np.ndarray]:
    """Smooth random grey pictures."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (count, 6, 6), dtype=np.uint8)
    return [
        np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) for image in small
    ]


def tiny_sources() -> list[Source]:
    bright = [np.full((40, 30), 200 + i, np.uint8) for i in range(6)]
    red = [np.dstack([np.full((30, 30), 220), *np.zeros((2, 30, 30))]).astype(np.uint8)] * 6
    return [
        Source("xrays", "chest x-ray", bright, ["normal"] * 6),
        Source("eyes", "fundus", red, [None] * 6),
    ]


# ---- captions ----


def test_that_captions_of_every_concept_fit_the_context_with_their_end() -> None:
    rng = random.Random(0)
    texts = [concept_caption(concept, rng).text for concept in CONCEPTS for _ in range(15)]
    texts += [
        phrase for concept in CONCEPTS for phrase in (*concept.phrases, *concept.words, *concept.unseen)
    ]
    texts += [text for concept in CONCEPTS for group in concept.findings.values() for text in group]
    ids = tokenize(texts)
    assert ids.shape[1] == MODEL_CFG["text_cfg"]["context_length"] >= 32
    assert (ids[:, -1] == 0).all(), "a caption was cut"


def test_that_no_unseen_phrase_reaches_training() -> None:
    check_vocabulary()
    rng = random.Random(1)
    drawn = [caption.text for _ in range(20) for caption in draw_captions(rng)]
    assert not [text for text in drawn if normalised(text) in UNSEEN]
    assert all(len(concept.unseen) >= 10 for concept in CONCEPTS)


def test_that_bare_folder_names_are_among_the_captions() -> None:
    words = {word for concept in CONCEPTS for word in concept.words}
    assert {"AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT"} <= words


def test_that_a_coarse_caption_is_true_of_all_its_concepts_and_a_mismatch_of_none() -> None:
    captions = [
        Caption("an x-ray", frozenset(("chest x-ray", "hand x-ray"))),
        Caption("hand MRI", frozenset()),
        Caption("pneumonia", frozenset(("chest x-ray",)), "pneumonia"),
        Caption("breast", frozenset(("breast MRI",)), unsure=frozenset(("histology",))),
    ]
    images = [("chest x-ray", "normal"), ("hand x-ray", None), ("chest x-ray", None), ("histology", None)]
    expected = [
        [TRUE, FALSE, FALSE, FALSE],
        [TRUE, FALSE, FALSE, FALSE],
        [TRUE, FALSE, UNSURE, FALSE],
        [FALSE, FALSE, FALSE, UNSURE],
    ]
    assert truth_table(images, captions).tolist() == expected


def test_that_every_batch_of_captions_names_every_concept() -> None:
    captions = draw_captions(random.Random(2))
    named = {concept for caption in captions for concept in caption.concepts}
    assert set(KEYS) <= named
    assert {f"other: {name}" for name in OTHERS} <= named
    assert any(not caption.concepts for caption in captions)


# ---- images ----


def test_that_the_twin_finder_finds_a_planted_twin_at_another_size() -> None:
    large, small = blobs(12, 160, seed=0), blobs(8, 28, seed=1)
    wide = np.concatenate([large[3][:, :40] // 3, large[3], large[3][:, :40] // 3], axis=1)
    large[5] = wide  # its centred square was cut out for the small set
    small[2] = np.asarray(Image.fromarray(large[3]).resize((28, 28), Image.Resampling.BICUBIC))
    assert np.flatnonzero(has_twin(large, small)).tolist() == [3, 5]
    assert np.flatnonzero(has_twin(small, large)).tolist() == [2]


def test_that_the_parts_are_those_of_the_readme() -> None:
    assert [i for i in range(10) if is_test(i, 10, zipped=True)] == [8, 9]
    assert [i for i in range(12) if is_test(i, 12, zipped=False)] == [4, 9]


def test_that_a_train_file_identical_to_a_test_file_is_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mednist.zip", "w") as archive:
        for folder in ("AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT"):
            for index in range(10):
                image = np.full(
                    (8, 8), 20 * (9 if index == 1 else index), np.uint8
                )  # 1 is 9, of the test part
                path = tmp_path / "image.png"
                Image.fromarray(image).save(path)
                archive.write(path, f"{folder}/{index:03d}.png")
    sources = list(read_mednist(tmp_path, "train"))
    assert sources[0].name == "mednist/AbdomenCT"
    assert [int(image[0, 0]) // 20 for image in sources[0].images] == [0, 2, 3, 4, 5, 6, 7]


def test_that_shrink_keeps_the_shape_and_drops_equal_channels() -> None:
    assert shrink(Image.new("RGB", (400, 200), (7, 7, 7))).shape == (80, 160)
    assert shrink(Image.new("RGB", (50, 20), (200, 7, 7))).shape == (20, 50, 3)


@pytest.mark.parametrize("concept", [*LOOKS, "other: chart"])
def test_that_augmenting_gives_square_colour_pictures_and_repeats(concept: str) -> None:
    grey, colour = blobs(1, 50, seed=3)[0], draw("photograph", np.random.default_rng(0), 40)
    for image in (grey, colour):
        first = [augment(image, concept, np.random.default_rng(seed), 64, 0.3) for seed in range(8)]
        again = [augment(image, concept, np.random.default_rng(seed), 64, 0.3) for seed in range(8)]
        assert all(view.shape == (64, 64, 3) and view.dtype == np.uint8 for view in first)
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_that_fit_pads_the_short_side_with_black() -> None:
    pixels = fit(Image.new("L", (100, 50), 255), 64)
    assert pixels[:15].max() == 0
    assert pixels[49:].max() == 0
    assert pixels[20:44].min() > 250


@pytest.mark.parametrize("name", OTHERS)
def test_that_other_pictures_can_be_drawn(name: str) -> None:
    pictures = [draw(name, np.random.default_rng(seed), 64) for seed in range(6)]
    assert all(picture.shape == (64, 64, 3) for picture in pictures)


@pytest.mark.parametrize("name", SHIFTS)
def test_that_every_simulated_shift_gives_a_picture(name: str) -> None:
    for image in (blobs(1, 50, seed=3)[0], draw("photograph", np.random.default_rng(0), 40)):
        shifted = SHIFTS[name](image, np.random.default_rng(0))
        assert shifted.dtype == np.uint8
        assert shifted.ndim in (2, 3)


def test_that_a_cut_off_ct_gets_a_body_and_other_windows() -> None:
    y, x = np.mgrid[:64, :64]
    ring = np.hypot((x - 32) / 26, (y - 32) / 20)
    pixels = np.where((ring < 1) & (ring > 0.75), 180, 0).astype(np.uint8)
    body = body_mask(pixels, SCANNERS["chest_ct"])
    assert body[32, 32]
    assert not body[2, 2]
    rng = np.random.default_rng(0)
    shown = [other_window(pixels, "chest_ct", "chest CT", rng) for _ in range(12)]
    assert len({image.tobytes() for image in shown}) == 12
    assert set(WINDOWS) == {"chest CT", "abdominal CT", "head CT"}


# ---- training ----


def test_that_the_loss_ignores_other_positives_and_unknown_pairs() -> None:
    logits = torch.tensor([[3.0, 3.0, -20.0, 9.0]])
    truth = torch.tensor([[TRUE, TRUE, FALSE, UNSURE]], dtype=torch.int8)
    assert contrastive_loss(logits, truth).item() < 1e-6
    wrong = torch.tensor([[TRUE, FALSE, FALSE, UNSURE]], dtype=torch.int8)
    assert contrastive_loss(logits, wrong).item() == pytest.approx(math.log(2), abs=1e-4)


def test_that_rows_without_a_positive_do_not_count() -> None:
    logits = torch.zeros(2, 2)
    truth = torch.tensor([[TRUE, FALSE], [FALSE, FALSE]], dtype=torch.int8)
    assert contrastive_loss(logits, truth).item() == pytest.approx(math.log(2))
    assert contrastive_loss(logits, torch.zeros(2, 2, dtype=torch.int8)).item() == 0


def test_that_training_repeats_from_the_seed() -> None:
    settings = Settings(steps=2, batch=8, warmup=1, others=0.2, bfloat16=False)
    first, steps = train(tiny_sources(), settings)
    again, _ = train(tiny_sources(), settings)
    assert steps == 2
    pairs = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_that_a_second_stage_starts_from_the_saved_weights(tmp_path: Path) -> None:
    save_model(build_model(), tmp_path, {})
    idle = replace(finishing(1, seed=0), batch=8, learning_rate=0.0, text_learning_rate=0.0, bfloat16=False)
    model, _ = train(tiny_sources(), idle, tmp_path)
    before = load_weights(tmp_path)
    assert torch.equal(
        model.get_parameter("token_embedding.weight"), before.get_parameter("token_embedding.weight")
    )


def test_that_the_recorded_command_holds_no_path() -> None:
    options = parse(["--data", "/data", "--finish", "/first", "--limit", "9"])
    assert "/" not in command_of(options, 5)


def test_that_one_batch_can_be_learnt() -> None:
    torch.manual_seed(0)
    settings = Settings(batch=12, others=0.0, bfloat16=False, learning_rate=1e-3)
    model = build_model()
    optimizer = make_optimizer(model, settings)
    captions = [
        Caption("chest x-ray", frozenset(("chest x-ray",))),
        Caption("fundus", frozenset(("fundus",))),
    ]
    drawer = ImageDrawer(tiny_sources(), settings)
    losses = [train_step(model, optimizer, drawer, captions, settings) for _ in range(5)]
    assert min(losses[-2:]) < losses[0]


def test_that_the_clock_fixes_the_number_of_steps_and_the_rate_falls_to_zero() -> None:
    schedule = Schedule(Settings(minutes=1, warmup=10))
    schedule.look_at_clock(69, 41.9)
    assert schedule.steps is None
    assert schedule.rate(69) == 1
    schedule.look_at_clock(70, 42.0)
    assert schedule.steps == 100
    fixed = Schedule(Settings(steps=100, warmup=10))
    assert [schedule.rate(step) for step in range(70, 100)] == [fixed.rate(step) for step in range(70, 100)]
    assert schedule.rate(70) == 1
    assert schedule.rate(99) < 0.01
    assert schedule.ended(100)


# ---- measures ----


def test_that_a_fitted_scale_makes_confidence_match_accuracy() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 3000)
    similarity = np.eye(3, dtype=np.float32)[truth] * 0.1 + rng.normal(0, 0.1, (3000, 3)).astype(np.float32)
    scale = fit_scale(similarity, truth)
    assert expected_calibration_error(softmax(scale * similarity), truth) < 0.05
    assert expected_calibration_error(softmax(100 * similarity), truth) > 0.15


# ---- what ships ----


def test_that_a_saved_model_loads_in_open_clip_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(build_model(), tmp_path, {"templates": ["{}"]})
    loads_offline(tmp_path, monkeypatch)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the built-in model has not been trained yet")
def test_that_the_shipped_model_is_small_loads_offline_and_gives_unit_vectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 25e6
    assert (FOLDER / "MODEL_CARD.md").is_file()
    described = json.loads((FOLDER / "medlabel.json").read_text(encoding="utf-8"))
    assert set(described["known_concepts"]) == set(KEYS)
    assert all("{}" in template for template in described["templates"])
    loads_offline(FOLDER, monkeypatch)


def loads_offline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load by open_clip's own calls; both towers give unit vectors of one dimension."""
    import open_clip

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}", precision="fp32")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    picture = preprocess(Image.new("RGB", (300, 120), (90, 90, 90)))[None]
    assert picture.shape[-2:] == (IMAGE_SIZE, IMAGE_SIZE)
    assert torch.allclose(picture[0, :, 0, 0], torch.tensor(-1.0)), "the short side is padded with black"
    with torch.inference_mode():
        image = model.encode_image(picture, normalize=True)
        texts = model.encode_text(tokenizer(["chest x-ray", "fundus"]), normalize=True)
    assert image.shape[1] == texts.shape[1] == MODEL_CFG["embed_dim"]
    lengths = torch.cat([image, texts]).norm(dim=-1)
    assert torch.allclose(lengths, torch.ones(3), atol=1e-4)
