"""What heads are fitted on: features of expressions and of what intents are called, and the intent of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Rows = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Features:
    """`embeddings` is None in the profile without an encoder."""

    embeddings: Matrix | None
    ngrams: sparse.csr_matrix

    def rows(self, which: Rows | Labels | slice) -> "Features":
        return Features(None if self.embeddings is None else self.embeddings[which], self.ngrams[which])


@dataclass(frozen=True)
class Examples:
    """Rows known to belong to `labels`: the first `said` are expressions, the others are what intents are called."""

    features: Features
    labels: Labels
    said: int

    def rows(self, which: Rows) -> "Examples":
        """Itself when that is all: of 100,000 expressions no copy is made."""
        if which.all():
            return self
        return Examples(self.features.rows(which), self.labels[which], int(which[: self.said].sum()))
