"""What was loaded last and is kept, up to a number of bytes: many images come from one file that is slow to read."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, the ones used last kept, of `most` bytes together; the newest one is kept however large it is.

    Any thread. One value is loaded at a time, so that threads that want the same one wait for the one that loads it,
    and no more than one is in memory beyond those that are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._looking, self._loading = threading.Lock(), threading.Lock()
        _all.add(self)

    def get(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value of `key`, loaded where it is not kept; what `load` raises is raised, and nothing is kept."""
        found = self._find(key)
        if found is None:
            with self._loading:
                found = self._find(key)
                if found is None:
                    value = load()
                    found = (value, size(value))
                    self._keep(key, found)
        return found[0]

    def forget(self) -> None:
        """Keep nothing of what there is."""
        with self._looking:
            self._kept.clear()

    def _find(self, key: Hashable) -> tuple[T, int] | None:
        with self._looking:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, found: tuple[T, int]) -> None:
        with self._looking:
            self._kept[key] = found
            while len(self._kept) > 1 and sum(size for _, size in self._kept.values()) > self._most:
                self._kept.popitem(last=False)


_all: "weakref.WeakSet[Recent[Any]]" = weakref.WeakSet()


def forget_all() -> None:
    """Keep nothing anywhere: memory ran out."""
    for recent in tuple(_all):
        recent.forget()
