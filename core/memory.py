"""Running out of memory: how it is known, and how work goes on with less at once. Free of torch."""

import errno
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.errors import UserError

log = logging.getLogger(__name__)

LESS = "Close other programs, choose a smaller model or network, or compute on another device."

# How torch, its allocators, CUDA's libraries and the system say it; most of them by a plain RuntimeError.
_TEXTS = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "unable to allocate",
    "bad_alloc",
    "bad allocation",
    "alloc_failed",  # CUDNN_STATUS_ALLOC_FAILED, CUBLAS_STATUS_ALLOC_FAILED
    "unable to find a valid cudnn algorithm",  # no room for any algorithm's workspace
    "can't start new thread",  # no room for its stack
)

R = TypeVar("R")
S_co = TypeVar("S_co", covariant=True)


class Sliceable(Protocol[S_co]):
    """A list, an array, a tensor."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> S_co: ...


@dataclass(frozen=True)
class LessAtOnce:
    """Event: memory ran out while `what` was done; it goes on with at most `size` images at once."""

    what: str
    size: int

    @property
    def text(self) -> str:
        """For people, a sentence."""
        images = "one image" if self.size == 1 else f"{self.size:,} images"
        return f"{self.what}: memory ran out, going on with {images} at once."


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that RAM or a device's memory is used up. Exact for what torch, numpy and Python raise."""
    if isinstance(error, MemoryError):  # numpy's too
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):  # torch's, not imported here
        return True
    told = isinstance(error, RuntimeError | OSError)  # Pillow's have no number
    return told and any(text in str(error).casefold() for text in _TEXTS)


def comes_of_no_memory(error: BaseException) -> bool:
    """Whether memory was used up where an error began: it, or one that it was raised for or during."""
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        if is_out_of_memory(found):
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False


def too_little(where: str = "") -> UserError:
    """What is raised when a single image is too much; `where` names the device."""
    on = f" on {where}" if where else ""
    return UserError(f"There is not enough memory{on} for a single image.", LESS)


def give_back() -> None:
    """Hand a device's freed memory back to it, so that other sizes of blocks can be had."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def in_smaller_batches(
    call: Callable[[S_co], R],
    items: Sliceable[S_co],
    size: int,
    lowered: Callable[[int], None] = lambda size: None,
    where: str = "",
) -> Iterator[R]:
    """Yield `call(items[start:stop])` for all `items` in order, at most `size` at once.

    When memory runs out the size is halved, `lowered` is told (to keep it, and to say so), and the same items
    are tried again; `call` may have run partly. Raises `UserError` when one item alone is too much.
    """
    start = 0
    while start < len(items):
        stop = min(start + size, len(items))
        found = attempt(lambda start=start, stop=stop: call(items[start:stop]))  # type: ignore[misc]
        if found is not None:
            yield found[0]
            start = stop
            continue
        size = halved(stop - start, where)
        lowered(size)


def attempt(call: Callable[[], R]) -> tuple[R] | None:
    """What `call` gives, in a tuple; None when memory ran out.

    The error is gone then: its traceback would hold the arrays that took the memory.
    """
    try:
        return (call(),)
    except (MemoryError, RuntimeError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        log.info("memory ran out: %s", str(error).splitlines()[:1])
    give_back()
    return None


def halved(size: int, where: str = "") -> int:
    """Half of what was too much, at least 1. Raises `UserError` where it was 1."""
    if size <= 1:
        raise too_little(where)
    return size // 2
