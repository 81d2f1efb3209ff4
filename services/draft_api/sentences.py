"""Which expressions were added and removed between two states of a bot's NLP. Pure."""

from collections.abc import Collection, Mapping

from services.draft_api.nlp import Nlp
from shared.diff import ExpressionChange, ExpressionChanges

SHOWN = 20

Spoken = Mapping[str, Mapping[str, Collection[str]]]
"""Texts by language, by intent id."""


def of_nlp(nlp: Nlp) -> dict[str, dict[str, tuple[str, ...]]]:
    return {intent.id: dict(intent.expressions) for intent in nlp.intents}


def between(before: Spoken, after: Spoken) -> dict[str, ExpressionChanges]:
    """Intents without a difference are left out. At most 20 texts are listed a side, and all are counted."""
    found = {}
    for intent in sorted(before.keys() | after.keys()):
        old, new = before.get(intent, {}), after.get(intent, {})
        if old != new:
            added, removed = _missing(new, old), _missing(old, new)
            found[intent] = ExpressionChanges(
                added=tuple(added[:SHOWN]),
                removed=tuple(removed[:SHOWN]),
                added_count=len(added),
                removed_count=len(removed),
            )
    return found


def _missing(here: Mapping[str, Collection[str]], there: Mapping[str, Collection[str]]) -> list[ExpressionChange]:
    return [
        ExpressionChange(language=language, text=text)
        for language in sorted(here)
        for text in sorted(set(here[language]) - set(there.get(language, ())))
    ]
