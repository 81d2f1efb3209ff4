"""What the publisher still keeps of what was live, and of what was planned (P19)."""

from datetime import timedelta
from typing import Any

from services.publisher import records
from services.publisher.sweeping import STALE_PLAN_DAYS, sweep
from tests.house import House
from tests.publisher.conftest import Cafe, says


def kept_a_year_from_now(house: House, plan: dict[str, Any], days: int = 365) -> bool:
    bridge = house.publisher.app.state.bridge  # type: ignore[attr-defined]
    with bridge.db.writing() as connection:
        sweep(connection, records.now() + timedelta(days=days))
        return records.release_kept(connection, plan["candidate"]["digest"]) is not None


def test_what_a_plan_would_publish_is_kept_until_live_moves_and_a_month_after(at_home: House, cafe: Cafe) -> None:
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    plan = at_home.plan(cafe.id)
    assert kept_a_year_from_now(at_home, plan)
    cafe.flow("menu", says("soup", "Pea soup, with mint.", intent="soup"))
    assert at_home.publish(cafe.id)["release"] == 2
    assert kept_a_year_from_now(at_home, plan, STALE_PLAN_DAYS - 1)
    assert not kept_a_year_from_now(at_home, plan, STALE_PLAN_DAYS + 1)
    stale = at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json={"mode": "full", "plan": plan["id"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "plan_stale")


def test_the_first_plan_of_a_bot_is_kept(new_home: House) -> None:
    plan = new_home.plan(Cafe(new_home).id)
    assert plan["candidate"] is None, "nobody trained it"
    ferry = new_home.draft.post("/v1/bots", json={"name": "Ferry", "settings": {"profile": "fast"}}).json()["id"]
    assert kept_a_year_from_now(new_home, new_home.plan(ferry))
