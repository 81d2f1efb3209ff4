"""Settings of a bot as somebody changes some of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.contracts import BotSettings
from shared.errors import InvalidError


def merged_settings(before: Mapping[str, Any], changes: Mapping[str, Any]) -> BotSettings:
    """Raises InvalidError `unknown_field` or `invalid_settings`, naming the setting."""
    unknown = sorted(changes.keys() - BotSettings.model_fields.keys())
    if unknown:
        raise InvalidError("unknown_field", f"There is no setting {unknown[0]!r}.", errors=_pointers(unknown))
    try:
        return BotSettings.model_validate({**before, **changes})
    except ValidationError as error:
        names = [str(problem["loc"][0]) for problem in error.errors()]
        detail = "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise InvalidError("invalid_settings", detail, errors=_pointers(names)) from None


def _pointers(names: list[str]) -> list[dict[str, str]]:
    return [{"pointer": f"/settings/{name}", "detail": "not accepted"} for name in names]
