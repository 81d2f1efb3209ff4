"""The ferry also sails for the Dutch: each conversation in the language that it is in."""

import pytest
from fastapi.testclient import TestClient

from shared.contracts import BotSettings, ExpressionMark, IntentMark, LanguageSettings, Release
from shared.digest import canonical, digest_of
from tests.live_api.theatre import BOT, EXPRESSIONS, NAME, Expressions, Trained, code, publish, quay, release, train

DUTCH: Expressions = {
    "int_times": (
        "ferry_times",
        ["wanneer gaat de volgende veerboot", "vaarschema alstublieft", "hoe laat vertrekt de boot"],
    ),
    "int_price": ("ticket_price", ["hoeveel kost een kaartje", "prijs van een retour", "wat kost de overtocht"]),
    "int_umbrella": (
        "lost_umbrella",
        ["ik ben mijn paraplu kwijt", "paraplu vergeten", "heeft u een paraplu"],
    ),
}
SPOKEN = {"en": EXPRESSIONS, "nl": DUTCH}
WORDS = {"en": "Four crowns.", "nl": "Vier kronen."}


@pytest.fixture(scope="module")
def dutch(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("dutch"), "nl", DUTCH)


def bilingual(trained: Trained, dutch: Trained, **settings: object) -> Release:
    marks = tuple(
        IntentMark(
            id=intent,
            name=name,
            expressions={
                language: ExpressionMark(count=3, fingerprint=digest_of(canonical(said[intent][1])))
                for language, said in SPOKEN.items()
            },
        )
        for intent, (name, _) in EXPRESSIONS.items()
    )
    flow = quay()["quay"]
    price = {**flow.blocks[1], "messages": [{"text": WORDS, "quick_replies": [{"title": "wanneer gaat de boot"}]}]}
    asks = {"id": "ask_name", "kind": "input", "intent": "int_umbrella", "variable": "name", "next": "thanks"}
    name = {**asks, "messages": [{"text": {"en": "Your name?", "nl": "Uw naam?"}}]}
    thanked = {"en": "Thanks, {{ name }}.", "nl": "Dank, {{ name }}."}
    thanks = {"id": "thanks", "kind": "message", "messages": [{"text": thanked}]}
    return release(
        trained,
        name=NAME,
        settings=BotSettings(profile="fast", **settings),  # type: ignore[arg-type]
        languages=("en", "nl"),
        intents=marks,
        models={"en": trained.manifest, "nl": dutch.manifest},
        flows={"quay": flow.model_copy(update={"blocks": (flow.blocks[0], price, *flow.blocks[2:], name, thanks)})},
    )


@pytest.fixture
def ferry(client: TestClient, trained: Trained, dutch: Trained) -> TestClient:
    publish(client, Trained(trained.manifest, trained.files | dutch.files), bilingual(trained, dutch))
    return client


def said(client: TestClient, text: str, conversation: str = "anna", **more: str) -> tuple[str, str]:
    path = f"/v1/bots/{BOT}/conversations/{conversation}/messages"
    answer = client.post(path, json={"text": text, **more}).json()
    return answer["language"], answer["replies"][0]["text"]


def test_a_conversation_is_answered_in_the_language_that_it_is_in(ferry: TestClient) -> None:
    assert said(ferry, "wat kost de overtocht") == ("nl", "Vier kronen.")
    assert said(ferry, "🎉")[0] == "nl"
    assert said(ferry, "what does the crossing cost") == ("en", "Four crowns.")
    assert said(ferry, "wat kost de overtocht", language="en")[0] == "en"
    (listed,) = ferry.get(f"/v1/bots/{BOT}/conversations").json()["items"]
    assert listed["language"] == "en"


def test_what_is_offered_changes_no_language_tapped_or_typed(ferry: TestClient) -> None:
    path = f"/v1/bots/{BOT}/conversations/anna/messages"
    shown = ferry.post(path, json={"text": "what does the crossing cost"}).json()["replies"][0]["quick_replies"][0]
    assert said(ferry, shown["title"].upper())[0] == "en"
    assert said(ferry, shown["title"], payload=shown["payload"])[0] == "en"


NAMES = ["John Smith", "Stephanie", "Wouter van den Berg", "Timothy", "Ahmed", "Anna Maria", "Emma Thompson", "Els"]


@pytest.mark.parametrize(("lost", "language"), [("ik ben mijn paraplu kwijt", "nl"), ("I lost my umbrella", "en")])
def test_a_name_that_was_asked_for_is_in_the_language_of_the_conversation(
    ferry: TestClient, lost: str, language: str
) -> None:
    for name in NAMES:
        said(ferry, lost, name, language=language)
        assert said(ferry, name, name)[0] == language


def test_a_question_may_be_interrupted_by_an_expression_of_another_language(ferry: TestClient) -> None:
    said(ferry, "I lost my umbrella", language="en")
    assert said(ferry, "wat kost de overtocht") == ("nl", "Vier kronen.")


def test_classify_takes_the_first_language_and_detects_only_where_it_is_asked_to(ferry: TestClient) -> None:
    path, texts = f"/v1/bots/{BOT}/classify", ["hoeveel kost een kaartje", "how much is a ticket"]
    plain, detected = (
        [answer["language"] for answer in ferry.post(path, json={"texts": texts, **more}).json()["results"]]
        for more in ({}, {"language": "auto"})
    )
    assert (plain, detected) == (["en", "en"], ["nl", "en"])
    assert code(ferry.post(path, json={"text": "x", "language": "fr"})) == (422, "unknown_language")


def test_a_language_has_its_thresholds_and_detection_can_be_left_out(
    client: TestClient, trained: Trained, dutch: Trained
) -> None:
    strict = {"nl": LanguageSettings(intent_threshold=0.999)}
    candidate = bilingual(trained, dutch, languages=strict, detect_language=False)
    publish(client, Trained(trained.manifest, trained.files | dutch.files), candidate)
    path = f"/v1/bots/{BOT}/classify"
    asked = [({"text": "kosten van een kaart", "language": "nl"}), {"text": "price of a ticket"}]
    assert [client.post(path, json=body).json()["understood"] for body in asked] == [False, True]
    assert said(client, "wat kost de overtocht")[0] == "en"


def test_a_quick_fix_may_change_a_languages_thresholds_alone(ferry: TestClient) -> None:
    path, confirmed = f"/v1/bots/{BOT}/settings", {"Live-Edit": "confirmed"}
    fixed = ferry.patch(path, json={"languages": {"nl": {"margin": 0.2}}}, headers=confirmed)
    assert fixed.json()["languages"]["nl"]["margin"] == 0.2
    refused = ferry.patch(path, json={"languages": {"fr": {"margin": 0.2}}}, headers=confirmed)
    assert code(refused) == (422, "unknown_language")
