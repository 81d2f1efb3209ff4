"""What every export comes to, whichever platform or list it is of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.draft_api.nlp_import import Parsed, Row
from shared.entities.document import Entity


@dataclass(frozen=True)
class NotCarried:
    """`what` is in the words of the platform that it comes from."""

    what: str
    why: str


@dataclass(frozen=True)
class Export:
    """`parsed` are its expressions, numbered in their order; `blocks` are valid, and name intents by their names.

    `intents` names every intent, those without an expression too.
    """

    format: str
    languages: tuple[str, ...]
    intents: tuple[str, ...]
    parsed: tuple[Parsed, ...]
    entities: Mapping[str, Entity]
    blocks: tuple[Mapping[str, Any], ...]
    variables: tuple[str, ...]
    not_carried: tuple[NotCarried, ...]


def only_expressions(format: str, parsed: Iterable[Parsed]) -> Export:
    """What a plain list of expressions is, and of intents that have none."""
    lines = tuple(parsed)
    alone = {line.intent: None for line in lines if isinstance(line, Row) and not line.text}
    return Export(
        format=format,
        languages=(),
        intents=tuple(alone),
        parsed=tuple(line for line in lines if not isinstance(line, Row) or line.text),
        entities={},
        blocks=(),
        variables=(),
        not_carried=(),
    )
