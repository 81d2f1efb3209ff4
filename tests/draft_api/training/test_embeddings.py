from pathlib import Path

import numpy as np
import pytest

from services.draft_api.training.embeddings import EmbeddingCache, embed_all
from services.draft_api.training.encoder_folder import EncoderFolder, installed_encoder
from shared.nlp.encoder import Encoder, Vector

ENCODER = "sha256:" + "e" * 64


def test_what_was_used_last_is_kept_when_there_is_too_much(tmp_path: Path) -> None:
    remember(tmp_path, "where is my card", "a ticket to paris", "may my dog come along")
    again = cache(tmp_path)
    again.get("where is my card")
    again.add("good morning", vector("good morning"))
    again.save()
    kept = cache(tmp_path)
    assert "where is my card" in kept
    assert "good morning" in kept
    assert "may my dog come along" in kept
    assert "a ticket to paris" not in kept


def test_a_bot_that_is_larger_than_the_cache_leaves_its_end_there(tmp_path: Path) -> None:
    remember(tmp_path, *(f"train {number}" for number in range(5)))
    assert [number for number in range(5) if f"train {number}" in cache(tmp_path)] == [2, 3, 4]


def test_a_vector_comes_back_as_it_was(tmp_path: Path) -> None:
    remember(tmp_path, "where is my card")
    np.testing.assert_array_equal(cache(tmp_path).get("where is my card"), vector("where is my card"))


@pytest.mark.encoder
def test_only_the_expression_that_changed_is_encoded_again(tmp_path: Path) -> None:
    folder = installed_encoder()
    if folder is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    before = Counting(folder)
    embed_all(["where is my card", "a ticket to paris"], before, tmp_path, lambda share: None)
    after = Counting(folder)
    embed_all(["where is my card", "a ticket to rome"], after, tmp_path, lambda share: None)
    assert (before.asked, after.asked) == (["where is my card", "a ticket to paris"], ["a ticket to rome"])


class Counting(Encoder):
    def __init__(self, folder: EncoderFolder) -> None:
        super().__init__(folder.manifest, folder.read)
        self.asked: list[str] = []

    def embed(self, text: str) -> Vector:
        self.asked.append(text)
        return super().embed(text)


def remember(folder: Path, *texts: str) -> None:
    known = cache(folder)
    for text in texts:
        known.add(text, vector(text))
    known.save()


def cache(folder: Path) -> EmbeddingCache:
    return EmbeddingCache(folder, ENCODER, dimensions=4, most=3)


def vector(text: str) -> Vector:
    return np.arange(4, dtype=np.float32) + len(text)
