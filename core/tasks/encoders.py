"""The encoder that this process used last, kept: other prompts need not load the model again."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.zeroshot.entry import ModelEntry
from core.zeroshot.weights import locate

if TYPE_CHECKING:
    from core.zeroshot.encoder import Encoder

_Key = tuple[object, ...]

_loading = threading.Lock()
_texts = threading.Lock()
_last: "tuple[_Key, Encoder] | None" = None


def shared_encoder(entry: ModelEntry, device: str = "auto") -> "Encoder":
    """The encoder of a model, loaded unless it is the one asked for last. Any thread. Raises `UserError`.

    One encoder is kept a process; it is let go before another model is loaded. A weights file that was replaced
    is loaded again. Captions go through `text_classifier` below, which takes care of threads and notes; images
    through `encode_images`, by one caller at a time.
    """
    from core.zeroshot.encoder import Encoder

    global _last
    with _loading:
        key = _key(entry, device)
        if _last is None or _last[0] != key:
            _last = None
            _last = (key, Encoder.load(entry, device))
        return _last[1]


def forget_encoder() -> None:
    """Let go of the encoder that is kept, and of its memory."""
    global _last
    with _loading:
        _last = None


def text_classifier(
    encoder: "Encoder", prompts: Sequence[Sequence[str]]
) -> tuple[npt.NDArray[np.float32], tuple[str, ...]]:
    """(k, dim) float32 unit vectors, one a class, and the notes on these captions and the model. Any thread.

    An encoder collects notes as long as it lives; those on captions of an earlier call do not come back.
    """
    with _texts:
        encoder.notes = list(encoder.entry.notes)
        classifier = encoder.text_classifier(prompts)
        return classifier, tuple(encoder.notes)


def _key(entry: ModelEntry, device: str) -> _Key:
    path = locate(entry).path
    facts = path.stat()
    return entry, device, path, facts.st_size, facts.st_mtime_ns
