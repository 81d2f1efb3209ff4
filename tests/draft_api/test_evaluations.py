"""How good a bot is, asked over HTTP (T8)."""

from typing import Any

from starlette.testclient import TestClient

from tests.draft_api.draft_service import (
    FERRY,
    assert_problem,
    make_bot,
    make_intent,
    make_key,
    make_trainable,
    train,
)


def evaluation(draft: TestClient, bot: str, **query: str) -> dict[str, Any]:
    answer = draft.get(f"{bot}/evaluation", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_evaluation_tells_what_changed_since_the_training_before(draft: TestClient) -> None:
    bot = make_trainable(draft)
    first = train(draft, bot)["models"]["en"]
    alone = evaluation(draft, bot)
    assert (alone["model"], alone["since"], alone["change"]) == (first, None, None)
    assert [entry["model"] for entry in alone["history"]] == [first]
    make_intent(draft, bot, "boats", "which boats are there", "is the boat new", "name of the boat", FERRY[0] + " now")
    second = train(draft, bot)["models"]["en"]
    found = evaluation(draft, bot)
    assert (found["model"], found["since"]) == (second, first)
    assert found["change"]["added"] == 1
    assert found["change"]["accuracy_before"] == alone["evaluation"]["accuracy"]
    assert [entry["model"] for entry in found["history"]] == [second, first]
    assert [entry["accuracy"] for entry in found["history"]] == [
        found["evaluation"]["accuracy"],
        alone["evaluation"]["accuracy"],
    ]
    train(draft, bot)
    again = evaluation(draft, bot)
    assert again["since"] == first
    assert len(again["history"]) == 3


def test_thresholds_are_tried_with_the_settings_that_the_bot_has_now(draft: TestClient) -> None:
    bot = make_trainable(draft)
    train(draft, bot)
    assert evaluation(draft, bot)["thresholds"]["intent_threshold"]["now"] == 0.0
    draft.patch(bot, json={"settings": {"intent_threshold": 1.0, "scope_threshold": -50.0}})
    found = evaluation(draft, bot)["thresholds"]
    assert found["now"]["not_understood"] == 1.0
    assert found["scope_threshold"]["now"] == -50.0
    assert found["intent_threshold"]["suggested"] < 1.0


def test_models_are_listed_with_their_figures(draft: TestClient) -> None:
    bot = make_trainable(draft)
    digest = train(draft, bot)["models"]["en"]
    (listed,) = draft.get(f"{bot}/models").json()["items"]
    detail = draft.get(f"{bot}/models/{digest}").json()
    assert listed["accuracy"] == detail["evaluation"]["accuracy"]
    assert listed["calibration_error"] == detail["evaluation"]["ece"]
    assert listed["expressions"] == detail["evaluation"]["expressions"] == 8
    assert [thin["name"] for thin in detail["evaluation"]["thin_intents"]] == ["ferry_times", "soup"]


def test_the_report_is_a_page_that_may_load_nothing(draft: TestClient) -> None:
    bot = make_trainable(draft, "Harbour <b>Café</b>")
    train(draft, bot)
    page = draft.get(f"{bot}/evaluation/report", params={"language": "en"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Harbour &lt;b&gt;Café&lt;/b&gt;" in page.text


def test_without_a_training_there_is_nothing_to_tell(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["en", "nl"])
    make_intent(draft, bot, "ferry_times", *FERRY)
    for path in ("evaluation", "evaluation/report"):
        assert_problem(draft.get(f"{bot}/{path}"), 409, "nlp_never_trained")
        assert_problem(draft.get(f"{bot}/{path}", params={"language": "fr"}), 422, "unknown_language")
    train(draft, bot, languages=["en"])
    assert evaluation(draft, bot)["language"] == "en"
    assert_problem(draft.get(f"{bot}/evaluation", params={"language": "nl"}), 409, "nlp_never_trained")
    stranger = make_key(draft, "draft:read", bot=make_bot(draft, "Next Door").rpartition("/")[2])
    assert_problem(draft.get(f"{bot}/evaluation", headers=stranger), 404, "not_found")
