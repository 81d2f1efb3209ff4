"""What training reads, and the fingerprints that say whether it changed. Pure, but for `read_nlp`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Connection, select

from services.draft_api.tables import bots, entities, expressions, intents
from shared.contracts import BotSettings, ExpressionMark, IntentMark
from shared.digest import canonical, digest_of
from shared.nlp.tokens import normal_form


@dataclass(frozen=True)
class NlpIntent:
    id: str
    name: str
    expressions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Nlp:
    """The NLP of a bot: every intent, sorted by id, with its expressions by language, sorted by text."""

    profile: str
    languages: tuple[str, ...]
    intents: tuple[NlpIntent, ...]
    entities: Mapping[str, Any]

    @cached_property
    def marks(self) -> tuple[IntentMark, ...]:
        return tuple(mark_of(intent) for intent in self.intents)

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        return {language: self._fingerprint(language) for language in self.languages}

    def _fingerprint(self, language: str) -> str:
        """Ids and names included, order and timestamps not; the profile too, since training reads it."""
        marks = [
            [
                mark.id,
                mark.name,
                mark.expressions[language].fingerprint if language in mark.expressions else None,
            ]
            for mark in self.marks
        ]
        return digest_of(canonical([language, self.profile, marks, self.entities]))

    def source(self, language: str) -> dict[str, Any]:
        """The document that the training of one language reads: every intent, also those that say nothing in it."""
        return {
            "language": language,
            "profile": self.profile,
            "fingerprint": self.fingerprints[language],
            "intents": [
                {"id": intent.id, "name": intent.name, "expressions": list(intent.expressions.get(language, ()))}
                for intent in self.intents
            ],
            "entities": dict(self.entities),
        }


def mark_of(intent: NlpIntent) -> IntentMark:
    return IntentMark(
        id=intent.id,
        name=intent.name,
        expressions={
            language: ExpressionMark(count=len(texts), fingerprint=digest_of(canonical(texts)))
            for language, texts in intent.expressions.items()
        },
    )


def normal_key(text: str) -> str:
    """Names the normal form of an expression (T4). Texts without one, "?!" say, are only equal to themselves.

    Accents count here: two expressions may differ by accents alone, and matching then minds them (T3).
    """
    normal = normal_form(text, fold_accents=False)
    return hashlib.sha256((normal or f"={text}").encode()).hexdigest()


def read_nlp(connection: Connection, bot_id: str) -> Nlp:
    bot = connection.execute(select(bots.c.languages, bots.c.settings).where(bots.c.id == bot_id)).one()
    settings = BotSettings.model_validate_json(bot.settings)
    return Nlp(
        profile=settings.profile,
        languages=tuple(orjson.loads(bot.languages)),
        intents=_read_intents(connection, bot_id),
        entities={
            row.name: orjson.loads(row.document)
            for row in connection.execute(
                select(entities.c.name, entities.c.document).where(entities.c.bot_id == bot_id)
            )
        },
    )


def _read_intents(connection: Connection, bot_id: str) -> tuple[NlpIntent, ...]:
    texts: dict[str, dict[str, list[str]]] = {}
    found = select(expressions.c.intent_id, expressions.c.language, expressions.c.text)
    for intent, language, text in connection.execute(found.where(expressions.c.bot_id == bot_id)):
        texts.setdefault(intent, {}).setdefault(language, []).append(text)
    rows = connection.execute(select(intents.c.id, intents.c.name).where(intents.c.bot_id == bot_id))
    return tuple(
        NlpIntent(row.id, row.name, {language: tuple(sorted(t)) for language, t in texts.get(row.id, {}).items()})
        for row in sorted(rows, key=lambda row: row.id)
    )
