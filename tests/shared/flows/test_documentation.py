"""What docs/flows.md shows can be written as it stands, and it leaves nothing out."""

import json
import re
from pathlib import Path
from typing import get_args

from shared.flows.answers import Expected
from shared.flows.block import parse_blocks
from shared.flows.comparing import OPERATORS
from shared.flows.fields import Role
from shared.flows.writing import FlowBody, compose_flow
from tests.shared.flows.bakery import dangling

PAGE = (Path(__file__).parents[3] / "docs" / "flows.md").read_text(encoding="utf-8")
SHOWN = [json.loads(found) for found in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


def test_every_example_is_a_block() -> None:
    assert {block.kind for block in parse_blocks(SHOWN)} == {"message", "goto", "input", "action"}


def test_the_examples_of_the_explorer_are_flows_without_a_loose_end() -> None:
    for example in FlowBody.model_config["json_schema_extra"]["examples"]:  # type: ignore[call-overload, index]
        written = compose_flow("example", FlowBody(**example), {})
        assert dangling({"example": written}, {}, {}, {}) == []


def test_every_operator_role_and_kind_of_answer_is_told() -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert told >= {*OPERATORS, *get_args(Role), *get_args(Expected)}
