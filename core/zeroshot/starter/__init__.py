"""Train the built-in CLIP 'starter' from scratch on the project's open image sets.

Nothing here is imported by the application: the trained folder is loaded by open_clip like any other model.
"""
