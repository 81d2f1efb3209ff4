"""Whether what is trained is what is written: P3's five states, per language."""

from collections.abc import Mapping

import orjson
from sqlalchemy import Connection, RowMapping, select

from services.draft_api.nlp import Nlp, read_nlp
from services.draft_api.tables import models, trained_languages, trainings
from shared.contracts import LanguageNlp, ModelManifest, NlpStatus
from shared.db import utc


class NlpCache:
    """The last reading of each bot's NLP, by revision: fingerprints of 100,000 expressions are not free."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, Nlp]] = {}

    def get(self, connection: Connection, bot: RowMapping) -> Nlp:
        known = self._read.get(bot["id"])
        if known is None or known[0] != bot["nlp_revision"]:
            known = (bot["nlp_revision"], read_nlp(connection, bot["id"]))
            self._read[bot["id"]] = known
        return known[1]


def language_states(connection: Connection, bot_id: str, nlp: Nlp) -> dict[str, LanguageNlp]:
    outcomes = _outcomes(connection, bot_id)
    manifests = _manifests(connection, bot_id)
    training = languages_in_training(connection, bot_id)
    return {
        language: _state(nlp.fingerprints[language], outcomes.get(language), manifests, language in training)
        for language in nlp.languages
    }


def _state(
    fingerprint: str, outcome: RowMapping | None, manifests: Mapping[str, ModelManifest], running: bool
) -> LanguageNlp:
    model = manifests.get(outcome["model"]) if outcome and outcome["model"] else None
    return LanguageNlp(
        status="training" if running else _status(fingerprint, outcome, model),
        fingerprint=fingerprint,
        model=model,
        trained_at=utc(outcome["ended_at"]) if outcome and model else None,
        error=outcome["error"] if outcome else None,
    )


def _status(fingerprint: str, outcome: RowMapping | None, model: ModelManifest | None) -> NlpStatus:
    if outcome is None:
        return "never_trained"
    if outcome["outcome"] == "failed":
        return "failed"
    return "trained" if model and model.fingerprint == fingerprint else "stale"


def _outcomes(connection: Connection, bot_id: str) -> dict[str, RowMapping]:
    query = select(trained_languages).where(trained_languages.c.bot_id == bot_id)
    return {row["language"]: row for row in connection.execute(query).mappings()}


def _manifests(connection: Connection, bot_id: str) -> dict[str, ModelManifest]:
    """Of the models that are the last of their language, not of all that ever were."""
    query = (
        select(models.c.digest, models.c.manifest)
        .join(
            trained_languages,
            (trained_languages.c.bot_id == models.c.bot_id) & (trained_languages.c.model == models.c.digest),
        )
        .where(models.c.bot_id == bot_id)
    )
    return {row.digest: ModelManifest.model_validate_json(row.manifest) for row in connection.execute(query)}


def languages_in_training(connection: Connection, bot_id: str) -> set[str]:
    query = select(trainings.c.languages).where(
        trainings.c.bot_id == bot_id, trainings.c.status.in_(("queued", "running"))
    )
    return {language for row in connection.execute(query) for language in orjson.loads(row.languages)}
