"""From embeddings and a text classifier to probabilities: a matrix product and a softmax, numpy only."""

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

NEARLY_SAME = 0.98  # cosine of two classes' text vectors from which on the model can hardly tell them apart


def probabilities(
    embeddings: npt.NDArray[np.float16] | Float32,
    classifier: Float32,
    logit_scale: float,
    logit_bias: float | None = None,
    chunk: int = 65536,
    out: Float32 | None = None,
) -> Float32:
    """(n, k) float32 softmax over the classes of `logit_scale * embeddings @ classifier.T`.

    `embeddings` (n, d) float16 or float32 unit vectors, a memory map included: it is read `chunk` rows at a
    time. `classifier` (k, d). The result goes into `out` (n, k) float32 when given. Rows with NaN stay NaN.
    `logit_bias` (SigLIP) is one number for all classes, which a softmax cancels; it is taken for completeness
    and not added, so that it costs no precision. Raises ValueError when shapes disagree.
    """
    del logit_bias
    n, classes = len(embeddings), len(classifier)
    if embeddings.ndim != 2 or classifier.ndim != 2 or embeddings.shape[1] != classifier.shape[1]:
        raise ValueError(f"embeddings {embeddings.shape} do not go with a classifier {classifier.shape}")
    result = np.empty((n, classes), np.float32) if out is None else out
    if result.shape != (n, classes) or result.dtype != np.float32:
        raise ValueError(f"out is {result.shape} {result.dtype}, not {(n, classes)} float32")
    weights = np.ascontiguousarray(classifier.T, np.float32) * np.float32(logit_scale)
    for start in range(0, n, chunk):
        rows = slice(start, start + chunk)
        logits = embeddings[rows].astype(np.float32) @ weights
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=1, keepdims=True)
        result[rows] = logits
    return result


def nearly_same(classifier: Float32, threshold: float = NEARLY_SAME) -> list[tuple[int, int, float]]:
    """Pairs (i, j, cosine), i < j, of classes that the model can hardly tell apart, most alike first.

    `classifier` (k, d) are the classes' text vectors; alike are those of at least `threshold` cosine.
    """
    vectors = classifier / np.maximum(np.linalg.norm(classifier, axis=1, keepdims=True), 1e-12)
    cosines = vectors @ vectors.T
    rows, columns = np.nonzero(np.triu(cosines >= threshold, k=1))
    pairs = [(int(i), int(j), float(cosines[i, j])) for i, j in zip(rows, columns, strict=True)]
    return sorted(pairs, key=lambda pair: -pair[2])
