"""Exports of other platforms over HTTP: a new bot, or NLP for one that is there."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import assert_problem, make_bot, make_intent, make_key, train
from tests.draft_api.foreign.exports import CX, ES, NLU, RASA, zipped

ZIP, YAML = {"Content-Type": "application/zip"}, {"Content-Type": "application/yaml"}
RASA_ZIP = zipped(RASA)


def bring(draft: TestClient, body: bytes, format: str = "rasa", name: str = "Night Train", **headers: str) -> Any:
    given = headers or ZIP
    return draft.post(f"/v1/bots/import/{format}", params={"name": name}, content=body, headers=given)


def test_a_rasa_project_becomes_a_bot_that_learns_and_answers(draft: TestClient) -> None:
    answer = bring(draft, RASA_ZIP)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["format"], made["languages"], made["intents"], made["added"]) == ("rasa", ["fr"], 4, 9)
    assert (made["refused"], made["entities"], made["blocks"]) == ([], ["berth_class", "booking_code", "city"], 2)
    assert {"what": "stories: the long way", "why": "write flows: blocks that lead to one another"} in made[
        "not_carried"
    ]
    bot = f"/v1/bots/{made['id']}"
    draft.patch(bot, json={"settings": {"profile": "fast"}})
    assert train(draft, bot)["status"] == "succeeded"
    said = draft.post(f"{bot}/emulator", json={"text": "are dogs allowed"}).json()
    assert said["replies"][0]["text"] == "Small ones may."
    found = draft.post(f"{bot}/classify", json={"text": "a berth to Vienna please"}).json()
    assert (found["intent"]["name"], found["entities"][0]["value"]) == ("book_berth", "Vienna")


@pytest.mark.parametrize(("files", "languages", "added"), [(ES, ["en", "nl"], 5), (CX, ["de", "en"], 4)])
def test_a_dialogflow_agent_becomes_a_bot(
    draft: TestClient, files: dict[str, Any], languages: list[str], added: int
) -> None:
    answer = bring(draft, zipped(files), "dialogflow")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["languages"], made["added"], made["blocks"]) == (languages, added, 3)
    flow = draft.get(f"/v1/bots/{made['id']}/flows/dialogflow").json()
    assert {block.get("system") for block in flow["blocks"]} >= {"introduction", "not_understood"}
    bundle = draft.get(f"/v1/bots/{made['id']}/bundle").json()
    assert draft.post("/v1/bots/import", json={**bundle, "bot": {**bundle["bot"], "name": "Twin"}}).status_code == 201


BANK = """
nlu:
- {intent: balance, examples: [show my balance, what is my balance, how much do I have]}
- {intent: bye, examples: [goodbye, see you, good night]}
responses:
  utter_balance: [{text: Your balance is 100}]
  utter_bye: [{text: Good night}]
rules:
- rule: balance when logged in
  condition: [{slot_was_set: [{logged_in: true}]}]
  steps: [{intent: balance}, {action: utter_balance}]
- {rule: bye, steps: [{intent: bye}, {action: utter_bye}]}
"""


def test_what_rasa_answers_under_a_condition_is_told_to_nobody(draft: TestClient) -> None:
    made = bring(draft, BANK.encode(), **YAML).json()
    assert [found["what"] for found in made["not_carried"]] == [
        "rule balance when logged in: balance -> utter_balance, if slot_was_set: logged_in: true"
    ]
    bot = f"/v1/bots/{made['id']}"
    draft.patch(bot, json={"settings": {"profile": "fast"}})
    assert train(draft, bot)["status"] == "succeeded"
    said = {text: draft.post(f"{bot}/emulator", json={"text": text}).json() for text in ("show my balance", "goodbye")}
    assert "100" not in said["show my balance"]["replies"][0]["text"]
    assert said["goodbye"]["replies"][0]["text"] == "Good night"


def test_a_project_without_training_data_is_warned_about(draft: TestClient) -> None:
    made = bring(draft, zipped({"domain.yml": RASA["domain.yml"], "data/nlu.txt": "hello"})).json()
    assert (made["added"], [warning["code"] for warning in made["warnings"]]) == (0, ["no_expressions"])
    assert made["not_carried"][0]["what"] == "training data"


def test_an_export_with_names_that_no_path_can_hold_comes_in_without_them(draft: TestClient) -> None:
    nlu = {
        "nlu": [
            {"intent": "..", "examples": "- one up"},
            {"intent": "faq/ask_price", "examples": "- what is a berth"},
            {"lookup": ".", "examples": "- Vienna"},
        ]
    }
    made = bring(draft, json.dumps(nlu).encode(), **YAML).json()
    assert (made["intents"], made["added"], made["entities"]) == (1, 1, [])
    assert [(row["line"], row["code"]) for row in made["refused"]] == [(1, "invalid_name")]
    assert {"intent '..'", "entity '.'"} <= {lost["what"] for lost in made["not_carried"]}
    assert draft.get(f"/v1/bots/{made['id']}/intents/faq%2Fask_price").json()["name"] == "faq/ask_price"


def test_nlp_alone_comes_into_a_bot_that_is_there(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["en", "fr"])
    greet = make_intent(draft, bot, "greet", "Hello!")
    place = f"{bot}/nlp/import"
    done = draft.post(place, params={"language": "fr"}, content=NLU.encode(), headers=YAML).json()
    assert (done["format"], done["added"], done["skipped"]) == ("rasa", 9, 0)
    assert done["entities"] == ["berth_class", "city"]
    english = draft.post(place, content=NLU.encode(), headers=YAML).json()
    assert (english["added"], english["skipped"]) == (8, 1)
    again = draft.post(place, content=RASA_ZIP, headers=ZIP).json()
    assert (again["added"], again["skipped"]) == (0, 9)
    assert again["not_carried"][-1]["what"] == "2 responses"
    assert draft.get(f"{bot}/intents/greet").json()["id"] == greet
    assert draft.get(f"{bot}/flows").json()["items"] == []


def test_replacing_keeps_ids_and_can_be_undone(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["fr"])
    greet = make_intent(draft, bot, "greet", "salut")
    make_intent(draft, bot, "weather", "il pleut")
    done = draft.post(f"{bot}/nlp/import?mode=replace", content=RASA_ZIP, headers=ZIP).json()
    intents = {intent["name"]: intent["id"] for intent in draft.get(f"{bot}/intents").json()["items"]}
    assert intents["greet"] == greet
    assert "weather" not in intents
    assert draft.post(f"{bot}/snapshots/{done['snapshot']}/restore").status_code == 200
    assert len(draft.get(f"{bot}/intents").json()["items"]) == 2


def test_an_agent_in_another_language_replaces_nothing(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["fr"])
    make_intent(draft, bot, "greet", "salut")
    before = draft.get(f"{bot}/bundle").json()
    answer = draft.post(f"{bot}/nlp/import?mode=replace", content=zipped(ES), headers=ZIP)
    told = assert_problem(answer, 422, "nothing_to_import")
    assert {line["code"] for line in told["refused"]} == {"unknown_language"}
    assert "'hi' of 'Default Welcome Intent'" in told["refused"][0]["detail"]
    assert draft.get(f"{bot}/bundle").json() == before
    assert draft.get(f"{bot}/snapshots").json()["items"] == []


def test_expressions_in_another_language_and_twice_are_told_one_by_one(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["nl"])
    done = draft.post(f"{bot}/nlp/import", content=RASA_ZIP, headers=ZIP).json()
    assert done["added"] == 0
    assert [line["code"] for line in done["refused"]] == ["unknown_language"] * 9
    twice = b"nlu:\n- {intent: a, examples: '- hello'}\n- {intent: b, examples: '- Hello!'}\n"
    told = draft.post(f"{bot}/nlp/import", content=twice, headers=YAML).json()
    assert (told["added"], [(line["line"], line["code"]) for line in told["refused"]]) == (
        1,
        [(2, "duplicate_expression")],
    )


@pytest.mark.parametrize(
    ("body", "format", "headers", "status", "code"),
    [
        (RASA_ZIP, "dialogflow", ZIP, 422, "export_unrecognised"),
        (zipped(ES), "rasa", ZIP, 422, "export_unrecognised"),
        (b"PK", "rasa", ZIP, 422, "archive_invalid"),
        (zipped({"a.json": bytes(30 << 20)}), "dialogflow", ZIP, 413, "archive_limits"),
        (b"nlu: !!set {a}", "rasa", YAML, 422, "yaml_invalid"),
        (b"{}", "rasa", {"Content-Type": "application/json"}, 415, "unsupported_media_type"),
        (b"", "rasa", ZIP, 422, "archive_invalid"),
        (b"", "wit", ZIP, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_read_leaves_no_bot_behind(
    draft: TestClient, body: bytes, format: str, headers: dict[str, str], status: int, code: str
) -> None:
    assert_problem(bring(draft, body, format, **headers), status, code)
    assert draft.get("/v1/bots").json()["items"] == []


def test_a_name_that_is_taken_and_a_key_for_one_bot_are_refused(draft: TestClient) -> None:
    bot = make_bot(draft, "Night Train")
    assert_problem(bring(draft, RASA_ZIP), 409, "duplicate_bot")
    bound = make_key(draft, "draft:write", bot=bot.rpartition("/")[2])
    asked = draft.post("/v1/bots/import/rasa?name=Other", content=RASA_ZIP, headers={**ZIP, **bound})
    assert_problem(asked, 403, "forbidden")


def test_a_block_that_would_lead_nowhere_is_not_made(draft: TestClient) -> None:
    odd = {"responses": {"utter_a": [{"text": "{{ 1 + 1 }}"}], "utter_b": [{"text": "x" * 9000}], "utter_c": 7}}
    made = bring(draft, json.dumps(odd).encode(), **YAML).json()
    assert made["blocks"] <= 1
    assert "response utter_b" in [lost["what"] for lost in made["not_carried"]]
