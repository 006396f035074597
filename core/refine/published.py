"""The published second stage: a small CNN trained on CLIP's labels as if they were true."""

from dataclasses import replace

from core.jobs import JobContext
from core.refine.choosing import checkpoint_file, chosen_input, chosen_params, rows_to_learn
from core.refine.choosing import inputs as inputs_of
from core.refine.fitting import fit_network
from core.refine.network_check import network_warning
from core.refine.params import TrainingChoices, TrainingParams
from core.refine.request import RefineOutcome, RefineRequest

NETWORK = "published"


def inputs(learnt: int, side: int, colour: bool, choices: TrainingChoices) -> list[tuple[int, bool]]:
    """As `choosing.inputs`, with the published network unless another was chosen."""
    return inputs_of(learnt, side, colour, choices, NETWORK)


def refine_published(request: RefineRequest, ctx: JobContext) -> RefineOutcome:
    """Train the published CNN with the published parameters and predict every image with it.

    Grey 28 px images, SGD 1e-3 with momentum 0.9, batches of 16, cross-entropy, at most 20 epochs, early
    stopping with patience 10 on a random fifth of the images, best weights kept. Predictions are not
    out-of-fold: the network has seen four fifths of the images with the labels that it judges.
    """
    rows = rows_to_learn(request)
    network, pixels = chosen_input(request, NETWORK)
    params = chosen_params(request.choices, TrainingParams())
    fitted = fit_network(
        network.name,
        pixels,
        request.labels,
        params,
        request.seed,
        request.device,
        ctx,
        classes=request.weak.shape[1],
        checkpoint=checkpoint_file(request, "published"),
        pretrained=request.choices.pretrained,
        rows=rows,
    )
    probabilities = fitted.trained.probabilities(pixels, request.device)
    warning = network_warning(fitted, pixels, request.labels, None, request.device)
    model, warnings = replace(fitted.trained, warning=warning), (warning,) if warning else ()
    return RefineOutcome(probabilities, fitted.metrics(), model, warnings=warnings)
