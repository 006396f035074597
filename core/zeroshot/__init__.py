"""Stage 1: labels from a CLIP model without any training."""
