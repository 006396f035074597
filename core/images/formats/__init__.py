"""One reader a format; `registry.py` has the table."""
