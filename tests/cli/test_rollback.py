"""Going back: which release it is, who is asked, what a script has to say."""

import io
import json
import sys

import pytest

from tests.cli.test_plan import PUBLISHED, STALE, UNCHANGED, plan


def release(number, origin="publication", **more):
    row = {"number": number, "digest": f"sha256:{number}", "origin": origin, "author": "Ada", "notes": None}
    return {**row, "activated_at": f"2026-10-1{number}T08:00:00Z", "rollback_of": None, **more}


RELEASES = [release(3, notes="Dogs"), release(2, "live_edit"), release(1)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def bakery(greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/releases", {"items": RELEASES, "next": None})
    back = plan(mode="rollback", to_release=2, base={"number": 3, "digest": "sha256:3"})
    greenroom_api.on("POST /v1/bots/bakery/plans", back, status=201)
    greenroom_api.on("POST /v1/bots/bakery/publications", PUBLISHED)
    return greenroom_api


def test_the_release_before_comes_back_and_from_where_to_where_is_said(greenroom, bakery):
    ended = greenroom("rollback", "bakery", "--yes", "--notes", "Dogs bit")
    assert ended.code == 0
    assert 'From release 3 (publication by Ada, 2026-10-13 08:00:00, "Dogs")' in ended.err
    assert "to   release 2 (live edit by Ada, 2026-10-12 08:00:00)." in ended.err
    assert "Release 8 is live" in ended.out
    assert bakery.requests("POST", "/v1/bots/bakery/plans")[0].json == {"mode": "rollback", "to_release": 2}
    asked = bakery.requests("POST", "/v1/bots/bakery/publications")[0].json
    assert asked == {"mode": "rollback", "target": "live", "plan": "plan_1", "notes": "Dogs bit"}


def test_a_script_says_yes_or_which_release(greenroom, bakery):
    assert greenroom("rollback", "bakery").code == 2
    assert bakery.asked == []
    ended = greenroom("rollback", "bakery", "--to", "1", "--json")
    assert json.loads(ended.out)["release"] == 8
    assert bakery.requests("POST", "/v1/bots/bakery/plans")[0].json["to_release"] == 1


def test_a_person_is_asked_and_no_means_no(greenroom, bakery, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    ended = greenroom("rollback", "bakery")
    assert ended.code == 1
    assert bakery.requests("POST", "/v1/bots/bakery/publications") == []
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert greenroom("rollback", "bakery").code == 0


def test_there_must_be_a_release_to_go_back_to(greenroom, bakery):
    ended = greenroom("rollback", "bakery", "--to", "9")
    assert ended.code == 1
    assert "unknown_release: 'bakery' has no release 9." in ended.err
    bakery.on("GET /v1/bots/bakery/releases", {"items": RELEASES[:1], "next": None})
    assert "no release before the one that is live" in greenroom("rollback", "bakery", "--yes").err
    bakery.on("GET /v1/bots/bakery/releases", {"items": [], "next": None})
    assert "never_published" in greenroom("rollback", "bakery", "--yes").err


def going_back(greenroom, api, rows, live):
    """The release that a rollback asks for, when `live` is the number that is live, or None."""
    api.asked.clear()
    api.on("GET /v1/bots/bakery/releases", {"items": rows, "next": None})
    base = next(({"number": live, "digest": row["digest"]} for row in rows if row["number"] == live), None)
    api.on("POST /v1/bots/bakery/plans", plan(mode="rollback", base=base, to_release=rows[0]["number"]))
    ended = greenroom("rollback", "bakery", "--yes")
    asked = api.requests("POST", "/v1/bots/bakery/plans")
    return (asked[-1].json["to_release"] if ended.code == 0 else None), ended


def test_what_was_rolled_back_is_never_what_a_rollback_goes_to(greenroom, bakery):
    back = release(4, "rollback", rollback_of=2, digest="sha256:2")
    assert going_back(greenroom, bakery, [back, *RELEASES], live=4)[0] == 1
    # Two at once: the one in between was left behind too.
    far = release(4, "rollback", rollback_of=1, digest="sha256:1")
    assert "no release before" in going_back(greenroom, bakery, [far, *RELEASES], live=4)[1].err
    # Whoever publishes again goes back to what they had come back to.
    again = release(5)
    assert going_back(greenroom, bakery, [again, back, *RELEASES], live=5)[0] == 4
    # What was brought back on purpose is left behind no longer.
    forth = release(5, "rollback", rollback_of=3, digest="sha256:3")
    assert going_back(greenroom, bakery, [release(6), forth, back, *RELEASES], live=6)[0] == 5


def test_what_was_taken_off_is_what_comes_back(greenroom, bakery):
    to, ended = going_back(greenroom, bakery, RELEASES, live=None)
    assert to == 3
    assert "From nothing: live does not serve it\nto   release 3" in ended.err
    assert going_back(greenroom, bakery, RELEASES[2:], live=None)[0] == 1


def test_a_plan_chooses_the_release_as_a_rollback_does(greenroom, bakery):
    assert greenroom("plan", "bakery", "--mode", "rollback").code == 0
    assert bakery.requests("POST", "/v1/bots/bakery/plans")[0].json == {"mode": "rollback", "to_release": 2}


def test_a_rollback_that_something_stands_in_the_way_of_is_3(greenroom, bakery):
    missing = {**STALE, "code": "environment_value_missing", "message": "env.DESK is missing."}
    bakery.on("POST /v1/bots/bakery/plans", plan(mode="rollback", publishable=False, findings=[missing]))
    ended = greenroom("rollback", "bakery", "--yes")
    assert ended.code == 3
    assert "env.DESK is missing." in ended.err
    assert "greenroom env bakery NAME=VALUE" in ended.err


def test_releases_tell_origin_author_notes_and_where_a_rollback_went(greenroom, bakery):
    rows = [release(4, "rollback", rollback_of=2, notes="Dogs bit"), *RELEASES]
    bakery.on("GET /v1/bots/bakery/releases", {"items": rows, "next": None})
    out = greenroom("releases", "bakery").out
    assert all(word in out for word in ("rollback to 2", "live edit", "Dogs bit", "Ada", "2026-10-14 08:00:00"))


CHANGES = {
    **UNCHANGED,
    "intents": {
        "added": [{"id": "int_2", "name": "refund"}],
        "removed": [],
        "changed": [
            {
                "id": "int_1",
                "name": "bread",
                "expressions": {
                    "added": [{"language": "en", "text": "any rye"}],
                    "removed": [],
                    "added_count": 1,
                    "removed_count": 0,
                },
            }
        ],
        "renamed": [{"id": "int_1", "before": "rye", "after": "bread"}],
    },
}


def test_a_difference_is_told_from_live_to_draft(greenroom, bakery):
    bakery.on("GET /v1/bots/bakery/releases/3/compare/draft", {"before": "3", "after": "draft", "changes": CHANGES})
    ended = greenroom("diff", "bakery")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "From release 3 to draft:",
        "  intents added: refund",
        "  intents changed: bread",
        "  intents renamed: rye -> bread",
        "  bread: 1 expression added, 0 removed",
        "    + any rye (en)",
    ]
    assert greenroom("diff", "bakery", "--exit-code").code == 1


def test_the_way_back_from_draft_is_told_the_other_way_round(greenroom, bakery):
    bakery.on("GET /v1/bots/bakery/releases/1/compare/draft", {"before": "1", "after": "draft", "changes": CHANGES})
    ended = greenroom("diff", "bakery", "draft", "1")
    assert ended.out.splitlines() == [
        "From draft to release 1:",
        "  intents removed: refund",
        "  intents changed: rye",
        "  intents renamed: bread -> rye",
        "  rye: 0 expressions added, 1 removed",
        "    - any rye (en)",
    ]


def test_equal_versions_end_with_0_whoever_asks(greenroom, bakery):
    same = {"before": "1", "after": "2", "changes": UNCHANGED}
    bakery.on("GET /v1/bots/bakery/releases/1/compare/2", same)
    ended = greenroom("diff", "bakery", "1", "2", "--exit-code", "--json")
    assert (ended.code, json.loads(ended.out)["equal"]) == (0, True)
    assert greenroom("diff", "bakery", "1", "2").out == "Release 1 and release 2 are equal.\n"
    assert greenroom("diff", "bakery", "draft", "draft").code == 2
