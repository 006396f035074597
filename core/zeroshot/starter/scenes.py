"""Pictures that are not medical, drawn by the script: noise, text pages, charts, scenes and plain fills."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]


def _colour(rng: np.random.Generator, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = (int(value) for value in rng.integers(low, high, 3))
    return red, green, blue


def draw_noise(rng: np.random.Generator, side: int) -> Image.Image:
    """Noise of any grain, grey or coloured."""
    grain = int(rng.integers(2, side))
    channels = 3 if rng.random() < 0.5 else 1
    values = rng.normal(rng.uniform(60, 190), rng.uniform(15, 90), (grain, grain, channels)).clip(0, 255)
    small = Image.fromarray(np.repeat(values, 4 - channels if channels == 1 else 1, axis=2).astype(np.uint8))
    return small.resize(
        (side, side), Image.Resampling.BICUBIC if rng.random() < 0.5 else Image.Resampling.NEAREST
    )


def draw_text(rng: np.random.Generator, side: int) -> Image.Image:
    """A page with lines of letters."""
    paper = int(rng.integers(200, 256))
    ink = int(rng.integers(0, 90))
    if rng.random() < 0.15:
        paper, ink = ink, paper
    image = Image.new("RGB", (side, side), (paper, paper, paper))
    pen = ImageDraw.Draw(image)
    margin, step = int(rng.integers(2, side // 5)), int(rng.integers(5, 14))
    letters = list("abcdefghijklmnopqrstuvwxyz      ,.ETAO0123")
    for top in range(margin, side - margin, step):
        if rng.random() < 0.12:
            continue
        text = "".join(rng.choice(letters, int(rng.integers(4, 30))))
        pen.text((margin, top), text, fill=(ink, ink, ink), font_size=float(max(4, step - 2)))
    return image


def draw_chart(rng: np.random.Generator, side: int) -> Image.Image:
    """Axes with bars, a line or points."""
    back = _colour(rng, 215) if rng.random() < 0.85 else _colour(rng, 0, 50)
    line: Colour = (30, 30, 30) if sum(back) > 380 else (220, 220, 220)
    image = Image.new("RGB", (side, side), back)
    pen = ImageDraw.Draw(image)
    left, bottom = int(side * rng.uniform(0.05, 0.2)), int(side * rng.uniform(0.8, 0.95))
    count = int(rng.integers(4, 14))
    xs = np.linspace(left + 3, side - 6, count)
    kind = rng.random()
    for _ in range(int(rng.integers(1, 4))):
        ys = (
            rng.uniform(side * 0.1, bottom, count)
            if kind < 0.7
            else bottom - np.cumsum(rng.uniform(0, 8, count))
        )
        colour = _colour(rng)
        if kind < 0.35:
            for x, y in zip(xs, ys, strict=True):
                pen.rectangle((x, y, x + max(2.0, side / count * 0.6), bottom), fill=colour)
            break
        points = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        if kind < 0.8:
            pen.line(points, fill=colour, width=int(rng.integers(1, 4)))
        else:
            for x, y in points:
                pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
    pen.line((left, 4, left, bottom), fill=line)
    pen.line((left, bottom, side - 4, bottom), fill=line)
    return image


def draw_photograph(rng: np.random.Generator, side: int) -> Image.Image:
    """A made-up scene: sky and ground, or a wall, with objects of many colours."""
    top, low = np.array(_colour(rng, 80), float), np.array(_colour(rng), float)
    horizon = rng.uniform(0.2, 0.8)
    ramp = np.linspace(0, 1, side)[:, None, None]
    scene = top * (1 - ramp) + np.array(_colour(rng, 100)) * ramp
    scene = np.where(ramp > horizon, low * (1.4 - ramp) + 20, scene)
    pixels = np.broadcast_to(scene, (side, side, 3)).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 12))):
        x, y = rng.uniform(-0.1, 1, 2) * side
        width, height = rng.uniform(0.05, 0.5, 2) * side
        box = (x, y, x + width, y + height)
        shape = rng.random()
        if shape < 0.4:
            pen.rectangle(box, fill=_colour(rng))
        elif shape < 0.7:
            pen.ellipse(box, fill=_colour(rng))
        else:
            pen.polygon([(x, y + height), (x + width / 2, y), (x + width, y + height)], fill=_colour(rng))
    texture = rng.normal(0, rng.uniform(2, 18), (side, side, 1))
    noisy = (np.asarray(image, dtype=np.float32) + texture).clip(0, 255).astype(np.uint8)
    return Image.fromarray(noisy).filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1.5))))


def draw_plain(rng: np.random.Generator, side: int) -> Image.Image:
    """One colour, or a slow change between two."""
    start, end = np.array(_colour(rng), float), np.array(_colour(rng), float)
    if rng.random() < 0.5:
        start[:], end[:] = start[0], end[0]
    if rng.random() < 0.4:
        end = start
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    angle = rng.uniform(0, 2 * np.pi)
    ramp = (x * np.cos(angle) + y * np.sin(angle) + 1.5)[..., None] / 3
    return Image.fromarray((start * (1 - ramp) + end * ramp).clip(0, 255).astype(np.uint8))


DRAWERS: dict[str, Callable[[np.random.Generator, int], Image.Image]] = {
    "noise": draw_noise,
    "text": draw_text,
    "chart": draw_chart,
    "photograph": draw_photograph,
    "plain": draw_plain,
}


def draw(name: str, rng: np.random.Generator, side: int = 96) -> Pixels:
    """A picture of kind `name`: (side, side, 3) uint8."""
    return np.asarray(DRAWERS[name](rng, side).convert("RGB"))
