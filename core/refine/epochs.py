"""One epoch of a training, and its validation."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import nn

from core.jobs import JobContext
from core.memory import LessAtOnce, attempt, halved, too_little
from core.refine.augment import augmented
from core.refine.events import BatchEnd
from core.refine.inference import logits_of, to_input
from core.refine.losses import CrossEntropy, PerImageLoss, generalised_cross_entropy
from core.refine.optimisers import rate_factor, set_rate
from core.refine.params import TrainingParams

TEXT = "Training, images seen"
_SECONDS_BETWEEN_BATCH_EVENTS = 0.25
_PIXELS_WORTH_SHARING = 64 * 28 * 28
"""Pixels of a batch from which its step is shared out to the CPU's threads."""


@dataclass(frozen=True)
class LabelledPixels:
    """Images (n, side, side[, 3]) uint8 and what they are.

    `labels` (m,) int64 and `weights` (m,) float32 are for the images `rows` (m,) int64; without `rows` m is n and
    all are meant.
    """

    images: torch.Tensor
    labels: torch.Tensor
    weights: torch.Tensor | None = None
    rows: torch.Tensor | None = None

    def batch(self, places: torch.Tensor) -> torch.Tensor:
        """The images at `places` among the m, as they are stored."""
        return self.images[places if self.rows is None else self.rows[places]]


class Diverged(Exception):  # noqa: N818  the training ends, the program goes on
    """The loss is not a number any more."""


@dataclass
class Trainer:
    """What stays the same over the epochs of one training.

    `at_once` images of a batch go through the network together: all, until memory runs out. Then it is halved for
    good, `LessAtOnce` says so, and the gradients of the parts are added up, so that a step still follows from a whole
    batch: the same recipe, though dropout draws other numbers. Only batch normalisation sees the parts: its
    statistics are then those of fewer images, never of one.
    """

    network: nn.Module
    name: str
    data: LabelledPixels
    params: TrainingParams
    device: str
    ctx: JobContext
    optimiser: torch.optim.Optimizer
    loss: PerImageLoss
    scaler: torch.amp.GradScaler = field(init=False)
    at_once: int = field(init=False)
    _told: float = 0.0

    def __post_init__(self) -> None:
        needed = half_precision(self.params, self.device) is torch.float16
        self.scaler = torch.amp.GradScaler("cuda", enabled=needed)
        self.at_once = self.params.batch_size
        self._normalised = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in self.network.modules())

    def epoch(self, number: int) -> tuple[float, float]:
        """Train on all images once: mean cross-entropy in nats, accuracy. Raises `Diverged`.

        Epochs are numbered from 0. Order, augmentation and dropout follow from torch's random state.
        """
        self.network.train()
        order = torch.randperm(len(self.data.labels))
        batches = self._batches(order)
        total = self.params.epochs * len(order)
        loss_sum = correct = seen = 0.0
        for step, places in enumerate(batches):
            self.ctx.progress(number * len(order) + int(seen), total, TEXT)
            share = (number + step / len(batches)) / self.params.epochs
            set_rate(self.optimiser, self.params.learning_rate * rate_factor(self.params.schedule, share))
            loss, right = self._step(places)
            if not math.isfinite(loss):
                raise Diverged
            self._tell(number, step, len(batches), loss, right / len(places))
            loss_sum += loss * len(places)
            correct += right
            seen += len(places)
        return loss_sum / len(order), correct / len(order)

    def _batches(self, order: torch.Tensor) -> list[torch.Tensor]:
        """Batch normalisation cannot learn from one image: a last batch of one joins the batch before."""
        batches = list(order.split(self.params.batch_size))
        if self._normalised and len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        return batches

    def _step(self, places: torch.Tensor) -> tuple[float, float]:
        """Loss that is told and number of right ones. A try that ran out of memory leaves no gradient behind."""
        while (found := attempt(lambda: self._gradients(places))) is None:
            self.optimiser.zero_grad()
            least = 2 if self._normalised else 1
            largest = max(map(len, self._parts(places)))
            self.at_once = max(halved(largest if largest > least else 1, self.device), least)
            self.ctx.emit(LessAtOnce("Training", self.at_once))
        if attempt(self._apply) is None:  # the optimiser's memory does not depend on the batch
            raise too_little(self.device)
        return found[0]

    def _apply(self) -> None:
        if self.scaler.is_enabled():
            self.scaler.step(self.optimiser)
            self.scaler.update()
        else:
            self.optimiser.step()

    def _parts(self, places: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """A batch in about equal parts of at most `at_once`; none of one image where that cannot be normalised."""
        count = -(-len(places) // self.at_once)
        if self._normalised:
            count = max(1, min(count, len(places) // 2))
        return places.tensor_split(count)

    def _gradients(self, places: torch.Tensor) -> tuple[float, float]:
        """Add up the gradients of the mean loss over a batch, part by part."""
        images = augmented(to_input(self.data.batch(places).to(self.device)), self.params.augmentation)
        self.optimiser.zero_grad()
        parts = self._parts(places)
        told = right = 0.0
        for part, own in zip(parts, images.split([len(part) for part in parts]), strict=True):
            share = len(part) / len(places)
            loss, found = self._part(own, part, share)
            told += loss * share
            right += found
        return told, right

    def _part(self, images: torch.Tensor, places: torch.Tensor, share: float) -> tuple[float, float]:
        labels = self.data.labels[places].to(self.device)
        weights = None if self.data.weights is None else self.data.weights[places].to(self.device)
        with autocast(self.params, self.device):
            logits = self.network(images)
        logits = logits.float()
        loss, told = self._losses(logits, labels, weights, places)
        self.scaler.scale(loss if share == 1 else loss * share).backward()
        return float(told.detach()), float((logits.detach().argmax(1) == labels).sum())

    def _losses(
        self,
        logits: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor | None,
        places: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What is made small, and the cross-entropy that is told."""
        if self.params.loss == "cross-entropy":
            loss = _mean_cross_entropy(logits, labels, weights)
            return loss, loss
        per_image = self.loss(logits, labels, places)
        loss = per_image.mean() if weights is None else (per_image * weights).mean()
        told = _mean_cross_entropy(logits.detach(), labels, weights)
        return loss, told if bool(loss.isfinite()) else loss

    def _tell(self, epoch: int, batch: int, batches: int, loss: float, accuracy: float) -> None:
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_BATCH_EVENTS:
            self._told = now
            self.ctx.emit(BatchEnd(epoch + 1, batch + 1, batches, loss, self.name, accuracy))


def validate(
    network: nn.Module, data: LabelledPixels, params: TrainingParams, device: str, ctx: JobContext
) -> tuple[float, float, float]:
    """Mean cross-entropy, accuracy, and what the best epoch is chosen by; in evaluation mode.

    For losses made for wrong labels that is the generalised cross-entropy: a few wrong labels that the network
    rightly disbelieves must not outweigh all others.
    """
    logits = logits_of(network, data.images, device, data.rows, ctx.check)
    loss = float(_mean_cross_entropy(logits, data.labels, data.weights))
    accuracy = float((logits.argmax(1) == data.labels).float().mean())
    if params.loss == "cross-entropy":
        return loss, accuracy, loss
    criterion = generalised_cross_entropy(logits, data.labels)
    weights = torch.ones_like(criterion) if data.weights is None else data.weights
    return loss, accuracy, float((criterion * weights).sum() / weights.sum())


def half_precision(params: TrainingParams, device: str) -> torch.dtype | None:
    """What activations are computed in on CUDA: bfloat16, float16 where there is none; None for float32."""
    if not params.mixed_precision or not device.startswith("cuda"):
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def autocast(params: TrainingParams, device: str) -> AbstractContextManager[object]:
    """Mixed precision where it is wanted and possible; the weights stay float32."""
    kind = half_precision(params, device)
    return nullcontext() if kind is None else torch.autocast("cuda", dtype=kind)


@contextmanager
def sensible_threads(data: LabelledPixels, params: TrainingParams) -> Iterator[None]:
    """Compute on one CPU thread where steps cost more to share out than to do.

    On two busy cores a step of 16 images of 28 px took 206 ms on two threads and 5 ms on one.
    On two idle cores the second thread made a step of 64 images of 28 px twice as fast; on busy ones it
    made every step slower, small ones most.
    """
    before = torch.get_num_threads()
    if params.batch_size * data.images[0].numel() < _PIXELS_WORTH_SHARING:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _mean_cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None
) -> torch.Tensor:
    if weights is None:
        return nn.functional.cross_entropy(logits, labels)
    no_places = torch.empty(0, dtype=torch.int64)
    return (CrossEntropy()(logits, labels, no_places) * weights).mean()
