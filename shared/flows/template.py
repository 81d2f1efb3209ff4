"""`{{ variable }}` in texts (C6): a dotted path into JSON data, then a few filters. No logic, no calls, bounded.

Paths are followed here, and filters get plain text, numbers and lists only: a template engine that is handed a
Python object looks up among its attributes what it does not find among its members.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from minijinja import Environment, TemplateError

from shared.errors import InvalidError

LONGEST_OUTPUT = 8_000
"""Characters that one text may come out with: as many as a builder may write."""

_LONGEST_LIST = 1_000
_FUEL = 1_000
_FILTERS = frozenset({"capitalize", "default", "join", "length", "lower", "round", "title", "trim", "upper"})
_ARGUMENT = r"""(?:"[^"\\]{0,200}"|'[^'\\]{0,200}'|\d{1,4})"""
_FILTER = rf"\|\s*([a-z]+)(?:\s*\(\s*{_ARGUMENT}?\s*\))?"
_ONE_FILTER = re.compile(_FILTER)
_SLOT = re.compile(rf"([^\W\d]\w*(?:\.\w+)*)((?:\s*{_FILTER})*)")
_ENV = "\0"
_HOST = re.compile(r"https?://[^/?#@]+(?=[/?#]|$)")
_UNLINKED = re.compile(r"[\s\\\x00-\x1f\x7f]")
_BROKEN = frozenset({"MissingArgument", "SyntaxError", "TooManyArguments"})


@dataclass(frozen=True)
class Slot:
    """One `{{ ... }}`. `filters` is empty, or begins with the bar."""

    path: tuple[str, ...]
    filters: str

    @property
    def variable(self) -> str:
        return self.path[0]


def check_template(source: str) -> None:
    """Raises InvalidError `template_invalid` for anything but variables, dotted paths and the known filters."""
    _compiled(source)


def variables_in(source: str) -> Iterator[str]:
    """The variables that a template reads. `env.` holds values of the environment, none of the bot's variables."""
    slots = (part for part in _compiled(source) if isinstance(part, Slot))
    return (slot.variable for slot in slots if slot.variable != "env")


def environment_values_in(source: str) -> Iterator[str]:
    """The names after `env.`; `env` alone names none."""
    slots = (part for part in _compiled(source) if isinstance(part, Slot))
    return (slot.path[1] for slot in slots if slot.variable == "env" and len(slot.path) > 1)


def literal_of(source: str) -> str:
    """What is left of a template without its variables."""
    return "".join(part for part in _compiled(source) if isinstance(part, str))


def render(source: str, values: Mapping[str, Any]) -> str:
    """Never raises for a template that was checked: what is undefined, null or of the wrong type is empty."""
    if "{{" not in source:
        return source
    said = (part if isinstance(part, str) else _spelt(_value(part, values)) for part in _compiled(source))
    return "".join(said)[:LONGEST_OUTPUT]


def render_data(data: Any, values: Mapping[str, Any]) -> Any:
    """JSON data with its texts rendered. A text that is one variable and nothing else becomes what that holds."""
    if isinstance(data, str):
        parts = _compiled(data)
        alone = parts[1] if len(parts) == 3 and parts[0] == parts[2] == "" else None
        return _whole(alone, values) if isinstance(alone, Slot) else render(data, values)
    if isinstance(data, Mapping):
        return {name: render_data(value, values) for name, value in data.items()}
    return [render_data(item, values) for item in data] if isinstance(data, list | tuple) else data


def templates_in(data: Any) -> Iterator[str]:
    """The texts of JSON data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping | list | tuple):
        for item in data.values() if isinstance(data, Mapping) else data:
            yield from templates_in(item)


def shown(value: Any) -> str:
    """JSON data as a text says it: nothing for null, its members for a list."""
    return _spelt(_plain(value))


def check_link(source: str) -> None:
    """Raises InvalidError `template_invalid`: where a link leads is the builder's and the environment's to say.

    It begins with http:// or https:// or with a value of the environment, and variables come after the host.
    """
    parts = _compiled(source)
    users = (at for at, part in enumerate(parts) if isinstance(part, Slot) and part.variable != "env")
    fixed = parts[: next(users, len(parts))]
    start = "".join(part if isinstance(part, str) else _ENV for part in fixed)
    host = _HOST.match(start.replace(_ENV, f"https://{_ENV}", 1) if start.startswith(_ENV) else start)
    if host is None or (len(fixed) < len(parts) and host.end() == len(host.string)):
        raise _invalid("a link begins with http:// or https:// or {{ env.NAME }}, and variables come after its host")
    if any(_UNLINKED.search(part) for part in parts if isinstance(part, str)):
        raise _invalid("a link has no spaces and no backslashes")


def render_link(source: str, values: Mapping[str, Any]) -> str:
    """As `render`, but what variables hold is percent-encoded; values of the environment go in as they are."""
    parts = ((part, part if isinstance(part, str) else _spelt(_value(part, values))) for part in _compiled(source))
    said = (text if isinstance(part, str) or part.variable == "env" else quote(text, safe="") for part, text in parts)
    return _UNLINKED.sub("", "".join(said))[:LONGEST_OUTPUT]


@lru_cache(maxsize=4096)
def _compiled(source: str) -> tuple[str | Slot, ...]:
    if "{%" in source or "{#" in source:
        raise _invalid("statements and comments are not accepted; write {{ variable }} only")
    literal, *others = source.split("{{")
    parts: list[str | Slot] = [literal]
    for other in others:
        inside, end, literal = other.partition("}}")
        if not end:
            raise _invalid("a {{ is never closed")
        parts += [_slot(inside.strip()), literal]
    return tuple(parts)


def _slot(inside: str) -> Slot:
    found = _SLOT.fullmatch(inside)
    if found is None or found[1] == "env":
        raise _invalid(f"{{{{ {inside} }}}} is not a variable, nor one with filters")
    for written in _ONE_FILTER.finditer(found[2]):
        _check_filter(written[0], written[1])
    return Slot(tuple(found[1].split(".")), found[2])


def _check_filter(written: str, name: str) -> None:
    if name not in _FILTERS:
        raise _invalid(f"there is no filter {name!r}; there are {', '.join(sorted(_FILTERS))}")
    try:
        _engine().eval_expr(f"value{written}", value="")
    except TemplateError as error:
        if error.kind in _BROKEN:
            raise _invalid(f"the filter {name!r} has something in its brackets that it cannot take") from None


def _value(slot: Slot, values: Mapping[str, Any]) -> Any:
    value = _plain(at_path(slot.path, values))
    if not slot.filters:
        return value
    # A null is as good as undefined: both take the default.
    known = {} if value is None else {"value": value}
    try:
        return _engine().eval_expr(f"value{slot.filters}", **known)
    except TemplateError:
        return None


def _whole(slot: Slot, values: Mapping[str, Any]) -> Any:
    return _value(slot, values) if slot.filters else at_path(slot.path, values)


def at_path(path: Sequence[str], value: Any) -> Any:
    """What JSON data holds under the names and numbers of a path; None where there is nothing."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.isdecimal() and len(part) < 5:
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def _plain(value: Any) -> Any:
    """Text, a number, None, or a list of texts and numbers: whatever has members becomes its JSON."""
    if isinstance(value, list | tuple):
        return ["" if item is None else _leaf(item) for item in value[:_LONGEST_LIST]]
    return _leaf(value)


def _leaf(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_OUTPUT]
    if value is None or isinstance(value, float) or (type(value) is int and abs(value) < 2**63):
        return value
    return _json(value)


def _spelt(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(_spelt(item) for item in value)
    return _json(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:LONGEST_OUTPUT]
    except (TypeError, ValueError, RecursionError):
        return ""


@lru_cache(maxsize=1)
def _engine() -> Environment:
    return Environment(fuel=_FUEL, undefined_behavior="chainable", debug=False)


def _invalid(why: str) -> InvalidError:
    return InvalidError("template_invalid", f"The template is not accepted: {why}.")
