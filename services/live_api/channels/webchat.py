"""The chat of a web site: who writes shows the session that the page was given, as a bearer.

Nothing is posted to anybody: the page reads the answers of its conversation from here.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.live_api.channel import (
    AllowedOrigins,
    Answer,
    Delivery,
    Event,
    Ignored,
    Incoming,
    Made,
    Outcome,
    Outgoing,
    RawRequest,
    Secret,
    Verdict,
)
from services.live_api.platforms.outcomes import outcome_of
from services.live_api.platforms.reading import at, plain, read_json
from services.live_api.sessions import read_session, unproven_session
from shared.document import Value
from shared.flows.conversation import Reply

_SCHEME = b"Bearer "


class Config(Value):
    """`allowed_origins` are the sites whose pages may open a session."""

    allowed_origins: AllowedOrigins = ()
    title: Annotated[str, Field(min_length=1, max_length=100)] = "Chat"
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#2f7d5b"


class Secrets(Value):
    session_secret: Annotated[Secret, Made()]


def verify(request: RawRequest, secrets: Secrets, now: float) -> Verdict:
    session = read_session(_token(request), secrets.session_secret, now)
    return Verdict.GENUINE if session else Verdict.FORGED


def handshake(request: RawRequest, secrets: Secrets) -> Answer | None:
    return None


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    """A message has an `id` of the page's making: sent again, it is the same message."""
    said, session = read_json(request.body), unproven_session(_token(request))
    conversation = session.conversation if session else ""
    event_id = f"{conversation}:{plain(at(said, 'id')) or request.id}"
    text, payload = at(said, "text"), plain(at(said, "payload")) or None
    if not conversation or not isinstance(text, str):
        return (Ignored(event_id, "not_a_message"),)
    language = plain(at(said, "language")) or None
    return (Incoming(event_id, conversation, plain(text), conversation, payload, language),)


def acknowledge(request: RawRequest) -> Answer:
    return Answer(b'{"status":"received"}', media_type="application/json")


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    return ()


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    return outgoing


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return outcome_of(status, headers)


def _token(request: RawRequest) -> bytes:
    return (request.header(b"authorization") or b"").removeprefix(_SCHEME)
