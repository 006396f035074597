"""Libraries that warn of what they find in a file, kept silent: what is wrong with an image is told in its row.

Python's own filters are no way: they are one for all threads, and each thread restores those that it found, so that
two decoding threads can leave the whole process silent.
"""

import warnings
from types import ModuleType, SimpleNamespace
from typing import Any


def silence(module: ModuleType) -> None:
    """From now on `warnings.warn` of this module, which it must call by that name, says nothing; in every thread."""
    names: dict[str, Any] = {name: getattr(warnings, name) for name in warnings.__all__}
    module.__dict__["warnings"] = SimpleNamespace(**names | {"warn": _nothing})


def _nothing(*_: object, **__: object) -> None:
    pass
