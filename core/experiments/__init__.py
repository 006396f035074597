"""The published experiment and its extensions, as commands that anyone can repeat."""
