"""Live is restored from an older backup: what it no longer knows of is nobody's truth any more (O7, R13)."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, house
from tests.publisher.conftest import Cafe, says


def greets(cafe: Cafe, text: str) -> None:
    cafe.flow("hello", says("hello", text, system="introduction"))


def write(at: House, bot: str, *texts: str) -> None:
    for text in texts:
        said = at.live.post(f"/v1/bots/{bot}/conversations/{text[:8]}/messages", json={"text": text})
        assert said.status_code == 200, said.text


def bring_home(at: House, bot: str) -> None:
    started = at.publisher.post(f"/v1/bots/{bot}/inbox-syncs", json={}).json()
    while (state := at.publisher.get(f"/v1/inbox-syncs/{started['id']}").json())["status"] == "running":
        pass
    assert state["status"] == "succeeded", state


@pytest.fixture
def folder(tmp_path: Path, published_once: tuple[Path, Cafe]) -> Path:
    """Release 2 is in the backup, with three messages that came home; 3, 4 and four more came after it."""
    folder = Path(shutil.copytree(published_once[0], tmp_path / "house"))
    with house(folder) as opened:
        cafe = Cafe(opened, like=published_once[1])
        greets(cafe, "Good morning.")
        assert opened.publish(cafe.id)["release"] == 2
        write(opened, cafe.id, "is there a spare oar", "who painted the boat", "may dogs come")
        bring_home(opened, cafe.id)
    shutil.copy(folder / "live.db", tmp_path / "live.bak")
    with house(folder) as opened:
        cafe = Cafe(opened, like=published_once[1])
        for number, text in ((3, "Good day."), (4, "Good evening.")):
            greets(cafe, text)
            assert opened.publish(cafe.id)["release"] == number
        opened.plan(cafe.id)
        write(opened, cafe.id, "do you sell kites", "where is the well", "is it deep", "who fell in")
        bring_home(opened, cafe.id)
    for file in folder.glob("live.db*"):
        file.unlink()
    shutil.copy(tmp_path / "live.bak", folder / "live.db")
    return folder


@pytest.fixture
def restored(folder: Path) -> Iterator[House]:
    with house(folder) as opened:
        yield opened


@pytest.fixture
def bot(restored: House, published_once: tuple[Path, Cafe]) -> Cafe:
    return Cafe(restored, like=published_once[1])


def told(at: House, bot: str) -> list[tuple[int, str]]:
    listed = at.publisher.get(f"/v1/bots/{bot}/releases").json()["items"]
    return [(release["number"], release["digest"]) for release in listed]


def in_lives_log(at: House, bot: str) -> list[tuple[int, str]]:
    listed = at.live.get(f"/v1/bots/{bot}/releases/log").json()["items"]
    return [(release["number"], release["digest"]) for release in listed]


def trail(at: House, bot: str, action: str) -> list[dict[str, Any]]:
    entries = at.publisher.get(f"/v1/bots/{bot}/audit").json()["items"]
    return [entry["detail"] for entry in entries if entry["action"] == action]


def test_the_record_is_lives_again_and_what_was_lost_is_in_the_trail_once(restored: House, bot: Cafe) -> None:
    assert restored.active(bot.id)["number"] == 2
    assert [number for number, _ in told(restored, bot.id)] == [2, 1]
    (lost,) = trail(restored, bot.id, "live_restored")
    assert (lost["target"], lost["back_to"]) == ("live", 2)
    assert [release["number"] for release in lost["lost"]] == [3, 4]
    greets(bot, "Good night.")
    assert restored.publish(bot.id)["release"] == 3
    assert told(restored, bot.id) == in_lives_log(restored, bot.id)
    assert len(trail(restored, bot.id, "live_restored")) == 1


def test_nobody_goes_back_to_a_release_that_live_has_lost(restored: House, bot: Cafe) -> None:
    assert restored.refused(bot.id, "rollback", to_release=4) == ["unknown_release"]
    greets(bot, "Good night.")
    restored.publish(bot.id)
    bot.flow("menu", says("soup", "Leek soup.", intent="soup"))
    restored.publish(bot.id)
    assert restored.publish(bot.id, "rollback", to_release=3)["status"] == "live"
    assert bot.said_live()["hello"] == ["Good night."]


def test_a_plan_over_a_release_that_live_has_lost_is_stale_under_its_number_too(restored: House, bot: Cafe) -> None:
    for text in ("Good night.", "Sleep well."):
        greets(bot, text)
        restored.publish(bot.id)
    (plan,) = restored.publisher.get(f"/v1/bots/{bot.id}/plans").json()["items"]
    assert plan["base"]["number"] == restored.active(bot.id)["number"] == 4
    assert plan["stale"]
    refused = restored.publisher.post(f"/v1/bots/{bot.id}/publications", json={"mode": "full", "plan": plan["id"]})
    assert (refused.status_code, refused.json()["code"]) == (412, "plan_stale")


def test_an_edit_of_live_under_a_number_that_was_given_before_is_drift(restored: House, bot: Cafe) -> None:
    edit = {"name": "Hello", "blocks": [says("hello", "Closed for the storm.", system="introduction")]}
    headers = {"Live-Edit": "confirmed"}
    assert restored.live.put(f"/v1/bots/{bot.id}/flows/hello", json=edit, headers=headers).status_code == 200
    assert restored.active(bot.id)["number"] == 3
    assert restored.refused(bot.id) == ["live_drift"]


@pytest.mark.parametrize("fresh", [2, 9])
def test_messages_come_home_whether_or_not_live_has_counted_past_the_last_one(
    restored: House, bot: Cafe, fresh: int
) -> None:
    texts = [f"question {number} about the tide" for number in range(fresh)]
    write(restored, bot.id, *texts)
    bring_home(restored, bot.id)
    rows = restored.draft.get(f"/v1/bots/{bot.id}/inbox").json()["items"]
    counts = {row["text"]: row["count"] for row in rows}
    assert {*texts, "may dogs come", "who fell in"} <= set(counts)
    assert set(counts.values()) == {1}
