"""The project on disk and its image table in memory."""
