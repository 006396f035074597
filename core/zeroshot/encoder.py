"""The one encoder: images and captions to unit vectors of one space, by any open_clip model."""

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import normalize

from core.errors import UserError
from core.memory import Sliceable, in_smaller_batches, is_out_of_memory
from core.zeroshot.entry import ModelEntry
from core.zeroshot.loading import Loaded, load
from core.zeroshot.weights import Weights, check_safe, locate, weights_sha256

Float32 = npt.NDArray[np.float32]

_BATCH = {"cpu": 32, "cuda": 256, "mps": 64}  # at 224 px
_MAX_BATCH = 256
_TEXT_BATCH = 64
_LESS = "Close other programs, choose a smaller model, or use --device cpu."


def pick_device(wanted: str = "auto") -> str:
    """The device to compute on: `cuda`, `mps` or `cpu`. Raises `UserError` when it is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if wanted not in there:
        raise UserError(f"There is no device '{wanted}'.", "Choose auto, cpu, cuda or mps.")
    if not there[wanted]:
        what = {"cuda": "an NVIDIA GPU with its driver", "mps": "an Apple GPU"}[wanted]
        raise UserError(
            f"PyTorch finds no {wanted} device on this machine: it takes {what}.", "Use --device cpu or auto."
        )
    return wanted


class Encoder:
    """A CLIP model in use. `preprocess` may run in many threads; the encode methods in one at a time.

    `batch_size` images go through the model at once; it halves for good when memory runs out. `notes` are
    remarks for whoever uses the results, such as a caption that was cut.
    """

    def __init__(
        self, entry: ModelEntry, loaded: Loaded, weights: Weights, device: str, batch_size: int = 0
    ) -> None:
        from open_clip.transform import PreprocessCfg, image_transform_v2

        self.entry = entry
        self.device = device
        self.model = loaded.model.to(device)
        self.tokenizer = loaded.tokenizer
        self.context_length = loaded.context_length
        self.dim = int(loaded.config["embed_dim"])
        self.logit_scale = float(self.model.logit_scale.exp())
        bias = getattr(self.model, "logit_bias", None)
        self.logit_bias: float | None = None if bias is None else float(bias)
        self.notes: list[str] = list(entry.notes)
        self._weights = weights
        self._config = loaded.config
        self._preprocess_cfg = loaded.preprocess
        self._transform = image_transform_v2(PreprocessCfg(**loaded.preprocess), is_train=False)
        self._side = int(np.min(loaded.preprocess["size"]))
        self.batch_size = batch_size or _default_batch(device, self._side)

    @classmethod
    def load(
        cls, entry: ModelEntry, device: str = "auto", *, resize_mode: str = "longest", batch_size: int = 0
    ) -> "Encoder":
        """Load a model from this machine's files; nothing is downloaded. Raises `UserError`.

        `resize_mode` `longest` pads to a square, so that nothing is cut off; `shortest` is the centre crop
        CLIP was published with; `squash` ignores the aspect. `batch_size` 0 fits the device and image side.
        """
        weights = locate(entry)
        check_safe(weights.path)
        device = pick_device(device)
        loaded = load(entry, weights, resize_mode)
        try:
            return cls(entry, loaded, weights, device, batch_size)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise UserError(
                f"There is not enough memory on {device} to load {entry.title}.", _LESS
            ) from error

    @property
    def device_name(self) -> str:
        """What computes, for people: the GPU's or processor's name."""
        if self.device == "cuda":
            return torch.cuda.get_device_name()
        return self.device if self.device == "mps" else f"cpu ({platform.machine()})"

    @property
    def precision(self) -> str:
        """How images are encoded: float16 by autocast on CUDA, else float32."""
        return "autocast float16" if self.device == "cuda" else "float32"

    @property
    def fingerprint(self) -> str:
        """16 hex digits of weights, preprocessing and architecture: embeddings of equal ones can be mixed."""
        parts = {"weights": self._sha256, "preprocess": self._preprocess_cfg, "config": self._config}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def provenance(self) -> dict[str, Any]:
        """What made the vectors, as plain JSON values."""
        facts = {
            "model": self.entry.id,
            "arch": self.entry.arch or self.entry.hub or self.entry.title,
            "weights_file": self._weights.path.name,
            "weights_sha256": self._sha256,
            "preprocess": self._preprocess_cfg,
            "open_clip": version("open_clip_torch"),
            "torch": torch.__version__,
            "precision": self.precision,
            "device": self.device_name,
        }
        found: dict[str, Any] = json.loads(json.dumps(facts))
        return found

    def preprocess(self, array: npt.NDArray[np.uint8]) -> Tensor:
        """(h, w) or (h, w, 3) uint8 to model input (3, side, side) float32, by open_clip's transform."""
        from PIL import Image

        if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
            raise ValueError(f"expected (h, w) or (h, w, 3) uint8 pixels, got {array.shape} {array.dtype}")
        image = Image.fromarray(array)
        longer, shorter = max(image.size), min(image.size)
        if round(shorter * self._side / longer) < 1:  # a strip that would be scaled to nothing
            wide = image.width == longer
            image = image.resize((self._side, 1) if wide else (1, self._side), Image.Resampling.BICUBIC)
        tensor: Tensor = self._transform(image)
        return tensor

    def encode_images(self, images: Sequence[Tensor] | Tensor) -> Float32:
        """(n, dim) float32 unit vectors of preprocessed images, each (3, side, side) float32.

        When memory runs out the batch is halved, `batch_size` keeps the smaller size, and the work goes on.
        Raises `UserError` when one image alone is too much, or the model gives no finite numbers.
        """
        items: Sliceable[Sequence[Tensor] | Tensor] = images
        parts = in_smaller_batches(self._encode, items, self.batch_size, self.lower_batch, self.device_name)
        return np.concatenate([np.empty((0, self.dim), np.float32), *parts])

    def lower_batch(self, size: int) -> None:
        """From now on at most `size` images go through at once."""
        self.batch_size = size

    def encode_texts(self, texts: Sequence[str]) -> Float32:
        """(n, dim) float32 unit vectors of captions. One beyond the context length is cut, with a note."""
        found = np.empty((len(texts), self.dim), np.float32)
        for start in range(0, len(texts), _TEXT_BATCH):
            part = list(texts[start : start + _TEXT_BATCH])
            self._note_long(part)
            tokens = self.tokenizer(part, context_length=self.context_length).to(self.device)
            with torch.inference_mode():
                vectors = normalize(self.model.encode_text(tokens).float(), dim=-1)
            found[start : start + len(part)] = vectors.cpu().numpy()
        return found

    def text_classifier(self, prompts: Sequence[Sequence[str]]) -> Float32:
        """(k, dim) float32 unit vectors, one a class: the mean of its captions' unit vectors, renormalised.

        As CLIP's prompt ensembling (Radford et al. 2021, section 3.1.4). Raises ValueError for a class
        without captions.
        """
        if not prompts or not all(prompts):
            raise ValueError("every class needs at least one caption")
        captions = list(dict.fromkeys(caption for own in prompts for caption in own))
        where = {caption: row for row, caption in enumerate(captions)}
        vectors = self.encode_texts(captions)
        means = np.stack([vectors[[where[caption] for caption in own]].mean(axis=0) for own in prompts])
        unit: Float32 = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return unit

    @property
    def _sha256(self) -> str:
        return weights_sha256(self._weights.path)

    def _encode(self, images: Sequence[Tensor] | Tensor) -> Float32:
        batch = images if isinstance(images, Tensor) else torch.stack(list(images))
        return self._forward(batch.to(self.device))

    def _forward(self, batch: Tensor) -> Float32:
        with torch.inference_mode():
            with torch.autocast(self.device, torch.float16, enabled=self.device == "cuda"):
                raw = self.model.encode_image(batch)
            if self.device == "cuda" and not bool(torch.isfinite(raw).all()):
                raw = self.model.encode_image(batch)  # beyond float16's range: once more in float32
            vectors: Float32 = normalize(raw.float(), dim=-1).cpu().numpy()
        if not np.isfinite(vectors).all():
            raise UserError(
                f"{self.entry.title} gives no finite numbers: its weights are damaged.", "Bring them again."
            )
        return vectors

    def _note_long(self, texts: list[str]) -> None:
        inner = getattr(self.tokenizer, "tokenizer", None)
        padding = getattr(inner, "pad_token_id", None) or 0
        longer = self.tokenizer(texts, context_length=self.context_length + 1)[:, -1] != padding
        for text, cut in zip(texts, longer.tolist(), strict=True):
            limit = f"longer than the {self.context_length} tokens the model reads"
            note = f"The caption '{text[:60]}...' is {limit}; its end was cut."
            if cut and note not in self.notes:
                self.notes.append(note)


def _default_batch(device: str, side: int) -> int:
    return int(np.clip(_BATCH[device] * (224 / side) ** 2, 1, _MAX_BATCH))
