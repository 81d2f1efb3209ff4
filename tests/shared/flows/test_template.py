"""Texts with variables: JSON data in, bounded text out, and nothing else within reach (C6)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.flows.template import LONGEST_OUTPUT, check_template, render, variables_in
from shared.flows.text import in_language

ORDER: dict[str, Any] = {
    "name": "ada o'neil",
    "Name": "ADA",
    "nobody": None,
    "order": {"loaves": 3, "items": ["rye", "spelt"], "price": 7.5, "paid": True},
    "env": {"shop": {"city": "Ghent"}},
}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("no variable", "no variable"),
        ("For {{ name }}!", "For ada o'neil!"),
        ("For {{Name}}!", "For ADA!"),
        ("{{ order.loaves }} loaves at {{ order.price }}", "3 loaves at 7.5"),
        ("first {{ order.items.0 }}, then {{ order.items }}", "first rye, then rye, spelt"),
        ("paid: {{ order.paid }}", "paid: true"),
        ("in {{ env.shop.city | upper }}", "in GHENT"),
        ("{{ name | title }} {{ order.items | join(' | ') }}", "Ada O'neil rye | spelt"),
        ("{{ order.items | length }} kinds, {{ order.price | round }}", "2 kinds, 8"),
        ('{{ stranger | default("it\'s you") }}, {{ nobody | default("friend") | capitalize }}', "it's you, Friend"),
        ("a } or }} alone is text", "a } or }} alone is text"),
    ],
)
def test_a_template_shows_variables_paths_and_filtered_values(template: str, said: str) -> None:
    check_template(template)
    assert render(template, ORDER) == said


@pytest.mark.parametrize(
    "template",
    ["{{ stranger }}", "{{ nobody }}", "{{ order.gone.deeper }}", "{{ order.items.9 }}", "{{ name | round }}"],
)
def test_what_is_not_there_is_empty_and_the_rest_of_the_text_stays(template: str) -> None:
    assert render(f"Hello {template}!", ORDER) == "Hello !"


@pytest.mark.parametrize("reach", ["order.items.append", "order.keys", "name.upper", "order.__class__", "env.shop.get"])
def test_no_member_of_a_python_object_can_be_read(reach: str) -> None:
    assert render(f"{{{{ {reach} }}}}", ORDER) == ""


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in y %}",
        "{# note #}",
        "{{ never closed",
        "{{ }}",
        "{{ env }}",
        "{{ 'text' }}",
        "{{ a + b }}",
        "{{ a[0] }}",
        "{{ a.b() }}",
        "{{ a..b }}",
        "{{ {{ a }} }}",
        "{{- a -}}",
        "{{ a | shout }}",
        "{{ a | safe }}",
        "{{ a | }}",
        "{{ a | upper(3) }}",
        "{{ a | default(b) }}",
        "{{ range(9999999) }}",
    ],
)
def test_logic_calls_and_unknown_filters_are_refused_before_anything_is_published(template: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_template(template)
    assert refused.value.code == "template_invalid"


def test_a_text_of_eight_thousand_characters_is_the_longest_that_comes_out() -> None:
    assert len(render("{{ a }}{{ a | upper }}" * 300, {"a": "x" * 100_000})) == LONGEST_OUTPUT


def test_the_variables_of_a_text_are_known_without_saying_it() -> None:
    said = "{{ name }} {{ order.loaves | default(2) }} {{ env.city }}"
    assert list(variables_in(said)) == ["name", "order"]


def test_a_text_falls_back_to_the_first_language_then_to_any() -> None:
    bread = {"nl": "brood", "fr": "pain"}
    assert in_language(bread, "fr", "nl") == "pain"
    assert in_language(bread, "de", "nl") == "brood"
    assert in_language({"nl": "", "fr": "pain"}, "nl", "en") == "pain"
    assert in_language(bread, "de", "en") == in_language(dict(reversed(bread.items())), "de", "en")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
pieces = st.sampled_from(
    ["{{", "}}", "{", "}", "{%", "a", "b.0", ".", "|", "upper", "join(', ')", "round", "'", "env", " "]
)


@given(st.lists(pieces | st.text(max_size=4), max_size=12).map("".join), st.dictionaries(st.just("a"), json_values))
def test_a_template_is_either_refused_or_never_fails(template: str, values: dict[str, Any]) -> None:
    try:
        check_template(template)
    except InvalidError:
        return
    assert len(render(template, values)) <= LONGEST_OUTPUT


@given(
    json_values,
    st.sampled_from(["upper", "lower", "title", "trim", "default('x')", "length", "join(', ')", "round(1)"]),
)
def test_every_filter_takes_every_value(value: Any, name: str) -> None:
    assert isinstance(render(f"{{{{ a | {name} }}}}", {"a": value}), str)
