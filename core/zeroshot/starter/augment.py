"""Make a training image look like another hospital's: tone, geometry, borders, marks, resolution.

Pillow does the pixel work on pictures of at most 160 px, about a millisecond an image.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator


@dataclass(frozen=True)
class Look:
    """How far the pictures of one concept may be changed."""

    turn: float = 12.0  # degrees either way
    quarter_turns: bool = False  # any orientation is natural
    flip: float = 0.5
    upside_down: float = 0.0
    zoom: float = 0.7  # smallest part kept, in each direction
    invert: float = 0.06
    tone: float = 0.7  # chance of a changed tone curve
    grey: float = 0.12  # chance that colour is dropped
    hue: float = 0.0  # strength of colour casts, 0 to 1


LOOKS: dict[str, Look] = {
    "chest x-ray": Look(invert=0.12, zoom=0.65),
    "hand x-ray": Look(turn=35, invert=0.15, zoom=0.65, upside_down=0.05),
    "chest CT": Look(invert=0.08, upside_down=0.05, zoom=0.6),
    "abdominal CT": Look(invert=0.08, upside_down=0.05, zoom=0.6),
    "head CT": Look(turn=25, invert=0.08, upside_down=0.08, zoom=0.7),
    "breast MRI": Look(upside_down=0.3, zoom=0.6),
    "brain MRI": Look(turn=25, upside_down=0.05, zoom=0.65),
    "breast ultrasound": Look(turn=8, invert=0.03, zoom=0.55),
    "dermoscopy": Look(turn=45, quarter_turns=True, invert=0, zoom=0.45, hue=0.6),
    "histology": Look(turn=45, quarter_turns=True, invert=0, zoom=0.4, hue=0.7),
    "blood cells": Look(turn=45, quarter_turns=True, invert=0.02, zoom=0.4, hue=0.7),
    "fundus": Look(turn=30, quarter_turns=True, invert=0, zoom=0.45, hue=0.8),
}
DEFAULT = Look(hue=0.3)


def tone_curve(rng: Rng, invert: bool) -> Pixels:
    """A random monotone curve from grey value to grey value: (256,) uint8."""
    x = np.linspace(0, 1, 256)
    if rng.random() < 0.5:  # a display window
        low, high = rng.uniform(0, 0.3), rng.uniform(0.55, 1.0)
        x = ((x - low) / (high - low)).clip(0, 1)
    x = x ** float(np.exp(rng.uniform(-0.8, 0.8)))
    if rng.random() < 0.3:  # an S curve or its opposite
        strength = rng.uniform(-0.7, 0.7)
        x = x + strength * (x - 0.5) * x * (1 - x) * 4
    if rng.random() < 0.4:  # weaker contrast
        bottom, top = rng.uniform(0, 0.3), rng.uniform(0.65, 1.0)
        x = bottom + x * (top - bottom)
    if invert:
        x = 1 - x
    return np.asarray((x.clip(0, 1) * 255).round(), dtype=np.uint8)


def equalised(pixels: Pixels) -> Pixels:
    """Histogram equalisation of a grey picture."""
    counts = np.bincount(pixels.ravel(), minlength=256).cumsum()
    curve = (counts - counts[0]) / max(1, counts[-1] - counts[0]) * 255
    return np.asarray(curve.astype(np.uint8)[pixels])


def change_tone(pixels: Pixels, look: Look, rng: Rng) -> Pixels:
    """Window, gamma, contrast, inversion, equalisation; the same curve for all channels."""
    invert = rng.random() < look.invert
    if pixels.ndim == 2 and rng.random() < 0.08:
        pixels = equalised(pixels)
    if invert or rng.random() < look.tone:
        return np.asarray(tone_curve(rng, invert)[pixels])
    return pixels


def change_colour(pixels: Pixels, look: Look, rng: Rng) -> Pixels:
    """Another camera, stain or lamp: channel gains and gammas, saturation, channel mixing, at times grey."""
    if rng.random() < look.grey:
        weights = rng.dirichlet((2.0, 3.0, 1.0)) if rng.random() < 0.5 else np.array((0.3, 0.59, 0.11))
        return np.asarray((pixels @ weights).clip(0, 255).astype(np.uint8))
    values = pixels.astype(np.float32) / 255
    strength = look.hue * rng.uniform(0, 1)
    mix = np.eye(3) + rng.normal(0, 0.16 * strength, (3, 3))
    values = values @ (mix / mix.sum(1, keepdims=True)).T.astype(np.float32)
    values = values.clip(0, 1) ** np.exp(rng.normal(0, 0.35 * strength, 3)).astype(np.float32)
    values = values * np.exp(rng.normal(0, 0.22 * strength, 3)).astype(np.float32)
    grey = values.mean(2, keepdims=True)
    values = grey + (values - grey) * rng.uniform(1 - 0.8 * strength, 1 + 0.8 * strength)
    return np.asarray((values.clip(0, 1) * 255).astype(np.uint8))


def fill_colour(image: Image.Image, rng: Rng) -> int | tuple[int, ...]:
    """What stands outside the picture: mostly black, else white, the corner's own value, or a grey."""
    kind = rng.random()
    channels = len(image.getbands())
    if kind < 0.2:
        corner = image.getpixel((0, 0))
        return corner if isinstance(corner, tuple) else int(corner or 0)
    level = 0 if kind < 0.75 else 255 if kind < 0.88 else int(rng.integers(0, 256))
    return level if channels == 1 else (level,) * channels


def change_geometry(image: Image.Image, look: Look, rng: Rng, side: int) -> Image.Image:
    """A crop at a random place, stretched and turned; the longest side becomes `side`."""
    if rng.random() < look.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < (0.5 if look.quarter_turns else look.upside_down):
        image = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if look.quarter_turns and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.ROTATE_90)
    if rng.random() < 0.45:
        image = image.rotate(
            float(rng.uniform(-look.turn, look.turn)),
            Image.Resampling.BILINEAR,
            expand=bool(rng.random() < 0.3),
            fillcolor=fill_colour(image, rng),
        )
    width, height = image.size
    box = (0.0, 0.0, float(width), float(height))
    if rng.random() < 0.7:
        part_x, part_y = rng.uniform(look.zoom, 1, 2)
        left, top = rng.uniform(0, width * (1 - part_x)), rng.uniform(0, height * (1 - part_y))
        box = (left, top, left + width * part_x, top + height * part_y)
    aspect = (box[2] - box[0]) / (box[3] - box[1]) * float(np.exp(rng.normal(0, 0.12)))
    aspect = float(np.clip(aspect, 0.45, 2.2))
    size = (side, max(8, round(side / aspect))) if aspect >= 1 else (max(8, round(side * aspect)), side)
    return image.resize(size, Image.Resampling.BILINEAR, box=box)


def add_borders(image: Image.Image, rng: Rng) -> Image.Image:
    """Bars on some sides, as viewers, films and letterboxing leave them."""
    width, height = image.size
    margins = rng.uniform(0, 0.22, 4) * (rng.random(4) < 0.5)
    left, top, right, bottom = (
        round(float(part) * length) for part, length in zip(margins, (width, height) * 2, strict=True)
    )
    canvas = Image.new(image.mode, (width + left + right, height + top + bottom), fill_colour(image, rng))
    canvas.paste(image, (left, top))
    return canvas


_LETTERS = list("LRABPSHF0123456789")
_LINES = list("abcdeghiklmnoprstuABCDEHKLMRSTX0123456789:/. ")


def add_marks(image: Image.Image, rng: Rng) -> Image.Image:
    """Burned-in text, side letters, rulers and boxes."""
    image = image.copy()
    pen = ImageDraw.Draw(image)
    width, height = image.size
    channels = len(image.getbands())
    for _ in range(int(rng.integers(1, 5))):
        level = int(rng.choice((255, 230, 180, 0))) if rng.random() < 0.8 else int(rng.integers(0, 256))
        ink: int | tuple[int, ...] = level if channels == 1 else (level,) * channels
        if channels == 3 and rng.random() < 0.3:
            ink = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y = (
            rng.uniform(0, 0.9) * width,
            rng.choice((rng.uniform(0, 0.15), rng.uniform(0.8, 0.95), rng.uniform(0, 0.95))) * height,
        )
        kind = rng.random()
        if kind < 0.35:
            pen.text((x, y), str(rng.choice(_LETTERS)), fill=ink, font_size=float(rng.uniform(7, 20)))
        elif kind < 0.75:
            text = "".join(rng.choice(_LINES, int(rng.integers(3, 14))))
            pen.text((x * 0.7, y), text, fill=ink, font_size=float(rng.uniform(4, 9)))
        elif kind < 0.88:
            edge = float(rng.choice((1.0, width - 3.0)))
            for tick in range(0, height, int(rng.integers(4, 12))):
                pen.line((edge - 2, tick, edge + 2, tick), fill=ink)
        else:
            pen.rectangle((x, y, x + rng.uniform(4, 20), y + rng.uniform(3, 12)), outline=ink)
    return image


def degrade(image: Image.Image, rng: Rng) -> Image.Image:
    """Fewer pixels (down to 28), blur, noise and JPEG, each at times."""
    if rng.random() < 0.35:
        factor = rng.uniform(28, 72) / max(image.size)
        if factor < 1:
            size = tuple(max(4, round(length * factor)) for length in image.size)
            image = image.resize((size[0], size[1]), Image.Resampling.BICUBIC)
    if rng.random() < 0.12:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.4))))
    if rng.random() < 0.06:
        image = image.filter(ImageFilter.UnsharpMask(1.0, int(rng.integers(50, 200)), 0))
    if rng.random() < 0.2:
        pixels = np.asarray(image, dtype=np.float32)
        noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(2, 16))
        image = Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))
    if rng.random() < 0.2:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=int(rng.integers(20, 90)))
        image = Image.open(buffer)
        image.load()
    return image


def fit(image: Image.Image, side: int) -> Pixels:
    """Longest side to `side`, centred on black: (side, side, 3) uint8, as open_clip's 'longest'."""
    factor = side / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    if size != image.size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (side, side))
    canvas.paste(image.convert("RGB"), ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(canvas)


def plain_view(pixels: Pixels, look: Look, rng: Rng, side: int) -> Pixels:
    """The picture as it is, or on a wide canvas: (side, side, 3) uint8."""
    image = Image.fromarray(pixels)
    if rng.random() < look.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.4:
        margin = rng.uniform(0, 0.6) * max(image.size)
        dx, dy = (round(margin), 0) if rng.random() < 0.6 else (0, round(margin))
        canvas = Image.new(image.mode, (image.width + 2 * dx, image.height + 2 * dy))
        canvas.paste(image, (dx, dy))
        image = canvas
    return fit(image, side)


def augment(pixels: Pixels, concept: str, rng: Rng, side: int, plain: float = 0.0) -> Pixels:
    """One view: (h, w) or (h, w, 3) uint8 to (side, side, 3) uint8; `plain` is the share left nearly as it is."""
    look = LOOKS.get(concept, DEFAULT)
    if plain and rng.random() < plain:
        return plain_view(pixels, look, rng, side)
    if pixels.ndim == 3 and rng.random() < 0.8:
        pixels = change_colour(pixels, look, rng)
    pixels = change_tone(pixels, look, rng)
    image = change_geometry(Image.fromarray(pixels), look, rng, round(side * float(rng.uniform(1.0, 1.6))))
    if rng.random() < 0.3:
        image = add_borders(image, rng)
    if rng.random() < 0.25:
        image = add_marks(image, rng)
    return fit(degrade(image, rng), side)
