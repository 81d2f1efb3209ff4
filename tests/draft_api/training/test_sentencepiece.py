"""A SentencePiece model becomes a tokenizer that cuts text as it did."""

import struct

import pytest
from tokenizers import Tokenizer

from services.draft_api.training.sentencepiece import tokenizer_json

PIECES = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("▁", -3.0), ("▁spoor", -4.0), ("▁spoorweg", -9.0)]
PIECES += [("weg", -4.5), ("s", -5.0), ("▁perron", -6.0), ("電車", -6.0), ("駅", -6.0)]


def model(*pieces: tuple[str, float]) -> bytes:
    """As protoc would write it: a number (1) that is none of ours comes first."""
    return b"\x20\x96\x01" + b"".join(
        field(1, field(1, p.encode()) + b"\x15" + struct.pack("<f", s)) for p, s in pieces
    )


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_str(tokenizer_json(model(*PIECES)).decode())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("spoorweg perron", ["▁spoor", "weg", "▁perron"]),
        ("  spoor   perron ", ["▁spoor", "▁perron"]),
        ("電車駅", ["▁", "電車", "駅"]),
        ("", []),
    ],
)
def test_the_likeliest_pieces_are_chosen_between_two_marks(tokenizer: Tokenizer, text: str, pieces: list[str]) -> None:
    assert tokenizer.encode(text).tokens == ["<s>", *pieces, "</s>"]


def test_what_no_piece_spells_is_one_unknown(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("spoor🚂🚃").ids == [1, 4, 0, 2]


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"<html>", model(*PIECES)[:-3] + b"\x8f"])
def test_what_is_no_such_model_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no SentencePiece model"):
        tokenizer_json(data)
