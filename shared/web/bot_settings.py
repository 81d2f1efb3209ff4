"""Settings of a bot as somebody changes some of them."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from shared.contracts import BotSettings
from shared.digest import canonical
from shared.errors import InvalidError


def merged_settings(before: Mapping[str, Any], changes: Mapping[str, Any], spoken: Collection[str]) -> BotSettings:
    """`languages` is merged language by language, null taking one off; `spoken` are those that the bot speaks.

    Raises InvalidError `unknown_field`, `invalid_settings` or `unknown_language`, naming the setting.
    """
    unknown = sorted(changes.keys() - BotSettings.model_fields.keys())
    if unknown:
        raise InvalidError("unknown_field", f"There is no setting {unknown[0]!r}.", errors=_pointers(unknown))
    try:
        said = canonical({**before, **changes, "languages": _by_language(before, changes)})
        merged = BotSettings.model_validate_json(said, strict=True)
    except ValidationError as error:
        names = ["/".join(map(str, problem["loc"])) for problem in error.errors()]
        detail = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise InvalidError("invalid_settings", detail, errors=_pointers(names)) from None
    strange = sorted(merged.languages.keys() - set(spoken))
    if strange:
        detail = f"This bot does not speak {strange[0]!r}, for which settings were given."
        raise InvalidError("unknown_language", detail, errors=_pointers([f"languages/{strange[0]}"]))
    return merged


def _by_language(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Any:
    known, changed = before.get("languages") or {}, changes.get("languages") or {}
    if not isinstance(changed, Mapping):
        return changed
    return {language: own for language, own in {**known, **changed}.items() if own is not None}


def _pointers(names: list[str]) -> list[dict[str, str]]:
    return [{"pointer": f"/settings/{name}", "detail": "not accepted"} for name in names]
