"""The whole house, with a café's bot that is trained and live: a copy for each test of what was published once."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, house
from tests.inline_inspection import look_once
from tests.inline_training import train_here

SOUP = ["what soup is there", "soup of the day", "is the soup hot", "which soup do you have", "any soup today"]
FERRY = ["when does the ferry leave", "next boat please", "ferry times", "what time is the boat", "is there a ferry"]


def says(block: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": block, "kind": "message", "messages": [{"text": text}], **more}


class Cafe:
    """A bot in draft: `menu` answers for soup, `quay` for ferries. `like` is one that stands in the house already."""

    def __init__(self, at: House, like: "Cafe | None" = None) -> None:
        self.house = at
        if like:
            self.id, self.soup, self.ferry = like.id, like.soup, like.ferry
            return
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
        return _texts(self.house.active(self.id)["flows"])

    def said_draft(self) -> dict[str, list[str]]:
        flows = self.house.draft.get(f"/v1/bots/{self.id}/flows").json()["items"]
        return _texts({flow["id"]: flow for flow in flows})


def _texts(flows: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [block["messages"][0]["text"] for block in flow["blocks"]] for name, flow in flows.items()}


@pytest.fixture(scope="package", autouse=True)
def _no_process_for_each_model() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        train_here(patch)
        look_once(patch)
        yield


@pytest.fixture(scope="package")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cafe]:
    """The folder of a house that is closed again, with the bot that is live there as release 1."""
    folder = tmp_path_factory.mktemp("published")
    with house(folder) as opened:
        bot = Cafe(opened)
        assert opened.publish(bot.id, train="if_needed")["release"] == 1
    return folder, bot


@pytest.fixture
def at_home(tmp_path: Path, published_once: tuple[Path, Cafe]) -> Iterator[House]:
    """A house of its own for each test."""
    with house(shutil.copytree(published_once[0], tmp_path / "house")) as opened:
        yield opened


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[House]:
    """A house without a bot."""
    with house(tmp_path) as opened:
        yield opened


@pytest.fixture
def cafe(at_home: House, published_once: tuple[Path, Cafe]) -> Cafe:
    """Live as release 1."""
    return Cafe(at_home, like=published_once[1])
