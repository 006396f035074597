"""Every text that the window shows, one file a part of it. Nothing here but texts."""
