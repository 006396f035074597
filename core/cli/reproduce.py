"""`medlabel reproduce`: the published experiment as a command."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from core.cli import options
from core.cli.options import Device
from core.errors import UserError

Texts = Optional[list[str]]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("reproduce")(reproduce)


def reproduce(
    sets: Annotated[
        Texts,
        typer.Argument(
            help="NPZ or CSV files, folders or zip archives of class folders, or names of MedMNIST sets."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for table, plots and finished trials.")] = Path(
        "experiment"
    ),
    classes: Annotated[str, typer.Option(help="Class names in the order of the sets, by commas.")] = "",
    by_label: Annotated[
        bool, typer.Option("--by-label", help="The sets' own labels are the classes; else each set is one.")
    ] = False,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="Every pair of the sets given, or of those below --root.")
    ] = False,
    strategy: options.Strategies = None,
    weak_labels: Annotated[
        Texts,
        typer.Option(
            help="clip, noise:KIND@RATE (N1, N2, N3a, N3b, N3c, N3m, N4), or a CSV or NPZ of probabilities. "
            "Give it again."
        ),
    ] = None,
    model: Annotated[
        str, typer.Option(help="CLIP model of the weak labels, see medlabel models.")
    ] = "starter",
    prompt: Annotated[Texts, typer.Option(help='"CLASS=CAPTION" instead of the model\'s templates.')] = None,
    repeats: Annotated[int, typer.Option(help="Trials of each strategy, each with a seed.", min=1)] = 30,
    seed: options.Seed = 0,
    jobs: Annotated[int, typer.Option(help="Trials at a time; 0: one a core.", min=0)] = 0,
    per_class: Annotated[int, typer.Option(help="Training images of each class at most; 0: all.", min=0)] = 0,
    counts: Annotated[str, typer.Option(help="Training images of each class: 546,60.")] = "",
    balance: Annotated[
        bool, typer.Option("--balance/--no-balance", help="As many images of each class as the smallest has.")
    ] = True,
    shots: Annotated[int, typer.Option(help="True labels a class, given as decisions.", min=0)] = 0,
    test_share: Annotated[float, typer.Option(help="Test share of sets without parts of their own.")] = 0.3,
    root: Annotated[Optional[Path], typer.Option(help="Where MedMNIST files lie.")] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch named MedMNIST sets that are not there.")
    ] = False,
    image_size: Annotated[int, typer.Option(help="Variant of named sets: 28, 64, 128 or 224 px.")] = 28,
    side: Annotated[
        int, typer.Option(help="Scale images to this many px; 0: the smallest set's.", min=0)
    ] = 0,
    network: options.Network = None,
    optimiser: Annotated[str, typer.Option(help="sgd, adam or adamw.")] = "",
    schedule: Annotated[str, typer.Option(help="constant, cosine, one-cycle or step.")] = "",
    epochs: Annotated[int, typer.Option(help="Epochs at most; 0: the strategy's.", min=0)] = 0,
    batch_size: Annotated[int, typer.Option(help="0: the strategy's.", min=0)] = 0,
    learning_rate: Annotated[float, typer.Option(help="0: the strategy's.", min=0)] = 0.0,
    class_weights: options.ClassWeights = None,
    flip: options.Flip = None,
    pretrained: options.Pretrained = True,
    examples: Annotated[
        bool, typer.Option("--examples/--no-examples", help="Draw example images with corrected labels.")
    ] = True,
    device: options.DeviceOption = Device.auto,
    json: options.Json = False,
) -> None:
    """Repeat the published experiment: mix image sets, label by CLIP, refine, measure over many seeds."""
    from core.cli.progress import with_progress
    from core.cli.summary import to_json
    from core.tasks import reproduce as task

    chosen = _choices(
        optimiser=optimiser,
        schedule=schedule,
        network=network,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
    )
    chosen |= {"class_weights": class_weights, "flip": flip, "pretrained": pretrained}
    spec = task.ReproduceSpec(
        out=out,
        sources=tuple(sets or ()),
        classes=classes,
        prompts=tuple(prompt or ()),
        strategies=tuple(dict.fromkeys(strategy or ("published",))),
        weak=tuple(dict.fromkeys(weak_labels or (task.CLIP,))),
        model=model,
        repeats=repeats,
        seed=seed,
        jobs=jobs,
        device=str(device),
        all_pairs=all_pairs,
        by_label=by_label,
        root=root,
        download=download,
        image_size=image_size,
        side=side,
        balanced=balance,
        counts=parse_counts(counts),
        per_class=per_class,
        shots=shots,
        test_share=test_share,
        examples=examples,
        choices=task.TrainingChoices(**chosen),
    )
    result = with_progress(lambda ctx: task.reproduce(spec, ctx), json)
    typer.echo(to_json(result) if json else "\n".join(lines(result)))


def lines(result: Any) -> list[str]:
    """The result of the task for people; the wide table is in its files."""
    from core.tasks.reproduce import percent, points

    on_disk = f", {result.resumed} of them were on disk" if result.resumed else ""
    found = []
    for row in result.rows:
        found.append(f"{row.task}, weak labels {row.weak}, {row.strategy}, {row.repeats} repeats")
        for word, before, after, gain, f1 in (
            ("relabelled", row.clip_train, row.train, row.gain_train, row.f1_gain_train),
            ("new images", row.clip_test, row.test, row.gain_test, row.f1_gain_test),
        ):
            found.append(
                f"  {word}  {percent(before, '%'):<20} -> {percent(after, '%'):<20}  gain {points(gain)}  "
                f"F1 {points(f1)}"
            )
        found.append(f"  calibration error {row.ece.mean:.3f}, {row.seconds.mean:.1f} s a trial")
    return [
        *found,
        "Percent and percentage points: mean ± spread (smallest).",
        f"Trials     {result.trials:,} in {result.seconds:.0f} s{on_disk}",
        *(f"Note       {note}" for note in result.notes),
        *(f"Written    {path}" for path in result.files),
    ]


def parse_counts(text: str) -> tuple[int, ...]:
    """`546,60` to numbers. Raises `UserError`."""
    try:
        found = tuple(int(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        found = (-1,)
    if any(count < 0 for count in found):
        raise UserError(f"'{text}' is no list of counts.", "Write one number a class: 546,60.")
    return found


def _choices(**given: Any) -> dict[str, Any]:
    """What was chosen for the network, as fields of `TrainingChoices`, without what was left as it is."""
    return {name: value for name, value in given.items() if value}
