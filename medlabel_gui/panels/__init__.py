"""The parts of the window, one screen each."""
