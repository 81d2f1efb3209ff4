"""How good a bot is, asked over HTTP (T8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from services.draft_api.training.encoder_folder import installed_encoder
from tests.draft_api.draft_service import (
    FERRY,
    assert_problem,
    draft_service,
    make_bot,
    make_intent,
    make_key,
    make_trainable,
    train,
)

pytestmark = pytest.mark.usefixtures("trainings_here")


@dataclass(frozen=True)
class Harbour:
    """A bot that was trained, given one more intent, trained again, and once more without a change."""

    draft: TestClient
    bot: str
    alone: dict[str, Any]
    models: tuple[str, str]

    def evaluation(self, **query: str) -> dict[str, Any]:
        return evaluation(self.draft, self.bot, **query)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with draft_service(tmp_path_factory.mktemp("harbour")) as draft:
        bot = make_trainable(draft, "Harbour <b>Café<b>")
        first = train(draft, bot)["models"]["en"]
        alone = evaluation(draft, bot)
        make_intent(draft, bot, "boats", "which boats are there", "is the boat new", FERRY[0] + " now")
        second = train(draft, bot)["models"]["en"]
        train(draft, bot)
        yield Harbour(draft, bot, alone, (first, second))


def evaluation(draft: TestClient, bot: str, **query: str) -> dict[str, Any]:
    answer = draft.get(f"{bot}/evaluation", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_evaluation_tells_what_changed_since_the_model_before(harbour: Harbour) -> None:
    first, second = harbour.models
    assert (harbour.alone["model"], harbour.alone["since"], harbour.alone["change"]) == (first, None, None)
    found = harbour.evaluation()
    assert (found["model"], found["since"]) == (second, first)
    assert found["change"]["added"] == 1
    assert found["change"]["accuracy_before"] == harbour.alone["evaluation"]["accuracy"]
    assert [entry["model"] for entry in found["history"]] == [second, second, first]
    assert found["history"][-1]["accuracy"] == harbour.alone["evaluation"]["accuracy"]
    assert found["advice"]


def test_thresholds_are_tried_with_the_settings_that_the_bot_has_now(harbour: Harbour) -> None:
    assert harbour.evaluation()["thresholds"]["intent_threshold"]["now"] == 0.0
    harbour.draft.patch(harbour.bot, json={"settings": {"intent_threshold": 1.0, "scope_threshold": -50.0}})
    found = harbour.evaluation()["thresholds"]
    assert found["now"]["not_understood"] == 1.0
    assert found["scope_threshold"]["now"] == -50.0
    assert found["intent_threshold"]["choices"][0]["not_understood"] < 1.0


def test_whether_the_bot_can_ask_is_told_beside_what_a_margin_would_do(harbour: Harbour) -> None:
    assert not harbour.evaluation()["asks"]
    blocks = [{"id": "which", "kind": "message", "system": "did_you_mean", "messages": [{"text": "Which one?"}]}]
    assert harbour.draft.put(f"{harbour.bot}/flows/pier", json={"name": "Pier", "blocks": blocks}).is_success
    assert harbour.evaluation()["asks"]


@pytest.mark.encoder
@pytest.mark.parametrize(("language", "told"), [("de", True), ("en-GB", False), ("sw", False)])
def test_a_language_that_the_encoder_does_not_know_is_told_until_the_profile_is_another(
    draft: TestClient, language: str, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installed_encoder() is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    bot = make_bot(draft, "Hafen", languages=[language], settings={"profile": "default"})
    for name, text in (("fähre", "wann fährt die Fähre"), ("suppe", "welche Suppe gibt es")):
        make_intent(draft, bot, name, text)
    train(draft, bot)
    kinds = [advice["kind"] for advice in evaluation(draft, bot)["advice"]]
    assert ("profile" in kinds) == told
    if told:
        assert kinds[0] == "profile"
    (tmp_path / "encoder.json").write_text("{}")
    monkeypatch.setenv("GREENROOM_ENCODER_MULTILINGUAL", str(tmp_path))
    assert draft.patch(bot, json={"settings": {"profile": "multilingual"}}).is_success
    assert "profile" not in [advice["kind"] for advice in evaluation(draft, bot)["advice"]]


def test_models_are_listed_with_their_figures(harbour: Harbour) -> None:
    first, second = harbour.models
    listed = harbour.draft.get(f"{harbour.bot}/models").json()["items"]
    assert [model["digest"] for model in listed] == [second, first]
    detail = harbour.draft.get(f"{harbour.bot}/models/{first}").json()["evaluation"]
    assert listed[1]["accuracy"] == detail["accuracy"]
    assert listed[1]["calibration_error"] == detail["ece"]
    assert listed[1]["expressions"] == detail["expressions"] == 8
    assert [thin["name"] for thin in detail["thin_intents"]] == ["ferry_times", "soup"]


def test_the_report_is_a_page_that_may_load_nothing(harbour: Harbour) -> None:
    page = harbour.draft.get(f"{harbour.bot}/evaluation/report", params={"language": "en"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Harbour &lt;b&gt;Café&lt;b&gt;" in page.text


def test_without_a_training_there_is_nothing_to_tell(harbour: Harbour) -> None:
    draft = harbour.draft
    bot = make_bot(draft, "Dry Dock", languages=["en", "nl"])
    for path in ("evaluation", "evaluation/report"):
        assert_problem(draft.get(f"{bot}/{path}"), 409, "nlp_never_trained")
        assert_problem(draft.get(f"{bot}/{path}", params={"language": "fr"}), 422, "unknown_language")
    stranger = make_key(draft, "draft:read", bot=bot.rpartition("/")[2])
    assert_problem(draft.get(f"{harbour.bot}/evaluation", headers=stranger), 404, "not_found")


def test_a_bot_of_two_languages_is_told_that_it_sees_one_of_them(draft: TestClient) -> None:
    bot = make_bot(draft, "Hafen", languages=["en", "nl"])
    make_intent(draft, bot, "ferry_times", *FERRY)
    train(draft, bot, languages=["en"])
    assert evaluation(draft, bot)["languages"] == ["en", "nl"]
    assert "en alone (the bot also speaks nl)" in draft.get(f"{bot}/evaluation/report").text


@pytest.mark.encoder
def test_what_an_encoder_cannot_read_is_not_called_the_same(draft: TestClient) -> None:
    """To one of English, Thai is a row of unknown words: "open until when" as much as "how do I pay"."""
    if installed_encoder() is None:
        pytest.skip("no encoder is installed: greenroom encoder build makes one")
    bot = make_bot(draft, "ร้าน", languages=["th"], settings={"profile": "default"})
    make_intent(draft, bot, "เวลา", "เปิดถึงกี่โมง", "ร้านปิดกี่โมงในวันอาทิตย์นี้", "หยุดวันไหน", "บอกวันทำการหน่อย")
    make_intent(draft, bot, "จ่าย", "ขอใบแจ้งหนี้", "โอนเงินได้ไหม", "อยากจ่ายด้วยบัตร", "ร้านปิดกี่โมงในวันอาทิตย์นี้ครับ")
    train(draft, bot)
    found = evaluation(draft, bot)["evaluation"]["near_duplicates"]
    assert [{pair["text"], pair["other_text"]} for pair in found] == [{"ร้านปิดกี่โมงในวันอาทิตย์นี้", "ร้านปิดกี่โมงในวันอาทิตย์นี้ครับ"}]
