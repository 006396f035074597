"""The table of networks: what each takes, and where its weights come from."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.refine import names
from core.refine.networks import NETWORKS, find_network, initialised
from core.refine.params import TrainingChoices
from core.refine.trained import TrainedNetwork


@pytest.mark.parametrize(
    ("name", "channels", "side"),
    [
        ("published", 1, 28),
        ("small", 1, 28),
        ("small", 3, 64),
        ("deep", 3, 28),
        ("deep", 1, 112),
        ("alexnet", 1, 28),
        ("alexnet", 1, 80),
        ("vgg", 3, 28),
        ("resnet18", 1, 28),
        ("resnet18", 3, 80),
        ("resnet50", 1, 28),
        ("timm/resnet10t", 1, 32),
    ],
)
def test_that_a_network_takes_its_sides_grey_and_colour(name, channels, side):
    network, pretrained = initialised(name, 3, channels, side, seed=0)
    with torch.inference_mode():
        assert network.eval()(torch.zeros(2, channels, side, side)).shape == (2, 3)
    assert not pretrained


def test_that_the_names_for_people_are_those_of_the_networks():
    assert list(names.NETWORKS) == list(NETWORKS)
    assert all(info.title and info.description for info in names.NETWORKS.values())
    assert all(info.title and info.description for info in names.STRATEGIES.values())


def test_that_strategies_say_at_which_sizes_they_read_images():
    def inputs(strategy, **choices):
        return names.STRATEGIES[strategy].inputs(500, 50, True, TrainingChoices(**choices))

    assert inputs("published") == [(28, True), (28, True)]
    assert inputs("published", network="small") == [(28, True), (50, False)] == inputs("gce")
    assert inputs("auto") == [(28, False), (50, False)]


def test_that_names_are_listed_without_torch():
    code = "import sys, core.refine.names; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "image_side", "side"),
    [
        ("small", 20, 28),
        ("small", 500, 64),
        ("deep", 100, 100),
        ("resnet18", 1024, 224),
        ("timm/vit_tiny_patch16_224", 28, 224),
    ],
)
def test_that_the_side_follows_the_images_as_far_as_the_network_goes(name, image_side, side):
    network = find_network(name)
    assert network.side_for(image_side) == side
    assert (network.channels_for(False), network.channels_for(True)) == (1, 3)


@pytest.mark.parametrize(
    ("name", "near"), [("resnet19", "resnet18"), ("timm/resnet18x", "timm/resnet18"), ("nothing", "small")]
)
def test_that_an_unknown_network_is_told_with_near_names(name, near):
    with pytest.raises(UserError) as error:
        find_network(name)
    assert near in error.value.hint


def test_that_initial_weights_follow_from_the_seed_and_leave_the_random_state_alone():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, second, other = (initialised("small", 2, 1, 28, seed)[0].state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["0.weight"], other["0.weight"])


def test_that_pretrained_weights_at_hand_are_used_and_adapted_to_grey(tmp_path, monkeypatch):
    published = initialised("resnet18", 1000, 3, 80, seed=3)[0].state_dict()
    (tmp_path / "checkpoints").mkdir()
    torch.save(published, tmp_path / "checkpoints" / "resnet18-f37072fd.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    network, pretrained = initialised("resnet18", 2, 1, 80, seed=0, pretrained=True)
    weights = network.state_dict()
    assert pretrained and weights["fc.weight"].shape == (2, 512)
    assert torch.equal(weights["layer1.0.conv1.weight"], published["layer1.0.conv1.weight"])
    assert torch.allclose(weights["conv1.weight"], published["conv1.weight"].sum(1, keepdim=True))
    assert not initialised("resnet18", 2, 1, 80, seed=0)[1], "published weights only where they are wanted"
    assert not initialised("vgg", 2, 1, 28, seed=0, pretrained=True)[1], (
        "none on this machine: random weights"
    )


def test_that_timm_weights_at_hand_are_used(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    published = initialised("timm/resnet10t", 1000, 3, 32, seed=3)[0].state_dict()
    save_file(published, tmp_path / "model.safetensors")
    asked = []

    def cached(repository, name):
        asked.append(repository)
        return str(tmp_path / name)

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", cached)
    network, pretrained = initialised("timm/resnet10t", 2, 1, 32, seed=0, pretrained=True)
    assert pretrained and asked[0].startswith("timm/resnet10t")
    assert torch.equal(network.state_dict()["layer1.0.conv1.weight"], published["layer1.0.conv1.weight"])


def test_that_a_trained_network_labels_images_batch_by_batch_with_its_temperature(monkeypatch):
    network, _ = initialised("small", 3, 3, 28, seed=0)
    sharp, flat = (TrainedNetwork("small", 3, 28, 3, network.state_dict(), t) for t in (1.0, 1e6))
    pixels = np.random.default_rng(0).integers(0, 256, (9, 28, 28, 3), np.uint8)
    whole = sharp.probabilities(pixels)
    assert whole.dtype == np.float32 and np.allclose(whole.sum(1), 1, atol=1e-6)
    assert np.allclose(flat.probabilities(pixels), 1 / 3, atol=1e-4)
    monkeypatch.setattr("core.refine.inference._PREDICT_BATCH", 2)
    assert np.allclose(sharp.probabilities(pixels), whole, atol=1e-6)
    assert np.allclose(sharp.probabilities(pixels, rows=np.array([4, 2])), whole[[4, 2]], atol=1e-6)
    assert sharp.probabilities(pixels[:0]).shape == (0, 3)
    with pytest.raises(ValueError, match="network that takes"):
        sharp.probabilities(pixels[..., 0])


def test_that_weights_of_another_network_are_refused_clearly():
    network, _ = initialised("small", 3, 1, 28, seed=0)
    with pytest.raises(UserError, match="do not fit"):
        TrainedNetwork("deep", 3, 28, 1, network.state_dict()).build()


def test_that_images_in_a_memory_map_are_read_where_they_are(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    network, _ = initialised("small", 2, 1, 28, seed=0)
    trained = TrainedNetwork("small", 2, 28, 1, network.state_dict())
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    assert np.array_equal(trained.probabilities(mapped), trained.probabilities(pixels))
