"""From disk into draft."""

import io
import json
import zipfile

import pytest

BOT = {"id": "bot_1", "name": "Night Bakery", "languages": ["en"], "settings": {}}
DONE = {"added": 2, "skipped": 0, "refused": [], "snapshot": None}


@pytest.fixture
def bakery(tmp_path):
    folder = tmp_path / "bakery"
    folder.mkdir()
    (folder / "bot.json").write_text(json.dumps({"name": "Night Bakery", "languages": ["en"], "settings": {}}))
    (folder / "nlp.csv").write_text("text,intent\nwhen do you open,hours\ndo you have rye,bread\n")
    flow = {"id": "main", "name": "Main", "blocks": [{"id": "hours", "kind": "message", "intent": "hours"}]}
    (folder / "flows.json").write_text(json.dumps([flow]))
    return folder


def test_a_folder_makes_the_bot_then_its_expressions_then_its_flows(greenroom, greenroom_api, bakery):
    greenroom_api.on("POST /v1/bots", BOT, status=201)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", DONE)
    greenroom_api.on("PUT /v1/bots/bot_1/flows/main", {})
    ended = greenroom("import", str(bakery))
    assert ended.code == 0
    assert "Expressions: 2 added, 0 skipped, 0 refused." in ended.out
    assert [(asked.method, asked.path) for asked in greenroom_api.asked] == [
        ("GET", "/v1/bots/Night%20Bakery"),
        ("POST", "/v1/bots"),
        ("POST", "/v1/bots/bot_1/nlp/import"),
        ("PUT", "/v1/bots/bot_1/flows/main"),
    ]
    assert greenroom_api.asked[2].headers["Content-Type"] == "text/csv"
    assert "id" not in greenroom_api.asked[3].json


def test_a_bot_that_exists_is_imported_into(greenroom, greenroom_api, bakery):
    greenroom_api.on("GET /v1/bots/Day%20Bakery", {**BOT, "name": "Day Bakery"})
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", DONE)
    greenroom_api.on("PUT /v1/bots/bot_1/flows/main", {})
    ended = greenroom("import", str(bakery), "--bot", "Day Bakery", "--mode", "replace", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["created"] is False
    assert greenroom_api.requests("POST", "/v1/bots/bot_1/nlp/import")[0].query == "mode=replace"


def test_refused_lines_are_named_by_number_and_the_exit_code_is_3(greenroom, greenroom_api, tmp_path):
    lines = tmp_path / "more.jsonl"
    lines.write_text('{"text": "open?", "intent": "hours"}\nnonsense\n')
    report = {"added": 1, "skipped": 0, "refused": [{"line": 2, "code": "malformed_line", "detail": "Not JSON."}]}
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", report)
    ended = greenroom("import", str(lines), "--bot", "bakery")
    assert ended.code == 3
    assert "Expressions: 1 added" in ended.out
    assert "malformed_line" in ended.err
    assert greenroom_api.asked[1].headers["Content-Type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    ("counts", "format", "said"),
    [
        ({"added": 1, "skipped": 0}, "text/csv", "1 line was refused; the others went in."),
        ({"added": 0, "skipped": 2}, "text/csv", "1 line was refused; the others were there already."),
        ({"added": 0, "skipped": 0}, "rasa", "1 expression was refused; no expression went in."),
    ],
)
def test_what_is_said_of_the_others_is_true(greenroom, greenroom_api, tmp_path, counts, format, said):
    (tmp_path / "more.csv").write_text("text,intent\nopen?,hours\n,hours\n")
    refused = [{"line": 3, "code": "empty_text", "detail": "The text is empty."}]
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", {**DONE, **counts, "format": format, "refused": refused})
    ended = greenroom("import", str(tmp_path / "more.csv"), "--bot", "bakery")
    assert (ended.code, said in ended.err) == (3, True)


def test_a_replacement_by_nothing_is_an_error_that_names_its_lines(greenroom, greenroom_api, tmp_path):
    (tmp_path / "more.csv").write_bytes(b"")
    problem = {
        "code": "nothing_to_import",
        "detail": "Nothing was replaced.",
        "refused": [{"line": 2, "code": "malformed_line", "detail": "Not JSON."}],
    }
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", problem, status=422)
    ended = greenroom("import", str(tmp_path / "more.csv"), "--bot", "bakery", "--mode", "replace")
    assert ended.code == 1
    assert "Nothing was replaced." in ended.err
    assert "malformed_line" in ended.err


def test_what_a_training_would_refuse_is_told(greenroom, greenroom_api, tmp_path):
    (tmp_path / "more.csv").write_text("text,intent\nopen?,hours\n")
    warned = [{"code": "too_many_intents", "detail": "2001 intents in 'en'."}]
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", {**DONE, "warnings": warned})
    ended = greenroom("import", str(tmp_path / "more.csv"), "--bot", "bakery")
    assert "Warning: too_many_intents: 2001 intents in 'en'." in ended.out


def test_a_list_of_expressions_needs_a_bot_that_exists(greenroom, greenroom_api, tmp_path):
    lines = tmp_path / "more.csv"
    lines.write_text("text,intent\nopen?,hours\n")
    assert "Name it with --bot" in greenroom("import", str(lines)).err
    assert greenroom("import", str(lines), "--bot", "atlantis").code == 1
    assert greenroom_api.requests("POST", "/v1/bots") == []


def test_a_bundle_becomes_a_bot(greenroom, greenroom_api, tmp_path):
    bundle = {
        "format": "greenroom.bundle/1",
        "bot": {"name": "Night Bakery", "languages": ["en"]},
        "intents": [{"id": "int_1", "name": "hours", "expressions": {"en": ["open?", "when"]}}],
    }
    (tmp_path / "bakery.json").write_text(json.dumps(bundle))
    greenroom_api.on("POST /v1/bots/import", {"id": "bot_2", "name": "Copy"}, status=201)
    ended = greenroom("import", str(tmp_path / "bakery.json"), "--bot", "Copy")
    assert ended.code == 0
    assert "Expressions: 2 added" in ended.out
    assert greenroom_api.asked[0].json["bot"]["name"] == "Copy"


@pytest.mark.parametrize("name", ["absent.csv", "absent", "bot.txt"])
def test_what_cannot_be_read_is_one_clear_line(greenroom, greenroom_api, name):
    ended = greenroom("import", name, "--bot", "bakery")
    assert ended.code == 1
    assert name in ended.err
    assert greenroom_api.asked == []


NLU = "nlu:\n- intent: hours\n  examples: |\n    - when do you open\n"
MOVED = {
    "id": "bot_3",
    "name": "bakery",
    "format": "rasa",
    "languages": ["en"],
    "intents": 1,
    **DONE,
    "entities": ["bread"],
    "blocks": 2,
    "not_carried": [{"what": "stories: the long way", "why": "write flows"}],
}


def test_a_rasa_project_becomes_a_bot_called_like_its_folder(greenroom, greenroom_api, tmp_path):
    project = tmp_path / "bakery"
    (project / "data").mkdir(parents=True)
    (project / ".venv").mkdir()
    (project / "data" / "nlu.yml").write_text(NLU)
    (project / ".venv" / "other.yml").write_text("nlu: nonsense")
    greenroom_api.on("POST /v1/bots/import/rasa", MOVED, status=201)
    ended = greenroom("import", str(project))
    assert ended.code == 0, ended.err
    assert "bakery (bot_3) created." in ended.out
    assert "stories: the long way" in ended.out
    (asked,) = greenroom_api.asked
    assert (asked.query, asked.headers["Content-Type"]) == ("name=bakery", "application/zip")
    with zipfile.ZipFile(io.BytesIO(asked.body)) as sent:
        assert sent.namelist() == ["data/nlu.yml"]


def test_older_training_data_of_rasa_is_sent_and_no_other_document(greenroom, greenroom_api, tmp_path):
    files = {
        "config.yml": "language: en",
        "README.md": "## Installation\n* pip install\n  - or not\n",
        "data/nlu.md": "## intent:hours\n- when do you open\n",
        "data/stories.md": "## hours\n* hours\n  - utter_hours\n",
        "data/nlu.json": '{"rasa_nlu_data": {}}',
        "web/package.json": "{}",
    }
    for name, content in files.items():
        (tmp_path / "bakery" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bakery" / name).write_text(content)
    greenroom_api.on("POST /v1/bots/import/rasa", MOVED, status=201)
    assert greenroom("import", str(tmp_path / "bakery")).code == 0
    with zipfile.ZipFile(io.BytesIO(greenroom_api.asked[0].body)) as sent:
        assert sorted(sent.namelist()) == ["config.yml", "data/nlu.json", "data/nlu.md", "data/stories.md"]


def test_a_file_of_rasa_goes_into_a_bot_that_is_there(greenroom, greenroom_api, tmp_path):
    (tmp_path / "nlu.yml").write_text(NLU)
    greenroom_api.on("GET /v1/bots/bakery", BOT)
    greenroom_api.on("POST /v1/bots/bot_1/nlp/import", {**DONE, "format": "rasa", "entities": [], "not_carried": []})
    ended = greenroom("import", str(tmp_path / "nlu.yml"), "--bot", "bakery")
    assert ended.code == 0, ended.err
    assert greenroom_api.asked[1].headers["Content-Type"] == "application/yaml"


def test_a_dialogflow_agent_is_told_by_its_agent_json(greenroom, greenroom_api, tmp_path):
    for name in ("agent.json", "intents/hours.json"):
        (tmp_path / "agent" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "agent" / name).write_text("{}")
    with zipfile.ZipFile(tmp_path / "oven.zip", "w") as archive:
        archive.write(tmp_path / "agent" / "agent.json", "oven/agent.json")
    greenroom_api.on("POST /v1/bots/import/dialogflow", {**MOVED, "format": "dialogflow"}, status=201)
    for path in (tmp_path / "agent", tmp_path / "oven.zip"):
        assert greenroom("import", str(path)).code == 0
    assert [asked.query for asked in greenroom_api.asked] == ["name=agent", "name=oven"]


def test_a_damaged_archive_is_one_clear_line(greenroom, greenroom_api, tmp_path):
    (tmp_path / "oven.zip").write_bytes(b"PK\x03\x04")
    ended = greenroom("import", str(tmp_path / "oven.zip"))
    assert (ended.code, "damaged" in ended.err) == (1, True)
    assert greenroom_api.asked == []
