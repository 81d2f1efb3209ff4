"""A publication runs the bot's regression cases on what it is about to serve (P16)."""

from typing import Any

import pytest

from services.publisher import draft
from services.publisher.regression import regressions
from shared.cases import CaseResult, Difference
from tests.house import House
from tests.publisher.conftest import Cafe, says

LEEK = says("soup", "Leek soup.", intent="soup")
MENU = {"steps": [{"text": "what soup is there", "intent": "soup", "replies": ["Pea soup."]}]}


def failing(*names: str) -> list[CaseResult]:
    different = Difference(step=2, what="intent", expected="soup", found="not understood")
    return [CaseResult(case=name, passed=False, differences=(different,)) for name in names]


def test_cases_that_pass_are_not_worth_a_word() -> None:
    assert regressions([CaseResult(case="menu", passed=True)], stops=True) == ()
    assert regressions([], stops=True) == ()


def test_one_finding_names_all_cases_that_fail() -> None:
    results = [*failing("ferry", "menu"), CaseResult(case="tide", passed=True)]
    (finding,) = regressions(results, stops=True)
    assert (finding.code, finding.severity) == ("regression_failed", "blocker")
    assert finding.message == (
        "Of 3 regression cases, 2 fail: 'ferry', 'menu'. Mend the bot or the cases, or accept that they fail."
    )
    assert finding.subjects[0] == {
        "kind": "case", "id": "ferry", "step": 2, "expected": "soup", "found": "not understood",
    }  # fmt: skip
    assert regressions(results, stops=False)[0].severity == "warning"
    assert len(regressions(failing(*map(str, range(30))), stops=True)[0].subjects) == 20


def audited(house: House, bot: str) -> list[dict[str, Any]]:
    items = house.publisher.get(f"/v1/bots/{bot}/audit", params={"limit": 100}).json()["items"]
    return [item for item in items if item["action"] == "overridden"]


def test_what_breaks_a_case_is_refused_unless_it_is_accepted_by_name(at_home: House, cafe: Cafe) -> None:
    assert at_home.draft.put(f"/v1/bots/{cafe.id}/cases/menu", json=MENU).status_code == 200
    cafe.flow("menu", LEEK)
    refused = at_home.publish(cafe.id)
    assert refused["status"] == "refused"
    (finding,) = refused["findings"]
    assert (finding["code"], finding["severity"]) == ("regression_failed", "blocker")
    assert finding["subjects"] == [
        {"kind": "case", "id": "menu", "step": 1, "expected": ["Pea soup."], "found": ["Leek soup."]}
    ]
    assert cafe.said_live()["menu"] == ["Pea soup."]
    assert audited(at_home, cafe.id) == []
    taken = at_home.publish(cafe.id, accept=["regression_failed"])
    assert (taken["status"], taken["release"]) == ("live", 2)
    assert [(f["code"], f["severity"]) for f in taken["findings"]] == [("regression_failed", "warning")]
    (entry,) = audited(at_home, cafe.id)
    assert entry["detail"] == {"publication": taken["id"], "codes": ["regression_failed"]}
    back = at_home.publish(cafe.id, "rollback", to_release=1)
    assert (back["status"], back["findings"]) == ("live", [])
    again = at_home.publish(cafe.id, "rollback", to_release=2)
    assert (again["status"], [f["severity"] for f in again["findings"]]) == ("live", ["warning"])


def test_cases_are_run_with_the_thresholds_that_will_serve(at_home: House, cafe: Cafe) -> None:
    case = {"text": "is there any soup today then", "intent": "soup"}
    assert at_home.draft.put(f"/v1/bots/{cafe.id}/cases/any", json=case).status_code == 200
    cafe.flow("menu", LEEK)
    assert at_home.publish(cafe.id, "flows")["status"] == "live"
    cafe.set(intent_threshold=1.0)
    assert [f["code"] for f in at_home.publish(cafe.id)["findings"] if f["severity"] == "blocker"] == [
        "regression_failed"
    ]


def test_a_case_for_an_intent_that_is_gone_says_so_in_words(at_home: House, cafe: Cafe) -> None:
    case = {"text": "what soup is there", "intent": "soup"}
    assert at_home.draft.put(f"/v1/bots/{cafe.id}/cases/menu", json=case).status_code == 200
    assert at_home.draft.delete(f"/v1/bots/{cafe.id}/intents/soup?unlink=true").status_code == 204
    (finding,) = [f for f in at_home.publish(cafe.id, train="if_needed")["findings"] if f["severity"] == "blocker"]
    assert finding["message"].startswith("Of 1 regression case, 1 fails: 'menu'. Mend the bot or the cases")
    assert finding["subjects"][0]["expected"] == f"an intent that the bot does not have ({cafe.soup})"


def test_every_case_is_run_however_many_pages_they_fill(
    at_home: House, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "PAGE", 1)
    for name in ("a", "b", "menu"):
        assert at_home.draft.put(f"/v1/bots/{cafe.id}/cases/{name}", json=MENU).status_code == 200
    cafe.flow("menu", LEEK)
    (finding,) = at_home.publish(cafe.id)["findings"]
    assert [subject["id"] for subject in finding["subjects"]] == ["a", "b", "menu"]
