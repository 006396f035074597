"""MedLabel's GUI-independent core. Importing it is cheap: torch is imported when a task needs it."""

__version__ = "0.1.0"
