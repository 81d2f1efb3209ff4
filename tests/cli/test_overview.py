"""Lists and status."""

import json

NOTHING = {"added": [], "removed": [], "changed": [], "renamed": []}


def test_status_tells_what_is_live_what_is_not_and_what_is_in_the_way(greenroom, greenroom_api):
    finding = {"code": "nlp_stale", "severity": "blocker", "message": "Train again.", "subjects": []}
    status = {
        "live": {"number": 7, "digest": "sha256:bb"},
        "unpublished": {
            "intents": {**NOTHING, "renamed": [{"id": "int_1", "before": "rye", "after": "bread"}]},
            "flows": NOTHING,
        },
        "live_edits": [
            {"item": "flow:main", "kind": "flow", "id": "main", "name": "Main", "release": 7, "author": "Ada"}
        ],
        "preview": {"number": 3, "digest": "sha256:cc"},
        "preview_url": "http://preview.example",
        "findings": [finding],
        "running": {"id": "pub_1", "status": "running", "step": "copy", "percent": 30.0},
        "preview_running": {"id": "pub_2", "status": "running", "step": "train", "percent": 5.0},
    }
    greenroom_api.on("GET /v1/bots/bakery/status", status)
    greenroom_api.on("GET /v1/bots/bakery/nlp", {"languages": {"en": {"status": "never_trained"}}})
    ended = greenroom("status", "bakery")
    assert ended.out.splitlines() == [
        "live: release 7 (sha256:bb)",
        "preview: release 3 (sha256:cc) at http://preview.example",
        "nlp en: never trained",
        "unpublished:",
        "  intents renamed: rye -> bread",
        "live edits that draft lacks:",
        "  flow:main, Main (release 7, by Ada)",
        "running: publication pub_1, 30 %, copy",
        "preview running: publication pub_2, 5 %, train",
        "In the way:",
        "  nlp_stale: Train again.",
        "    Train it again (greenroom train bakery), or publish with --train.",
    ]


CALM = {"live": {"number": 7, "digest": "sha256:bb"}, "unpublished": {}, "live_edits": [], "findings": []}


def test_status_does_with_what_the_publisher_says_where_the_key_is_for_nothing_else(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/bakery/status", {**CALM, "running": None})
    greenroom_api.refuses("GET /v1/bots/bakery/nlp", 401, "unauthenticated", "Show a key.")
    ended = greenroom("status", "bakery")
    assert (ended.code, ended.out.splitlines()) == (
        0,
        ["live: release 7 (sha256:bb)", "nlp: not known, unauthenticated: Show a key.", "unpublished: nothing"],
    )
    away = greenroom("status", "bakery", "--draft-url", "http://127.0.0.1:9")
    assert away.code == 0
    assert "nlp: not known, draft cannot be reached" in away.out


def test_status_waits_for_no_preview_that_is_away(greenroom, greenroom_api):
    away = {"preview": None, "preview_url": "http://preview.example", "preview_away": "The preview service is away."}
    greenroom_api.on("GET /v1/bots/bakery/status", {**CALM, **away, "running": None})
    greenroom_api.on("GET /v1/bots/bakery/nlp", {"languages": {}})
    assert greenroom("status", "bakery").out.splitlines()[1] == "preview: not known, The preview service is away."


def test_status_tells_what_was_taken_off_from_what_was_never_published(greenroom, greenroom_api):
    preview = {"preview": None, "preview_url": "http://preview.example"}
    greenroom_api.on("GET /v1/bots/bakery/status", {**CALM, **preview, "live": None, "running": None})
    greenroom_api.on("GET /v1/bots/bakery/nlp", {"languages": {}})
    release = {"number": 9, "digest": "sha256:99", "origin": "publication", "activated_at": "today", "author": "Ada"}
    greenroom_api.on("GET /v1/bots/bakery/releases", {"items": [release], "next": None}, {"items": [], "next": None})
    assert greenroom("status", "bakery").out.splitlines()[:2] == [
        "live: nothing; release 9 was taken off (greenroom rollback bakery brings it back)",
        "preview: never published at http://preview.example",
    ]


def test_a_list_is_read_to_its_last_page(greenroom, greenroom_api):
    release = {"number": 2, "digest": "sha256:bb", "origin": "publication", "activated_at": "today", "author": "Ada"}
    pages = {"items": [release], "next": "abc"}, {"items": [{**release, "number": 1}], "next": None}
    greenroom_api.on("GET /v1/bots/bakery/releases", *pages)
    ended = greenroom("releases", "bakery", "--json")
    assert [item["number"] for item in json.loads(ended.out)["items"]] == [2, 1]


def test_rows_of_the_inbox_are_accepted_into_an_intent_or_dismissed(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/inbox/accept", {"handled": 2})
    greenroom_api.on("POST /v1/bots/bakery/inbox/dismiss", {"handled": 1})
    ended = greenroom(
        *("inbox", "bakery", "--accept", "in_1", "--accept", "in_2", "--intent", "bread", "--dismiss", "in_3")
    )
    assert ended.out == "3 handled.\n"
    assert greenroom_api.asked[0].json["items"][1] == {"id": "in_2", "intent": "bread"}
    assert greenroom("inbox", "bakery", "--accept", "in_1").code == 2


def test_syncing_waits_until_the_messages_are_home(greenroom, greenroom_api):
    running = {"id": "sync_1", "status": "running", "percent": 0.0, "moved": 0, "error": None}
    greenroom_api.on("POST /v1/bots/bakery/inbox-syncs", running, status=202)
    greenroom_api.on("GET /v1/inbox-syncs/sync_1", {**running, "status": "succeeded", "moved": 12})
    assert "12 messages moved" in greenroom("sync", "bakery").out
    away = {"code": "live_unreachable", "detail": "Live is away."}
    greenroom_api.on("GET /v1/inbox-syncs/sync_1", {**running, "status": "failed", "error": away})
    assert "sync_failed: live_unreachable: Live is away." in greenroom("sync", "bakery").err
    greenroom_api.on("GET /v1/inbox-syncs/sync_1", {**running, "status": "cancelled", "moved": 3})
    assert "sync_failed: it is cancelled" in greenroom("sync", "bakery").err


def test_what_was_not_understood_is_shown_in_groups_and_taken_as_one(greenroom, greenroom_api):
    group = {
        "id": "in_7", "label": "do you bake rye", "said": 9, "messages": 2, "ids": ["in_7", "in_8"], "now": None,
        "examples": [{"id": "in_7", "text": "do you bake rye", "count": 8}, {"id": "in_8", "text": "rye?", "count": 1}],
        "last_at": "2026-05-01T12:00:00Z",
    }  # fmt: skip
    found = {"language": "en", "by": "meaning", "looked_at": 40, "left_out": 3, "alone": 38, "groups": [group]}
    greenroom_api.on("GET /v1/bots/bakery/inbox/groups", found)
    greenroom_api.on("POST /v1/bots/bakery/inbox/accept", {"handled": 2})
    greenroom_api.on("POST /v1/bots/bakery/inbox/dismiss", {"handled": 2})
    out = greenroom("inbox", "bakery", "--groups").out
    assert "do you bake rye" in out
    assert "Compared by meaning; 40 messages looked at, 38 of them like no other." in out
    assert "--accept-group GROUP --intent INTENT" in out
    assert greenroom("inbox", "bakery", "--accept-group", "in_7", "--intent", "rye").out == "2 handled.\n"
    taken = greenroom_api.requests("POST", "/v1/bots/bakery/inbox/accept")[0].json
    assert taken == {"items": [{"id": "in_7", "intent": "rye"}, {"id": "in_8", "intent": "rye"}]}
    assert greenroom("inbox", "bakery", "--dismiss-group", "in_7").out == "2 handled.\n"
    assert greenroom("inbox", "bakery", "--dismiss-group", "in_9").code == 1


def test_a_row_is_edited_as_it_is_accepted(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/inbox/accept", {"handled": 1})
    greenroom("inbox", "bakery", "--accept", "in_1", "--intent", "rye", "--text", "do you have rye")
    assert greenroom_api.asked[0].json == {"items": [{"id": "in_1", "intent": "rye", "text": "do you have rye"}]}
    both = ("--accept", "in_1", "--accept", "in_2", "--intent", "rye", "--text", "rye?")
    assert greenroom("inbox", "bakery", *both).code == 2
