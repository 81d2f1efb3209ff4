"""What an intent may be called and an expression may say, however they come in, and how many a training takes."""

import unicodedata

from services.draft_api.names import refuse_unreachable
from shared.errors import InvalidError

MAX_NAME, MAX_EXPRESSION = 200, 1000
# What a training takes grows with their square: 13 s of processor for 500 of two expressions.
MOST_INTENTS = 2_000
# Categories of characters of which nothing is seen: controls, formats, spaces.
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}


def intent_name(name: str) -> str:
    """Trimmed. Raises InvalidError `invalid_name`."""
    trimmed = name.strip()
    if not 0 < len(trimmed) <= MAX_NAME or not trimmed.isprintable():
        raise InvalidError("invalid_name", f"An intent name is printable and has 1 to {MAX_NAME} characters.")
    refuse_unreachable("intent", trimmed)
    return trimmed


def expression_text(text: str) -> str:
    """One line, single spaces: what people see is what is kept.

    Raises InvalidError `invalid_text`, `empty_text`, `text_too_long`.
    """
    refuse_unreadable(text)
    cleaned = " ".join(text.split())
    if all(unicodedata.category(character) in _UNSEEN for character in cleaned):
        raise InvalidError("empty_text", "The text is empty: there is nothing to see in it.")
    if len(cleaned) > MAX_EXPRESSION:
        detail = f"The text has {len(cleaned)} characters; {MAX_EXPRESSION} are allowed."
        raise InvalidError("text_too_long", detail)
    return cleaned


def refuse_unreadable(text: str) -> None:
    """Raises InvalidError `invalid_text`. A lone surrogate stands for a byte that was not UTF-8."""
    if "\0" in text:
        raise InvalidError("invalid_text", "There is a NUL character (U+0000) in it.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidError("invalid_text", "It is not valid UTF-8 text.")
