"""A release comes back into draft, whole: its flows and settings, and the NLP that its models were trained on (P18)."""

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete, select

from services.draft_api.bundles import FORMAT, Bundle, BundleBot, BundleFlow, BundleIntent, empty, refill
from services.draft_api.desk import Desk, Reader, Writer
from services.draft_api.remembering import remember_as_trained
from services.draft_api.sentences import Spoken, between, of_nlp
from services.draft_api.snapshots import Restored, take_snapshot
from services.draft_api.store import find_bot
from services.draft_api.tables import audit, models, trained_languages
from shared.artifacts import Artifacts
from shared.audit import Entry, note
from shared.contracts import Digest, Language, Release
from shared.diff import ExpressionChanges
from shared.errors import ConflictError, InvalidError
from shared.web.routing import UPLOAD, Router

router = Router(tags=["releases"])


class Restoration(BaseModel):
    model_config = ConfigDict(extra="forbid")

    release: Release
    reason: Annotated[str, Field(max_length=200)] = "before restoring a release"


class ModelComparison(BaseModel):
    """From the NLP of stored models to draft as it stands in `languages` (all), or to that of the models `to`."""

    model_config = ConfigDict(extra="forbid")

    models: dict[Language, Digest]
    to: dict[Language, Digest] | None = None
    languages: list[Language] | None = None


class ComparedExpressions(BaseModel):
    """By intent id. `unknown` are languages of whose models draft no longer has the expressions."""

    intents: dict[str, ExpressionChanges]
    unknown: list[str]


@router.post("/v1/bots/{bot}/restorations", openapi_extra={UPLOAD: True}, summary="Restore a release")
def restore(bot: str, body: Restoration, desk: Desk, key: Writer) -> Restored:
    """All or nothing; draft as it is now is snapshotted first."""
    release = body.release
    with desk.db.writing() as connection:
        row = find_bot(connection, bot, key.bot)
        if release.bot.id != row["id"]:
            raise InvalidError("manifest_invalid", "The release is of another bot.")
        known = _models(connection, row["id"], {k: model.digest for k, model in release.models.items()})
        bundle = _bundle(row, release, known, desk.artifacts)
        taken = take_snapshot(connection, row, body.reason)
        empty(connection, row["id"])
        refill(connection, row["id"], bundle)
        # So that what came back can be published again at once.
        connection.execute(delete(trained_languages).where(trained_languages.c.bot_id == row["id"]))
        remember_as_trained(connection, row["id"], known)
        detail = {"snapshot": taken, "release": release.digest}
        note(connection, audit, Entry("restored", key.name, row["id"], detail, after=release.digest))
    return Restored(snapshot=taken)


@router.post("/v1/bots/{bot}/nlp/compare", responses={409: {}}, summary="Compare expressions with those of models")
def compare(bot: str, body: ModelComparison, desk: Desk, key: Reader) -> ComparedExpressions:
    with desk.db.reading() as connection:
        row = find_bot(connection, bot, key.bot)
        before = _known(connection, row["id"], body.models)
        after = _known(connection, row["id"], body.to or {})
        now = of_nlp(desk.nlp.get(connection, row)) if body.to is None else {}
    asked = {**body.models, **(body.to or {})}
    unknown = sorted(language for language in asked if language not in {**before, **after})
    old = _without(_spoken(before, desk.artifacts), unknown)
    new = _spoken(after, desk.artifacts) if body.to is not None else _only(now, body.languages)
    return ComparedExpressions(intents=between(old, _without(new, unknown)), unknown=unknown)


def _models(connection: Connection, bot_id: str, wanted: dict[str, str]) -> dict[str, RowMapping]:
    """Raises ConflictError `nlp_source_missing` for a language whose model draft does not know."""
    found = _known(connection, bot_id, wanted)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        detail = f"Draft no longer has the expressions that the model of {', '.join(missing)} was trained on."
        raise ConflictError("nlp_source_missing", detail, languages=missing)
    return found


def _known(connection: Connection, bot_id: str, wanted: dict[str, str]) -> dict[str, RowMapping]:
    query = select(models.c.digest, models.c.nlp_source, models.c.trained_at).where(models.c.bot_id == bot_id)
    rows = connection.execute(query.where(models.c.digest.in_(wanted.values()))).mappings()
    by_digest = {row["digest"]: row for row in rows}
    return {language: by_digest[digest] for language, digest in wanted.items() if digest in by_digest}


def _spoken(known: dict[str, RowMapping], artifacts: Artifacts) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the models were trained on: texts by language, by intent id."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for language, row in known.items():
        source: dict[str, Any] = orjson.loads(artifacts.read(row["nlp_source"]))
        for intent in source["intents"]:
            found.setdefault(intent["id"], {})[language] = tuple(intent["expressions"])
    return found


def _only(spoken: Spoken, languages: list[str] | None) -> Spoken:
    if languages is None:
        return spoken
    return {i: {k: texts for k, texts in of.items() if k in languages} for i, of in spoken.items()}


def _without(spoken: Spoken, languages: list[str]) -> Spoken:
    if not languages:
        return spoken
    return {i: {k: texts for k, texts in of.items() if k not in languages} for i, of in spoken.items()}


def _bundle(bot: RowMapping, release: Release, known: dict[str, RowMapping], artifacts: Artifacts) -> Bundle:
    spoken = _spoken(known, artifacts)
    return Bundle(
        format=FORMAT,
        bot=BundleBot(name=bot["name"], languages=list(release.languages), settings=release.settings),
        intents=[
            BundleIntent(
                id=mark.id, name=mark.name, expressions={k: list(t) for k, t in spoken.get(mark.id, {}).items()}
            )
            for mark in release.intents
        ],
        entities=release.entities,
        variables=release.variables,
        flows=[BundleFlow.model_validate(flow.model_dump(mode="json")) for flow in release.flows.values()],
    )
