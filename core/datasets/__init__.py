"""Published benchmark sets, and the sample images that ship with the application."""
