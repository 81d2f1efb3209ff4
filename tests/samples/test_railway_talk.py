"""The railway bot holds its demo conversation, as somebody who installs Greenroom sees it first."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import BotSettings, Flow
from shared.flows.effects import denied, drive
from shared.flows.engine import ConversationState, Dialogue, UserEvent, take_turn
from shared.flows.lint import lint
from shared.nlp.decision import decide
from tests.draft_api.training.child import Trained, source, train

BLOCKS = ["greeting", "delay_compensation", "claim_steps", "bring_pet", "not_understood", "thanks"]
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
RAILWAY = Path(__file__).parents[2] / "samples" / "railway"


@pytest.fixture(scope="module")
def flows() -> dict[str, Flow]:
    return {flow["id"]: Flow(**flow) for flow in json.loads((RAILWAY / "flows.json").read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def intents() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with (RAILWAY / "nlp.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["intent"], []).append(row["text"])
    return found


@pytest.fixture(scope="module", params=["fast", pytest.param("default", marks=pytest.mark.encoder)])
def trained(
    request: pytest.FixtureRequest, intents: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Trained:
    done = train(source(intents, request.param), tmp_path_factory.mktemp("railway"))
    if done.code != 0 and done.lines[-1]["error"] == "encoder_missing":
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    return done


def test_lint_has_nothing_to_say(flows: dict[str, Flow], intents: dict[str, list[str]]) -> None:
    assert lint(flows, {name: name for name in intents}, {}, {}, ("en",)) == []


def test_every_line_of_the_demo_leads_to_a_block_and_with_the_encoder_to_the_right_one(
    trained: Trained, flows: dict[str, Flow]
) -> None:
    dialogue = Dialogue.of(flows, ("en",), {})
    state, blocks = ConversationState(), []
    names = {label: label for label in trained.manifest.labels}
    for line in (RAILWAY / "talk.txt").read_text(encoding="utf-8").splitlines():
        scores = trained.model.score(line)
        found = decide(line, "en", scores, BotSettings(), trained.manifest.scope_threshold, names, None)
        answer = drive(take_turn(dialogue, state, UserEvent(found, line, NOON)), denied)
        state = answer.state
        blocks.append(answer.block)
    assert None not in blocks
    if trained.manifest.profile == "default":
        assert blocks == BLOCKS
