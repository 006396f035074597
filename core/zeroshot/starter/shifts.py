"""Simulated other hospitals: named changes of a picture, each alone, for the table in the model card."""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[np.uint8]
Shift = Callable[[Pixels, np.random.Generator], Pixels]


def _curve(pixels: Pixels, values: npt.NDArray[np.float64]) -> Pixels:
    return np.asarray((values.clip(0, 1) * 255).astype(np.uint8)[pixels])


def _x() -> npt.NDArray[np.float64]:
    return np.linspace(0, 1, 256)


def none(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """As it is."""
    return pixels


def narrow_window(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A display window of half the range."""
    low = rng.uniform(0.1, 0.35)
    return _curve(pixels, (_x() - low) / 0.5)


def dark(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Gamma 2."""
    return _curve(pixels, _x() ** 2)


def bright(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Gamma 0.5."""
    return _curve(pixels, _x() ** 0.5)


def pale(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Two fifths of the contrast."""
    return _curve(pixels, 0.35 + 0.4 * _x())


def inverted(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Negative (grey pictures only)."""
    return pixels if pixels.ndim == 3 else np.asarray(255 - pixels)


def white_border(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A white frame of 15 % on each side."""
    height, width = pixels.shape[:2]
    dy, dx = round(height * 0.15), round(width * 0.15)
    pads = ((dy, dy), (dx, dx)) + ((0, 0),) * (pixels.ndim - 2)
    return np.pad(pixels, pads, constant_values=255)


def letterbox(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Black bars left and right, half the width each."""
    dx = pixels.shape[1] // 2
    pads = ((0, 0), (dx, dx)) + ((0, 0),) * (pixels.ndim - 2)
    return np.pad(pixels, pads)


def text_marks(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Burned-in text in the corners."""
    image = Image.fromarray(pixels).resize((192, 192))
    pen = ImageDraw.Draw(image)
    ink: int | tuple[int, ...] = 255 if pixels.ndim == 2 else (255, 255, 255)
    for x, y in ((4, 4), (110, 4), (4, 150), (120, 150)):
        pen.text((x, y), "HOSPITAL\n12:04 kV 120\nSE 3 IM 41", fill=ink, font_size=11.0)
    return np.asarray(image)


def crop(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A random 65 % in both directions."""
    height, width = pixels.shape[:2]
    h, w = max(8, round(height * 0.65)), max(8, round(width * 0.65))
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    return pixels[top : top + h, left : left + w]


def small_28(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """28 x 28 pixels."""
    return np.asarray(Image.fromarray(pixels).resize((28, 28), Image.Resampling.BICUBIC))


def jpeg(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """JPEG of quality 15."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=15)
    return np.asarray(Image.open(buffer))


def blur(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Gaussian blur of 2.5 % of the side."""
    image = Image.fromarray(pixels)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.025 * max(image.size))))


def noise(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Gaussian noise of 18 grey levels."""
    return np.asarray((pixels + rng.normal(0, 18, pixels.shape)).clip(0, 255).astype(np.uint8))


def colour_cast(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Channel gains of 0.7 to 1.3 (colour pictures only)."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray((pixels * rng.uniform(0.7, 1.3, 3)).clip(0, 255).astype(np.uint8))


def without_colour(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Grey."""
    return np.asarray(Image.fromarray(pixels).convert("L"))


def turned(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Turned by up to 15 degrees."""
    image = Image.fromarray(pixels)
    return np.asarray(image.rotate(float(rng.uniform(-15, 15)), Image.Resampling.BILINEAR))


def stretched(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Aspect ratio changed by 1.4."""
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((round(image.width * 1.4), image.height)))


SHIFTS: dict[str, Shift] = {
    "none": none,
    "narrow window": narrow_window,
    "gamma 2": dark,
    "gamma 0.5": bright,
    "weak contrast": pale,
    "inverted": inverted,
    "white border": white_border,
    "letterbox": letterbox,
    "burned-in text": text_marks,
    "crop 65 %": crop,
    "28 px": small_28,
    "JPEG 15": jpeg,
    "blur": blur,
    "noise": noise,
    "colour cast": colour_cast,
    "no colour": without_colour,
    "turned": turned,
    "stretched": stretched,
}
