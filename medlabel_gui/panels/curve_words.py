"""A training in words, for the line above its curves."""

from core.refine.events import BatchEnd, EpochEnd
from medlabel_gui.panels.curve_list import run_name
from medlabel_gui.panels.curve_runs import RunCurves
from medlabel_gui.refine_choice import network_title
from medlabel_gui.texts.training import CurveTexts


def describe(training: RunCurves | None, batch: BatchEnd | None = None) -> str:
    """A training in words; `batch` is the newest one of the epoch in work."""
    if training is None:
        return CurveTexts.none
    best = training.best
    if training.ended:
        return CurveTexts.none if best is None else _ended(training, best)
    words = [_in_work(training, batch)]
    if best is not None:
        last = training.epochs[-1]
        words.append(CurveTexts.best_so_far.format(**_values(best)))
        if last.patience and last.waited and last.epoch < last.epochs:  # the last one ends it in any case
            words.append(CurveTexts.waiting.format(waited=last.waited, patience=last.patience))
    return " ".join(words)


def _ended(training: RunCurves, best: EpochEnd) -> str:
    last = training.epochs[-1]
    if training.stopped_early:
        first = CurveTexts.stopped_early.format(run=run_name(training), epoch=last.epoch, waited=last.waited)
    elif training.complete:
        first = CurveTexts.ended.format(run=run_name(training), epoch=last.epoch)
    else:
        first = CurveTexts.interrupted.format(epoch=last.epoch)
    return f"{first} {CurveTexts.best.format(**_values(best))}"


def _in_work(training: RunCurves, batch: BatchEnd | None) -> str:
    """Which epoch, and how far it is: batches of an epoch that has ended are those of another network."""
    last = training.epochs[-1] if training.epochs else None
    done = 0 if last is None else last.epoch
    if batch is None or batch.epoch <= done:
        text = CurveTexts.begins if last is None else CurveTexts.live.format(epoch=done, epochs=last.epochs)
    else:
        values = {"batch": batch.batch, "batches": batch.batches, "loss": f"{batch.loss:.3f}"}
        if last is None:
            text = CurveTexts.first_batch.format(epoch=batch.epoch, **values)
        else:
            text = CurveTexts.live_batch.format(epoch=batch.epoch, epochs=last.epochs, **values)
    if not training.network:
        return text
    return CurveTexts.of_network.format(network=network_title(training.network), text=text)


def _values(best: EpochEnd) -> dict[str, object]:
    return {"epoch": best.epoch, "accuracy": f"{best.validation_accuracy:.1%}"}
