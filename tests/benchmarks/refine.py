"""`make bench-refine`: the second stage on emulated errors, beside what it should reach; prints one table.

The table is also written to OUT/bars.md and OUT/bars.csv, anew after each trial. The same call goes on where an
earlier one stopped. Nothing fails on a figure.
"""

import argparse
import os
import sys
import time
from pathlib import Path

_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    for name in _ONE_THREAD:
        os.environ[name] = "1"  # read when numpy and torch are imported, here and in the processes
    from core.errors import UserError

    try:
        return _run(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped; the same call goes on. So far: {options.out / 'bars.md'}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-refine", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="breastmnist.npz, pneumoniamnist.npz, MedNIST"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the trials and the table")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--strategies", default="auto,published,gce,confident-learning")
    parser.add_argument("--rows", nargs="+", default=[], help="cb, med6, pneu, or longer: cb-n3a, pneu-n1-20")
    parser.add_argument("--jobs", type=int, default=1, help="trials at a time, each on one core")
    parser.add_argument("--device", default="cpu")
    return parser


def _run(options: argparse.Namespace) -> int:
    from core.experiments.bars import choose_rows, mixtures, plan
    from core.experiments.bars_table import csv_text, markdown, reached
    from core.experiments.report import write_text
    from core.experiments.runner import LOG, TrialEnd, read_log, run_trials
    from core.jobs import JobContext

    rows = choose_rows([name for text in options.rows for name in text.split(",") if name])
    options.out.mkdir(parents=True, exist_ok=True)
    sets = mixtures(options.data, options.out / "data", sorted({row.task for row in rows}))
    strategies = [name for name in options.strategies.split(",") if name]
    planned = plan(rows, strategies, options.seeds, sets, device=options.device)
    names = {trial.key: trial.row.name for trial in planned}
    known = read_log(options.out / LOG)
    started = time.monotonic()

    def write() -> str:
        found = reached(planned, known)
        write_text(options.out / "bars.csv", csv_text(found))
        text = markdown(found)
        write_text(options.out / "bars.md", text)
        return text

    def listen(event: object) -> None:
        if isinstance(event, TrialEnd):
            result = event.result
            known[result.key] = result
            write()
            print(
                f"{time.monotonic() - started:7.0f} s  {event.done}/{event.total}  {names[result.key]}  "
                f"{result.strategy}  seed {result.seed}: {100 * result.clip_train.accuracy:.1f} -> "
                f"{100 * result.refined_train.accuracy:.1f}, new {100 * result.refined_test.accuracy:.1f}, "
                f"{result.seconds:.1f} s {result.notes.get('candidate', '')}",
                file=sys.stderr,
                flush=True,
            )

    write()
    ran = run_trials([trial.spec for trial in planned], options.out, options.jobs, JobContext(listen))
    for text in ran.failed:
        print(f"failed: {text}", file=sys.stderr)
    print(write(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
