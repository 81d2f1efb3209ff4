"""Classifying and talking from the terminal."""

import io
import json
import sys

RESULT = {
    "text": "is rye left",
    "understood": True,
    "intent": {"id": "int_1", "name": "bread", "confidence": 0.987654},
    "scope": 0.5,
    "ranking": [{"id": "int_1", "name": "bread", "confidence": 0.987654}],
}
STRANGE = {
    "text": "[bold]",
    "understood": False,
    "reason": "out_of_scope",
    "intent": None,
    "scope": -1.0,
    "ranking": [{"id": "int_2", "name": "hours", "confidence": 0.4}],
}


def test_classifying_in_live_names_the_release(greenroom, greenroom_api):
    answer = {"results": [RESULT, STRANGE], "release": 7, "release_digest": "sha256:bb"}
    greenroom_api.on("POST /v1/bots/bakery/classify", answer)
    ended = greenroom("classify", "bakery", "is rye left", "[bold]")
    assert "LIVE, release 7" in ended.out
    assert "bread" in ended.out
    assert "[bold]" in ended.out
    assert "out_of_scope" in ended.out


def test_many_sentences_from_standard_input_are_asked_in_lists_of_256(greenroom, greenroom_api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("is rye left\n" * 300))
    greenroom_api.on("POST /v1/bots/bakery/classify", {"results": [RESULT] * 256}, {"results": [RESULT] * 44})
    ended = greenroom("classify", "bakery", "-", "--draft", "--json")
    assert len(json.loads(ended.out)["results"]) == 300
    assert [len(asked.json["texts"]) for asked in greenroom_api.asked] == [256, 44]


def test_a_chat_stays_in_one_conversation_and_shows_what_can_be_tapped(greenroom, greenroom_api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\nis rye left\n"))
    first = {"conversation": "emu_1", "replies": [{"text": "Hi!", "buttons": [{"title": "Hours"}]}]}
    greenroom_api.on("POST /v1/bots/bakery/emulator", first, {**first, "replies": [{"text": "Two loaves."}]})
    ended = greenroom("chat", "bakery", "--draft")
    assert ended.out.splitlines() == ["bot: Hi!", "     [Hours]", "bot: Two loaves."]
    assert greenroom_api.asked[1].json == {"text": "is rye left", "conversation": "emu_1"}


def test_a_chat_in_live_says_so_and_answers_a_json_line_a_message(greenroom, greenroom_api, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\n"))
    monkeypatch.setattr("cli.asking.token_hex", lambda _: "77")
    path = "POST /v1/bots/bakery/conversations/terminal-77/messages"
    greenroom_api.on(path, {"replies": [{"text": "Hi!"}], "understood": True})
    ended = greenroom("chat", "bakery", "--json")
    assert json.loads(ended.out)["replies"] == [{"text": "Hi!"}]
    assert "in LIVE" in ended.err
