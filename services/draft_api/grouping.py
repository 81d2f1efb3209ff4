"""Messages grouped by meaning. Pure: vectors in, groups out; equal input gives equal groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Group:
    """Rows of what was grouped: `centre` is the most central one, `members` hold it, the nearest to it first."""

    centre: int
    members: tuple[int, ...]


def group(vectors: Vectors, counts: Sequence[int], bound: float) -> list[Group]:
    """`vectors` [messages, features] are of unit length; `counts` say how often each was said.

    Again and again, the message with most said around it (a cosine above `bound`) becomes a centre, and takes what is
    around it. Groups come in that order; a message with nothing around it is a group of its own.
    """
    near = vectors @ vectors.T > bound
    np.fill_diagonal(near, val=True)
    said = np.array(counts, np.int64)
    left = np.ones(len(said), bool)
    weights = near @ said
    found = []
    while left.any():
        centre = int(np.where(left, weights, -1).argmax())
        taken = np.flatnonzero(near[centre] & left)
        left[taken] = False
        weights = weights - near[:, taken] @ said[taken]
        order = np.lexsort((taken, -(vectors[taken] @ vectors[centre])))
        found.append(Group(centre, tuple(taken[order].tolist())))
    return found
