"""Stage 2: better labels from a network trained on stage 1's labels."""
