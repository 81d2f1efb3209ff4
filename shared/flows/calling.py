"""The action that calls a service of the builder's: what to send, and what to keep of the answer."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from shared.document import Value
from shared.flows.effects import HttpCall, HttpOutcome, SecretText
from shared.flows.fields import Data, Id, Link, Template, VariableName
from shared.flows.steps import Moment, Pending, Step
from shared.flows.template import at_path, templates_in

LONGEST_KEPT = 16_000
"""Characters of JSON that a variable keeps of an answer."""

_DEEPEST_KEPT = 20
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_OURS = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})


def _settable(name: str) -> str:
    if name.lower() in _NOT_OURS:
        raise ValueError(f"the header {name} is not the builder's to set")
    return name


HeaderName = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"), AfterValidator(_settable)]
OutcomePath = Annotated[str, Field(max_length=200, pattern=r"^(status|error|body(\.\w+)*)$")]
"""What to keep: `status`, `error`, `body`, or something within the body: `body.items.0.name`."""


class SecretValue(Value):
    """The value of a named secret of the environment, behind `prefix`."""

    secret: Annotated[str, Field(min_length=1, max_length=200)]
    prefix: Annotated[str, Field(max_length=100, pattern=r"^[\x20-\x7e]*$")] = ""


def _shape(value: object) -> str:
    return "one string" if isinstance(value, str) else "from a secret"


HeaderValue = Annotated[
    Annotated[Template, Tag("one string")] | Annotated[SecretValue, Tag("from a secret")], Discriminator(_shape)
]


class HttpAction(Value):
    """Calls a URL. `save` maps variables to paths into what came of it, whether it succeeded (2xx) or not.

    A call that fails leads to the block `failed`, or else to the block for errors.
    """

    do: Literal["http"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Link
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=20)] = {}
    body: Data = None
    timeout_seconds: Annotated[float, Field(gt=0, le=10)] = 10.0
    save: Annotated[dict[VariableName, OutcomePath], Field(max_length=50)] = {}
    failed: Id | None = None

    def perform(self, moment: Moment, place: str) -> Pending:
        url, body = moment.link(self.url), moment.fill(self.body)
        call = HttpCall(
            method=self.method,
            url=url,
            idempotency_key=moment.drawn(f"{place}\n{self.method} {url}\n{_json(body)}"),
            headers={name: _header(value, moment) for name, value in self.headers.items()},
            body=body,
            timeout=self.timeout_seconds,
        )
        return Pending(call, self._answered)

    def _answered(self, outcome: HttpOutcome) -> Step:
        came = {"status": outcome.status, "error": outcome.error, "body": outcome.body}
        changes = {name: _kept(at_path(path.split("."), came)) for name, path in self.save.items()}
        if outcome.succeeded:
            return Step(changes=changes)
        why = f"the call came to {outcome.error or f'status {outcome.status}'}"
        return Step(changes=changes, next=self.failed) if self.failed else Step(changes=changes, fault=why)

    def templates(self) -> Iterator[str]:
        yield self.url
        yield from templates_in(self.body)
        yield from (value for value in self.headers.values() if isinstance(value, str))

    def secrets(self) -> Iterator[str]:
        return (value.secret for value in self.headers.values() if isinstance(value, SecretValue))


def _header(value: str | SecretValue, moment: Moment) -> str | SecretText:
    if isinstance(value, SecretValue):
        return SecretText(value.secret, value.prefix)
    return _CONTROLS.sub(" ", moment.speak(value)).strip()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _kept(value: Any) -> Any:
    """None for what is too large or too deep to keep."""
    if _depth(value) > _DEEPEST_KEPT:
        return None
    try:
        written = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return None
    return value if len(written) <= LONGEST_KEPT else None


def _depth(value: Any) -> int:
    """Levels of lists and objects, counted no further than matters."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST_KEPT:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth
