"""The whole house, with a café's bot that is trained and live."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, house

SOUP = ["what soup is there", "soup of the day", "is the soup hot", "which soup do you have", "any soup today"]
FERRY = ["when does the ferry leave", "next boat please", "ferry times", "what time is the boat", "is there a ferry"]


def says(block: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": block, "kind": "message", "messages": [{"text": text}], **more}


class Cafe:
    """A bot in draft: `menu` answers for soup, `quay` for ferries."""

    def __init__(self, at: House) -> None:
        self.house = at
        made = at.draft.post("/v1/bots", json={"name": "Harbour Café", "settings": {"profile": "fast"}})
        self.id = str(made.json()["id"])
        self.soup = self.intent("soup", SOUP)
        self.ferry = self.intent("ferry", FERRY)
        self.flow("menu", says("soup", "Pea soup.", intent="soup"))
        self.flow("quay", says("ferry", "Every hour.", intent="ferry"))

    def intent(self, name: str, expressions: list[str]) -> str:
        made = self.house.draft.post(f"/v1/bots/{self.id}/intents", json={"name": name, "expressions": expressions})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def flow(self, name: str, *blocks: dict[str, Any], **more: Any) -> None:
        body = {"name": name.capitalize(), "blocks": list(blocks), **more}
        put = self.house.draft.put(f"/v1/bots/{self.id}/flows/{name}", json=body)
        assert put.status_code == 200, put.text

    def learns(self, intent: str, *texts: str) -> None:
        body = {"expressions": [{"text": text} for text in texts]}
        made = self.house.draft.post(f"/v1/bots/{self.id}/intents/{intent}/expressions", json=body)
        assert made.status_code == 201, made.text

    def set(self, **settings: Any) -> None:
        changed = self.house.draft.patch(f"/v1/bots/{self.id}", json={"settings": settings})
        assert changed.status_code == 200, changed.text

    def said_live(self) -> dict[str, list[str]]:
        """The texts of each flow that live serves."""
        flows = self.house.active(self.id)["flows"]
        return {name: [block["messages"][0]["text"] for block in flow["blocks"]] for name, flow in flows.items()}


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as opened:
        yield opened


@pytest.fixture
def cafe(at_home: House) -> Cafe:
    """Live as release 1."""
    bot = Cafe(at_home)
    assert at_home.publish(bot.id, train="if_needed")["release"] == 1
    return bot
