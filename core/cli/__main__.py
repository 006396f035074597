"""`python -m core.cli`, the same as `medlabel`."""

from core.cli import main

main()
