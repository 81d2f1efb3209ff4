"""In which portions the student reads, and how what it reads is varied: a student must not know sentences by heart."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

TOKENS, TEXTS, A_CHAPTER = 2_400, 256, 16_384


@dataclass(frozen=True)
class Portion:
    """Texts of about the same length: `ids` [texts, tokens], `real` alike, false where there is no token."""

    ids: NDArray[np.int64]
    real: NDArray[np.bool_]


def portions(texts: Sequence[str], tokenizer: Tokenizer, seed: int) -> Iterator[Portion]:
    """Without end; every text once before any comes again."""
    drawn = random.Random(seed)
    while True:
        order = drawn.sample(texts, len(texts))
        for start in range(0, len(order), A_CHAPTER):
            yield from _chapter(
                [varied(text, texts, drawn) for text in order[start : start + A_CHAPTER]], tokenizer, drawn
            )


def varied(text: str, others: Sequence[str], drawn: random.Random) -> str:
    """As it is, or a part of it, or with words left out or of another text, often without the mark at its end."""
    words = (text.rstrip(".?! ") if drawn.random() < 0.5 else text).split()
    kind = drawn.random()
    if kind < 0.4 or not words:
        return " ".join(words) or text
    other = drawn.choice(others).split()
    if kind < 0.6:
        for _ in range(drawn.randint(1, max(1, len(words) // 5))):
            words[drawn.randrange(len(words))] = drawn.choice(other)
    elif kind < 0.7 and len(words) > 4:
        start = drawn.randrange(len(words) - 3)
        words = words[start : start + drawn.randint(3, len(words) - start)]
    elif kind < 0.85:
        words = words[: drawn.randint(1, len(words))] + other[drawn.randrange(len(other)) :]
    elif kind < 0.95:
        words = [word for word in words if drawn.random() > 0.2] or words
    return " ".join(words)


def _chapter(texts: Sequence[str], tokenizer: Tokenizer, drawn: random.Random) -> Iterator[Portion]:
    read = sorted((encoded.ids for encoded in tokenizer.encode_batch(list(texts))), key=len)
    cut: list[list[list[int]]] = [[]]
    for ids in read:
        if len(cut[-1]) == TEXTS or (len(cut[-1]) + 1) * len(ids) > TOKENS:
            cut.append([])
        cut[-1].append(ids)
    drawn.shuffle(cut)
    yield from (padded(ids) for ids in cut if ids)


def padded(read: Sequence[Sequence[int]]) -> Portion:
    longest = max(map(len, read))
    ids = np.zeros((len(read), longest), np.int64)
    real = np.zeros((len(read), longest), np.bool_)
    for row, found in enumerate(read):
        ids[row, : len(found)], real[row, : len(found)] = found, True
    return Portion(ids, real)
