"""What the strategies that cross-fit a network share: its input, its labels, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.jobs import JobContext
from core.refine.calibration import calibrate
from core.refine.choosing import DECIDED_WEIGHT, checkpoint_file, chosen_input, modern_params, rows_to_learn
from core.refine.crossfit import TEXT, cross_fit
from core.refine.fitting import FittedNetwork, fit_network
from core.refine.network_check import network_warning
from core.refine.params import Loss, TrainingParams
from core.refine.request import RefineOutcome, RefineRequest


@dataclass(frozen=True)
class CnnTask:
    """One refinement with one network. `rows` (m,) are the images to learn from, `weights` (n,) float32."""

    request: RefineRequest
    network: str
    pixels: npt.NDArray[np.uint8]
    params: TrainingParams
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None

    def final(self, rows: npt.NDArray[np.int64], ctx: JobContext) -> FittedNetwork:
        """The network for new images, trained on all `rows`; its epochs are announced."""
        request = self.request
        return fit_network(
            self.network,
            self.pixels,
            self.labels,
            self.params,
            request.seed,
            request.device,
            ctx,
            classes=request.weak.shape[1],
            sample_weights=self.weights,
            checkpoint=checkpoint_file(request, "final"),
            pretrained=request.choices.pretrained,
            rows=rows,
        )

    def out_of_fold(
        self, rows: npt.NDArray[np.int64], ctx: JobContext, prefix: str = "", text: str = TEXT
    ) -> npt.NDArray[np.float32]:
        """(n, k) float32 from networks trained on `rows` without the image itself."""
        request = self.request
        return cross_fit(
            self.network,
            self.pixels,
            self.labels,
            self.params,
            request.seed,
            request.device,
            ctx,
            classes=request.weak.shape[1],
            rows=rows,
            sample_weights=self.weights,
            checkpoint=request.checkpoint,
            prefix=prefix,
            pretrained=request.choices.pretrained,
            text=text,
        )

    def outcome(
        self, final: FittedNetwork, out_of_fold: npt.NDArray[np.float32], more: Mapping[str, Any]
    ) -> RefineOutcome:
        """Calibrated probabilities, and the final network with the same temperature."""
        weak_labels = self.request.weak.argmax(axis=1)
        probabilities, temperature = calibrate(out_of_fold, weak_labels, self.request.truth, self.rows)
        metrics = {**final.metrics(), "temperature": temperature, **more}
        labels, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
        warning = network_warning(final, self.pixels, labels, sure, self.request.device)
        model = replace(final.trained, temperature=temperature, warning=warning)
        warnings = (warning,) if warning else ()
        return RefineOutcome(probabilities, metrics, model, out_of_fold=True, warnings=warnings)


def cnn_task(request: RefineRequest, loss: Loss) -> CnnTask:
    """The network that was chosen, else the small one, to be trained with `loss`.

    Raises `UserError` when there are too few images to learn from, and for an unknown network.
    """
    rows = rows_to_learn(request)
    network, pixels = chosen_input(request)
    params = modern_params(request.choices, network, len(rows), loss=loss)
    decided = request.truth >= 0
    weights = np.where(decided, DECIDED_WEIGHT, 1.0).astype(np.float32) if decided.any() else None
    return CnnTask(request, network.name, pixels, params, rows, request.labels, weights)
