"""Expressions as hashed n-grams."""

from collections.abc import Sequence

from scipy import sparse

from shared.nlp.ngrams import hash_many

_SMALL_TABLE, _LARGE_TABLE = 4_096, 16_384
_MANY_EXPRESSIONS = 2_000
# A head grows with both: with more intents than this, a large table would take more than sixteen megabytes.
_MOST_INTENTS_OF_A_LARGE_TABLE = 500


def ngram_buckets(expressions: int, intents: int, *, encoded: bool) -> int:
    """How many places n-grams are hashed to.

    Four times as many are worth half a point where many expressions fill them and no encoder tells more, and cost a
    head of four times the size: see docs/accuracy-log.md.
    """
    crowded = not encoded and expressions >= _MANY_EXPRESSIONS and intents <= _MOST_INTENTS_OF_A_LARGE_TABLE
    return _LARGE_TABLE if crowded else _SMALL_TABLE


def ngram_matrix(texts: Sequence[str], buckets: int) -> sparse.csr_matrix:
    """Float32 [texts, buckets], rows of unit length."""
    starts, ids, values = hash_many(texts, buckets)
    return sparse.csr_matrix((values, ids, starts), shape=(len(texts), buckets))
