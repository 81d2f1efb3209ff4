"""The switch: one pointer moved if nobody else moved it, then every live process follows."""

from datetime import datetime
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from services.live_api.floor import Floor, FloorParts, Releaser
from services.live_api.keeping import is_kept
from services.live_api.pointer import Move, Origin, Pointer, move_pointer, read_pointer, withdraw
from services.live_api.presence import wait_for_others
from services.live_api.roster import never_published, not_staged
from services.live_api.tables import activations, audit, releases
from shared.audit import Entry, note
from shared.contracts import ActiveRelease, Digest
from shared.db import utc
from shared.errors import ConflictError, NotFoundError, PreconditionError, UnconfirmedError
from shared.failpoints import reach
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/active", tags=["publishing"])


class ActivationRequest(BaseModel):
    """`publication` names the attempt: the same one again is answered as before, and moves nothing."""

    model_config = ConfigDict(extra="forbid")

    digest: Digest
    origin: Origin
    publication: Annotated[str, Field(min_length=1, max_length=80)]
    notes: Annotated[str, Field(max_length=2000)] | None = None
    author: Annotated[str, Field(max_length=200)] | None = None
    rollback_of: Annotated[int, Field(ge=1)] | None = None


class Activation(BaseModel):
    """`lagging` are the live processes that did not serve it within two seconds; they follow by themselves."""

    number: int
    digest: str
    activated_at: datetime
    lagging: list[str] = []


@router.put(
    "", responses={428: {"description": "`If-Match` says what live is thought to serve."}}, summary="Activate a release"
)
def activate(
    bot: str, body: ActivationRequest, floor: Floor, key: Releaser, if_match: Annotated[str | None, Header()] = None
) -> Activation:
    """`If-Match` is the digest that the caller saw live serve, in quotes, or `none` before the first."""
    expected = _expected(if_match)
    bot_id = floor.bot_id(bot, key)
    done = _already(floor, bot_id, body)
    if done is not None:
        return done
    brain = floor.roster.brain(bot_id, body.digest)
    move = Move(bot=bot_id, name=brain.release.bot.name, **body.model_dump())
    pointer = _move(floor, move, expected)
    if pointer is None:
        return _lost(floor, bot_id, body)
    reach("live.activate.after_commit")
    floor.roster.serve(pointer, brain)
    return _answer(pointer, wait_for_others(floor.db, floor.process, pointer.epoch, floor.settings.lagging_seconds))


@router.get("", response_model=ActiveRelease, summary="Show which release is active")
def show(bot: str, floor: Floor, key: Releaser) -> Response:
    """What live serves, as its database says; `unavailable` when it cannot be loaded here.

    Then staging it again says what of it is damaged, and asks for that anew.
    """
    bot_id = floor.bot_id(bot, key)
    with floor.db.reading() as connection:
        pointer = read_pointer(connection, bot_id)
        document = _document(connection, pointer) if pointer else None
    if pointer is None:
        # Nobody asks that of a bot that was never here, unless it is about to come.
        floor.inspector.expect()
        raise NotFoundError("never_published", f"No bot {bot!r} was ever published here.")
    lacking = str(floor.roster.lacks(pointer)).lower()
    body = f'{{"number":{pointer.number},"digest":"{pointer.digest}","unavailable":{lacking},"release":{document}}}'
    return Response(body, media_type="application/json", headers={"ETag": f'"{pointer.digest}"'})


@router.delete("", status_code=204, summary="Take a bot off")
def take_off(bot: str, floor: Floor, key: Releaser, if_match: Annotated[str | None, Header()] = None) -> Response:
    """The bot answers `never_published` from then on. Its releases, its conversations and its numbering stay.

    `If-Match`, where it is given, is the digest that the caller saw live serve, in quotes.
    """
    bot_id = floor.bot_id(bot, key)
    expected = if_match.strip('"') if if_match is not None else None
    with floor.db.writing() as connection:
        current = read_pointer(connection, bot_id)
        gone = withdraw(connection, bot_id, expected, floor.db.is_sqlite)
        if gone is not None:
            entry = Entry("taken_off", key.name, bot_id, {"number": gone.number}, before=gone.digest)
            note(connection, audit, entry)
    if current is None:
        raise never_published(bot)
    if gone is None:
        raise _moved(current)
    floor.roster.follow()
    wait_for_others(floor.db, floor.process, gone.epoch, floor.settings.lagging_seconds)
    return Response(status_code=204)


def _expected(header: str | None) -> str | None:
    if header is None:
        raise UnconfirmedError("if_match_required", "Say with If-Match what live serves now: its digest, or none.")
    return None if header == "none" else header.strip('"')


def _move(floor: FloorParts, move: Move, expected: str | None) -> Pointer | None:
    try:
        with floor.db.writing() as connection:
            pointer = move_pointer(connection, move, expected, floor.db.is_sqlite)
            if not is_kept(connection, move.bot, move.digest):
                raise not_staged(move.digest)
            reach("live.activate.before_commit")
            return pointer
    except IntegrityError:
        # The same publication, or the first of the bot, was activated by another call meanwhile.
        return None


def _already(floor: FloorParts, bot: str, body: ActivationRequest) -> Activation | None:
    here = activations.c.bot_id == bot, activations.c.publication == body.publication
    with floor.db.reading() as connection:
        row = connection.execute(select(activations).where(*here)).mappings().first()
    if row is None:
        return None
    if row["digest"] != body.digest:
        raise ConflictError("publication_reused", "This publication has activated another release.")
    floor.roster.follow()
    return Activation(number=row["number"], digest=row["digest"], activated_at=utc(row["activated_at"]))


def _lost(floor: FloorParts, bot: str, body: ActivationRequest) -> Activation:
    done = _already(floor, bot, body)
    if done is not None:
        return done
    with floor.db.reading() as connection:
        current = read_pointer(connection, bot)
    raise _moved(current)


def _moved(current: Pointer | None) -> PreconditionError:
    return PreconditionError(
        "live_moved",
        "Live serves another release than the one that If-Match names.",
        current={"number": current.number, "digest": current.digest} if current else None,
    )


def _answer(pointer: Pointer, behind: list[str]) -> Activation:
    return Activation(number=pointer.number, digest=pointer.digest, activated_at=pointer.activated_at, lagging=behind)


def _document(connection: Connection, pointer: Pointer) -> str:
    here = releases.c.bot_id == pointer.bot, releases.c.digest == pointer.digest
    document: str = connection.execute(select(releases.c.document).where(*here)).scalar_one()
    return document
