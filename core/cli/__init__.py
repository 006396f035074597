"""`medlabel`: the tasks on the command line."""

import sys


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 an error that the user can mend, 130 stopped by Ctrl+C."""
    from core.cli.app import run

    sys.exit(run(sys.argv[1:]))
