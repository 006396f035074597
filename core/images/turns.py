"""How many images are read at once, and how one is read alone because memory ran out beside others."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore


class Turns:
    """At most `most` images in work at once, over all threads that ask; at first as many as there are threads."""

    def __init__(self, threads: int) -> None:
        self.most = threads
        self._held = threads
        self._free = Semaphore(threads)
        self._alone = Lock()  # held by the one that waits for all others to end

    @contextmanager
    def one(self) -> Iterator[None]:
        """Beside others."""
        with self._free:
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Once the others that are in work are done, and before others begin."""
        with self._alone:
            for _ in range(self._held):
                self._free.acquire()
            try:
                yield
            finally:
                self._held = self.most
                self._free.release(self._held)

    def halve(self, most: int) -> None:
        """Half of `most`, that were too many, from the end of this turn on. Only for the one that has it `alone`."""
        self.most = min(self.most, max(1, most // 2))
