"""Decode many images in worker threads, in order, never more than a few batches ahead."""

import gc
import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.images.perceptual import perceptual_hash
from core.images.pixels import ImageUnreadable, OutOfMemory, Pixels
from core.images.recent import forget_all
from core.images.refs import ImageRef
from core.images.source import ImageSource
from core.images.turns import Turns
from core.memory import LessAtOnce, attempt

log = logging.getLogger(__name__)

READING = "Reading images"

T = TypeVar("T")
Image = tuple[int, ImageRef]


def tell_nobody(event: LessAtOnce) -> None:
    """For a pass that has nobody to tell."""


@dataclass(frozen=True)
class Decoded(Generic[T]):
    """One image of a pass: what was made of its pixels, or why it could not be read."""

    row: int
    value: T | None
    sha256: bytes = b""
    width: int = 0
    height: int = 0
    grey: bool = False
    error: str = ""
    details: str = "{}"
    phash: bytes = b""


def decode_all(
    source: ImageSource,
    images: Sequence[Image],
    prepare: Callable[[Pixels], T],
    ahead: int = 256,
    threads: int | None = None,
    look: bool = False,
    tell: Callable[[LessAtOnce], None] = tell_nobody,
) -> Generator[Decoded[T], None, None]:
    """Yield `prepare(pixels)` of every image in order; an unreadable image comes with its error.

    `prepare` runs in a worker thread. At most `ahead` results wait in memory. Closing the iterator
    stops the threads. With `look`, the perceptual hash of each image is computed too.

    An image that memory runs out for is read again while no other is; where that helps, fewer are read at once and
    ahead from then on, and `tell` hears of it in the caller's thread. Where it does not, it is tried once more when
    the results before it are taken and few behind it wait, and is an error then. Raises what says that memory ran
    out when it is `prepare` that has none even so.
    """
    return _Pass(source, prepare, look, ahead, threads or os.cpu_count() or 2, tell).results(images)


@dataclass(eq=False)
class _Pass(Generic[T]):
    """One pass in work. `refused`: rows that memory ran out for even alone, and that wait for their last try."""

    source: ImageSource
    prepare: Callable[[Pixels], T]
    look: bool
    ahead: int
    threads: int
    tell: Callable[[LessAtOnce], None]
    refused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.turns = Turns(self.threads)
        self.told = self.threads

    def results(self, images: Sequence[Image]) -> Generator[Decoded[T], None, None]:
        waiting: deque[tuple[Image, Future[Decoded[T] | None]]] = deque()
        with ThreadPoolExecutor(self.threads, "decode") as pool:
            try:
                for image in images:
                    while len(waiting) >= self._ahead():
                        yield self._taken(*waiting.popleft())
                    waiting.append((image, pool.submit(self._work, *image)))
                while waiting:
                    yield self._taken(*waiting.popleft())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _ahead(self) -> int:
        """How many results may wait now: few where one is missing because memory ran out, and where it did before."""
        scarce = self.refused or self.turns.most < self.threads
        return max(1, min(self.ahead, 2 * self.turns.most) if scarce else self.ahead)

    def _taken(self, image: Image, waiting: "Future[Decoded[T] | None]") -> Decoded[T]:
        found = waiting.result() or self._last_try(*image)
        if self.turns.most < self.told:
            self.told = self.turns.most
            self.tell(LessAtOnce(READING, self.told))
        return found

    def _work(self, row: int, ref: ImageRef) -> Decoded[T] | None:
        """None where memory ran out, also alone."""
        with self.turns.one():
            beside = self.turns.most
            found = self._attempt(row, ref)
        if found is None:
            log.info("memory ran out for image %d, it is read again alone", row)
            with self.turns.alone():
                forget_all()
                found = self._attempt(row, ref)
                if found is not None:
                    self.turns.halve(beside)
        if found is None:
            self.refused.add(row)
        return found

    def _last_try(self, row: int, ref: ImageRef) -> Decoded[T]:
        self.refused.discard(row)
        with self.turns.alone():
            forget_all()
            gc.collect()
            try:
                return self._decoded(row, ref)
            except ImageUnreadable as error:
                return Decoded(row, None, error=str(error))

    def _attempt(self, row: int, ref: ImageRef) -> Decoded[T] | None:
        try:
            found = attempt(lambda: self._decoded(row, ref))
            return None if found is None else found[0]
        except OutOfMemory:
            return None
        except ImageUnreadable as error:
            return Decoded(row, None, error=str(error))

    def _decoded(self, row: int, ref: ImageRef) -> Decoded[T]:
        pixels = self.source.read(ref)
        value = self.prepare(pixels)
        return Decoded(
            row,
            value,
            pixels.sha256,
            pixels.width,
            pixels.height,
            pixels.is_grey,
            details=pixels.details.to_json(),
            phash=perceptual_hash(pixels.array) if self.look else b"",
        )
