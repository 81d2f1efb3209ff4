"""The draft bot made ready to answer: its trained models with its present flows and settings.

One brain per bot is kept, by revision, so that a try-out pays for loading once after a change.
"""

import threading
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, RowMapping, select

from services.draft_api.documents import documents_of, read_flows
from services.draft_api.store import languages_of, settings_of
from services.draft_api.tables import entities, models, trained_languages, variables
from shared.artifacts import Artifacts
from shared.brain import Brain, build_brain, prove
from shared.contracts import BotIdentity, BotSettings, IntentMark, ModelManifest, Proof, Release
from shared.errors import ConflictError
from shared.nlp.model import SharedParts

_KEPT = 64


@dataclass(frozen=True)
class Rehearsal:
    artifacts: Artifacts
    shared: SharedParts = field(default_factory=SharedParts)
    _brains: dict[str, tuple[int, Brain]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def brain(self, connection: Connection, bot: RowMapping) -> Brain:
        with self._lock:
            known = self._brains.get(bot["id"])
        if known and known[0] == bot["revision"]:
            return known[1]
        before = known[1] if known else None
        brain = build_brain(rehearsed(connection, bot), self.artifacts.read, self.shared, before)
        with self._lock:
            self._brains.pop(bot["id"], None)
            self._brains[bot["id"]] = (bot["revision"], brain)
            while len(self._brains) > _KEPT:
                self._brains.pop(next(iter(self._brains)))
        return brain

    def prove(self, manifest: ModelManifest) -> Proof:
        """P12 for one model: digests of the bytes stored here, and its probes answered here."""
        release = Release(
            bot=BotIdentity(id="proof", name="proof"),
            settings=BotSettings(),
            languages=(manifest.language,),
            intents=tuple(IntentMark(id=label, name=label, expressions={}) for label in manifest.labels),
            models={manifest.language: manifest},
        )
        return prove(build_brain(release, self.artifacts.read, self.shared), self.artifacts.verify)


def trained_brain(rehearsal: Rehearsal, connection: Connection, bot: RowMapping) -> Brain:
    """Raises ConflictError `nlp_never_trained` when no language of the bot has a model yet."""
    brain = rehearsal.brain(connection, bot)
    if not brain.models:
        raise ConflictError("nlp_never_trained", f"{bot['name']!r} was never trained: train it first.")
    return brain


def rehearsed(connection: Connection, bot: RowMapping) -> Release:
    """What draft would answer with now. Names are those of the training: untrained changes have no effect (T1)."""
    trained = _trained(connection, bot["id"])
    names = {intent: name for _, known in trained.values() for intent, name in known.items()}
    return Release(
        bot=BotIdentity(id=bot["id"], name=bot["name"]),
        settings=settings_of(bot),
        languages=languages_of(bot),
        intents=tuple(IntentMark(id=i, name=name, expressions={}) for i, name in sorted(names.items())),
        entities=documents_of(connection, entities, bot["id"]),
        models={k: manifest for k, (manifest, _) in trained.items() if k in languages_of(bot)},
        flows=read_flows(connection, bot["id"]),
        variables=documents_of(connection, variables, bot["id"]),
    )


def _trained(connection: Connection, bot_id: str) -> dict[str, tuple[ModelManifest, dict[str, str]]]:
    last = (trained_languages.c.bot_id == models.c.bot_id) & (trained_languages.c.model == models.c.digest)
    query = select(models.c.language, models.c.manifest, models.c.intent_names).join(trained_languages, last)
    return {
        row.language: (ModelManifest.model_validate_json(row.manifest), orjson.loads(row.intent_names))
        for row in connection.execute(query.where(models.c.bot_id == bot_id))
    }
