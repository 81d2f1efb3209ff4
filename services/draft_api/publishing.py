"""What the publisher reads of draft: the bot as it stands, and the bytes of its models."""

from fastapi import Response
from sqlalchemy import Connection, RowMapping

from services.draft_api.desk import Desk, DeskParts, Reader
from services.draft_api.documents import documents_of, read_flows
from services.draft_api.models import find_model
from services.draft_api.nlp_status import language_states
from services.draft_api.store import find_bot, languages_of, settings_of
from services.draft_api.tables import entities, variables
from shared.contracts import BotIdentity, ModelManifest, Proof, Snapshot
from shared.web.routing import Router

router = Router(tags=["publishing"])


@router.get("/v1/bots/{bot}/snapshots/current")
def current(bot: str, desk: Desk, key: Reader) -> Snapshot:
    """One consistent reading; no expression text is in it."""
    with desk.db.reading() as connection:
        return freeze(connection, desk, find_bot(connection, bot, key.bot))


@router.get("/v1/blobs/{digest}")
def blob(digest: str, desk: Desk, _key: Reader) -> Response:
    return Response(desk.artifacts.read(digest), media_type="application/octet-stream")


@router.get("/v1/bots/{bot}/models/{digest}/proof")
def proof(bot: str, digest: str, desk: Desk, key: Reader) -> Proof:
    """Digests computed from the bytes that are stored here, and the probes answered here (P12)."""
    with desk.db.reading() as connection:
        row = find_model(connection, find_bot(connection, bot, key.bot)["id"], digest)
    return desk.rehearsal.prove(ModelManifest.model_validate_json(row["manifest"]))


def freeze(connection: Connection, desk: DeskParts, bot: RowMapping) -> Snapshot:
    nlp = desk.nlp.get(connection, bot)
    return Snapshot(
        bot=BotIdentity(id=bot["id"], name=bot["name"]),
        settings=settings_of(bot),
        languages=languages_of(bot),
        intents=nlp.marks,
        entities=documents_of(connection, entities, bot["id"]),
        flows=read_flows(connection, bot["id"]),
        variables=documents_of(connection, variables, bot["id"]),
        nlp=language_states(connection, bot["id"], nlp),
    )
