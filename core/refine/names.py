"""Strategies and networks by name, with what people read about them. Free of torch: nothing is loaded to list them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.jobs import JobContext
    from core.refine.params import TrainingChoices
    from core.refine.request import RefineOutcome, RefineRequest


@dataclass(frozen=True)
class StrategyInfo:
    """A strategy of the second stage: call it with a request and a job's context.

    `function` is `module:function` below core.refine, loaded with the first call, and so is `sizes`, which says at
    which sizes the strategy will ask for pixels. `out_of_fold` says whether an image's probabilities come from
    networks that have not seen its label.
    """

    name: str
    title: str
    description: str
    function: str
    sizes: str = "choosing:inputs"
    out_of_fold: bool = True

    def __call__(self, request: "RefineRequest", ctx: "JobContext") -> "RefineOutcome":
        outcome: RefineOutcome = _loaded(self.function)(request, ctx)
        return outcome

    def inputs(
        self, learnt: int, side: int, colour: bool, choices: "TrainingChoices"
    ) -> list[tuple[int, bool]]:
        """Every (side in px, grey) of the pixels that a refinement will ask for.

        `learnt` images of that `side` are learnt from, `colour` says whether any of the images is not grey.
        """
        found: list[tuple[int, bool]] = _loaded(self.sizes)(learnt, side, colour, choices)
        return found


def _loaded(place: str) -> Callable[..., Any]:
    module, name = place.split(":")
    found: Callable[..., Any] = getattr(import_module(f"core.refine.{module}"), name)
    return found


@dataclass(frozen=True)
class NetworkInfo:
    """A network's name and what people read about it."""

    name: str
    title: str
    description: str


STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        StrategyInfo(
            "auto",
            "Automatic",
            "Groups of like images correct the labels where there is evidence for it; a CNN learns the result.",
            "auto:refine_auto",
            "auto:inputs",
        ),
        StrategyInfo(
            "published",
            "Published CNN",
            "The small CNN of the published work, trained on stage 1's labels as if they were true.",
            "published:refine_published",
            "published:inputs",
            out_of_fold=False,
        ),
        StrategyInfo(
            "gce",
            "CNN, generalised cross-entropy",
            "A cross-fitted CNN whose loss forgives labels that it cannot believe.",
            "robust_cnn:refine_gce",
        ),
        StrategyInfo(
            "elr",
            "CNN, early-learning regularisation",
            "A cross-fitted CNN that is held to what it learnt first, before it learns wrong labels by heart.",
            "robust_cnn:refine_elr",
        ),
        StrategyInfo(
            "confident-learning",
            "Confident learning",
            "Drops the labels that a cross-fitted CNN contradicts (cleanlab), then trains on the rest.",
            "confident:refine_confident",
        ),
    )
}

NETWORKS = {
    network.name: network
    for network in (
        NetworkInfo("published", "Published CNN", "The CNN of the published work: grey, 28 px."),
        NetworkInfo("small", "Small CNN", "Four convolutions, 28 to 64 px: quick, good on most sets."),
        NetworkInfo("deep", "Deeper CNN", "Eight convolutions, 28 to 224 px."),
        NetworkInfo("alexnet", "AlexNet", "28 to 224 px."),
        NetworkInfo("vgg", "VGG-11", "With batch normalisation, 28 to 224 px; slow without a GPU."),
        NetworkInfo("resnet18", "ResNet-18", "28 to 224 px; slow without a GPU."),
        NetworkInfo("resnet50", "ResNet-50", "28 to 224 px; very slow without a GPU."),
    )
}

TIMM_PREFIX = "timm/"
"""Before the name of any network of the timm library."""
