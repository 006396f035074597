"""Windows that open over the main one. None of them blocks the event loop."""
