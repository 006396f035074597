"""`python -m medlabel_gui`."""

import sys

from medlabel_gui.app import main

if __name__ == "__main__":
    sys.exit(main())
