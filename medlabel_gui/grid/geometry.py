"""Where tiles and headers are: plain arithmetic, so a million tiles cost what the visible ones cost. No Qt.

Coordinates are whole device-independent pixels from the top left corner of the whole content.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

MARGIN = 4  # around all tiles
PADDING = 6  # inside a tile, around its picture
BAR_HEIGHT = 5  # the confidence, below the picture
CAPTION_HEIGHT = 38  # two lines of text
HEADER_HEIGHT = 32


class Geometry:
    """Uniform tiles in lines, in groups (`counts`, none of them 0) below each other; each group has a header where
    `headed`, and begins a new line.
    """

    def __init__(self, counts: Sequence[int], side: int, width: int, headed: bool = False) -> None:
        self.tile_width = side + 2 * PADDING
        self.tile_height = side + 2 * PADDING + BAR_HEIGHT + CAPTION_HEIGHT
        self.columns = max(1, (width - 2 * MARGIN) // self.tile_width)
        self.left = max(MARGIN, (width - self.columns * self.tile_width) // 2)
        self._header = HEADER_HEIGHT if headed else 0
        self._starts = [0, *accumulate(counts)]  # position of the first tile of each group, and the end
        heights = (self._header + -(-count // self.columns) * self.tile_height for count in counts)
        self._tops = [*accumulate(heights, initial=MARGIN)]  # of each group, and the bottom

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return self._starts[-1]

    @property
    def height(self) -> int:
        """Of the whole content."""
        return self._tops[-1] + MARGIN

    def place(self, position: int) -> tuple[int, int]:
        """x and y of a tile."""
        group = self.group_of(position)
        line, column = divmod(position - self._starts[group], self.columns)
        top = self._tops[group] + self._header + line * self.tile_height
        return self.left + column * self.tile_width, top

    def group_of(self, position: int) -> int:
        """Number of the group of a tile."""
        return max(0, min(bisect_right(self._starts, position), len(self._starts) - 1) - 1)

    def group(self, number: int) -> range:
        """The tiles of a group."""
        return range(self._starts[number], self._starts[number + 1])

    def column_of(self, position: int) -> int:
        """In which column a tile is."""
        return (position - self._starts[self.group_of(position)]) % self.columns

    def at(self, x: int, y: int) -> int:
        """The tile at a point, -1 where there is none."""
        column = (x - self.left) // self.tile_width
        if not 0 <= column < self.columns:
            return -1
        return next((line[column] for line in self._lines(y, y) if column < len(line)), -1)

    def header_at(self, y: int) -> int:
        """The group whose header is at a height, -1 where there is none."""
        return next((number for number, _ in self.headers(y, y)), -1)

    def headers(self, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        """(number of the group, y) of the headers that touch `top` to `bottom`."""
        if not self._header:
            return
        for number in self._groups(top, bottom):
            y = self._tops[number]
            if y <= bottom and y + self._header > top:
                yield number, y

    def lines(self, left: int, top: int, right: int, bottom: int) -> Iterator[range]:
        """The tiles that touch a rectangle, one range a line."""
        first = max(0, (left - self.left) // self.tile_width)
        last = min(self.columns - 1, (right - self.left) // self.tile_width)
        for line in self._lines(top, bottom):
            part = line[first : last + 1] if first <= last else line[:0]
            if part:
                yield part

    def above(self, position: int, column: int) -> int:
        """The tile one line higher in `column`, or the last of that line; itself in the first line."""
        group = self.group_of(position)
        line = self._line(position)
        if line.start > self._starts[group]:
            return line.start - self.columns + column
        return self._nearest(self._line(line.start - 1), column) if group else position

    def below(self, position: int, column: int) -> int:
        """The tile one line lower in `column`, or the last of that line; itself in the last line."""
        line = self._line(position)
        return position if line.stop >= self.count else self._nearest(self._line(line.stop), column)

    def page(self, position: int, column: int, down: bool, height: int) -> int:
        """The tile in `column` about `height` higher or lower, at least one line where there is one."""
        step = self.below if down else self.above
        one_on = step(position, column)
        y = self.place(position)[1] + (
            max(height - self.tile_height, 0) if down else -height + self.tile_height
        )
        line = next(iter(self._lines(y, y + self.tile_height)), None)
        if line is None:
            line = self._line(self.count - 1 if down else 0)
        target = self._nearest(line, column)
        return max(target, one_on) if down else min(target, one_on)

    def _line(self, position: int) -> range:
        """The line of a tile."""
        tiles = self.group(self.group_of(position))
        start = position - (position - tiles.start) % self.columns
        return range(start, min(start + self.columns, tiles.stop))

    @staticmethod
    def _nearest(line: range, column: int) -> int:
        return line[min(column, len(line) - 1)]

    def _groups(self, top: int, bottom: int) -> range:
        """The groups that may touch `top` to `bottom`."""
        first = max(0, bisect_right(self._tops, top) - 1)
        return range(first, min(bisect_right(self._tops, bottom), len(self._tops) - 1))

    def _lines(self, top: int, bottom: int) -> Iterator[range]:
        """The whole lines of tiles that touch `top` to `bottom`."""
        for number in self._groups(top, bottom):
            tiles, begin = self.group(number), self._tops[number] + self._header
            first = max(0, (top - begin) // self.tile_height)
            last = (bottom - begin) // self.tile_height
            for line in range(first, last + 1):
                start = tiles.start + line * self.columns
                if start >= tiles.stop:
                    break
                yield range(start, min(start + self.columns, tiles.stop))
