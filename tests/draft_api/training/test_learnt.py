"""Six layers are the six that they began as, and what they learnt."""

import numpy as np
import pytest

from services.draft_api.training.learnt import KEPT, LearntError, beginner, packed, taught
from services.draft_api.training.transformer import Weights

STEP = 0.25
MATRIX, BIAS = "encoder.layer.2.output.dense.weight", "encoder.layer.2.output.dense.bias"


@pytest.fixture
def twelve() -> Weights:
    """A number in each layer's weights tells which one it is."""
    made = {"embeddings.word_embeddings.weight": np.full((5, 2), -1, np.float32)}
    for layer in range(12):
        made[f"encoder.layer.{layer}.output.dense.weight"] = np.full((3, 2), layer, np.float32)
        made[f"encoder.layer.{layer}.output.dense.bias"] = np.full(3, layer / 10, np.float32)
    return made


def test_a_beginner_has_the_words_and_six_of_the_layers(twelve: Weights) -> None:
    weights = beginner(twelve)
    assert len(weights) == 1 + 2 * len(KEPT)
    assert [weights[f"encoder.layer.{layer}.output.dense.weight"][0, 0] for layer in range(6)] == list(KEPT)


def test_what_was_learnt_comes_back_within_half_a_step(twelve: Weights) -> None:
    matrix = np.array([[0.3, -0.3], [0.99, 0], [-1.61, 0.1]], np.float32)
    weights = taught(twelve, packed({MATRIX: matrix, BIAS: np.full(3, 0.0625, np.float32)}, STEP))
    began = beginner(twelve)
    assert np.abs(weights[MATRIX] - began[MATRIX] - matrix).max() <= STEP / 2
    assert np.array_equal(weights[BIAS], began[BIAS] + np.float32(0.0625))
    others = weights.keys() - {MATRIX, BIAS}
    assert all(np.array_equal(weights[name], began[name]) for name in others)


def test_equal_lessons_are_equal_files(twelve: Weights) -> None:
    learnt = {MATRIX: np.ones((3, 2), np.float32)}
    assert packed(learnt, STEP) == packed(learnt, STEP)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"PK\x03\x04 cut off",
        packed({}, STEP),
        packed({BIAS: np.ones(7, np.float32)}, STEP),
    ],
)
def test_what_is_no_lesson_of_this_encoder_is_refused(twelve: Weights, content: bytes) -> None:
    with pytest.raises(LearntError):
        taught(twelve, content)


def test_a_lesson_that_was_cut_off_is_refused(twelve: Weights) -> None:
    whole = bytearray(packed({MATRIX: np.ones((3, 2), np.float32)}, STEP))
    whole[60] ^= 255
    with pytest.raises(LearntError):
        taught(twelve, bytes(whole))
