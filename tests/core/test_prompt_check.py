"""What is told of prompts before anybody labels with them, with the built-in model."""

import os
import shutil
import threading

import numpy as np
import pytest

from core.errors import JobCancelled, UserError
from core.jobs import JobContext
from core.resources import resource_path
from core.tasks.encoders import forget_encoder, shared_encoder, text_classifier
from core.tasks.label import ClassSpec
from core.tasks.prompts import PromptCheckSpec, check_prompts, shared_captions, swallowing
from core.zeroshot.catalogue import find_model

STARTER = resource_path("models", "starter")
pytestmark = pytest.mark.skipif(not (STARTER / "open_clip_config.json").exists(), reason="no built-in model")


def check(*classes: ClassSpec):
    return check_prompts(PromptCheckSpec(classes, device="cpu"), JobContext())


@pytest.fixture
def loads(monkeypatch):
    """How often a model was loaded."""
    from core.zeroshot.encoder import Encoder

    forget_encoder()
    seen, load = [], Encoder.load.__func__
    monkeypatch.setattr(
        Encoder, "load", classmethod(lambda cls, *args, **kw: seen.append(args) or load(cls, *args, **kw))
    )
    yield seen
    forget_encoder()


def test_that_classes_that_mean_the_same_to_the_model_are_told_most_alike_first():
    found = check(
        ClassSpec("chest x-ray"), ClassSpec("histology"), ClassSpec("chest radiograph", ("a chest X-ray",))
    )
    (pair,) = found.pairs
    assert pair[:2] == (0, 2) and 0.98 <= pair[2] <= 1.0001


def test_that_the_captions_are_those_the_model_reads():
    found = check(ClassSpec("hand", ("an X-ray of a {}",)), ClassSpec("histology"))
    assert found.captions[0] == ("an X-ray of a hand",)
    templates = find_model("starter").templates
    assert found.own_captions[0] == tuple(template.format("hand") for template in templates)
    assert found.captions[1] == found.own_captions[1] and found.classes[0].name == "hand"


def test_that_a_caption_in_two_classes_is_told():
    assert shared_captions((("a", "b"), ("c", "B"), ("a",))) == ((0, 1, "B"), (0, 2, "a"))


def test_that_no_class_at_all_is_no_error_and_loads_nothing(loads):
    assert check().pairs == () and loads == []


def test_that_a_check_can_be_cancelled():
    ctx = JobContext()
    ctx.cancel()
    with pytest.raises(JobCancelled):
        check_prompts(PromptCheckSpec((ClassSpec("a"),), device="cpu"), ctx)


def test_that_a_model_that_is_missing_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="not on this machine"):
        check_prompts(PromptCheckSpec((ClassSpec("a"),), "openai/RN50x64", "cpu"), JobContext())


def test_that_notes_on_a_caption_go_with_the_caption():
    long = "a chest x-ray " * 30
    assert any("was cut" in note for note in check(ClassSpec("a", (long,)), ClassSpec("b")).notes)
    assert not any("was cut" in note for note in check(ClassSpec("a"), ClassSpec("b")).notes)


def test_that_the_model_is_loaded_once_for_many_checks(loads):
    for name in ("a", "b", "c"):
        check(ClassSpec(name), ClassSpec("histology"))
    assert len(loads) == 1


def test_that_threads_that_ask_at_once_share_one_load(loads):
    found, entry = [], find_model("starter")
    threads = [threading.Thread(target=lambda: found.append(shared_encoder(entry, "cpu"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1 and len({id(encoder) for encoder in found}) == 1


def test_that_only_the_last_model_is_kept_and_a_changed_file_is_loaded_again(loads, tmp_path):
    shutil.copytree(STARTER, tmp_path / "copy")
    own, copy = find_model("starter"), find_model(str(tmp_path / "copy"))
    for entry in (own, copy, copy, own):
        encoder = shared_encoder(entry, "cpu")
    assert len(loads) == 3 and encoder is shared_encoder(own, "cpu")
    shared_encoder(copy, "cpu")
    weights = next((tmp_path / "copy").glob("*.safetensors"))
    os.utime(weights, ns=(1, 1))
    shared_encoder(copy, "cpu")
    assert len(loads) == 5


def test_that_texts_encoded_in_many_threads_come_out_as_in_one():
    encoder = shared_encoder(find_model("starter"), "cpu")
    captions = [[f"picture number {k}" for k in range(20)]]
    expected, _ = text_classifier(encoder, captions)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(text_classifier(encoder, captions)[0])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and all(np.allclose(vectors, expected, atol=1e-6) for vectors in found)


@pytest.mark.parametrize(
    ("counts", "position"),
    [
        ([93, 7], 0),
        ([4, 16], 1),
        ([4, 15], None),  # 19 images
        ([21, 79], None),  # 79 %
        ([100], None),
        ([100, 0], 0),
        ([], None),
        ([0, 0], None),
    ],
)
def test_that_the_class_that_takes_most_images_is_found(counts, position):
    assert swallowing(counts) == position == swallowing(np.array(counts, np.int64))
