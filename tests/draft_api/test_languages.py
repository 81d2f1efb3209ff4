"""A bot in two languages: each with a model, a status and thresholds of its own (T9). Real trainings."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.draft_api.draft_service import assert_problem, draft_service, make_bot, nlp_status, train

pytestmark = pytest.mark.usefixtures("trainings_here")

ENGLISH = {
    "ferry": ["when does the ferry leave", "ferry times today", "what time is the next boat"],
    "soup": ["what soup is there", "is the soup hot today", "do you have fish soup"],
}
DUTCH = {
    "ferry": ["wanneer vertrekt de veerboot", "hoe laat vaart de volgende boot", "uren van de veerpont"],
    "soup": ["welke soep is er vandaag", "is de soep warm", "hebben jullie vissoep"],
}
HELLO = {
    "id": "soup_of_the_day",
    "kind": "message",
    "intent": "soup",
    "messages": [{"text": {"en": "Leek and potato.", "nl": "Prei en aardappel."}}],
}


def make_bilingual(client: TestClient, name: str = "Harbour Café") -> str:
    bot = make_bot(client, name, languages=["en", "nl"])
    for intent in ENGLISH:
        assert client.post(f"{bot}/intents", json={"name": intent, "expressions": ENGLISH[intent]}).status_code == 201
        said = [{"text": text, "language": "nl"} for text in DUTCH[intent]]
        assert client.post(f"{bot}/intents/{intent}/expressions", json={"expressions": said}).status_code == 201
    body = {"name": "Kitchen", "blocks": [HELLO]}
    assert client.put(f"{bot}/flows/kitchen", json=body).status_code == 200
    return bot


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """Trained in both; tests leave it as they find it, but for its settings."""
    with draft_service(tmp_path_factory.mktemp("draft")) as client:
        bot = make_bilingual(client)
        assert train(client, bot)["status"] == "succeeded"
        yield client, bot


def test_each_message_is_classified_in_its_language(bilingual: tuple[TestClient, str]) -> None:
    client, bot = bilingual
    for asked, language in (({"text": "is the soup hot"}, "en"), ({"text": "is de soep koud", "language": "nl"}, "nl")):
        found = client.post(f"{bot}/classify", json=asked).json()
        assert (found["language"], found["ranking"][0]["name"]) == (language, "soup")
        assert found["model"] == nlp_status(client, bot, language)["model"]


def test_a_language_is_detected_where_that_is_asked_for(bilingual: tuple[TestClient, str]) -> None:
    client, bot = bilingual
    texts = ["hoe laat is de veerboot er vandaag", "what time is the ferry today", "🎉"]
    found = client.post(f"{bot}/classify", json={"texts": texts, "language": "auto"}).json()["results"]
    assert [answer["language"] for answer in found] == ["nl", "en", "en"]
    plain = client.post(f"{bot}/classify", json={"texts": texts}).json()["results"]
    assert {answer["language"] for answer in plain} == {"en"}


def test_a_conversation_is_answered_in_the_language_that_it_is_in(bilingual: tuple[TestClient, str]) -> None:
    client, bot = bilingual

    def say(text: str, **more: str) -> tuple[str, str]:
        answer = client.post(f"{bot}/emulator", json={"conversation": "anna", "text": text, **more}).json()
        return answer["language"], answer["replies"][0]["text"]

    assert say("welke soep is er vandaag") == ("nl", "Prei en aardappel.")
    assert say("welke soep is er vandaag?") == ("nl", "Prei en aardappel.")
    assert say("what soup is there") == ("en", "Leek and potato.")
    assert say("welke soep is er vandaag", language="en")[0] == "en"


def test_a_bot_may_leave_the_language_to_whoever_calls(bilingual: tuple[TestClient, str]) -> None:
    client, bot = bilingual
    client.patch(bot, json={"settings": {"detect_language": False}})
    said = client.post(f"{bot}/emulator", json={"text": "welke soep is er vandaag"}).json()
    client.patch(bot, json={"settings": {"detect_language": True}})
    assert said["language"] == "en"


def test_a_language_has_thresholds_of_its_own(bilingual: tuple[TestClient, str]) -> None:
    client, bot = bilingual
    before = nlp_status(client, bot, "nl")
    strict = {"nl": {"intent_threshold": 0.999}}
    assert client.patch(bot, json={"settings": {"languages": strict}}).json()["settings"]["languages"]["nl"] == {
        "intent_threshold": 0.999,
        "entity_threshold": None,
        "scope_threshold": None,
        "margin": None,
    }
    dutch = client.post(f"{bot}/classify", json={"text": "iets heel anders", "language": "nl"}).json()
    english = client.post(f"{bot}/classify", json={"text": "is the soup hot"}).json()
    assert (dutch["understood"], dutch["reason"], english["understood"]) == (False, "low_confidence", True)
    assert nlp_status(client, bot, "nl") == before
    assert client.patch(bot, json={"settings": {"languages": {"nl": None}}}).json()["settings"]["languages"] == {}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"languages": {"fr": {"margin": 0.1}}}, "unknown_language"),
        ({"languages": {"nl": {"margin": 2}}}, "invalid_settings"),
        ({"languages": {"nl": {"volume": 11}}}, "invalid_settings"),
        ({"languages": {"Dutch": {"margin": 0.1}}}, "invalid_settings"),
        ({"languages": ["nl"]}, "invalid_settings"),
        ({"detect_language": "perhaps"}, "invalid_settings"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(
    bilingual: tuple[TestClient, str], settings: dict[str, object], code: str
) -> None:
    client, bot = bilingual
    assert_problem(client.patch(bot, json={"settings": settings}), 422, code)
    assert_problem(client.post("/v1/bots", json={"name": "x", "languages": ["nl"], "settings": settings}), 422, code)


def test_one_language_may_be_stale_while_the_other_is_trained(draft: TestClient) -> None:
    bot = make_bilingual(draft)
    train(draft, bot, languages=["en"])
    assert [nlp_status(draft, bot, k)["status"] for k in ("en", "nl")] == ["trained", "never_trained"]
    unread = draft.post(f"{bot}/classify", json={"text": "welke soep", "language": "nl"})
    assert "'nl'" in assert_problem(unread, 409, "nlp_never_trained")["detail"]
    told = draft.post(f"{bot}/classify", json={"text": "welke soep is er vandaag", "language": "auto"})
    assert told.status_code == 200
    train(draft, bot, languages=["nl"])
    more = {"expressions": [{"text": "is er brood bij de soep", "language": "nl"}]}
    draft.post(f"{bot}/intents/soup/expressions", json=more)
    assert [nlp_status(draft, bot, k)["status"] for k in ("en", "nl")] == ["trained", "stale"]


def test_a_language_that_is_taken_off_can_be_brought_back(draft: TestClient) -> None:
    bot = make_bilingual(draft)
    draft.patch(bot, json={"settings": {"languages": {"nl": {"margin": 0.2}}}})
    before = draft.get(f"{bot}/bundle").json()
    gone = draft.patch(bot, json={"languages": ["en"]}).json()
    assert (gone["languages"], gone["settings"]["languages"]) == (["en"], {})
    assert {k for i in draft.get(f"{bot}/bundle").json()["intents"] for k in i["expressions"]} == {"en"}
    assert_problem(draft.post(f"{bot}/classify", json={"text": "x", "language": "nl"}), 409, "nlp_never_trained")
    (kept,) = draft.get(f"{bot}/snapshots").json()["items"]
    assert kept["reason"] == "before taking off nl"
    assert draft.post(f"{bot}/snapshots/{kept['id']}/restore").status_code == 200
    assert draft.get(f"{bot}/bundle").json() == before


def test_a_language_without_expressions_comes_and_goes_without_a_trace(draft: TestClient) -> None:
    bot = make_bot(draft, languages=["en"])
    assert draft.patch(bot, json={"languages": ["fr", "en"]}).json()["languages"] == ["fr", "en"]
    assert list(draft.get(f"{bot}/nlp").json()["languages"]) == ["fr", "en"]
    assert draft.patch(bot, json={"languages": ["en"]}).status_code == 200
    assert draft.get(f"{bot}/snapshots").json()["items"] == []
