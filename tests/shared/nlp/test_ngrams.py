"""Texts as hashed n-grams: the same numbers on every machine, for ever, for models are made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.nlp.ngrams import hash_many, hash_ngrams

BUCKETS = 4096


@given(st.text(max_size=60), st.sampled_from([64, 1024, 4096]))
def test_ids_ascend_and_values_are_a_unit_vector(text: str, buckets: int) -> None:
    ids, values = hash_ngrams(text, buckets)
    assert ids.dtype == np.int64
    assert values.dtype == np.float32
    assert (np.diff(ids) > 0).all()
    assert ids.min() >= 0
    assert ids.max() < buckets
    length = float(np.linalg.norm(values))
    assert length == pytest.approx(1, abs=1e-5) or (length == 0 and len(ids) == 1)


PINNED = {
    122: 0.2357, 650: 0.4082, 725: -0.2357, 835: -0.2357, 1609: -0.4082, 2387: 0.2357, 2579: -0.4082, 2587: 0.2357,
    2607: -0.2357, 2717: 0.2357, 3033: 0.2357, 4015: -0.2357,
}  # fmt: skip


def test_a_known_text_has_known_numbers() -> None:
    ids, values = hash_ngrams("Hi Ö", BUCKETS)
    assert dict(zip(ids.tolist(), np.round(values, 4).tolist(), strict=True)) == pytest.approx(PINNED)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_a_text_without_words_has_one_number_and_it_is_nothing(text: str) -> None:
    ids, values = hash_ngrams(text, BUCKETS)
    assert (ids.tolist(), values.tolist()) == ([0], [0.0])


@pytest.mark.parametrize("text", ["🚂🚂", "你好火车", "مرحبا بالقطار", "\ud83d", "a\ud800b c", "é" * 1000])
def test_any_script_and_half_a_character_have_numbers(text: str) -> None:
    _, values = hash_ngrams(text, BUCKETS)
    assert np.linalg.norm(values) == pytest.approx(1, abs=1e-5)


def test_case_and_the_way_accents_are_written_do_not_count() -> None:
    for one, other in (("CAFÉ", "cafe\u0301"), ("Train", "tRAIN")):
        assert [a.tolist() for a in hash_ngrams(one, BUCKETS)] == [a.tolist() for a in hash_ngrams(other, BUCKETS)]


@given(st.lists(st.text(max_size=30), max_size=12), st.sampled_from([64, 4096]))
def test_many_texts_at_once_have_the_numbers_that_each_has_alone(texts: list[str], buckets: int) -> None:
    starts, ids, values = hash_many(texts, buckets)
    assert starts.tolist()[-1] == len(ids) == len(values)
    for row, text in enumerate(texts):
        alone = [(i, v) for i, v in zip(*(a.tolist() for a in hash_ngrams(text, buckets)), strict=True) if v]
        here = slice(starts[row], starts[row + 1])
        assert ids[here].tolist() == [i for i, _ in alone]
        assert values[here].tolist() == pytest.approx([v for _, v in alone])


def likeness(one: str, other: str) -> float:
    dense = np.zeros((2, BUCKETS))
    for row, text in zip(dense, (one, other), strict=True):
        ids, values = hash_ngrams(text, BUCKETS)
        row[ids] = values
    return float(dense[0] @ dense[1])


def test_a_typo_leaves_a_text_nearer_to_itself_than_to_another() -> None:
    asked = "when does the last train leave"
    assert likeness(asked, "whn does teh last trian leave") > 0.3 > likeness(asked, "I lost my umbrella")
