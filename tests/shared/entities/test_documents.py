"""Entities as builders write them: what does not go together is said."""

from typing import Any

import pytest

from shared.entities.document import Entity, check_entity
from shared.errors import InvalidError
from tests.shared.entities.harbour import match


def refused(document: dict[str, Any]) -> InvalidError:
    with pytest.raises(InvalidError) as error:
        check_entity("soup", Entity.model_validate(document))
    return error.value


@pytest.mark.parametrize(
    ("document", "code", "says"),
    [
        (match("miso", pattern="m.*"), "invalid_entity", "values and a pattern"),
        (match("miso", system="date"), "invalid_entity", "`system`"),
        (match("miso", prefer="past", country="BE"), "invalid_entity", "`country` and `prefer`"),
        ({"kind": "match", "pattern": "x", "fuzzy": False}, "invalid_entity", "never fuzzy"),
        ({"kind": "system"}, "invalid_entity", "which `system` entity"),
        ({"kind": "system", "system": "email", "prefer": "past"}, "invalid_entity", "`prefer`"),
        ({"kind": "system", "system": "phone", "currency": "EUR"}, "invalid_entity", "`currency`"),
        ({"kind": "system", "system": "date", "pattern": "x"}, "invalid_entity", "`pattern`"),
        ({"kind": "system", "system": "date", "timezone": "Mars/Crater"}, "invalid_entity", "does not exist"),
        ({"kind": "system", "system": "date", "timezone": "../etc/passwd"}, "invalid_entity", "does not exist"),
        ({"kind": "match", "pattern": "(a"}, "regex_invalid", "RE2"),
        (match("?!"), "empty_text", "no letters"),
        (match("miso: ---"), "empty_text", "no letters"),
    ],
)
def test_what_makes_no_sense_is_refused(document: dict[str, Any], code: str, says: str) -> None:
    error = refused(document)
    assert error.code == code
    assert says in error.detail


@pytest.mark.parametrize(
    ("values", "synonym", "clash"),
    [
        (("miso: broth", "bouillon: Broth!"), "Broth!", ["miso", "bouillon"]),
        (("café", "bar: cafe"), "cafe", ["café", "bar"]),
        (("e-mail", "letter: email"), "email", ["e-mail", "letter"]),
        (("miso", "miso"), "miso", ["miso", "miso"]),
    ],
)
def test_two_values_that_are_said_alike_are_named(values: tuple[str, ...], synonym: str, clash: list[str]) -> None:
    error = refused(match(*values))
    assert error.code == "duplicate_synonym"
    assert error.extra["duplicates"] == [{"synonym": synonym, "values": clash}]


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "match"},
        match("miso: Miso, MISO", "ramen"),
        match("miso", fuzzy=False),
        {"kind": "system", "system": "date", "prefer": "past", "timezone": "Europe/Brussels", "country": "BE"},
        {"kind": "system", "system": "money", "currency": "CAD"},
    ],
)
def test_what_makes_sense_is_kept_without_what_goes_without_saying(document: dict[str, Any]) -> None:
    entity = Entity.model_validate(document)
    check_entity("soup", entity)
    assert Entity.model_validate(entity.document()) == entity
    assert entity.document().keys() <= document.keys()


def test_fifty_thousand_synonyms_are_enough() -> None:
    values = [{"value": f"v{n}", "synonyms": [f"s{n} {m}" for m in range(600)]} for n in range(84)]
    assert refused({"kind": "match", "values": values}).code == "invalid_entity"
