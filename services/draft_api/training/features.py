"""Expressions as hashed n-grams."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from shared.nlp.ngrams import hash_ngrams


def ngram_matrix(texts: Sequence[str], buckets: int) -> sparse.csr_matrix:
    """Float32 [texts, buckets], rows of unit length."""
    rows = [hash_ngrams(text, buckets) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in rows])])
    ids = np.concatenate([ids for ids, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return sparse.csr_matrix((values, ids, starts), shape=(len(texts), buckets))
