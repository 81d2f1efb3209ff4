"""An entity as builders write it, and as it lies in a release."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from shared.entities.patterns import LONGEST_PATTERN, Pattern
from shared.entities.reading import spellings
from shared.errors import InvalidError

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
LONGEST_TEXT = 200
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]

MOST_SPELLINGS = 50_000
_NAMED = 20
_OPTIONS: Mapping[str, frozenset[str]] = {
    "date": frozenset({"prefer", "timezone", "country"}),
    "phone": frozenset({"country"}),
    "money": frozenset({"currency"}),
}


class EntityValue(BaseModel):
    """A value is one of its own synonyms."""

    model_config = ConfigDict(extra="forbid")

    value: Text
    synonyms: Annotated[list[str], Field(max_length=1000)] = []

    @property
    def spoken(self) -> tuple[str, ...]:
        return (self.value, *self.synonyms)


class Entity(BaseModel):
    """`match` has values or a pattern; `system` names what Greenroom recognises by itself.

    `fuzzy` lets values be misspelt a little. Of dates, `prefer` says which friday is meant and `timezone` where it
    is; `country` is where phone numbers are at home, and which way round 5/6 is read; `currency` says which dollars.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "match", "values": [{"value": "dog", "synonyms": ["puppy"]}]}]},
    )

    kind: Literal["match", "system"]
    values: Annotated[list[EntityValue], Field(max_length=20_000)] = []
    pattern: Annotated[str, Field(max_length=LONGEST_PATTERN)] | None = None
    fuzzy: bool = True
    system: Literal["number", "date", "email", "phone", "url", "money", "duration"] | None = None
    prefer: Literal["past", "future"] = "future"
    timezone: Annotated[str, Field(max_length=80)] = "UTC"
    country: Country | None = None
    currency: Currency | None = None

    def document(self) -> dict[str, Any]:
        """What is kept: nothing of what goes without saying."""
        return self.model_dump(mode="json", exclude_defaults=True)


def check_entity(name: str, entity: Entity) -> None:
    """Raises InvalidError `invalid_entity`, `regex_invalid`, `empty_text`, `duplicate_synonym`."""
    problem = next(_problems(entity), None)
    if problem is not None:
        raise InvalidError("invalid_entity", f"The entity {name!r} {problem}.", entity=name)
    if entity.pattern is not None:
        Pattern.of(name, entity.pattern)
    _check_values(name, entity)


def _problems(entity: Entity) -> Iterator[str]:
    if sum(len(value.spoken) for value in entity.values) > MOST_SPELLINGS:
        yield f"has more than {MOST_SPELLINGS} values and synonyms"
    if any(len(text) > LONGEST_TEXT for value in entity.values for text in value.synonyms):
        yield f"has a synonym of more than {LONGEST_TEXT} characters"
    if entity.pattern == "":
        yield "has an empty pattern"
    given = set(entity.document()) - {"kind"}
    if entity.kind == "match":
        if entity.values and entity.pattern is not None:
            yield "has values and a pattern: make two entities of it"
        if odd := given - {"values", "pattern", "fuzzy"}:
            yield f"is matched, and has no use for {_and(odd)}"
        if entity.pattern is not None and not entity.fuzzy:
            yield "has a pattern, which is never fuzzy: leave `fuzzy` out"
        return
    if entity.system is None:
        yield "does not say which `system` entity it is"
    if odd := given - {"system"} - _OPTIONS.get(entity.system or "", frozenset()):
        yield f"is recognised by Greenroom as {entity.system}, and has no use for {_and(odd)}"
    if not _is_zone(entity.timezone):
        yield f"has a `timezone` {entity.timezone!r} that does not exist: Europe/Brussels is one"


def _is_zone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):
        return False


def _and(names: set[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names))


def _check_values(name: str, entity: Entity) -> None:
    """Two values that are said alike could not be told apart."""
    meant: dict[tuple[str, ...], str] = {}
    clashes: dict[str, tuple[str, str]] = {}
    again = Counter(value.value for value in entity.values)
    for value in entity.values:
        if again[value.value] > 1:
            clashes[value.value] = (value.value, value.value)
        for text in value.spoken:
            spelt = spellings(text)
            if not spelt:
                raise InvalidError("empty_text", f"{text!r} of the entity {name!r} has no letters.", entity=name)
            for spelling in spelt:
                if meant.setdefault(spelling, value.value) != value.value:
                    clashes[text] = (meant[spelling], value.value)
    if clashes:
        raise _duplicates(name, clashes)


def _duplicates(name: str, clashes: Mapping[str, tuple[str, str]]) -> InvalidError:
    told = [{"synonym": text, "values": list(pair)} for text, pair in list(clashes.items())[:_NAMED]]
    first = told[0]
    detail = f"{first['synonym']!r} of the entity {name!r} stands for {_both(*first['values'])}"
    more = f", and {len(clashes) - 1} more are like it" if len(clashes) > 1 else ""
    return InvalidError("duplicate_synonym", f"{detail}{more}.", entity=name, duplicates=told)


def _both(first: str, second: str) -> str:
    return f"{first!r} twice" if first == second else f"both {first!r} and {second!r}"
