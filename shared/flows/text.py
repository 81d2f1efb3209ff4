"""Texts: one string, or one a language."""

from collections.abc import Iterator

Text = str | dict[str, str]


def in_language(text: Text, language: str, fallback: str) -> str:
    """The text in `language`, else in the bot's first, else in any that there is (T9)."""
    if isinstance(text, str):
        return text
    # Sorted, because two documents of one digest may list their languages in different orders.
    others = (text[other] for other in sorted(text))
    return text.get(language) or text.get(fallback) or next(filter(None, others), "")


def every_spelling(text: Text) -> Iterator[str]:
    yield from [text] if isinstance(text, str) else text.values()
