"""Makes the calls that a turn asks for: secrets are put in on the way out, and taken out of what comes back."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson

from shared.egress import Answer, Egress, EgressError, Request
from shared.errors import GreenroomError
from shared.flows.effects import HttpCall, HttpOutcome, SecretText

ReadSecret = Callable[[str], Awaitable[str | None]]
"""The value of a secret of the bot by its name, None where the environment has none. Raises UnreadableSecretError."""

# Shorter ones are found in any text.
_SHORTEST_HIDDEN = 6
_HIDDEN = "•••"


async def make_call(egress: Egress, call: HttpCall, read_secret: ReadSecret) -> HttpOutcome:
    """Raises nothing: whatever goes wrong is an outcome, with the code of an EgressError or `secret_missing`."""
    try:
        headers, used = await _headers(call, read_secret)
        body = None if call.body is None else orjson.dumps(call.body)
    except (GreenroomError, LookupError):
        return HttpOutcome(error="secret_missing")
    except TypeError:
        return HttpOutcome(error="unsendable")
    try:
        answer = await egress.send(Request(call.method, call.url, headers, body, call.timeout))
    except EgressError as error:
        return HttpOutcome(error=error.code)
    return HttpOutcome(status=answer.status, body=_content(answer, used))


async def _headers(call: HttpCall, read_secret: ReadSecret) -> tuple[Mapping[str, str], list[str]]:
    """Those to send, and the secrets among them. Raises LookupError for a secret that is not there."""
    said = {"Accept": "application/json", "Idempotency-Key": call.idempotency_key}
    if call.body is not None:
        said["Content-Type"] = "application/json"
    headers, used = {name.lower(): (name, value) for name, value in said.items()}, []
    for name, value in call.headers.items():
        text = value if isinstance(value, str) else await _opened(value, read_secret)
        headers[name.lower()] = name, text
        if isinstance(value, SecretText):
            used.append(text.removeprefix(value.prefix))
    return dict(headers.values()), used


async def _opened(value: SecretText, read_secret: ReadSecret) -> str:
    secret = await read_secret(value.secret)
    if secret is None:
        raise LookupError(value.secret)
    return f"{value.prefix}{secret}"


def _content(answer: Answer, used: Iterable[str]) -> Any:
    """JSON data, or text where it is no JSON. A server that repeats what it was sent tells no secret to the flow."""
    text = answer.body.decode("utf-8", "replace")
    for secret in used:
        if len(secret) >= _SHORTEST_HIDDEN:
            text = text.replace(secret, _HIDDEN)
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return text
