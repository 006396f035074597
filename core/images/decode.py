"""Decode many images in worker threads, in order, never more than a few batches ahead."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.images.perceptual import perceptual_hash
from core.images.pixels import ImageUnreadable, Pixels
from core.images.refs import ImageRef
from core.images.source import ImageSource

T = TypeVar("T")


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
    images: Sequence[tuple[int, ImageRef]],
    prepare: Callable[[Pixels], T],
    ahead: int = 256,
    threads: int | None = None,
    look: bool = False,
) -> Generator[Decoded[T], None, None]:
    """Yield `prepare(pixels)` of every image in order; an unreadable image comes with its error.

    `prepare` runs in a worker thread. At most `ahead` results wait in memory. Closing the iterator
    stops the threads. With `look`, the perceptual hash of each image is computed too.
    """

    def work(row: int, ref: ImageRef) -> Decoded[T]:
        try:
            pixels = source.read(ref)
            value = prepare(pixels)
            phash = perceptual_hash(pixels.array) if look else b""
        except ImageUnreadable as error:
            return Decoded(row, None, error=str(error))
        return Decoded(
            row,
            value,
            pixels.sha256,
            pixels.width,
            pixels.height,
            pixels.is_grey,
            details=pixels.details.to_json(),
            phash=phash,
        )

    waiting: deque[Future[Decoded[T]]] = deque()
    remaining = iter(images)
    with ThreadPoolExecutor(threads or os.cpu_count() or 2, "decode") as pool:
        try:
            for row, ref in remaining:
                waiting.append(pool.submit(work, row, ref))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
