"""The window. Qt only: torch, open_clip and scikit-learn are never imported here."""
