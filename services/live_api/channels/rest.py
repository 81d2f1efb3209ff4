"""The REST channel: who asks shows a key and is answered in the same response, so that no platform ever calls.

A channel of this kind is a front end's own way in, with Rasa's paths (`services.live_api.rasa`). Its optional token
opens these alone: a front end in a browser should hold nothing more.
"""

from collections.abc import Mapping

from services.live_api.channel import (
    AllowedOrigins,
    Answer,
    Delivery,
    Event,
    Outcome,
    Outgoing,
    RawRequest,
    Secret,
    Verdict,
)
from services.live_api.platforms.outcomes import outcome_of
from shared.document import Value
from shared.flows.conversation import Reply


class Config(Value):
    """`allowed_origins` are the sites whose pages may call it from a browser."""

    allowed_origins: AllowedOrigins = ()


class Secrets(Value):
    token: Secret | None = None


def verify(request: RawRequest, secrets: Secrets, now: float) -> Verdict:
    return Verdict.FORGED


def handshake(request: RawRequest, secrets: Secrets) -> Answer | None:
    return None


def parse(request: RawRequest, config: Config) -> tuple[Event, ...]:
    return ()


def acknowledge(request: RawRequest) -> Answer:
    return Answer()


def render(reply: Reply, to: str, config: Config) -> tuple[Outgoing, ...]:
    return ()


def authorise(outgoing: Outgoing, secrets: Secrets, delivery: Delivery) -> Outgoing:
    return outgoing


def read_outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    return outcome_of(status, headers)
