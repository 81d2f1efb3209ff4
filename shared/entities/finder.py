"""The entities of a release, compiled: what is found in a message, in order of place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError

from shared.entities.asked import Asked
from shared.entities.document import Entity
from shared.entities.patterns import Pattern
from shared.entities.reading import Reading, read
from shared.entities.recognisers import Recognise, recognisers
from shared.entities.span import Span, settled
from shared.entities.synonyms import Synonym, Vocabulary
from shared.errors import GreenroomError

log = structlog.get_logger()

MOST_FOUND = 100
"""Entities told of one message."""


@dataclass(frozen=True)
class Recogniser:
    """A system entity of a bot, under the bot's name for it."""

    name: str
    entity: Entity
    zone: ZoneInfo
    recognise: Recognise

    def find(self, reading: Reading, language: str, now: datetime) -> Iterator[Span]:
        entity = self.entity
        asked = Asked(language, now.astimezone(self.zone), entity.prefer, entity.country, entity.currency)
        for found in self.recognise(reading, asked):
            start, end = reading.place(found.start, found.end)
            yield Span(self.name, found.value, start, end, found.confidence)


@dataclass(frozen=True, eq=False)
class Finder:
    """Immutable; may be used by any thread."""

    vocabulary: Vocabulary | None = None
    patterns: tuple[Pattern, ...] = ()
    recognisers: tuple[Recogniser, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.vocabulary or self.patterns or self.recognisers)

    def find(self, text: str, language: str, now: datetime, threshold: float) -> list[Span]:
        """What is sure, or surer than `threshold`. Never raises, whatever the text."""
        reading = read(text)
        spans = chain(
            self.vocabulary.find(reading) if self.vocabulary else (),
            chain.from_iterable(pattern.find(reading) for pattern in self.patterns),
            chain.from_iterable(recogniser.find(reading, language, now) for recogniser in self.recognisers),
        )
        return settled(span for span in spans if span.confidence == 1 or span.confidence > threshold)[:MOST_FOUND]


def compile_entities(documents: Mapping[str, Mapping[str, Any]]) -> Finder:
    """What this version cannot read is left out, for a release may be older or newer than the program."""
    entities = dict(_readable(documents))
    synonyms = list(chain.from_iterable(_synonyms(name, entity) for name, entity in entities.items()))
    return Finder(
        vocabulary=Vocabulary.of(synonyms) if synonyms else None,
        patterns=tuple(_usable(_pattern, entities)),
        recognisers=tuple(_usable(_recogniser, entities)),
    )


def _readable(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Entity]]:
    for name, document in sorted(documents.items()):
        try:
            yield name, Entity.model_validate(document)
        except ValidationError:
            log.warning("entity_ignored", entity=name, why="invalid_entity")


def _synonyms(name: str, entity: Entity) -> Iterable[Synonym]:
    if entity.kind == "match":
        for value in entity.values:
            yield from (Synonym(name, value.value, text, entity.fuzzy) for text in value.spoken)


def _pattern(name: str, entity: Entity) -> Pattern | None:
    return Pattern.of(name, entity.pattern) if entity.kind == "match" and entity.pattern is not None else None


def _recogniser(name: str, entity: Entity) -> Recogniser | None:
    if entity.kind != "system" or entity.system is None:
        return None
    return Recogniser(name, entity, ZoneInfo(entity.timezone), recognisers()[entity.system])


def _usable(make: Callable[[str, Entity], Any], entities: Mapping[str, Entity]) -> Iterator[Any]:
    for name, entity in entities.items():
        try:
            made = make(name, entity)
        except (GreenroomError, KeyError, ValueError, OSError) as error:
            log.warning("entity_ignored", entity=name, why=str(error))
            continue
        if made is not None:
            yield made
