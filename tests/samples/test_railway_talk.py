"""The railway bot holds its demo conversation, as somebody who installs Greenroom sees it first."""

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import BotSettings, Classification, Flow, FoundEntity, ScoredIntent
from shared.entities.finder import compile_entities
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


@pytest.fixture(scope="module")
def entities() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RAILWAY / "bot.json").read_text(encoding="utf-8"))["entities"]
    return found


def test_lint_has_nothing_to_say(
    flows: dict[str, Flow], intents: dict[str, list[str]], entities: dict[str, Any]
) -> None:
    assert lint(flows, {name: name for name in intents}, entities, {}, ("en",), ()) == []


class Passenger:
    """Talks to the bot without a model: what is understood is said with the words."""

    def __init__(self, flows: dict[str, Flow], entities: dict[str, Any]) -> None:
        self.dialogue, self.finder = Dialogue.of(flows, ("en",), {}), compile_entities(entities)
        self.state = ConversationState()

    def says(self, text: str, intent: str | None = None) -> list[str]:
        scored = ScoredIntent(id=intent, name=intent, confidence=0.9) if intent else None
        spans = self.finder.find(text, "en", NOON, 0.7)
        found = Classification(
            text=text,
            language="en",
            understood=scored is not None,
            intent=scored,
            entities=tuple(FoundEntity(**asdict(span)) for span in spans),
        )
        turn = drive(take_turn(self.dialogue, self.state, UserEvent(found, text, NOON)), denied)
        self.state = turn.state
        return [reply.text for reply in turn.replies]


def test_a_journey_is_planned_with_a_detour_and_a_slip(flows: dict[str, Flow], entities: dict[str, Any]) -> None:
    passenger = Passenger(flows, entities)
    passenger.says("when do trains go", "train_times")
    assert passenger.says("Plan my journey") == ["Where would you like to go?"]
    assert passenger.says("to Wonderland") == ["Sorry, I don't know that station. Is it one of these?"]
    assert passenger.says("can I bring my dog", "bring_pet")[-1] == "Where would you like to go?"
    assert passenger.says("ternmouht") == ["To Ternmouth, and when?"]
    assert passenger.says("on christmas day 25/12") == [
        "No trains run on Christmas Day, I'm afraid. Shall we try another day?"
    ]
    assert passenger.says("Another day") == ["Where would you like to go?"]
    assert passenger.says("Wrenfield, friday at 9") == [
        "At Wrenfield trains stop on request: please tell the guard when you board.",
        "Here are the trains to Wrenfield on 2027-03-05T09:00:00+00:00.",
    ]
    assert passenger.state.variables == {"goal": "Wrenfield", "day": "2027-03-05T09:00:00+00:00"}


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
