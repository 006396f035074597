"""The thumbnail grid: model, view, delegate, loader."""
