"""A SentencePiece model of the unigram kind as the `tokenizer.json` that serving reads.

Kudo and Richardson, "SentencePiece" (2018). The file is a protocol buffer: its pieces with their scores, and the
table of characters by which text is normalised first (NFKC, and a few more that look alike).
"""

import struct
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

_PIECES, _NORMALISER = 1, 3
_PIECE, _SCORE = 1, 2
_TABLE = 2
_UNKNOWN, _START, _END = 0, 1, 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


def tokenizer_json(model: bytes) -> bytes:
    """Text in, ids between the marks of start and end out. Raises ValueError for what is no such model."""
    pieces, table = [], b""
    for field, value in _fields(model):
        if field == _PIECES:
            pieces.append(_scored(value))
        elif field == _NORMALISER:
            table = dict(_fields(value)).get(_TABLE, b"")
    if len(pieces) <= _END:
        raise ValueError("This is no SentencePiece model.")
    return _tokenizer(pieces, table).to_str().encode()


def _scored(message: bytes) -> tuple[str, float]:
    piece = dict(_fields(message))
    try:
        (score,) = struct.unpack("<f", piece.get(_SCORE, b"\0" * 4))
        return piece[_PIECE].decode(), score
    except (struct.error, KeyError, UnicodeDecodeError):
        raise ValueError("This is no SentencePiece model.") from None


def _tokenizer(pieces: list[tuple[str, float]], table: bytes) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(pieces, _UNKNOWN, False))
    steps = [normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip()]
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(table), *steps] if table else steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    start, end = pieces[_START][0], pieces[_END][0]
    marks = [(start, _START), (end, _END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{start} $A {end}", special_tokens=marks)
    return tokenizer


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of one message with a value of bytes; numbers are passed over."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _varint(data, at)
            continue
        if kind not in {_EIGHT_BYTES, _LENGTH, _FOUR_BYTES}:
            raise ValueError("This is no SentencePiece model.")
        length, at = _varint(data, at) if kind == _LENGTH else ({_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind], at)
        yield tag >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at
    raise ValueError("This is no SentencePiece model.")
