"""Other display windows for CT pictures whose own window cut fat, lung and air off.

The shared CT pictures show only what is denser than fat. From the shape of what is left the body is found
and likely Hounsfield numbers are put back (air outside, fat or lung where the picture is empty, soft tissue
and bone from the grey value), which can then be shown in any window. It looks like CT; it is no measurement.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Pixels = npt.NDArray[np.uint8]
Hounsfield = npt.NDArray[np.float32]
AIR, LUNG, FAT = -1000.0, -850.0, -100.0


@dataclass(frozen=True)
class Scanner:
    """How one set's grey values read: `empty` is the grey of what was cut off; `grey` means `hounsfield`."""

    empty: int
    grey: tuple[float, ...]
    hounsfield: tuple[float, ...]
    inside: float  # HU of an empty place inside the body
    lungs: bool = False
    margin: int = 8


SCANNERS: dict[str, Scanner] = {
    "mednist/AbdomenCT": Scanner(101, (101, 130, 155, 255), (-60, 50, 140, 600), FAT),
    "mednist/ChestCT": Scanner(126, (126, 145, 165, 255), (-60, 50, 150, 700), FAT, lungs=True, margin=6),
    "mednist/HeadCT": Scanner(25, (25, 60, 110, 200, 255), (-20, 10, 35, 90, 900), 0.0, margin=20),
    "chest_ct": Scanner(0, (0, 110, 200, 255), (-50, 40, 160, 800), FAT, lungs=True, margin=10),
}
# Window (width, level) with its share, by concept.
WINDOWS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "chest CT": ((1500, -600, 0.35), (1200, -650, 0.1), (400, 40, 0.3), (2000, 0, 0.15), (1800, 400, 0.1)),
    "abdominal CT": ((400, 40, 0.45), (350, 60, 0.2), (180, 80, 0.1), (2000, 0, 0.15), (1800, 400, 0.1)),
    "head CT": (
        (80, 40, 0.35),
        (120, 40, 0.2),
        (200, 70, 0.1),
        (400, 40, 0.1),
        (2500, 480, 0.15),
        (1500, 200, 0.1),
    ),
}


Mask = npt.NDArray[np.bool_]


def _grow(mask: Mask, radius: float) -> Mask:
    if not mask.any():
        return mask
    return np.asarray(ndimage.distance_transform_edt(~mask) <= radius)


def _shrink(mask: Mask, radius: float) -> Mask:
    return np.asarray(ndimage.distance_transform_edt(mask) > radius)


def _largest(mask: Mask) -> Mask:
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def body_mask(pixels: Pixels, scanner: Scanner) -> Mask:
    """Where the body is: (h, w) bool. Table and holder, being thin, drop out."""
    unit = max(pixels.shape) / 64
    edge = round(10 * unit)
    dense = np.pad(pixels > scanner.empty + scanner.margin, edge)
    filled = ndimage.binary_fill_holes(_shrink(_grow(dense, 2 * unit), 2 * unit))
    core = _largest(_shrink(filled, 2 * unit))
    body = _grow(core, 2 * unit) & filled
    closed = _shrink(_grow(body, 7 * unit), 7 * unit)
    return np.asarray(closed[edge:-edge, edge:-edge])


def lung_mask(body: Mask, empty: Mask, unit: float) -> Mask:
    """The two large hollows well inside the body: (h, w) bool."""
    hollow = _grow(_shrink(body & empty, 2.2 * unit), 2.2 * unit)
    whole = _shrink(_grow(hollow, 3 * unit), 3 * unit)
    return np.asarray(whole & _shrink(body, 3.5 * unit))


def to_hounsfield(pixels: Pixels, scanner: Scanner, rng: np.random.Generator) -> Hounsfield:
    """Plausible Hounsfield numbers: (h, w) uint8 to (h, w) float32."""
    unit = max(pixels.shape) / 64
    body = body_mask(pixels, scanner)
    smooth = ndimage.gaussian_filter(pixels.astype(np.float32), 0.4 * unit)
    values = np.interp(smooth, scanner.grey, scanner.hounsfield).astype(np.float32)
    empty = smooth <= scanner.empty + scanner.margin / 2
    result = np.where(empty, np.float32(scanner.inside), values)
    if scanner.lungs:
        lung = lung_mask(body, empty, unit)
        result = np.where(lung & empty, lung_texture(pixels.shape, rng), result)
    result = ndimage.gaussian_filter(result, 0.3 * unit) + rng.normal(0, rng.uniform(2, 12), pixels.shape)
    table = (pixels > scanner.empty + scanner.margin) & (rng.random() < 0.7)
    outside = np.where(
        table, values, np.float32(AIR if rng.random() < 0.6 else -3000)
    )  # or beyond the scanner's circle
    return np.where(body, result, outside).astype(np.float32)


def lung_texture(shape: tuple[int, ...], rng: np.random.Generator) -> Hounsfield:
    """Lung with vessels and, at times, opacities: (h, w) float32 HU."""
    unit = max(shape) / 64
    vessels = ndimage.gaussian_filter(rng.standard_normal(shape), 0.6 * unit)
    vessels = np.clip(vessels / vessels.std() - 1.4, 0, 2) * rng.uniform(150, 500)
    texture = LUNG + rng.normal(0, 60) + rng.normal(0, 25, shape) + vessels
    if rng.random() < 0.35:
        clouds = ndimage.gaussian_filter(rng.standard_normal(shape), 5 * unit)
        texture += np.clip(clouds / clouds.std() - 0.6, 0, 1) * rng.uniform(150, 700)
    return np.asarray(texture, dtype=np.float32)


def show(values: Hounsfield, concept: str, rng: np.random.Generator) -> Pixels:
    """The picture in a random window of those used for this body part: (h, w) uint8."""
    windows = WINDOWS[concept]
    shares = np.array([share for _, _, share in windows])
    width, level, _ = windows[int(rng.choice(len(windows), p=shares / shares.sum()))]
    width, level = width * rng.uniform(0.75, 1.3), level + width * rng.uniform(-0.08, 0.08)
    shown = (values - (level - width / 2)) / width
    return np.asarray((shown.clip(0, 1) * 255).astype(np.uint8))


def other_window(pixels: Pixels, name: str, concept: str, rng: np.random.Generator) -> Pixels:
    """A CT picture of set `name` in another window."""
    return show(to_hounsfield(pixels, SCANNERS[name], rng), concept, rng)
