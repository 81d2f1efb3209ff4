"""What changes draft in one stroke, what it says about the way back, and the trail that it leaves."""

import json

SNAPSHOTS = [
    {"id": "snap_1", "reason": "before replacing NLP", "created_at": "2026-10-12T08:00:00Z", "expressions": 120},
    {"id": "snap_2", "reason": "taken by hand", "created_at": "2026-10-13T08:00:00Z", "expressions": 130},
]
EDIT = {"item": "flow:main", "kind": "flow", "id": "main", "name": "Main", "release": 8, "author": "Ada"}
CLASHES = [
    {
        "item": "flow:main",
        "part": "block:hours",
        "base": {"id": "hours", "messages": [{"text": "Nine to five."}]},
        "live": {"id": "hours", "messages": [{"text": "Closed today!"}]},
        "draft": {"id": "hours", "messages": [{"text": "Eight to six."}]},
    },
    {"item": "setting:margin", "part": "setting", "base": 0.0, "live": 0.2, "draft": 0.1},
    {"item": "flow:help", "part": "flow", "base": {"name": "Help"}, "live": None, "draft": {"name": "Aid"}},
]


def test_restoring_a_release_says_how_to_undo_it(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/Night%20Bakery/releases/3/restore", {"snapshot": "snap_9"})
    ended = greenroom("restore", "Night Bakery", "3")
    assert ended.code == 0
    assert "snapshot snap_9. To undo: greenroom undo 'Night Bakery' snap_9" in ended.out
    assert json.loads(greenroom("restore", "Night Bakery", "3", "--json").out)["snapshot"] == "snap_9"


def test_snapshots_are_listed_newest_first_with_why_they_were_taken(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/snapshots", {"items": SNAPSHOTS, "next": None})
    items = json.loads(greenroom("snapshots", "bakery", "--json").out)["items"]
    assert [item["id"] for item in items] == ["snap_2", "snap_1"]
    out = greenroom("snapshots", "bakery").out
    assert "before replacing NLP" in out
    assert "120 expressions" in out


def test_undo_takes_the_newest_snapshot_and_can_be_undone(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/snapshots", {"items": SNAPSHOTS, "next": None})
    greenroom_api.on("POST /v1/bots/bakery/snapshots/snap_2/restore", {"snapshot": "snap_3"})
    ended = greenroom("undo", "bakery")
    assert "what it was in snapshot snap_2" in ended.out
    assert "To undo this: greenroom undo bakery snap_3" in ended.out


def test_undo_of_a_named_snapshot_asks_for_that_one_alone(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/snapshots/snap_1/restore", {"snapshot": "snap_3"})
    assert greenroom("undo", "bakery", "snap_1").code == 0
    assert len(greenroom_api.asked) == 1


def test_without_a_snapshot_there_is_nothing_to_undo(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/snapshots", {"items": [], "next": None})
    ended = greenroom("undo", "bakery")
    assert ended.code == 1
    assert "no_snapshot" in ended.err


def test_a_pull_names_what_came_home_and_how_to_undo_it(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/drift/pull", {"items": [EDIT], "snapshot": "snap_4"})
    ended = greenroom("pull", "bakery", "--item", "flow:main", "--prefer", "live")
    assert greenroom_api.asked[0].json == {"items": ["flow:main"], "prefer": "live"}
    assert ended.out.splitlines() == [
        "Pulled into draft:",
        "  flow:main, Main (release 8, by Ada)",
        "What draft was before is snapshot snap_4. To undo: greenroom undo bakery snap_4",
    ]


def test_a_pull_without_edits_says_so(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/drift/pull", {"items": [], "snapshot": None})
    assert greenroom("pull", "bakery").out == "Nothing to pull: draft has every edit of live.\n"


def test_what_both_sides_changed_is_shown_block_by_block_and_is_3(greenroom, greenroom_api):
    greenroom_api.refuses("POST /v1/bots/bakery/drift/pull", 409, "drift_conflict", "Both.", clashes=CLASHES)
    ended = greenroom("pull", "bakery")
    assert ended.code == 3
    assert ended.err.splitlines()[:14] == [
        "flow:main, block hours:",
        "  messages",
        '    before  [{"text": "Nine to five."}]',
        '    live    [{"text": "Closed today!"}]',
        '    draft   [{"text": "Eight to six."}]',
        "setting:margin, the setting as a whole:",
        "  before  0.0",
        "  live    0.2",
        "  draft   0.1",
        "flow:help, the flow as a whole:",
        '  before  {"name": "Help"}',
        "  live    (not there)",
        '  draft   {"name": "Aid"}',
        "error: drift_conflict: changed differently in draft and in live; nothing was pulled.",
    ]
    assert "greenroom pull bakery --prefer live" in ended.err
    assert json.loads(greenroom("pull", "bakery", "--json").out)["clashes"] == CLASHES


def test_the_trail_is_told_in_words_and_cut_where_it_was_asked(greenroom, greenroom_api):
    entry = {
        "sequence": 9,
        "at": "2026-10-12T08:00:00Z",
        "action": "rolled_back",
        "author": "Ada",
        "detail": {"publication": "pub_1", "release": 9, "to_release": 7, "error": None},
        "before": "sha256:8",
        "after": "sha256:7",
    }
    pages = {"items": [entry, entry], "next": "8"}, {"items": [entry, entry], "next": "6"}
    greenroom_api.on("GET /v1/bots/bakery/audit", *pages)
    ended = greenroom("log", "bakery", "--limit", "3", "--action", "rolled_back")
    assert (
        ended.out.splitlines()
        == ["2026-10-12 08:00:00  Ada: rolled back: release 9, to release 7, publication pub_1"] * 3
    )
    assert [asked.query for asked in greenroom_api.asked] == [
        "limit=3&action=rolled_back",
        "limit=3&cursor=8&action=rolled_back",
    ]
