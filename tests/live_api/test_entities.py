"""Live tells entities from memory, without a model as well, and serves a release that it cannot read all of."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.live_api.theatre import BOT, NAME, Live, Trained, publish, release

PATH = f"/v1/bots/{BOT}/classify"
ENTITIES: dict[str, Any] = {
    "boat": {"kind": "match", "values": [{"value": "Aurora", "synonyms": ["the red one"]}, {"value": "Nautilus"}]},
    "count": {"kind": "system", "system": "number"},
    "when": {"kind": "system", "system": "date"},
    "later": {"kind": "telepathy", "values": 7},
    "broken": {"kind": "match", "pattern": "("},
}


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """On SQLite alone: classifying asks no database."""
    return Live.at(tmp_path, f"sqlite:///{tmp_path}/live.db")


@pytest.fixture
def ferry(client: TestClient, trained: Trained) -> None:
    publish(client, trained, release(trained, entities=ENTITIES))


@pytest.mark.usefixtures("ferry")
def test_entities_are_told_alone_and_in_a_list_whatever_is_understood(client: TestClient) -> None:
    texts = ["two tickets for the red-one", "qqqq NAUTILUS", "🚢 Aurroa, on 2026-12-24", "", "nothing"]
    alone = [client.post(PATH, json={"text": text}).json() for text in texts]
    told = [
        [(text[e["start"] : e["end"]], e["value"]) for e in a["entities"]] for text, a in zip(texts, alone, strict=True)
    ]
    assert told == [
        [("two", 2), ("the red-one", "Aurora")],
        [("NAUTILUS", "Nautilus")],
        [("Aurroa", "Aurora"), ("2026-12-24", "2026-12-24")],
        [],
        [],
    ]
    assert not alone[1]["understood"]
    listed = client.post(PATH, json={"texts": texts}).json()["results"]
    assert listed == [{k: v for k, v in a.items() if k not in {"release", "release_digest"}} for a in alone]


@pytest.mark.usefixtures("ferry")
def test_one_list_is_understood_at_one_moment(client: TestClient) -> None:
    results = client.post(PATH, json={"texts": ["right now"] * 50}).json()["results"]
    assert len({result["entities"][0]["value"] for result in results}) == 1


def test_rules_need_no_model(client: TestClient) -> None:
    publish(client, None, release(None, intents=(), flows={}, entities=ENTITIES))
    answer = client.post(PATH, json={"text": f"is {NAME} sailing with Nautilus"}).json()
    assert (answer["reason"], [e["value"] for e in answer["entities"]]) == ("no_model", ["Nautilus"])
