"""`medlabel`: the tasks on the command line."""

import sys


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 an error that the user can mend, 130 stopped by Ctrl+C."""
    try:
        from core.cli.app import run
    except KeyboardInterrupt:  # Ctrl+C before anything was begun
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))
