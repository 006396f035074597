"""Random changes of images: reproducible, and nothing that was not asked for."""

import numpy as np
import torch

from core.refine.augment import augmented, random_affine
from core.refine.params import Augmentation


def ramp(n=4, side=16):
    """Pictures (n, 1, side, side) float32, darker at the left and a little darker at the top."""
    x = torch.linspace(-1, 1, side)
    return (x[None, :] * 0.8 + x[:, None] * 0.1).expand(n, 1, side, side).contiguous()


def test_that_nothing_is_changed_and_nothing_drawn_by_default():
    before = torch.get_rng_state()
    images = ramp()
    assert augmented(images, Augmentation()) is images
    assert torch.equal(before, torch.get_rng_state())


def test_that_flips_are_asked_for_and_mirror_some_images():
    images = ramp(32)
    torch.manual_seed(0)
    changed = augmented(images, Augmentation(flip_left_right=True))
    kept = [bool(torch.allclose(a, b, atol=1e-5)) for a, b in zip(changed, images, strict=True)]
    mirrored = [bool(torch.allclose(a, b, atol=1e-5)) for a, b in zip(changed, images.flip(3), strict=True)]
    assert [a != b for a, b in zip(kept, mirrored, strict=True)] == [True] * 32 and 5 < sum(mirrored) < 27


def test_that_without_flips_left_stays_left_whatever_else_changes():
    torch.manual_seed(0)
    changed = augmented(ramp(50), Augmentation(rotation=20, shift=0.1, scale=0.2))
    assert (changed[..., :4].mean(dim=(1, 2, 3)) < changed[..., -4:].mean(dim=(1, 2, 3))).all()
    assert changed.min() >= -0.91 and changed.max() <= 0.91


def test_that_the_amounts_stay_within_their_limits():
    torch.manual_seed(0)
    matrices = random_affine(500, Augmentation(rotation=30, shift=0.1, scale=0.2)).numpy()
    zoom = 1 / np.sqrt(np.linalg.det(matrices[:, :, :2]))
    angle = np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert 0.8 <= zoom.min() < 0.85 and 1.15 < zoom.max() <= 1.2001
    assert 27 < np.abs(angle).max() <= 30.001 and 0.18 < np.abs(matrices[:, :, 2]).max() <= 0.2


def test_that_the_same_random_state_gives_the_same_images():
    how = Augmentation(rotation=10, shift=0.1, scale=0.1, flip_left_right=True)
    changed = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        changed.append(augmented(ramp(), how))
    assert torch.equal(changed[0], changed[1]) and not torch.equal(changed[0], changed[2])
