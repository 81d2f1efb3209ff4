"""What the publisher reads of draft: the bot as it stands, and the bytes of its models."""

from typing import Annotated

from fastapi import Header, Response
from sqlalchemy import Connection, RowMapping

from services.draft_api.desk import Desk, DeskParts, Reader
from services.draft_api.documents import documents_of, read_flows
from services.draft_api.models import find_model, refuse_others_artifact
from services.draft_api.nlp import Nlp
from services.draft_api.nlp_status import language_states
from services.draft_api.store import find_bot, languages_of, settings_of
from services.draft_api.tables import entities, variables
from shared.contracts import BotIdentity, LanguageNlp, ModelManifest, Proof, Snapshot
from shared.web.describing import BYTES
from shared.web.preconditions import etag_of
from shared.web.routing import Router

router = Router(tags=["publishing"])


@router.get(
    "/v1/bots/{bot}/snapshots/current",
    response_model=Snapshot,
    responses={304: {"description": "It is as it was."}},
    summary="Show a bot as it stands",
)
def current(bot: str, desk: Desk, key: Reader, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """One consistent reading; no expression text is in it. 304 for whoever has it already, by its `ETag`."""
    with desk.db.reading() as connection:
        snapshot = freeze(connection, desk, find_bot(connection, bot, key.bot))
    headers = {"ETag": etag_of(snapshot)}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(snapshot.canonical(), media_type="application/json", headers=headers)


@router.get(
    "/v1/blobs/{digest}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": BYTES}}},
    summary="Read an artifact",
)
def blob(digest: str, desk: Desk, key: Reader) -> Response:
    """A key for one bot reads what models of that bot are made of."""
    if key.bot is not None:
        with desk.db.reading() as connection:
            refuse_others_artifact(connection, key.bot, digest)
    return Response(desk.artifacts.read(digest), media_type="application/octet-stream")


@router.get("/v1/bots/{bot}/models/{digest}/proof", summary="Prove a model")
def proof(bot: str, digest: str, desk: Desk, key: Reader) -> Proof:
    """Digests computed from the bytes that are stored here, and the probes answered here (P12)."""
    with desk.db.reading() as connection:
        row = find_model(connection, find_bot(connection, bot, key.bot)["id"], digest)
    return desk.rehearsal.prove(ModelManifest.model_validate_json(row["manifest"]))


def freeze(connection: Connection, desk: DeskParts, bot: RowMapping) -> Snapshot:
    """The last reading of the bot, while nothing has changed since."""
    nlp = desk.nlp.get(connection, bot)
    states = language_states(connection, bot["id"], nlp)
    return desk.readings.get(bot["id"], (bot["revision"], states), lambda: _read(connection, bot, nlp, states))


def _read(connection: Connection, bot: RowMapping, nlp: Nlp, states: dict[str, LanguageNlp]) -> Snapshot:
    return Snapshot(
        bot=BotIdentity(id=bot["id"], name=bot["name"]),
        settings=settings_of(bot),
        languages=languages_of(bot),
        intents=nlp.marks,
        entities=documents_of(connection, entities, bot["id"]),
        flows=read_flows(connection, bot["id"]),
        variables=documents_of(connection, variables, bot["id"]),
        nlp=states,
    )
