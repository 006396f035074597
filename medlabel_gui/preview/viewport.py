"""Which part of a picture is seen, and how large. Plain geometry, in device pixels; no Qt."""

from dataclasses import dataclass, replace

MAX_SCALE = 64.0
STEP = 1.25  # of one notch of the wheel


@dataclass(frozen=True)
class Viewport:
    """A picture of `image` (width, height) px behind a pane of `pane` (width, height) device px.

    One pixel of the picture is `scale` device pixels wide; `centre` (x, y), in pixels of the picture, lies in
    the middle of the pane. `fits`: the whole picture is to be seen, whatever the pane's size becomes.
    """

    image: tuple[int, int]
    pane: tuple[int, int]
    scale: float
    centre: tuple[float, float]
    fits: bool = True

    @classmethod
    def fit(cls, image: tuple[int, int], pane: tuple[int, int]) -> "Viewport":
        """The whole picture, as large as the pane lets it be."""
        pane = (max(pane[0], 1), max(pane[1], 1))
        scale = min(pane[0] / image[0], pane[1] / image[1])
        return cls(image, pane, scale, (image[0] / 2, image[1] / 2))

    @property
    def fitting_scale(self) -> float:
        return Viewport.fit(self.image, self.pane).scale

    def resized(self, pane: tuple[int, int]) -> "Viewport":
        """The same in a pane of another size."""
        if self.fits:
            return Viewport.fit(self.image, pane)
        return replace(self, pane=(max(pane[0], 1), max(pane[1], 1)))._kept_inside()

    def zoomed(self, notches: float, at: tuple[float, float]) -> "Viewport":
        """Larger or smaller; what is at the pane's point `at` stays there. Stops at 1:1 and at fit on its way."""
        target = self.scale * STEP**notches
        smallest = min(self.fitting_scale, 1.0)
        target = min(max(target, smallest), max(MAX_SCALE, self.fitting_scale))
        for stop in (1.0, self.fitting_scale):
            if min(self.scale, target) * 1.0001 < stop < max(self.scale, target) / 1.0001:
                target = stop
        return self.scaled_to(target, at)

    def scaled_to(self, scale: float, at: tuple[float, float]) -> "Viewport":
        """One pixel of the picture becomes `scale` device pixels; what is at `at` stays there."""
        x, y = self.to_image(at)
        offset_x, offset_y = at[0] - self.pane[0] / 2, at[1] - self.pane[1] / 2
        centre = (x - offset_x / scale, y - offset_y / scale)
        fits = abs(scale / self.fitting_scale - 1) < 1e-6
        return replace(self, scale=scale, centre=centre, fits=fits)._kept_inside()

    def moved(self, dx: float, dy: float) -> "Viewport":
        """The picture dragged by so many device pixels."""
        centre = (self.centre[0] - dx / self.scale, self.centre[1] - dy / self.scale)
        return replace(self, centre=centre)._kept_inside()

    def to_image(self, point: tuple[float, float]) -> tuple[float, float]:
        """The picture's pixel coordinates at a point of the pane."""
        return (
            self.centre[0] + (point[0] - self.pane[0] / 2) / self.scale,
            self.centre[1] + (point[1] - self.pane[1] / 2) / self.scale,
        )

    def to_pane(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point of the picture is in the pane."""
        return (
            (point[0] - self.centre[0]) * self.scale + self.pane[0] / 2,
            (point[1] - self.centre[1]) * self.scale + self.pane[1] / 2,
        )

    def visible(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what is seen, in the picture's pixels."""
        left, top = self.to_image((0, 0))
        right, bottom = self.to_image(self.pane)
        return max(left, 0), max(top, 0), min(right, self.image[0]), min(bottom, self.image[1])

    def _kept_inside(self) -> "Viewport":
        """No empty room beside a picture that is larger than the pane; a smaller one stands in the middle."""
        centre = []
        for place, size, room in zip(self.centre, self.image, self.pane, strict=True):
            half = room / self.scale / 2
            centre.append(size / 2 if 2 * half >= size else min(max(place, half), size - half))
        return replace(self, centre=(centre[0], centre[1]))
