"""`make fuzz`: every reader is given real files that were damaged, and may only read them or refuse them in words."""
