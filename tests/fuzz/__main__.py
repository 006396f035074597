"""`make fuzz ARGS="--reader dicom --inputs 100000"`."""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.harness import batches_of, run, signature
from tests.fuzz.seeds import READERS


def main() -> int:
    """Try every reader, or one; a line for each. 1 when any input did what it must not do."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--reader", choices=READERS, action="append", help="default: all of them")
    parser.add_argument("--inputs", type=int, default=2000, help="damaged files for each reader")
    parser.add_argument("--seed", type=int, default=0, help="other files for another number")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=int, default=20, help="an input that takes longer hangs")
    parser.add_argument("--out", type=Path, default=Path("test-artifacts/fuzz"), help="for inputs that fail")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    failed = False
    print(f"{'reader':<8} {'inputs':>9} {'past header':>12} {'read':>9} {'failed':>7} {'seconds':>8}")
    for reader in options.reader or READERS:
        started = time.monotonic()
        out = options.out / f"{reader}-{options.seed}"
        (found,) = run(
            batches_of(reader, options.inputs, options.seed), out, options.processes, options.seconds
        )
        seconds = time.monotonic() - started
        print(
            f"{reader:<8} {found.tried:>9,} {found.passed:>12,} {found.read:>9,} {found.failed:>7,} {seconds:>8.0f}",
            flush=True,
        )
        for text, times in Counter(map(signature, found.kept)).most_common():
            example = next(path for path in found.kept if signature(path) == text)
            print(f"  {times} x {text}\n      {example}", flush=True)
        failed = failed or found.failed > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
