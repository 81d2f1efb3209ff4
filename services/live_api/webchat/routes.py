"""What the page of a web chat asks for. No keys: a session, signed for one conversation, opens that one alone."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from services.live_api.channel_records import Channel
from services.live_api.channels.webchat import Config, Secrets
from services.live_api.floor import Floor, FloorParts
from services.live_api.inbox import conversation_name
from services.live_api.sessions import Session, read_session, sign_session
from services.live_api.webchat.page import may_open, page, page_headers
from services.live_api.webchat.transcript import Cursor, latest, read_cursor, said_after
from services.live_api.webchat.watching import Watchers
from shared.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from shared.web.events import EventStream
from shared.web.routing import Router
from shared.web.stopping import is_stopping

router = Router(prefix="/v1/channels/{channel}/webchat", tags=["web chat"])

SESSION_LASTS = timedelta(days=30)
_STREAM_SECONDS, _HEARTBEAT_SECONDS = 600, 15
_BEARER = "Bearer "
_SESSION_ENDED: dict[int | str, dict[str, Any]] = {401: {"description": "No session of this chat was shown."}}
_NOT_HERE: dict[int | str, dict[str, Any]] = {403: {"description": "The chat is off, or not for pages of this site."}}
_FILES = {"webchat.js": "text/javascript; charset=utf-8", "webchat.css": "text/css; charset=utf-8"}
_EVENTS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class OpenedSession(BaseModel):
    """`token` is shown as a bearer with messages, and to read what is answered."""

    token: str
    conversation: str
    expires_at: datetime


class Transcript(BaseModel):
    """Oldest first. `cursor` is what to read on from; `text` is what the user said, None where a person wrote."""

    items: list[dict[str, Any]]
    cursor: str


async def _web_chat(channel: str, floor: Floor) -> Channel:
    """Raises NotFoundError alike for channels of another kind and for none."""
    found = await floor.channels.find(channel)
    if found.kind != "webchat":
        raise NotFoundError("not_found", f"There is no channel {channel!r}.")
    return found


def _session(channel: Annotated[Channel, Depends(_web_chat)], request: Request) -> Session:
    """Raises UnauthenticatedError `webchat_session_invalid`."""
    session = _shown_session(channel, request)
    if session is None:
        raise UnauthenticatedError("webchat_session_invalid", "This session has ended, or was never opened here.")
    return session


Chat = Annotated[Channel, Depends(_web_chat)]
Shown = Annotated[Session, Depends(_session)]


@router.get("", response_class=HTMLResponse, summary="Show the web chat")
async def show(chat: Chat) -> Response:
    """The chat as a page: for a frame, or to be looked at by itself.

    Scope: none.
    """
    config = _config(chat)
    return HTMLResponse(page(config.title, config.colour), headers=dict(page_headers(config.allowed_origins)))


@router.post("/sessions", status_code=201, responses=_NOT_HERE, summary="Open a session of the web chat")
async def open_session(chat: Chat, floor: Floor, request: Request) -> OpenedSession:
    """A conversation of its own; shown a session that is still good, that conversation for longer.

    Scope: none.
    """
    own = floor.settings.public_url or str(request.base_url)
    if not may_open(request.headers.get("origin"), own, _config(chat).allowed_origins):
        raise ForbiddenError("origin_not_allowed", "Pages of this site may not open a chat here.")
    opened = chat.opened
    if not chat.enabled or not isinstance(opened, Secrets):
        raise ForbiddenError("channel_disabled", "This chat is switched off.")
    known = _shown_session(chat, request)
    conversation = known.conversation if known else f"web_{secrets.token_urlsafe(24)}"
    expires = datetime.now(UTC).replace(microsecond=0) + SESSION_LASTS
    token = sign_session(Session(conversation, int(expires.timestamp())), opened.session_secret)
    return OpenedSession(token=token, conversation=conversation, expires_at=expires)


@router.get("/messages", responses=_SESSION_ENDED, summary="List what was said in the web chat")
async def transcript(chat: Chat, session: Shown, floor: Floor, after: str | None = None) -> Transcript:
    """What was said since `after`, or lately. Up to a hundred at once: go on with `cursor` until nothing comes.

    Scope: the session.
    """
    since = read_cursor(after) if after is not None else None
    items, cursor = await run_in_threadpool(_read, floor, chat, session, since)
    return Transcript(items=items, cursor=str(cursor))


@router.get("/events", response_class=EventStream, responses=_SESSION_ENDED, summary="Follow the web chat")
async def events(chat: Chat, session: Shown, floor: Floor, request: Request, after: str) -> EventStream:
    """The same as it is said, as server-sent events `said`. It ends now and then: ask again, from the last cursor.

    Scope: the session.
    """
    told = _told(request, floor, chat, session, read_cursor(after))
    return EventStream(told, headers=_EVENTS)


@router.get("/{file}", include_in_schema=False, dependencies=[Depends(_web_chat)])
async def asset(file: str) -> Response:
    """The script that a site includes, which is the page's own too, and its style."""
    if file not in _FILES:
        raise NotFoundError("not_found", "There is nothing here.")
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return Response(_contents(file), media_type=_FILES[file], headers=headers)


@lru_cache(maxsize=len(_FILES))
def _contents(file: str) -> bytes:
    return (Path(__file__).parent / file).read_bytes()


def _config(chat: Channel) -> Config:
    return Config.model_validate(chat.config.model_dump())


def _shown_session(chat: Channel, request: Request) -> Session | None:
    shown, now = request.headers.get("authorization", ""), datetime.now(UTC)
    token = shown.removeprefix(_BEARER).encode() if shown.startswith(_BEARER) else b""
    proofs = (proof for proof in chat.proofs(now) if isinstance(proof, Secrets))
    found = (read_session(token, proof.session_secret, now.timestamp()) for proof in proofs)
    return next((session for session in found if session), None)


def _read(
    floor: FloorParts, chat: Channel, session: Session, since: Cursor | None
) -> tuple[list[dict[str, Any]], Cursor]:
    name = conversation_name(chat.id, session.conversation)
    with floor.db.reading() as connection:
        start = latest(connection, chat.bot, name) if since is None else since
        said = said_after(connection, chat.bot, name, start)
    return [item.json() for item in said], said[-1].cursor if said else start


async def _told(
    request: Request, floor: FloorParts, chat: Channel, session: Session, cursor: Cursor
) -> AsyncIterator[bytes]:
    watchers: Watchers = request.app.state.watchers
    name = conversation_name(chat.id, session.conversation)
    ends_at = asyncio.get_running_loop().time() + _STREAM_SECONDS
    yield b": here\n\n"
    async with watchers.watch(chat.bot, name, cursor) as watch:
        while asyncio.get_running_loop().time() < ends_at and not (is_stopping() or await request.is_disconnected()):
            items, watch.seen = await run_in_threadpool(_read, floor, chat, session, watch.seen)
            for item in items:
                yield b"id: %b\nevent: said\ndata: %b\n\n" % (item["cursor"].encode(), orjson.dumps(item))
            watch.news.clear()
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await watch.news.wait()
            except TimeoutError:
                yield b": still there\n\n"
