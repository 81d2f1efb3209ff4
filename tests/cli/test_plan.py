"""What a plan says to a person and to a script, and how its publication is asked for."""

import json

import pytest

NOTHING = {"added": [], "removed": [], "changed": [], "renamed": []}
PARTS = ("intents", "entities", "flows", "blocks", "variables", "settings", "models")
UNCHANGED = dict.fromkeys(PARTS, NOTHING)
PLAN = {
    "id": "plan_1",
    "bot": "bot_1",
    "mode": "full",
    "target": "live",
    "flows": None,
    "languages": None,
    "to_release": None,
    "publishable": True,
    "stale": False,
    "draft_moved": False,
    "base": {"number": 7, "digest": "sha256:bb"},
    "candidate": {"digest": "sha256:cc"},
    "changes": UNCHANGED,
    "findings": [],
    "drift": [],
    "conversations_affected": 0,
    "approvals_needed": 0,
    "approvals": [],
    "author": "Ada",
    "created_at": "2026-10-12T08:00:00Z",
}
STALE = {
    "code": "nlp_stale",
    "severity": "blocker",
    "message": "The NLP of 'en' was trained, then edited.",
    "subjects": [{"kind": "language", "id": "en"}],
}
REMOVED = {
    "code": "intents_removed",
    "severity": "blocker",
    "message": "Live has intents that draft no longer has ('rye').",
    "subjects": [{"kind": "intent", "id": "int_1", "name": "rye", "blocks": [{"flow": "main", "block": "hours"}]}],
}
THIN = {"code": "few_expressions", "severity": "warning", "message": "Two are few.", "subjects": []}
DRIFTED = {"item": "flow:main", "kind": "flow", "id": "main", "name": "Main", "release": 6, "author": "Grace"}
RYE = {
    "added": [{"language": "en", "text": "any rye left"}],
    "removed": [{"language": "en", "text": "rye"}],
    "added_count": 12,
    "removed_count": 1,
}
PUBLISHED = {
    "id": "pub_1",
    "status": "live",
    "percent": 100.0,
    "release": 8,
    "release_digest": "sha256:cc",
    "live_url": "http://live.example",
    "findings": [],
    "draft_moved": False,
}


def plan(**changed):
    return {**PLAN, **changed}


def test_a_plan_tells_every_change_by_name_down_to_expressions_and_what_to_type_next(greenroom, greenroom_api):
    intents = {
        "added": [{"id": "int_2", "name": "refund"}],
        "removed": [{"id": "int_3", "name": "lost umbrella"}],
        "changed": [{"id": "int_1", "name": "bread", "expressions": RYE}],
        "renamed": [{"id": "int_1", "before": "rye", "after": "bread"}],
    }
    blocks = {**NOTHING, "changed": [{"id": "hours", "name": "Opening hours"}]}
    margin = {"id": "margin", "name": "margin", "before": 0.0, "after": 0.2}
    changes = {**UNCHANGED, "intents": intents, "blocks": blocks, "settings": {**NOTHING, "changed": [margin]}}
    greenroom_api.on("POST /v1/bots/Night%20Bakery/plans", plan(changes=changes, findings=[THIN]), status=201)
    ended = greenroom("plan", "Night Bakery")
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "Plan plan_1: Night Bakery, full; live has release 7.",
        "What would change:",
        "  intents added: refund",
        "  intents removed: lost umbrella",
        "  intents changed: bread",
        "  intents renamed: rye -> bread",
        "  blocks changed: Opening hours",
        "  settings changed: margin 0.0 -> 0.2",
        "  bread: 12 expressions added, 1 removed",
        "    + any rye left (en)",
        "    + and 11 more",
        "    - rye (en)",
        "Worth knowing:",
        "  few_expressions: Two are few.",
        "It can be published.",
        "Next: greenroom publish 'Night Bakery' --plan plan_1",
    ]


def test_what_stands_in_the_way_comes_first_with_what_to_do_and_the_exit_code_is_3(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/plans", plan(publishable=False, candidate=None, findings=[THIN, STALE]))
    ended = greenroom("plan", "bakery", "--data", "elsewhere")
    assert ended.code == 3
    assert ended.out.splitlines()[1:] == [
        "In the way:",
        "  nlp_stale: The NLP of 'en' was trained, then edited.",
        "    Train it again (greenroom train bakery --data elsewhere), or publish with --train.",
        "Worth knowing:",
        "  few_expressions: Two are few.",
        "It cannot be published as it is.",
        "Next: greenroom train bakery --data elsewhere",
    ]


def test_what_a_message_does_not_say_is_told_beside_it(greenroom, greenroom_api):
    greenroom_api.on("POST /v1/bots/bakery/plans", plan(mode="nlp", publishable=False, findings=[REMOVED]))
    ended = greenroom("plan", "bakery", "--mode", "nlp")
    assert "    about: intent rye, blocks main/hours" in ended.out.splitlines()
    assert ended.out.splitlines()[-1] == "Next: greenroom plan bakery --mode full"


def test_drift_is_told_and_the_next_command_brings_the_edits_home(greenroom, greenroom_api):
    finding = {"code": "live_drift", "severity": "blocker", "message": "Edited in live.", "subjects": [DRIFTED]}
    answer = plan(publishable=False, drift=[DRIFTED], findings=[finding], conversations_affected=3)
    greenroom_api.on("POST /v1/bots/bakery/plans", answer)
    ended = greenroom("plan", "bakery")
    assert "  flow:main, Main (release 6, by Grace)" in ended.out.splitlines()
    assert "Conversations that stand on what would change: 3" in ended.out
    assert ended.out.splitlines()[-1] == "Next: greenroom pull bakery"


@pytest.mark.parametrize(
    "answer",
    [
        plan(candidate={"digest": "sha256:bb"}),
        plan(candidate={"digest": "sha256:bb"}, publishable=False, findings=[{**STALE, "code": "approval_missing"}]),
        plan(
            mode="nlp",
            publishable=False,
            candidate=None,
            findings=[{"code": "nlp_unchanged", "severity": "blocker", "message": "Has it.", "subjects": []}],
        ),
    ],
    ids=["the same release", "the same release, not approved", "the same NLP"],
)
def test_nothing_to_do_is_no_failure_and_a_script_can_tell(greenroom, greenroom_api, answer):
    greenroom_api.on("POST /v1/bots/bakery/plans", answer)
    ended = greenroom("plan", "bakery")
    assert ended.code == 0
    assert ended.out.splitlines()[1:] == ["Nothing to do: release 7 has all of this already."]
    told = json.loads(greenroom("plan", "bakery", "--json").out)
    assert (told["nothing_to_do"], told["next"]) == (True, None)


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ([], {"mode": "full"}),
        (["--mode", "nlp", "--language", "nl"], {"mode": "nlp", "languages": ["nl"]}),
        (["--flow", "main", "--flow", "help"], {"mode": "flows", "flows": ["main", "help"]}),
        (["--to", "5"], {"mode": "rollback", "to_release": 5}),
        (["--target", "preview"], {"mode": "full", "target": "preview"}),
    ],
)
def test_the_mode_is_the_one_that_has_a_use_for_what_is_given(greenroom, greenroom_api, options, body):
    greenroom_api.on("POST /v1/bots/bakery/plans", PLAN)
    assert greenroom("plan", "bakery", *options).code == 0
    assert greenroom_api.asked[0].json == body


def test_a_plan_is_published_as_it_was_shown_and_later_edits_are_reported(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/plans/plan_1", plan(mode="flows", target="preview", draft_moved=True))
    greenroom_api.on("POST /v1/bots/bakery/publications", {**PUBLISHED, "target": "preview", "draft_moved": True})
    ended = greenroom("publish", "bakery", "--plan", "plan_1", "--accept", "live_drift")
    assert ended.code == 0
    asked = greenroom_api.requests("POST", "/v1/bots/bakery/publications")[0].json
    assert asked == {"mode": "flows", "target": "preview", "plan": "plan_1", "accept": ["live_drift"]}
    assert "Draft was edited since the plan was made; those edits stay out." in ended.err
    assert "Release 8 is in the preview" in ended.out
    assert "those edits are not in this release" in ended.out


def test_a_plan_cannot_be_published_with_something_else_in_it(greenroom, greenroom_api):
    ended = greenroom("publish", "bakery", "--plan", "plan_1", "--train")
    assert (ended.code, greenroom_api.asked) == (2, [])


def test_a_plan_that_went_stale_says_how_to_get_a_new_one(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/plans/plan_1", PLAN)
    greenroom_api.refuses("POST /v1/bots/bakery/publications", 412, "plan_stale", "Live has moved.")
    ended = greenroom("publish", "bakery", "--plan", "plan_1")
    assert ended.code == 1
    assert "plan_stale: Live has moved." in ended.err
    assert "greenroom plan bakery" in ended.err


def test_an_approval_says_how_many_are_still_missing_then_what_to_type(greenroom, greenroom_api):
    given = [{"author": "Grace", "author_id": "key_2", "at": "2026-10-12T09:00:00Z"}]
    one = plan(approvals_needed=2, approvals=given, publishable=False)
    two = plan(approvals_needed=2, approvals=[*given, {**given[0], "author": "Linus"}])
    greenroom_api.on("POST /v1/plans/plan_1/approve", one, two)
    assert greenroom("approve", "plan_1").out == "Plan plan_1 has 1 of 2 approvals: Grace.\n"
    said = greenroom("approve", "plan_1").out.splitlines()
    assert said[1:] == ["Next: greenroom publish bot_1 --plan plan_1"]


def test_the_author_of_a_plan_is_told_that_somebody_else_approves_it(greenroom, greenroom_api):
    greenroom_api.refuses("POST /v1/plans/plan_1/approve", 403, "own_plan", "Somebody other than its author.")
    ended = greenroom("approve", "plan_1")
    assert ended.code == 1
    assert "Somebody else approves it" in ended.err


def test_a_plan_waits_for_its_impact_and_tells_it(greenroom, greenroom_api):
    meant = {"understood": True, "intent": "bread"}, {"understood": False, "intent": None}
    example = {"text": "rye?", "language": "en", "count": 3, "before": meant[1], "after": meant[0]}
    counts = {"change_intent": 1, "become_understood": 3, "cease_to_be_understood": 0}
    done = {"status": "done", "reason": None, "messages": 400, **counts, "examples": [example]}
    greenroom_api.on("POST /v1/bots/bakery/plans", {**PLAN, "impact": {"status": "pending"}}, status=201)
    greenroom_api.on("GET /v1/plans/plan_1", {**PLAN, "impact": done})
    out = greenroom("plan", "bakery").out
    assert (
        "Of the last 400 messages 1 would change intent, 3 become understood, 0 cease to be.\n"
        "  'rye?' (3 times): not understood -> bread\n"
    ) in out


def test_a_first_plan_says_how_much_there_would_be_and_not_every_expression(greenroom, greenroom_api):
    added = [{"id": f"int_{n}", "name": f"intent {n}", "expressions": RYE} for n in range(30)]
    settings = [{"id": name, "name": name} for name in ("approvals", "detect_language", "margin")]
    new = {"intents": {**NOTHING, "added": added}, "settings": {**NOTHING, "added": settings}}
    greenroom_api.on("POST /v1/bots/Bakery/plans", plan(base=None, changes={**UNCHANGED, **new}), status=201)
    told = greenroom("plan", "Bakery").out
    assert "  intents: 30 (intent 0, intent 1," in told
    assert "and 22 more)" in told
    assert "any rye left" not in told
    assert "settings" not in told
