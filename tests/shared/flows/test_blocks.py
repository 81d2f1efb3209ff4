"""What may be written as a block, and what is refused, each problem with its place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.errors import InvalidError
from shared.flows import block as reading
from shared.flows import blocks as kinds
from shared.flows.block import MOST_BLOCKS, block_schema, parse_blocks
from tests.shared.flows.bakery import block

OVEN = {
    "id": "oven",
    "kind": "message",
    "name": "From the oven",
    "intent": "intent_fresh",
    "required_contexts": ["in_shop"],
    "output_contexts": [{"name": "hungry", "lifespan": 2}],
    "messages": [
        {"variants": ["Rye!", {"en": "Spelt!", "nl": "Spelt!"}]},
        {
            "text": {"en": "Which one, {{ name }}?"},
            "buttons": [{"title": "Rye", "next": "rye"}, {"title": "Menu", "url": "https://bakery.example/menu"}],
            "quick_replies": [{"title": {"en": "None", "nl": "Geen"}, "variables": {"wants": []}}],
        },
    ],
    "next": "counter",
}


def test_a_block_is_read_with_all_that_it_may_have() -> None:
    (oven,) = parse_blocks([OVEN])
    assert (oven.id, oven.intent, oven.output_contexts[0].lifespan) == ("oven", "intent_fresh", 2)
    assert list(oven.jumps()) == ["counter", "rye"]
    assert list(oven.assigns()) == ["wants"]
    assert len(list(oven.texts())) == 6


def spoilt(**members: Any) -> dict[str, Any]:
    return {**block("rye"), **members}


def saying(**message: Any) -> dict[str, Any]:
    return spoilt(messages=[{"text": "Rye", **message}])


@pytest.mark.parametrize(
    ("written", "code", "pointer"),
    [
        (spoilt(colour="brown"), "unknown_field", "/blocks/0/colour"),
        (saying(image="x"), "unknown_field", "/blocks/0/messages/0/image"),
        (spoilt(kind="dance"), "invalid_block", "/blocks/0/kind"),
        (spoilt(id="two words"), "invalid_block", "/blocks/0/id"),
        (spoilt(id=""), "invalid_block", "/blocks/0/id"),
        (spoilt(system="night"), "invalid_block", "/blocks/0/system"),
        (spoilt(messages=[]), "invalid_block", "/blocks/0/messages"),
        (spoilt(messages=[{"text": "Rye"}] * 21), "invalid_block", "/blocks/0/messages"),
        (
            spoilt(output_contexts=[{"name": "a", "lifespan": 0}]),
            "invalid_block",
            "/blocks/0/output_contexts/0/lifespan",
        ),
        (saying(text=5), "invalid_block", "/blocks/0/messages/0/text"),
        (saying(text={}), "invalid_block", "/blocks/0/messages/0/text"),
        (saying(text={"english/uk": "Rye"}), "invalid_block", "/blocks/0/messages/0/text/english~1uk"),
        (saying(text="x" * 8001), "invalid_block", "/blocks/0/messages/0/text"),
        (saying(variants=["Rye"]), "invalid_block", "/blocks/0/messages/0"),
        (saying(text=None, variants=["Rye"] * 51), "invalid_block", "/blocks/0/messages/0/variants"),
        (saying(buttons=[{"title": "a"}] * 4), "invalid_block", "/blocks/0/messages/0/buttons"),
        (saying(buttons=[{"next": "a"}]), "invalid_block", "/blocks/0/messages/0/buttons/0/title"),
        (
            saying(buttons=[{"title": "a", "url": "file:x"}]),
            "invalid_block",
            "/blocks/0/messages/0/buttons/0/url",
        ),
        (saying(text="{% if hungry %}"), "template_invalid", "/blocks/0/messages/0/text"),
        (saying(text={"en": "{{ a", "nl": "a"}), "template_invalid", "/blocks/0/messages/0/text/en"),
    ],
)
def test_a_wrong_block_is_refused_and_the_place_is_named(written: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        parse_blocks([written])
    assert refused.value.code == code
    assert [problem["pointer"] for problem in refused.value.extra["errors"]] == [pointer]


def test_a_missing_id_is_named_by_where_it_should_be() -> None:
    with pytest.raises(InvalidError) as refused:
        parse_blocks([block("rye"), {"kind": "message", "messages": [{"text": "Spelt"}]}])
    assert refused.value.extra["errors"] == [{"pointer": "/blocks/1/id", "detail": "Field required"}]


def test_two_blocks_of_one_id_are_refused() -> None:
    with pytest.raises(InvalidError) as refused:
        parse_blocks([block("rye"), block("rye")])
    assert refused.value.code == "duplicate_block"


def test_a_flow_holds_two_thousand_blocks_and_no_more() -> None:
    blocks = [block(f"loaf_{number}") for number in range(MOST_BLOCKS + 1)]
    assert len(parse_blocks(blocks[:MOST_BLOCKS])) == MOST_BLOCKS
    with pytest.raises(InvalidError, match="at most 2000"):
        parse_blocks(blocks)


SING = """
from collections.abc import Iterator
from typing import Literal

from shared.flows.fields import CommonBlock
from shared.flows.steps import Moment, Say, Step


class SingBlock(CommonBlock):
    kind: Literal["sing"]
    tune: str

    def run(self, moment: Moment) -> Step:
        return Step((Say(self.tune),), self.next)

    def texts(self) -> Iterator[str]:
        return iter((self.tune,))

    def jumps(self) -> Iterator[str]:
        return iter(())

    def assigns(self) -> Iterator[str]:
        return iter(())


Block = SingBlock
"""


@pytest.fixture
def _a_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "sing.py").write_text(SING)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    reading._adapter.cache_clear()
    yield
    reading._adapter.cache_clear()


@pytest.mark.usefixtures("_a_file_more")
def test_a_new_kind_of_block_is_one_file() -> None:
    song, oven = parse_blocks([{"id": "song", "kind": "sing", "tune": "Tra la"}, OVEN])
    assert (song.kind, oven.kind) == ("sing", "message")
    assert {"MessageBlock", "SingBlock"} <= block_schema()["$defs"].keys()
    with pytest.raises(InvalidError) as refused:
        parse_blocks([{"id": "song", "kind": "sing"}])
    assert refused.value.extra["errors"][0]["pointer"] == "/blocks/0/tune"


def test_the_schema_is_json_and_closed() -> None:
    schema = json.loads(json.dumps(block_schema()))
    assert schema["$defs"]["MessageBlock"]["additionalProperties"] is False
