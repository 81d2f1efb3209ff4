"""How good a bot is, on a terminal and as a file."""

import json

DOG, FARE = {"id": "int_dog", "name": "dog"}, {"id": "int_fare", "name": "fare"}
SHARES = {"right": 0.8, "wrong": 0.15, "asked": 0.0, "not_understood": 0.05, "strangers_answered": 0.4}
KEPT = {"now": 0.0, "suggested": 0.0, "gain": 0.0, "choices": [{"value": 0.0, **SHARES}]}
BETTER = {"value": 0.5, **SHARES, "right": 0.78, "wrong": 0.05, "not_understood": 0.17, "strangers_answered": 0.728}
EVALUATION = {
    "language": "en",
    "change": None,
    "evaluation": {
        "expressions": 40, "accuracy": 0.9, "accuracy_low": 0.77, "accuracy_high": 0.96, "sampled": False,
        "ece": 0.02, "ece_before": 0.2, "ece_by_chance": 0.015, "intents": [DOG, FARE],
        "confusions": [
            {"intent": DOG, "taken_for": FARE, "count": 3, "expressions": [{"text": "[he] too", "confidence": 0.8}]}
        ],
        "suspects": [
            {"text": "how much for a dog", "intent": DOG, "likely": FARE, "confidence": 0.97, "own_confidence": 0.01}
        ],
        "suspect_count": 1,
        "near_duplicates": [
            {"text": "dogs?", "intent": DOG, "other_text": "dog?", "other_intent": FARE, "similarity": 0.98}
        ],
        "near_duplicate_count": 1,
        "thin_intents": [{**FARE, "expressions": 4}],
        "thin_count": 3,
    },
    "thresholds": {
        "now": SHARES, "fitted_scope": 1.5, "margin": KEPT, "scope_threshold": KEPT,
        "intent_threshold": {"now": 0.0, "suggested": 0.5, "gain": 0.08, "choices": [BETTER]},
    },
    "asks": True,
    "advice": [{"kind": "move", "message": "Move what is misplaced.", "weight": 1}],
}  # fmt: skip


def test_a_terminal_shows_what_is_confused_and_what_to_do_next(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/railway/evaluation", EVALUATION)
    out = greenroom("evaluate", "railway", "--language", "en").out
    assert greenroom_api.asked[0].query == "language=en"
    for told in (
        "en: 90.0% right in cross-validation (77.0% to 96.0%), 40 expressions of 2 intents",
        "the first training; confidence is off by 2.0% on average (1.5% by chance alone)",
        "  1. Move what is misplaced.",
        "[he] too",
        "Likely under the wrong intent, 1 in all:",
        "Fewer than 10 expressions: fare (4) and 2 more.",
        "All of it, with pictures: greenroom evaluate railway --html report.html",
    ):
        assert told in out
    assert cells(out, "suggested") == ["", "0.5", "-", "-"]
    assert cells(out, "wrong") == ["15.0%", "5.0%", "15.0%", "15.0%"]
    assert cells(out, "not understood") == ["5.0%", "17.0%", "5.0%", "5.0%"]
    assert cells(out, "strangers answered") == ["40.0%", "72.8%", "40.0%", "40.0%"]
    assert "did_you_mean" not in out


def test_a_margin_is_not_suggested_without_the_block_that_it_needs(greenroom, greenroom_api):
    margin = {"now": 0.0, "suggested": 0.5, "gain": 0.08, "choices": [BETTER]}
    thresholds = {**EVALUATION["thresholds"], "margin": margin}
    greenroom_api.on("GET /v1/bots/railway/evaluation", {**EVALUATION, "asks": False, "thresholds": thresholds})
    assert "A margin needs a did_you_mean block to ask with" in greenroom("evaluate", "railway").out


def cells(out, title):
    (line,) = [line for line in out.splitlines() if line.startswith(f"│ {title} ")]
    return [cell.strip() for cell in line.split("│")[2:-1]]


def test_what_got_worse_is_told(greenroom, greenroom_api):
    change = {
        "accuracy_before": 0.95, "accuracy_after": 0.9, "within_chance": False,
        "worse": [{**FARE, "before": 0.9, "after": 0.6}],
        "new_confusions": [{"intent": DOG, "taken_for": FARE, "count": 3, "expressions": []}],
    }  # fmt: skip
    greenroom_api.on("GET /v1/bots/railway/evaluation", {**EVALUATION, "change": change, "thresholds": None})
    out = greenroom("evaluate", "railway").out
    assert "-5.0 points since the training before;" in out
    assert "worse since then: fare (90% -> 60%)" in out
    assert "confused newly: dog for fare (3)" in out


def test_the_report_is_written_into_a_file(greenroom, greenroom_api, tmp_path):
    greenroom_api.on("GET /v1/bots/railway/evaluation", EVALUATION)
    greenroom_api.on("GET /v1/bots/railway/evaluation/report", "<!doctype html>")
    assert "The report is in report.html." in greenroom("evaluate", "railway", "--html", "report.html").out
    assert "doctype" in (tmp_path / "report.html").read_text()
    ended = greenroom("evaluate", "railway", "--html", "nowhere/report.html", "--json")
    assert ended.code == 1
    assert "cannot be written" in ended.err


def test_a_script_gets_the_document(greenroom, greenroom_api):
    greenroom_api.on("GET /v1/bots/railway/evaluation", EVALUATION)
    assert json.loads(greenroom("evaluate", "railway", "--json").out) == EVALUATION


def test_a_bot_of_one_intent_is_not_called_right(greenroom, greenroom_api):
    alone = {**EVALUATION, "evaluation": {**EVALUATION["evaluation"], "intents": [DOG], "accuracy": 1.0}}
    greenroom_api.on("GET /v1/bots/railway/evaluation", alone)
    out = greenroom("evaluate", "railway").out
    assert "en: 1 intent of 40 expressions, and no other that it could be taken for" in out
    assert "right in cross-validation" not in out


def test_a_long_expression_is_cut_on_a_terminal_and_a_bot_of_two_languages_has_two_evaluations(
    greenroom, greenroom_api
):
    long = "my dog is large " * 20
    suspect = {**EVALUATION["evaluation"]["suspects"][0], "text": long}
    found = {**EVALUATION, "languages": ["en", "nl"], "evaluation": {**EVALUATION["evaluation"], "suspects": [suspect]}}
    greenroom_api.on("GET /v1/bots/railway/evaluation", found)
    out = greenroom("evaluate", "railway").out
    assert 3 < out.count("large") < 6
    assert "the bot also speaks nl: --language nl" in out
