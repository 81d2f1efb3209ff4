"""Where a goto leads: conditions on whatever variables hold, the first that is true wins."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter

from shared.errors import InvalidError
from shared.flows.block import parse_blocks
from shared.flows.comparing import OPERATORS
from shared.flows.conditions import WholeCondition, holds
from shared.flows.fallbacks import FALLBACK_TEXTS
from shared.flows.steps import Moment
from tests.shared.flows.bakery import Customer, block, goto, where
from tests.shared.flows.test_template import json_values

ORDER: dict[str, Any] = {
    "loaf": "Rye Bread", "loaves": 3, "price": "7.50", "paid": False, "note": " ", "toppings": ["Seeds", "salt"],
    "nothing": None, "none": [], "customer": {"name": "Ada", "city": "Ghent"}, "day": "2027-03-01", "infinity": "1e999",
    "env": {"open": True},
}  # fmt: skip


def moment(**values: Any) -> Moment:
    return Moment(
        language="en", fallback="en", seed="s", at=datetime(2027, 3, 1, tzinfo=UTC), text="", certainty=0, mentions=(),
        known={}, variables={**ORDER, **values}, defaults={},
    )  # fmt: skip


def true(condition: dict[str, Any]) -> bool:
    read: Any = TypeAdapter(WholeCondition).validate_python(condition)
    return holds(read, moment())


@pytest.mark.parametrize(
    ("variable", "operator", "value", "expected"),
    [
        ("loaf", "equals", " rye  bread", True),
        ("loaf", "equals", "rye", False),
        ("loaf", "not_equals", "rye", True),
        ("price", "equals", 7.5, True),
        ("loaves", "equals", "3.0", True),
        ("paid", "equals", False, True),
        ("paid", "equals", "false", True),
        ("paid", "equals", 0, False),
        ("gone", "equals", "", True),
        ("loaves", "greater_than", 2, True),
        ("loaves", "greater_than", "3", False),
        ("loaves", "greater_or_equal", 3, True),
        ("loaves", "less_than", 10, True),
        ("price", "less_or_equal", 7.5, True),
        ("day", "less_than", "2027-12-24", True),
        ("day", "greater_than", "2027-12-24", False),
        ("loaf", "greater_than", "rye", True),
        ("gone", "less_than", 5, False),
        ("loaf", "greater_than", 5, False),
        ("gone", "greater_or_equal", 5, False),
        ("infinity", "greater_than", 5, True),
        ("loaf", "contains", "BREAD", True),
        ("loaf", "contains", " ", False),
        ("toppings", "contains", "seeds", True),
        ("toppings", "contains", "seed", False),
        ("customer", "contains", "city", True),
        ("toppings", "not_contains", "sugar", True),
        ("loaf", "starts_with", "rye", True),
        ("loaf", "ends_with", "bread", True),
        ("customer.city", "in", ["Bruges", "ghent"], True),
        ("loaves", "in", ["1", "3"], True),
        ("gone", "in", ["", "x"], False),
        ("gone", "not_in", ["x"], True),
        ("customer.city", "in", "{{ toppings }}", False),
        ("toppings.1", "in", "{{ toppings }}", True),
        ("loaf", "equals", "{{ loaf|upper }}", True),
        ("loaf", "matches", "^Rye", True),
        ("loaf", "matches", "^rye", False),
        ("loaf", "matches", "(?i)^rye b", True),
        ("day", "matches", r"^\d{4}-\d\d-\d\d$", True),
        ("loaf", "exists", None, True),
        ("nothing", "exists", None, False),
        ("gone.deeper", "not_exists", None, True),
        ("note", "empty", None, True),
        ("none", "empty", None, True),
        ("loaves", "empty", None, False),
        ("paid", "not_empty", None, True),
    ],
)
def test_a_comparison_takes_what_builders_mean(variable: str, operator: str, value: Any, expected: bool) -> None:
    assert true(where(variable, operator, value)) is expected


def test_conditions_are_joined_by_all_and_any_within_one_another() -> None:
    rye, four = where("loaf", "starts_with", "rye"), where("loaves", "equals", 4)
    assert true({"any": [four, {"all": [rye, where("loaves", "less_than", 4)]}]})
    assert not true({"all": [rye, {"any": [four, where("gone", "exists")]}]})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (where("loaf", "resembles", "rye"), "invalid_block"),
        (where("loaf", "equals"), "invalid_block"),
        (where("loaf", "exists", "x"), "invalid_block"),
        (where("loaf", "in", 5), "invalid_block"),
        (where("two words", "exists"), "invalid_block"),
        ({"all": []}, "invalid_block"),
        ({"all": [], "any": []}, "unknown_field"),
        ({"any": [where(f"v{i}", "exists") for i in range(51)]}, "invalid_block"),
        ({"all": [{"any": [{"all": [{"any": [{"all": [where("deep", "exists")]}]}]}]}]}, "invalid_block"),
        (where("loaf", "equals", "{% if %}"), "template_invalid"),
        (where("loaf", "matches", "(?=rye)"), "regex_invalid"),
        (where("loaf", "matches", "a{1,1001}"), "regex_invalid"),
        (where("loaf", "matches", "x" * 1001), "invalid_block"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(written: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_blocks([goto("which", (written, "rye"))])
    assert refused.value.code == code


@given(json_values, json_values)
def test_every_comparison_of_any_two_values_is_true_or_false(value: Any, other: Any) -> None:
    assert {type(holds(value, other)) for name, holds in OPERATORS.items() if name != "matches"} == {bool}
    assert OPERATORS["equals"](value, other) is OPERATORS["equals"](other, value)


def test_a_spiteful_pattern_takes_no_longer_than_another() -> None:
    assert not OPERATORS["matches"]("a" * 7000 + "!", r"(a+)+$")


# -- in a conversation ------------------------------------------------------------------

SIZE = goto(
    "size", (where("loaves", "greater_than", 9), "party"), (where("loaves", "greater_than", 1), "some"), next="one",
    intent="order",
)  # fmt: skip
SHOP = (SIZE, block("party"), block("some"), block("one"))


@pytest.mark.parametrize(
    ("loaves", "answer"), [(20, "<party>"), (10, "<party>"), (3, "<some>"), (1, "<one>"), ("many", "<one>")]
)
def test_the_first_branch_that_holds_wins_else_next(loaves: Any, answer: str) -> None:
    customer = Customer(*SHOP, loaves=loaves)
    assert customer.says("bread", "order") == [answer]


def test_a_variable_that_nobody_set_holds_for_nothing() -> None:
    assert Customer(*SHOP).says("bread", "order") == ["<one>"]


def test_a_branch_into_nothing_leads_to_not_understood() -> None:
    customer = Customer(goto("which", (where("env.closed", "equals", True), "gone"), intent="order"))
    customer.env = {"closed": True}
    assert customer.says("bread", "order") == [FALLBACK_TEXTS["not_understood"]]


def test_without_a_branch_that_holds_and_without_next_nothing_more_is_said() -> None:
    last = goto("last", (where("loaves", "exists"), "one"))
    customer = Customer(block("thanks", intent="thanks", next="last"), last, block("one"))
    assert customer.says("thanks", "thanks") == ["<thanks>"]
