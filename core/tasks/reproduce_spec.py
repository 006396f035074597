"""What an experiment is asked for. Free of torch, so that any front end can name it."""

from dataclasses import dataclass, field
from pathlib import Path

from core.refine.params import TrainingChoices
from core.zeroshot.catalogue import DEFAULT_MODEL

PUBLISHED_REPEATS = 30
CLIP = "clip"


@dataclass(frozen=True)
class ReproduceSpec:
    """An experiment. `sources` are files, folders or names of MedMNIST sets; see `MixtureSpec` for how they are mixed.

    `weak` are kinds of weak labels: "clip", "noise:N1@0.2", or a CSV or NPZ file of probabilities. Each repeat
    has its own seed, from `seed` on. `shots` true labels a class are given as decisions. `jobs` trials run
    at a time, 0 for one a core (one alone on a GPU). `classes` and `prompts` are as `medlabel label` takes them.
    """

    out: Path
    sources: tuple[str, ...] = ()
    classes: str = ""
    prompts: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ("published",)
    weak: tuple[str, ...] = (CLIP,)
    model: str = DEFAULT_MODEL
    repeats: int = PUBLISHED_REPEATS
    seed: int = 0
    jobs: int = 0
    device: str = "auto"
    all_pairs: bool = False
    by_label: bool = False
    root: Path | None = None
    download: bool = False
    image_size: int = 28
    side: int = 0
    balanced: bool = True
    counts: tuple[int, ...] = ()
    per_class: int = 0
    shots: int = 0
    test_share: float = 0.3
    examples: bool = True
    choices: TrainingChoices = field(default_factory=TrainingChoices)

    @property
    def seeds(self) -> range:
        """Of the repeats."""
        return range(self.seed, self.seed + self.repeats)
