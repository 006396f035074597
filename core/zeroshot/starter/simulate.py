"""Other hospitals' pictures made from the training images, rendered once before training."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from core.zeroshot.starter.ct import SCANNERS, other_window
from core.zeroshot.starter.data import Source

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator
Simulate = Callable[[Sequence[Pixels], Rng], Pixels]

# Ruifrok and Johnston 2001: optical density of haematoxylin, eosin and the rest.
_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


def pick(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """One of the images."""
    return images[int(rng.integers(len(images)))]


def other_stain(pixels: Pixels, rng: Rng) -> Pixels:
    """H&E with other amounts of each dye: (h, w, 3) uint8."""
    density = -np.log((pixels.astype(np.float32) + 1) / 256)
    dyes = density @ np.linalg.inv(_STAINS)
    dyes = dyes * rng.uniform((0.5, 0.4, 0.3), (1.9, 1.6, 1.6)) + rng.normal(0, 0.03, 3)
    stains = _STAINS + rng.normal(0, 0.08, (3, 3))
    return np.asarray((256 * np.exp(-(dyes.clip(0) @ stains)) - 1).clip(0, 255).astype(np.uint8))


def histology_field(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """A larger field at a lower magnification: patches side by side, softened seams, another stain."""
    across = int(rng.integers(1, 5))
    rows = [
        np.concatenate([_square(pick(images, rng), 50, rng) for _ in range(across)], 1) for _ in range(across)
    ]
    field = np.concatenate(rows)
    if rng.random() < 0.5:
        shifted = np.roll(field, (25, 25), (0, 1)).astype(np.float32)
        field = (field * 0.5 + shifted * 0.5).astype(np.uint8)
    image = Image.fromarray(field)
    image.thumbnail((128, 128), Image.Resampling.LANCZOS)
    return other_stain(np.asarray(image), rng) if rng.random() < 0.85 else np.asarray(image)


def _square(pixels: Pixels, side: int, rng: Rng) -> Pixels:
    image = Image.fromarray(pixels).convert("RGB").resize((side, side))
    return np.rot90(np.asarray(image), int(rng.integers(4)))


def both_hands(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """Two hands side by side."""
    left, right = pick(images, rng), pick(images, rng)
    side = min(left.shape[0], right.shape[0])
    pair = (left[:side, :side], right[:side, :side][:, ::-1])
    return np.concatenate(pair, 1)


def one_breast(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """Half of an axial breast MRI, turned as in a sagittal one, at times with fat suppressed."""
    pixels = pick(images, rng)
    half = pixels.shape[1] // 2
    start = (
        int(rng.integers(0, half // 4 + 1))
        if rng.random() < 0.5
        else half - int(rng.integers(0, half // 4 + 1))
    )
    pixels = pixels[:, start : start + half]
    if rng.random() < 0.6:
        pixels = np.rot90(pixels, int(rng.choice((1, 3))))
    return other_sequence([pixels], rng) if rng.random() < 0.5 else np.ascontiguousarray(pixels)


def other_sequence(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """An MRI with other contrast: a smooth curve that need not be monotone, black staying black."""
    knots = np.concatenate([[0], rng.uniform(0, 255, 4)])
    curve = np.interp(np.arange(256), (0, 50, 100, 160, 255), knots)
    fade = (np.arange(256) / 25).clip(0, 1)
    return np.asarray((curve * fade).astype(np.uint8)[pick(images, rng)])


def ultrasound_view(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """Another scanner: a fan or a trapezoid, speckle, and the dark screen around it with its scale."""
    image = Image.fromarray(pick(images, rng)).convert("L").resize((128, int(rng.integers(80, 140))))
    width, height = image.size
    grains = Image.fromarray(rng.gamma(4, 0.25, (height // 2, width // 2)).astype(np.float32))
    speckle = np.asarray(grains.resize((width, height))).clip(0.05) ** rng.uniform(0, 1)
    gain = np.linspace(rng.uniform(0.7, 1.3), rng.uniform(0.5, 1.2), height)[:, None]
    pixels = np.asarray(image) * speckle * gain
    if rng.random() < 0.4:
        y, x = np.mgrid[:height, :width]
        edge = rng.uniform(0.1, 0.4) * width * (1 - y / height)
        pixels = np.where((x > edge) & (x < width - edge), pixels, 0)
    shown = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        return np.asarray(shown)
    canvas = Image.new(
        "L", (width + int(rng.integers(10, 60)), height + int(rng.integers(6, 40))), int(rng.integers(0, 40))
    )
    left, top = (
        canvas.width - width - int(rng.integers(0, 8)),
        int(rng.integers(2, canvas.height - height + 1)),
    )
    canvas.paste(shown, (left, top))
    pen = ImageDraw.Draw(canvas)
    for tick in range(top, top + height, int(rng.integers(6, 16))):
        pen.point((min(canvas.width - 2, left + width + 2), tick), fill=220)
    pen.text((2, 2), "12L FR 24\nGn 60", fill=200, font_size=7.0)
    return np.asarray(canvas)


def hairy_lesion(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """Dermoscopy with hairs, a dark round frame, a ruler or gel shine."""
    image = Image.fromarray(pick(images, rng)).convert("RGB").resize((128, int(rng.integers(88, 129))))
    pen = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(int(rng.integers(0, 14))):
        x, y, angle, length = (
            rng.uniform(0, width),
            rng.uniform(0, height),
            rng.uniform(0, 6.3),
            rng.uniform(20, 90),
        )
        bend = rng.uniform(-0.02, 0.02)
        steps = np.arange(0, length, 4)
        points = [
            (float(x + s * np.cos(angle + bend * s)), float(y + s * np.sin(angle + bend * s))) for s in steps
        ]
        level = int(rng.integers(10, 90))
        pen.line(points, fill=(level, level // 2, level // 3), width=1)
    if rng.random() < 0.4:
        image = round_frame(image, rng.uniform(0.45, 0.68))
    if rng.random() < 0.2:
        pen = ImageDraw.Draw(image)
        for tick in range(0, width, int(rng.integers(5, 14))):
            pen.line((tick, height - 6, tick, height), fill=(40, 40, 60))
    return np.asarray(image)


def round_frame(image: Image.Image, radius: float, level: int = 0) -> Image.Image:
    """Everything outside a circle of `radius` x width becomes `level`, with a soft edge."""
    width, height = image.size
    mask = Image.new("L", image.size)
    r = radius * width
    ImageDraw.Draw(mask).ellipse((width / 2 - r, height / 2 - r, width / 2 + r, height / 2 + r), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(1.5))
    return Image.composite(image, Image.new(image.mode, image.size, (level,) * len(image.getbands())), mask)


def cut_out_cell(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """A cell cut out on black or white, or a field without a white cell, or a grid of cells."""
    image = Image.fromarray(pick(images, rng)).convert("RGB")
    width, height = image.size
    kind = rng.random()
    if kind < 0.4:
        part = rng.uniform(0.25, 0.5)
        left, top = rng.uniform(0, 1 - part, 2)
        image = image.resize(
            (96, 96), box=(left * width, top * height, (left + part) * width, (top + part) * height)
        )
        return np.asarray(round_frame(image, rng.uniform(0.35, 0.5), 0 if rng.random() < 0.7 else 255))
    if kind < 0.7:
        corner = rng.choice((0.0, 0.62), 2)
        box = (corner[0] * width, corner[1] * height, (corner[0] + 0.38) * width, (corner[1] + 0.38) * height)
        return np.asarray(image.resize((96, 96), box=box))
    tiles = [_square(pick(images, rng), 64, rng) for _ in range(4)]
    field = np.concatenate([np.concatenate(tiles[:2], 1), np.concatenate(tiles[2:], 1)])
    return np.asarray(field)


def other_fundus(images: Sequence[Pixels], rng: Rng) -> Pixels:
    """Another fundus camera: retina colour, lesions, light, frame, field of view, or local normalisation."""
    image = Image.fromarray(pick(images, rng)).convert("RGB").resize((160, 160))
    image = image.rotate(float(rng.uniform(0, 360)), Image.Resampling.BILINEAR)
    half = 80 * rng.uniform(0.3, 0.98)
    x, y = rng.uniform(half, 160 - half, 2)
    image = image.resize((128, 128), box=(x - half, y - half, x + half, y + half))
    image = retina_colour(lesions(image, rng), rng)
    if rng.random() < 0.2:
        local = image.filter(ImageFilter.GaussianBlur(8))
        values = 4.0 * (np.asarray(image, np.float32) - np.asarray(local, np.float32)) + 128
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.7:
        image = round_frame(image, rng.uniform(0.42, 0.62), 0 if rng.random() < 0.85 else 255)
    if rng.random() < 0.3:
        pad = int(rng.integers(8, 40))
        wide = Image.new("RGB", (128 + 2 * pad, 128))
        wide.paste(image, (pad, 0))
        image = wide
    return np.asarray(image)


def lesions(image: Image.Image, rng: Rng) -> Image.Image:
    """Exudates and bleedings: small bright yellow and dark red spots."""
    image = image.copy()
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(3, 30))):
            x, y = rng.uniform(8, 120, 2)
            w, h = rng.uniform(0.6, 5, 2)
            yellow = rng.random() < 0.5
            pen.ellipse((x, y, x + w, y + h), fill=(240, 210, 110) if yellow else (90, 20, 12))
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.0))))


_RETINAS = (
    (1.0, 0.45, 0.2), (0.9, 0.35, 0.15), (0.75, 0.45, 0.3), (1.0, 0.6, 0.35), (0.6, 0.5, 0.2),
    (0.85, 0.3, 0.3), (0.7, 0.6, 0.5),
)  # fmt: skip


def retina_colour(image: Image.Image, rng: Rng) -> Image.Image:
    """Red, orange, brown, yellow, greenish or grey retinas, with uneven light."""
    values = np.asarray(image, np.float32) / 255
    if rng.random() < 0.15:
        values = np.repeat(values[..., 1:2], 3, axis=2)
    light = values.max(2, keepdims=True)
    tint = np.array(_RETINAS[int(rng.integers(len(_RETINAS)))])
    detail = values[..., 1:2] / (values[..., 1:2].mean() + 1e-3)
    tinted = light * tint * detail ** rng.uniform(0.3, 1.2)
    mix = rng.uniform(0, 1)
    values = values * (1 - mix) + tinted * mix
    ramp = np.linspace(rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2), values.shape[1])[None, :, None]
    values = (values * ramp).clip(0, 1) ** rng.uniform(0.6, 1.5)
    return Image.fromarray((values * 255).astype(np.uint8))


# Source, its simulation, how many pictures, share of the concept's draws.
PLANS: tuple[tuple[str, Simulate, int, float], ...] = (
    ("histology", histology_field, 800, 0.8),
    ("mednist/Hand", both_hands, 500, 0.1),
    ("mednist/BreastMRI", one_breast, 1000, 0.4),
    ("mednist/BreastMRI", other_sequence, 800, 0.2),
    ("brain_mri", other_sequence, 800, 0.25),
    ("breast_ultrasound", ultrasound_view, 900, 0.6),
    ("dermoscopy64", hairy_lesion, 800, 0.5),
    ("blood_cells", cut_out_cell, 1000, 0.3),
    ("blood_smear", cut_out_cell, 300, 0.1),
    ("fundus", other_fundus, 1500, 2.0),
)
CT_PLANS: tuple[tuple[str, int, float], ...] = (
    ("mednist/AbdomenCT", 1800, 1.2),
    ("mednist/HeadCT", 1500, 0.8),
    ("chest_ct", 1500, 1.0),
)


def simulated_sources(sources: Sequence[Source], seed: int, share: float = 1.0) -> list[Source]:
    """The simulated sources, with `share` of the planned number of pictures each."""
    rng = np.random.default_rng(seed)
    by_name = {source.name: source for source in sources}
    made = []
    for name, simulate, count, weight in PLANS:
        if name in by_name:
            source = by_name[name]
            images = [simulate(source.images, rng) for _ in range(max(1, round(count * share)))]
            made.append(_made(source, simulate.__name__, images, weight))
    for name, count, weight in CT_PLANS:
        if name in by_name and name in SCANNERS:
            source = by_name[name]
            images = [
                other_window(pick(source.images, rng), name, source.concept, rng)
                for _ in range(max(1, round(count * share)))
            ]
            made.append(_made(source, "other_window", images, weight))
    return made


def _made(source: Source, kind: str, images: list[Pixels], weight: float) -> Source:
    return replace(
        source, name=f"{source.name} ({kind})", images=images, findings=[None] * len(images), weight=weight
    )
