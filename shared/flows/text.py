"""Texts per language and their templates: JSON data in, text out, no logic, bounded."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from minijinja import Environment, TemplateError

from shared.errors import InvalidError

Text = str | dict[str, str]

LONGEST_OUTPUT = 8_000
_FUEL = 10_000
_FILTERS = {"upper", "lower", "title", "trim", "default", "capitalize", "length", "join", "round"}
_STATEMENT = re.compile(r"{%|{#")
_EXPRESSION = re.compile(r"{{(.*?)}}", re.DOTALL)
_ALLOWED = re.compile(r"""\s*[A-Za-z_][\w.]*(\s*\|\s*[a-z]+(\s*\(\s*("[^"]*"|'[^']*'|\d+)?\s*\))?)*\s*""")


def in_language(text: Text, language: str, fallback: str) -> str:
    """The text in `language`, else in the bot's first, else in any (T9)."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get(fallback) or next(iter(text.values()), "")


def every_spelling(text: Text) -> Iterator[str]:
    yield from [text] if isinstance(text, str) else text.values()


def check_template(source: str) -> None:
    """Raises InvalidError `template_invalid`: only variables, dotted paths and a few filters are accepted."""
    if _STATEMENT.search(source):
        raise _invalid("statements are not accepted; use {{ variable }} only")
    for found in _EXPRESSION.finditer(source):
        if not _ALLOWED.fullmatch(found[1]):
            raise _invalid(f"{found[0]} is not a variable with filters")
        unknown = {part.split("(")[0].strip() for part in found[1].split("|")[1:]} - _FILTERS
        if unknown:
            raise _invalid(f"there is no filter {sorted(unknown)[0]!r}")
    if "{{" in _EXPRESSION.sub("", source):
        raise _invalid("a {{ is never closed")


def variables_in(source: str) -> Iterator[str]:
    """The roots of the variables that a template reads; `env.` is not one of the bot's."""
    for found in _EXPRESSION.finditer(source):
        root = found[1].split("|")[0].strip().split(".")[0]
        if root and root != "env":
            yield root


def render(source: str, values: Mapping[str, Any]) -> str:
    """Never raises: what is undefined is empty, what goes wrong leaves the text out."""
    if "{{" not in source:
        return source
    try:
        return str(_engine().render_str(source, **values))[:LONGEST_OUTPUT]
    except (TemplateError, TypeError, ValueError):
        return ""


@lru_cache(maxsize=1)
def _engine() -> Environment:
    return Environment(fuel=_FUEL, undefined_behavior="chainable", auto_escape_callback=lambda _name: False)


def _invalid(why: str) -> InvalidError:
    return InvalidError("template_invalid", f"The template is not accepted: {why}.")
