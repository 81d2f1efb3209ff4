"""The start page over HTTP, and the list of bots that its board is made of."""

import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publisher import board
from services.publisher.answers import ListedBots
from services.publisher.board.page import start_page
from services.publisher.bots import merged
from shared.contracts import BotIdentity
from tests.house import House, Neighbour
from tests.publisher.conftest import Cafe

HOSTILE = "<script>document.title = 'owned'</script>"
FOLDER = Path(board.__file__).parent
ROOT = Path(__file__).parents[2]
NOBODY = {"Authorization": ""}


# -- the page -------------------------------------------------------------------


def test_the_start_page_needs_no_key_and_nothing_from_elsewhere(new_home: House) -> None:
    page = new_home.publisher.get("/", headers=NOBODY)
    assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    policy = page.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", page.text)
    brought = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', page.text)
    assert brought == ["board/icon.svg", "board/board.css", "board/board.js"]


def test_a_key_that_is_typed_cannot_end_up_in_an_address(new_home: House) -> None:
    page = new_home.publisher.get("/", headers=NOBODY)
    assert "form-action 'none'" in page.headers["Content-Security-Policy"]
    field = re.search(r"<input[^>]*>", page.text)
    assert field is not None
    assert 'type="password"' in field[0]
    assert " name=" not in field[0]
    assert "data/credentials" in page.text


def test_the_page_links_the_explorers_where_people_reach_them() -> None:
    page = start_page('https://draft.example/"', {"live": "https://live.example"})
    links = re.findall(r'<a [^>]*href="([^"]*)"', page)
    assert links == ["https://draft.example/&quot;/docs", "docs", "https://live.example/docs"]
    preview = start_page("https://d.example", {"live": "https://l.example", "preview": "https://p.example"})
    assert 'href="https://p.example/docs"' in preview


@pytest.mark.parametrize("file", [path.name for path in FOLDER.iterdir() if path.suffix in {".js", ".css", ".svg"}])
def test_every_file_of_the_page_is_served_and_packaged(new_home: House, file: str) -> None:
    served = new_home.publisher.get(f"/board/{file}", headers=NOBODY)
    assert (served.status_code, served.content) == (200, (FOLDER / file).read_bytes())
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert any(fnmatch(file, pattern) for pattern in packaged["services.publisher.board"])
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", served.text)


def test_nothing_else_of_the_folder_is_served(new_home: House) -> None:
    assert new_home.publisher.get("/board/page.py", headers=NOBODY).status_code == 404
    assert new_home.publisher.get("/board/..%2fapp.py", headers=NOBODY).status_code == 404


# -- the list of bots ---------------------------------------------------------------


def listed(home: House, **asked: Any) -> list[tuple[str, bool | None]]:
    answer = home.publisher.get("/v1/bots", params=asked)
    assert answer.status_code == 200, answer.text
    return [(bot["name"], bot["in_draft"]) for bot in answer.json()["items"]]


def test_the_bots_of_draft_are_listed_page_by_page_whatever_they_are_called(at_home: House, cafe: Cafe) -> None:
    for name in (HOSTILE, "Zephyr", "Änne"):
        assert at_home.draft.post("/v1/bots", json={"name": name}).status_code == 201
    found: list[str] = []
    asked: dict[str, Any] = {"limit": 1}
    for _ in range(4):
        page = at_home.publisher.get("/v1/bots", params=asked).json()
        found += [bot["name"] for bot in page["items"]]
        asked["cursor"] = page["next"]
    assert (found, page["next"]) == ([HOSTILE, "Harbour Café", "Zephyr", "Änne"], None)
    refused = at_home.publisher.get("/v1/bots", params={"cursor": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor")


def test_a_bot_that_live_serves_is_listed_once_when_renamed_and_still_when_deleted_in_draft(
    at_home: House, cafe: Cafe
) -> None:
    at_home.draft.patch(f"/v1/bots/{cafe.id}", json={"name": "Zum Anker"})
    assert listed(at_home) == [("Zum Anker", True)]
    at_home.draft.delete(f"/v1/bots/{cafe.id}")
    assert listed(at_home) == [("Harbour Café", False)]
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/unpublish").status_code == 200
    assert listed(at_home) == []


def test_a_key_for_one_bot_lists_that_one(at_home: House, cafe: Cafe) -> None:
    at_home.draft.post("/v1/bots", json={"name": "Secret plans"})
    body = {"name": "barista", "scopes": ["publish:plan"], "bot": cafe.id}
    key = at_home.publisher.post("/v1/keys", json=body).json()["key"]

    def own() -> dict[str, Any]:
        found: dict[str, Any] = at_home.publisher.get("/v1/bots", headers={"Authorization": f"Bearer {key}"}).json()
        return found

    assert own()["items"] == [{"id": cafe.id, "name": "Harbour Café", "in_draft": True}]
    at_home.draft.delete(f"/v1/bots/{cafe.id}")
    assert own()["items"] == [{"id": cafe.id, "name": "Harbour Café", "in_draft": False}]


def test_bots_are_listed_for_those_who_may_plan(new_home: House) -> None:
    assert new_home.publisher.get("/v1/bots", headers=NOBODY).status_code == 401
    key = new_home.publisher.post("/v1/keys", json={"name": "hands", "scopes": ["publish:execute"]}).json()["key"]
    refused = new_home.publisher.get("/v1/bots", headers={"Authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.fixture
def gone(at_home: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes services away."""
    request = Neighbour.request

    def take(*services: str) -> None:
        apps = [getattr(at_home, service).app for service in services]

        def cut_off(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
            if self.app in apps:
                raise httpx.ConnectError("cut off")
            return request(self, method, url, **asked)

        monkeypatch.setattr(Neighbour, "request", cut_off)

    return take


def test_while_draft_is_away_the_bots_of_live_are_listed_and_while_live_is_drafts(
    at_home: House, cafe: Cafe, gone: Callable[..., None]
) -> None:
    at_home.draft.post("/v1/bots", json={"name": "Not live yet"})
    gone("draft")
    page = at_home.publisher.get("/v1/bots").json()
    assert page["items"] == [{"id": cafe.id, "name": "Harbour Café", "in_draft": None}]
    assert page["draft_away"] == "The draft service is away: cut off."
    gone("live")
    assert listed(at_home) == [("Harbour Café", True), ("Not live yet", True)]
    gone("draft", "live")
    refused = at_home.publisher.get("/v1/bots")
    assert (refused.status_code, refused.json()["code"]) == (503, "draft_unreachable")


# -- two lists made one ---------------------------------------------------------------

names = st.sampled_from(["Anchor", "Bakery", "Café", "Depot", "Ferry"])
houses = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(names | st.none(), names | st.none()))


def by_name(bot: BotIdentity) -> tuple[str, str]:
    return bot.name, bot.id


def page_of(bots: list[BotIdentity], limit: int, after: tuple[str, str] | None) -> ListedBots:
    left = [bot for bot in bots if after is None or by_name(bot) > after]
    return ListedBots(items=tuple(left[:limit]), more=left[limit - 1].id if len(left) > limit else None)


@given(houses, st.integers(1, 3))
def test_from_page_to_page_every_bot_is_listed_once_under_the_name_that_draft_has(
    known: dict[str, tuple[str | None, str | None]], limit: int
) -> None:
    """Where draft and live know a bot by two names, by one, or one of them not at all."""
    drafted, served = (
        sorted((BotIdentity(id=bot, name=both[side]) for bot, both in known.items() if both[side]), key=by_name)
        for side in (0, 1)
    )
    in_draft = {bot.id for bot in drafted}
    found: list[tuple[str, str, bool | None]] = []
    after: tuple[str, str] | None = None
    more: str | None = "more"
    while more:
        pages = page_of(drafted, limit, after), page_of(served, limit, after)
        items, more = merged(*pages, in_draft.__contains__)
        found += [(bot.name, bot.id, bot.in_draft) for bot in items]
        ends = [by_name(page.items[-1]) for page in pages if page.more]
        after = min(ends, default=None)
        assert (more is None) == (after is None)
    expected = {(draft or live, bot, draft is not None) for bot, (draft, live) in known.items() if draft or live}
    assert found == sorted(expected)


def test_a_draft_that_stumbles_over_one_bot_hides_none() -> None:
    drafted = ListedBots(items=(BotIdentity(id="bot_ferry", name="Ferry"),))
    served = ListedBots(items=(BotIdentity(id="bot_cafe", name="Café"), BotIdentity(id="bot_ferry", name="Ferry")))
    items, more = merged(drafted, served, lambda _: None)
    assert [(bot.id, bot.in_draft) for bot in items] == [("bot_cafe", None), ("bot_ferry", True)]
    assert more is None
