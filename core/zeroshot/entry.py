"""What is known of one model, before anything of it is loaded."""

from dataclasses import dataclass
from pathlib import Path

# No "tattoo" and "video game" of ImageNet's templates: they harm medical images.
GENERIC_TEMPLATES = (
    "this is a photo of {}",
    "an image of {}",
    "a medical image showing {}",
    "a medical image of {}",
    "{}",
)
WEIGHT_NAMES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


@dataclass(frozen=True)
class ModelEntry:
    """One model: what it is, what it costs, and where its weights come from.

    Exactly one source: `hub` (repository at huggingface.co, looked up in the local cache), `folder` (a local
    folder in open_clip's format) or `weights` (one local file, with `arch`). `arch` is the open_clip name of
    the architecture; empty where the folder's or repository's own `open_clip_config.json` tells it.
    `templates` are the captions of a bare class name, `{}` standing for it. `text_hub` is a second repository
    whose `config.json` describes the text tower. `notes` are remarks that whoever uses the model should see.
    """

    id: str
    title: str
    size_mb: int
    licence: str
    context_length: int
    image_side: int
    dim: int
    good_for: str
    templates: tuple[str, ...]
    arch: str = ""
    hub: str = ""
    text_hub: str = ""
    small_files: tuple[str, ...] = ()
    quick_gelu: bool = False
    folder: Path | None = None
    weights: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByHand:
    """What to bring by hand: `files` of the web page `page` into one folder, and where `text_page` is not empty
    `text/config.json`, which is that page's `config.json`."""

    page: str
    files: tuple[str, ...]
    text_page: str = ""


def by_hand(entry: ModelEntry) -> ByHand | None:
    """What makes a folder of a model in open_clip's format; None for a model that is not of the table."""
    if not entry.hub:
        return None
    small = tuple(dict.fromkeys(("open_clip_config.json", *entry.small_files)))
    text_page = f"https://huggingface.co/{entry.text_hub}" if entry.text_hub else ""
    return ByHand(f"https://huggingface.co/{entry.hub}", (WEIGHT_NAMES[0], *small), text_page)


def how_to_bring(entry: ModelEntry) -> str:
    """One line: the command that downloads a model of the table, and which files to bring by hand."""
    page = f"https://huggingface.co/{entry.hub}"
    command = f"On a machine with a network: medlabel models --download {entry.id}."
    if entry.arch:
        by_hand = f"{WEIGHT_NAMES[0]} from {page}, then --model {entry.arch}=PATH/{WEIGHT_NAMES[0]}"
        return f"{command} By hand: bring {by_hand}."
    files = ", ".join([" or ".join(WEIGHT_NAMES), *entry.small_files])
    text = f", and config.json of {entry.text_hub} as text/config.json," if entry.text_hub else ""
    return f"{command} By hand: bring {files} from {page}{text} into one folder, then --model FOLDER."
