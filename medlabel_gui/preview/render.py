"""Paints the visible part of a picture through its table of grey values."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from core.images.levels import apply_window
from core.images.pixels import UInt8
from medlabel_gui.preview.pyramid import Pyramid
from medlabel_gui.preview.tone import Tone
from medlabel_gui.preview.viewport import Viewport

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, eq=False)
class _Part:
    """The pixels of a level that are seen, a view, and where they begin."""

    pixels: UInt8
    left: int
    top: int

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pixels.shape[1]), int(self.pixels.shape[0])


def paint_picture(painter: QPainter, pyramid: Pyramid, viewport: Viewport, tone: Tone) -> None:
    """Paint on a painter whose unit is a device pixel. Enlarged pixels stay squares, reduced ones are averaged.

    The cost is that of the pixels in the pane, whatever the picture's size.
    """
    if viewport.scale >= 1:
        _paint_enlarged(painter, pyramid, viewport, tone)
    else:
        _paint_reduced(painter, pyramid, viewport, tone)


def _paint_enlarged(painter: QPainter, pyramid: Pyramid, viewport: Viewport, tone: Tone) -> None:
    part, tone = _part_of(pyramid, 0, viewport.visible(), tone)
    if part is None:
        return
    x, y = viewport.to_pane((part.left, part.top))
    target = QRectF(x, y, part.size[0] * viewport.scale, part.size[1] * viewport.scale)
    if viewport.scale == 1:  # exactly pixel on pixel, whatever the centre's fraction
        target.moveTo(round(x), round(y))
    image = _image(part.pixels, tone)
    if not pyramid.is_grey:
        image = _toned(image, tone)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(target, image, QRectF(image.rect()))


def _paint_reduced(painter: QPainter, pyramid: Pyramid, viewport: Viewport, tone: Tone) -> None:
    number = pyramid.level_for(viewport.scale)
    factor = 2.0**number
    left, top, right, bottom = viewport.visible()
    box = (left / factor, top / factor, right / factor, bottom / factor)
    part, tone = _part_of(pyramid, number, box, tone)
    if part is None:
        return
    x, y = viewport.to_pane((part.left * factor, part.top * factor))
    size = viewport.scale * factor
    target = _seen(QRectF(x, y, part.size[0] * size, part.size[1] * size))
    image = _image(part.pixels, tone)
    if pyramid.is_grey or tone.neutral:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image, QRectF(image.rect()))
        return
    # Colour: scale first and look up then, in no more pixels than the pane has.
    corner = math.floor(max(target.left(), 0)), math.floor(max(target.top(), 0))
    end = min(target.right(), viewport.pane[0]), min(target.bottom(), viewport.pane[1])
    extent = max(math.ceil(end[0]) - corner[0], 1), max(math.ceil(end[1]) - corner[1], 1)
    shown = QImage(*extent, QImage.Format.Format_RGB32)
    shown.fill(0xFF000000)
    inner = QPainter(shown)
    inner.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    inner.drawImage(target.translated(-corner[0], -corner[1]), image, QRectF(image.rect()))
    inner.end()
    painter.drawImage(*corner, _toned(shown, tone))


def _seen(target: QRectF) -> QRectF:
    """A picture that is thinner than a pixel of the pane still gets one."""
    if target.width() < 1:
        target = QRectF(math.floor(target.left()), target.top(), 1, target.height())
    if target.height() < 1:
        target = QRectF(target.left(), math.floor(target.top()), target.width(), 1)
    return target


def _part_of(pyramid: Pyramid, number: int, box: Box, tone: Tone) -> tuple[_Part | None, Tone]:
    """What is seen of a level, and what the table is left to do. Samples of more than 8 bits go through a window
    here: of what is seen only, so that the cost is that of the pane.
    """
    height, width = pyramid.levels[number].shape[:2]
    left, top = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
    right, bottom = min(math.ceil(box[2]), width), min(math.ceil(box[3]), height)
    if right <= left or bottom <= top:
        return None, tone
    stored = pyramid.stored
    if stored is None or not tone.moves_window:
        return _Part(pyramid.levels[number][top:bottom, left:right], left, top), tone
    window = tone.window(stored.window, stored.inverted)
    samples = pyramid.samples[number][top:bottom, left:right]
    pixels = apply_window(samples, window.low, window.high, stored.inverted)
    return _Part(pixels, left, top), Tone(inverted=tone.inverted)


def _image(pixels: UInt8, tone: Tone) -> QImage:
    """A QImage on the memory of a part of a level, which it keeps. Grey pixels go through the table already."""
    height, width = pixels.shape[:2]
    if pixels.ndim == 2:
        if not tone.neutral:
            seen = pixels.tobytes().translate(tone.table().tobytes())
            return QImage(seen, width, height, width, QImage.Format.Format_Grayscale8)
        return QImage(_memory(pixels, 1), width, height, pixels.strides[0], QImage.Format.Format_Grayscale8)
    return QImage(_memory(pixels, 3), width, height, pixels.strides[0], QImage.Format.Format_RGB888)


def _memory(pixels: UInt8, channels: int) -> memoryview:
    """The bytes from a part's first to its last, with what lies between its rows."""
    height, width = pixels.shape[:2]
    extent = (height - 1) * pixels.strides[0] + width * channels
    return np.lib.stride_tricks.as_strided(pixels, (extent,), (1,)).data


def _toned(image: QImage, tone: Tone) -> QImage:
    """A colour image through the table: three bytes a pixel, the alpha of the fourth would change with it."""
    if tone.neutral:
        return image
    # Copied first: a part of a level lies between pixels that are not seen.
    plain = image.convertToFormat(QImage.Format.Format_RGB888).copy()
    values = bytes(plain.constBits()).translate(tone.table().tobytes())
    return QImage(values, plain.width(), plain.height(), plain.bytesPerLine(), QImage.Format.Format_RGB888)
