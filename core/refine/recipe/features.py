"""What makes two images alike, without any label: pixels, patches, and embeddings where there are some."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]
Tick = Callable[[int, int], None]
"""Called with images done and in all, often."""

PATCH = 6
CENTROIDS = 200
COMPONENTS = 64
_SAMPLED, _SAMPLED_OF_EACH = 100_000, 200  # patches that the centroids are learnt from, at most
_THUMBNAIL = 8
_CHUNK = 256
_EVERY_PATCH_UP_TO = 20_000  # images; beyond, every other patch in each direction: a quarter of the time


def image_views(
    pixels: UInt8, embeddings: Floats | None, seed: int, tick: Tick = lambda done, total: None
) -> list[Floats]:
    """Two or three views of images (n, s, s[, 3]) uint8, each (n, at most 64) float32 principal components.

    The pixels; k-means patch features with a small thumbnail (Coates, Ng: The importance of encoding versus
    training with sparse coding and vector quantization, ICML 2011: whitened patches, triangle activation, 2x2
    pooling); and the `embeddings` (n, d) of stage 1 where there are some.
    """
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    looks = standardised(np.concatenate([patch_features(pixels, seed, tick), thumbnails(pixels)], axis=1))
    views = [components(flat, seed), components(looks, seed)]
    if embeddings is not None:
        views.append(components(embeddings.astype(np.float32), seed))
    return views


def by_distance(views: list[Floats]) -> Floats:
    """Views (n, d_i) side by side, each scaled to a mean squared norm of 1."""
    return _beside([view / max(float(np.sqrt(np.mean(np.sum(view**2, axis=1)))), 1e-12) for view in views])


def by_direction(views: list[Floats]) -> Floats:
    """Views (n, d_i) side by side, each row of each a unit vector: near is what points the same way."""
    return _beside([view / np.maximum(np.linalg.norm(view, axis=1, keepdims=True), 1e-9) for view in views])


def _beside(views: list[Floats]) -> Floats:
    return np.concatenate(views, axis=1).astype(np.float32)


def components(features: Floats, seed: int, count: int = COMPONENTS) -> Floats:
    """The first principal components (n, at most `count`) float32 of centred features; zeros where all are equal."""
    from sklearn.decomposition import PCA

    count = min(count, *features.shape)
    if (features == features[:1]).all():
        return np.zeros((len(features), count), np.float32)
    exact = max(features.shape) <= 1_000
    solver = "full" if exact else "randomized"
    return np.asarray(PCA(count, svd_solver=solver, random_state=seed).fit_transform(features), np.float32)


def standardised(features: Floats) -> Floats:
    """Columns with mean 0 and variance 1; constant ones become 0."""
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 1e-6, spread, 1), np.float32)


def thumbnails(pixels: UInt8) -> Floats:
    """(n, 64 or 192) float32 in 0..1: each image at 8x8 px."""
    small = torch.cat(
        [torch.nn.functional.adaptive_avg_pool2d(batch, _THUMBNAIL) for batch in _batches(pixels)]
    )
    return small.flatten(1).numpy()


def patch_features(pixels: UInt8, seed: int, tick: Tick = lambda done, total: None) -> Floats:
    """(n, 800) float32: how much each quarter of an image resembles each of 200 typical 6x6 px patches."""
    mean, whiten, centroids = _learn_patches(pixels, seed)
    stride = 1 if len(pixels) <= _EVERY_PATCH_UP_TO else 2
    found: list[torch.Tensor] = []
    total = len(pixels)
    for batch in _batches(pixels):
        found.append(_pooled(batch, mean, whiten, centroids, stride))
        tick(min(len(found) * _CHUNK, total), total)
    return torch.cat(found).numpy()


def _batches(pixels: UInt8) -> Iterator[torch.Tensor]:
    """(b, channels, s, s) float32 in 0..1."""
    for start in range(0, len(pixels), _CHUNK):
        batch = torch.from_numpy(np.ascontiguousarray(pixels[start : start + _CHUNK])).float().div_(255)
        yield batch.unsqueeze(1) if batch.ndim == 3 else batch.permute(0, 3, 1, 2)


def _normalised(patches: torch.Tensor) -> torch.Tensor:
    """Patches (m, d) with brightness and contrast taken out; the constant is 10 of 255 grey levels, squared."""
    patches = patches - patches.mean(dim=1, keepdim=True)
    return patches / torch.sqrt(patches.var(dim=1, keepdim=True) + 10 / 255**2)


def _learn_patches(pixels: UInt8, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    from sklearn.cluster import MiniBatchKMeans

    rng = np.random.default_rng(seed)
    side = pixels.shape[1] - PATCH + 1
    count = min(_SAMPLED, max(_SAMPLED_OF_EACH * len(pixels), 10 * CENTROIDS))
    image = rng.integers(0, len(pixels), count)
    top, left = rng.integers(0, side, count), rng.integers(0, side, count)
    steps = np.arange(PATCH)
    cut = pixels[
        image[:, None, None], (top[:, None] + steps)[:, :, None], (left[:, None] + steps)[:, None, :]
    ]
    patches = _normalised(torch.from_numpy(cut.reshape(count, -1)).float().div_(255))
    mean = patches.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    whiten = vectors @ torch.diag((values.clamp_min(0) + 0.1).rsqrt()) @ vectors.T
    white = ((patches - mean) @ whiten).numpy()
    kmeans = MiniBatchKMeans(CENTROIDS, batch_size=4_096, n_init=1, max_iter=20, random_state=seed).fit(white)
    return mean, whiten, torch.from_numpy(kmeans.cluster_centers_.astype(np.float32))


def _pooled(
    images: torch.Tensor, mean: torch.Tensor, whiten: torch.Tensor, centroids: torch.Tensor, stride: int
) -> torch.Tensor:
    channels = images.shape[1]
    unfolded = torch.nn.functional.unfold(images, PATCH, stride=stride)  # (b, channels * 36, positions)
    b, _, positions = unfolded.shape
    side = round(positions**0.5)
    # as numpy cuts them: height, width, channel
    patches = (
        unfolded.view(b, channels, PATCH * PATCH, positions).permute(0, 3, 2, 1).reshape(b * positions, -1)
    )
    white = (_normalised(patches) - mean) @ whiten
    distances = torch.cdist(white, centroids)
    activation = (distances.mean(dim=1, keepdim=True) - distances).clamp_min_(0)
    maps = activation.view(b, side, side, CENTROIDS).permute(0, 3, 1, 2)
    return torch.nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1)
