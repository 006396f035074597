"""Kinds of images that a partition must not take from the class that their own weak labels name.

A class may have several kinds of images that do not touch. The smallest cut then gives a whole kind to the class that
it touches more, against nearly all its labels. Such an island differs from errors that follow from the image content by
its size and by its own cut: those are a smaller part of a class, and many ties lead out of them.

Both bounds were chosen on 24 development mixtures with eight kinds of label errors each, and on MedNIST classes put
together two and three at a time: of 241 partitions that had an island none lost by its return there, and of 228
other ones two did.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.refine.recipe.features import Floats
from core.refine.recipe.graph import normalised, normalised_cuts
from core.refine.recipe.propagation import propagate, without_bias

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]

_ALPHA = 0.9  # reaches an image's own neighbourhood
_SHARE = 0.25  # of the class that an island joins, at least
_CUT = 0.5  # of an island, at most
_VOTES = 0.625  # of its weak labels for that class, at least


def with_islands(w: "csr_array", found: Floats, beliefs: Floats, hidden: Ints, mean_weak: Floats) -> Floats:
    """The beliefs `found` (n, k) of a partition of the graph `w`, where islands believe what their own weak labels say.

    `beliefs` (n, k) are the weak labels, `hidden` (n,) the folds in which they are, `mean_weak` (k,) how often each
    class is named: a class that is mostly called another must not look like a kind of that one. The same array where
    there is no island, and where one would leave a class empty.
    """
    classes = found.shape[1]
    local = without_bias(propagate(normalised(w), beliefs, hidden, _ALPHA), mean_weak, 1.0)
    chosen, own = found.argmax(axis=1), local.argmax(axis=1)
    pairs = chosen * classes + own
    result = found.copy()
    for pair in np.unique(pairs[chosen != own]):
        island, joined = pairs == pair, int(pair % classes)
        size, votes = int(island.sum()), beliefs[island].sum(axis=0)
        large = size >= _SHARE * (size + int((chosen == joined).sum()))
        clear = votes[joined] >= _VOTES * votes.sum()
        if large and clear and normalised_cuts(w, island.astype(np.int64), 2)[1] < _CUT:
            result[island] = local[island]
    emptied = np.bincount(result.argmax(axis=1), minlength=classes) == 0
    return found if emptied.any() or (result == found).all() else result
