"""What other platforms' bots say, as our message blocks."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_MOST_BUTTONS, MOST_REPLIES, MOST_VARIANTS = 3, 13, 50

Spoken = Mapping[str, str]
"""A text by language; under the empty language where the export names none."""


def block_id(name: str) -> str:
    """A name as the id of a block, which has neither spaces nor slashes."""
    return re.sub(r"[\s/]+", "_", name.strip())[:200] or "_"


def text_or_variants(variants: Sequence[Spoken]) -> dict[str, Any]:
    said = [_said(text) for text in variants[:MOST_VARIANTS]]
    return {"text": said[0]} if len(said) == 1 else {"variants": said}


def message(texts: Mapping[str, Any], titles: Sequence[Any]) -> dict[str, Any]:
    """Titles become buttons where there are few of them, else quick replies."""
    choices = [{"title": title} for title in titles[:MOST_REPLIES]]
    if not choices:
        return dict(texts)
    return {**texts, "buttons" if len(choices) <= _MOST_BUTTONS else "quick_replies": choices}


def in_step(by_language: Mapping[str, Sequence[str]]) -> list[Spoken]:
    """Variants of several languages side by side; a language with fewer begins again."""
    spoken = {language: texts for language, texts in by_language.items() if texts}
    longest = max((len(texts) for texts in spoken.values()), default=0)
    return [{language: texts[at % len(texts)] for language, texts in spoken.items()} for at in range(longest)]


def beyond(by_language: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """The variants that no message has room for."""
    return [text for places in by_language.values() for variants in places for text in variants[MOST_VARIANTS:]]


def in_places(by_language: Mapping[str, Sequence[Sequence[str]]]) -> list[dict[str, Any]]:
    """A message for each bubble, one after the other, whose variants are those of its place in every language."""
    deepest = max(map(len, by_language.values()), default=0)
    places = [
        in_step({lang: said[at] for lang, said in by_language.items() if at < len(said)}) for at in range(deepest)
    ]
    return [text_or_variants(variants) for variants in places if variants]


def _said(text: Spoken) -> Any:
    return text[""] if list(text) == [""] else dict(text)
