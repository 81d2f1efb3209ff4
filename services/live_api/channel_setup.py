"""How a channel is set up: what somebody writes of its config and secrets, checked against its kind.

Secrets may be written among the config too, as they are listed beside it in most platforms' settings; they are told
apart here, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from services.live_api.channel import Kind, Made
from services.live_api.channel_kinds import kinds
from shared.document import Value
from shared.errors import InvalidError


@dataclass(frozen=True)
class Written:
    """As somebody wrote it: None takes a value away."""

    config: Mapping[str, Any]
    secrets: Mapping[str, str | None]


def kind_named(name: str) -> Kind:
    """Raises InvalidError `unknown_channel_kind`."""
    if name not in kinds():
        raise InvalidError("unknown_channel_kind", f"A channel is one of {', '.join(sorted(kinds()))}.")
    return kinds()[name]


def told_apart(kind: Kind, config: Mapping[str, Any], secrets: Mapping[str, str | None]) -> Written:
    """Raises InvalidError `unknown_field`, `invalid_channel`."""
    among = {name: value for name, value in config.items() if name in kind.Secrets.model_fields}
    for name, value in among.items():
        if value is not None and not isinstance(value, str):
            raise _invalid([{"pointer": f"/config/{name}", "detail": "a secret is text"}])
    return Written({n: v for n, v in config.items() if n not in among}, {**among, **secrets})


def checked_config(kind: Kind, config: Mapping[str, Any]) -> Value:
    """What is None is as if it had not been written. Raises InvalidError `unknown_field`, `invalid_channel`."""
    try:
        return kind.Config.model_validate(_given(config))
    except ValidationError as error:
        raise _refusal("config", error.errors(include_input=False)) from None


def checked_secrets(kind: Kind, secrets: Mapping[str, str | None]) -> dict[str, str]:
    """Those that are given; some may be missing yet. Raises InvalidError, which never repeats a secret."""
    given = _given(secrets)
    try:
        kind.Secrets.model_validate(given)
    except ValidationError as error:
        wrong = [problem for problem in error.errors(include_input=False) if problem["type"] != "missing"]
        if wrong:
            raise _refusal("secrets", wrong) from None
    return given


def made_secrets(kind: Kind) -> dict[str, str]:
    """Those that nobody has to think of."""
    fields = kind.Secrets.model_fields.items()
    return {name: token_urlsafe(32) for name, field in fields if any(isinstance(m, Made) for m in field.metadata)}


def missing_secrets(kind: Kind, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Without these the channel could prove or reach nobody."""
    fields = kind.Secrets.model_fields.items()
    return tuple(name for name, field in fields if field.is_required() and name not in secrets)


def whole_secrets(kind: Kind, secrets: Mapping[str, str]) -> Value | None:
    """None while one is missing, or is one that this version no longer takes."""
    try:
        return kind.Secrets.model_validate({name: SecretStr(value) for name, value in secrets.items()})
    except ValidationError:
        return None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _refusal(part: str, problems: Sequence[ErrorDetails]) -> InvalidError:
    errors = [
        {"pointer": "/" + "/".join((part, *map(str, problem["loc"]))), "detail": problem["msg"]} for problem in problems
    ]
    unknown = [error for problem, error in zip(problems, errors, strict=True) if problem["type"] == "extra_forbidden"]
    if unknown:
        detail = f"A channel of this kind has no {unknown[0]['pointer'].rpartition('/')[2]!r}."
        return InvalidError("unknown_field", detail, errors=unknown)
    return _invalid(errors)


def _invalid(errors: list[dict[str, str]]) -> InvalidError:
    detail = "; ".join(f"{error['pointer']}: {error['detail']}" for error in errors)
    return InvalidError("invalid_channel", detail, errors=errors)
