"""The port through which live speaks to the platforms: values, and what a kind of channel has to offer.

A kind is a module of `services.live_api.channels` with the functions of `Kind`: pure, no I/O, no clock. On the way in
a raw request is verified, then parsed into events; on the way out a reply is rendered into requests, each of which
is authorised at the moment of sending, so that nothing that is stored between the two holds a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qsl

import orjson
from pydantic import Field, SecretStr

from shared.document import Value
from shared.flows.conversation import Reply


@dataclass(frozen=True)
class Made:
    """Marks a secret that is drawn when a channel is made."""


Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s/]+[^\s]*$")]
Origin = Annotated[str, Field(pattern=r"^https?://[^\s/]+$", max_length=300)]
"""As browsers spell it: scheme, host and port, and nothing after them."""
AllowedOrigins = Annotated[tuple[Origin, ...], Field(max_length=100)]


@dataclass(frozen=True)
class RawRequest:
    """A request as it came: nothing decoded, nothing trusted. Header names are in lower case; `id` is of our making."""

    id: str
    method: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The value of a header that was sent exactly once: two of a kind prove nothing."""
        found = [value for key, value in self.headers if key == name]
        return found[0] if len(found) == 1 else None

    def parameter(self, name: str) -> str | None:
        """The value of a query parameter that was sent exactly once."""
        pairs = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True, max_num_fields=100)
        found = [value for key, value in pairs if key == name]
        return found[0] if len(found) == 1 else None


class Verdict(StrEnum):
    """Whether a request proves where it comes from; the refusals are error codes."""

    GENUINE = "genuine"
    FORGED = "webhook_signature_invalid"
    STALE = "webhook_timestamp_stale"


@dataclass(frozen=True)
class Incoming:
    """What a person did. `event_id` is the platform's own and names it for ever within the channel.

    `conversation` is the platform's address of where the answer goes. `text` is empty for a message without words (a
    sticker, say). `payload` is that of the choice that was tapped, whose title is then the text. `language` is what
    the message says that it is in; `hint` is only what the app of the person is set to.
    """

    event_id: str
    conversation: str
    text: str
    user: str | None = None
    payload: str | None = None
    language: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Ignored:
    """An event that is nobody's message. `reason` is an identifier: `echo`, `status`, `edited`, `unreadable`..."""

    event_id: str
    reason: str


Event = Incoming | Ignored


@dataclass(frozen=True)
class Answer:
    """What a platform is answered at once."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outgoing:
    """One request to a platform; header names are in lower case. What is sent is `body`, which is what a signature is
    made over.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    json: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return orjson.dumps(self.json)


@dataclass(frozen=True)
class Delivery:
    """One sending: `id` stays the same over its retries, `number` grows within a conversation, `at` is Unix time."""

    id: str
    number: int
    at: int


@dataclass(frozen=True)
class Sent:
    """The platform has it."""


@dataclass(frozen=True)
class Retry:
    """Not now. `after` is in seconds, where the platform says so."""

    after: float | None = None


@dataclass(frozen=True)
class Rejected:
    """Never, as it stands. `reason` is for a person, and holds no secret."""

    reason: str


Outcome = Sent | Retry | Rejected


class Kind(Protocol):
    """`Config` and `Secrets` are closed, frozen models. None of the functions raises, whatever it is given.

    `verify` looks at raw bytes alone. `handshake` answers what is no event, None otherwise: for a GET it checks by
    itself (None refuses it), a POST was verified before. `parse` gives every event of a batch. `acknowledge` is what
    events are answered with once they are on disk. `render` leaves out what is secret, `authorise` puts it in.
    """

    Config: type[Value]
    Secrets: type[Value]

    def verify(self, request: RawRequest, secrets: Any, now: float) -> Verdict: ...

    def handshake(self, request: RawRequest, secrets: Any) -> Answer | None: ...

    def parse(self, request: RawRequest, config: Any) -> tuple[Event, ...]: ...

    def acknowledge(self, request: RawRequest) -> Answer: ...

    def render(self, reply: Reply, to: str, config: Any) -> tuple[Outgoing, ...]: ...

    def authorise(self, outgoing: Outgoing, secrets: Any, delivery: Delivery) -> Outgoing: ...

    def read_outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome: ...
