"""`make bench`: measure, print one table, write it as JSON. `--full` opens all of MedNIST where it is at hand."""

import argparse
import os
from pathlib import Path

from tests.benchmarks import rows, startup, window


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes that the figures in docs are of")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = startup.measure() + window.measure(
        each_open=0 if arguments.full else 1000, each_label=500 if arguments.full else 100
    )
    print(rows.table(found))
    rows.write(arguments.json, found)


if __name__ == "__main__":
    main()
