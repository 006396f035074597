"""`python -m medlabel_gui`, `medlabel-gui`, and what the worker's process imports on its start: as little as can be."""

import multiprocessing
import sys


def main() -> int:
    """Run the window until it is closed; the exit code of the process."""
    multiprocessing.freeze_support()  # in a frozen application the worker's process starts here too
    from medlabel_gui.app import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
