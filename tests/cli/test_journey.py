"""The commands one after another against real services, a preview among them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.access import Access
from cli.main import main
from cli.sources import SOURCES
from cli.stage import running
from tests.cli.conftest import Ended

pytestmark = pytest.mark.processes

Run = Callable[..., Ended]

INTENTS = {
    "hours": ("when do you open", "opening hours please", "are you open now", "until when are you open", "open today?"),
    "bread": ("do you have rye", "any sourdough left", "which breads are there", "is there rye bread", "bread please"),
    "cakes": ("do you bake cakes", "a birthday cake please", "order a cake", "what cakes are there", "any cake left"),
}
CSV = "text,intent\n" + "".join(f"{text},{intent}\n" for intent, texts in INTENTS.items() for text in texts)
OPEN = {"id": "open", "kind": "message", "intent": "hours", "messages": [{"text": "Nine to five."}]}
SORRY = {"id": "sorry", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Access, Path]]:
    data = tmp_path_factory.mktemp("stage")
    with running(data, preview=True) as access:
        yield access, data


@pytest.fixture
def run(
    stage: tuple[Access, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`run("bots")` runs a command on the stage."""
    for name in [name for name in os.environ if name.startswith("GREENROOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GREENROOM_DATA", str(stage[1]))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["greenroom", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture
def make(run: Run, tmp_path: Path) -> Callable[[str], str]:
    """A bakery in draft, by its name."""

    def make(name: str) -> str:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "bot.json").write_text(json.dumps({"name": name, "languages": ["en"]}))
        (folder / "nlp.csv").write_text(CSV)
        (folder / "flows.json").write_text(json.dumps([{"id": "main", "name": "Main", "blocks": [OPEN, SORRY]}]))
        assert run("import", str(folder)).code == 0
        return name

    return make


@pytest.fixture
def teach(run: Run, tmp_path: Path) -> Callable[[str, str, str], None]:
    def teach(bot: str, text: str, intent: str) -> None:
        (tmp_path / "more.csv").write_text(f"text,intent\n{text},{intent}\n")
        assert run("import", str(tmp_path / "more.csv"), "--bot", bot).code == 0

    return teach


def told(ended: Ended) -> Any:
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def client(access: Access, service: str) -> httpx.Client:
    return httpx.Client(base_url=access.urls[service], headers={"Authorization": f"Bearer {access.key}"})


def edit_live(access: Access, bot: str, text: str) -> None:
    with client(access, "live") as live:
        blocks = [{**OPEN, "messages": [{"text": text}]}, SORRY]
        answer = live.put(
            f"/v1/bots/{bot}/flows/main",
            json={"name": "Main", "blocks": blocks},
            headers={"Live-Edit": "confirmed"},
        )
        assert answer.is_success, answer.text


def edit_draft(access: Access, bot: str, text: str) -> None:
    with client(access, "draft") as draft:
        blocks = [{**OPEN, "messages": [{"text": text}]}, SORRY]
        answer = draft.put(f"/v1/bots/{bot}/flows/main", json={"name": "Main", "blocks": blocks})
        assert answer.is_success, answer.text


def test_a_plan_says_what_to_type_until_the_bot_is_live_then_that_there_is_nothing_to_do(run, make):
    bot = make("Dawn Bakery")
    untrained = run("plan", bot)
    assert untrained.code == 3
    assert "nlp_never_trained" in untrained.out
    assert untrained.out.splitlines()[-1] == "Next: greenroom train 'Dawn Bakery'"
    assert run("publish", bot).code == 3
    assert run("train", bot).code == 0
    plan = told(run("plan", bot, "--json"))
    assert plan["next"] == f"greenroom publish 'Dawn Bakery' --plan {plan['id']}"
    assert "Release 1 is live" in run("publish", bot, "--plan", plan["id"]).out
    again = run("plan", bot)
    assert (again.code, again.out.splitlines()[-1]) == (0, "Nothing to do: release 1 has all of this already.")
    assert told(run("plan", bot, "--mode", "nlp", "--json"))["nothing_to_do"]
    assert run("publish", bot, "--plan", plan["id"]).code == 1


def test_a_rollback_brings_the_release_before_back_and_the_trail_tells(run, make, teach):
    bot = make("Noon Bakery")
    assert run("publish", bot, "--train", "--notes", "Opening").code == 0
    teach(bot, "have you got pumpernickel", "bread")
    difference = run("diff", bot, "--exit-code")
    assert difference.code == 1
    assert "have you got pumpernickel (en)" in difference.out
    assert run("publish", bot, "--mode", "nlp", "--train", "--notes", "Pumpernickel").code == 0
    back = run("rollback", bot, "--yes", "--notes", "Sold out")
    assert back.code == 0
    assert "From release 2" in back.err
    releases = told(run("releases", bot, "--json"))["items"]
    assert (releases[0]["origin"], releases[0]["rollback_of"]) == ("rollback", 1)
    assert releases[0]["digest"] == releases[2]["digest"]
    assert run("diff", bot, "1", "live").out == "Release 1 and live are equal.\n"
    assert "rolled back: " in run("log", bot).out
    assert told(run("log", bot, "--action", "rolled_back", "--json"))["items"][0]["detail"]["notes"] == "Sold out"


def test_draft_can_be_rehearsed_in_the_preview_without_live_learning_of_it(run, make, stage):
    bot = make("Rehearsal Bakery")
    assert "is in the preview" in run("publish", bot, "--target", "preview", "--train").out
    assert "PREVIEW, release 1" in run("classify", bot, "do you have rye", "--target", "preview").out
    assert "never_published" in run("classify", bot, "do you have rye").err
    assert run("status", bot).out.splitlines()[0] == "live: never published"
    with client(stage[0], "preview") as preview:
        assert preview.get("/v1/bots").headers["Greenroom-Environment"] == "preview"


def test_a_value_is_set_where_the_bot_is_to_be_published_and_nowhere_else(run, make, stage):
    bot = make("Address Bakery")
    edit_draft(stage[0], bot, "Find us at {{ env.STREET }}.")
    assert run("train", bot).code == 0
    refused = run("plan", bot)
    assert refused.code == 3
    assert "environment_value_missing" in refused.out
    assert told(run("env", bot, "STREET=Baker Street", "--json"))["env"] == {"STREET": "Baker Street"}
    assert run("plan", bot).code == 0
    assert run("plan", bot, "--target", "preview").code == 3
    assert told(run("env", bot, "OVENS:=3", "--unset", "STREET", "--json"))["env"] == {"OVENS": 3}


def test_an_edit_of_live_is_shown_refuses_a_plan_and_is_pulled_home(run, make, stage):
    bot = make("Hotfix Bakery")
    assert run("publish", bot, "--train").code == 0
    edit_live(stage[0], bot, "Closed today!")
    assert "flow:main, Main (release 2, by admin)" in run("status", bot).out
    plan = run("plan", bot)
    assert (plan.code, plan.out.splitlines()[-1]) == (3, "Next: greenroom pull 'Hotfix Bakery'")
    edit_draft(stage[0], bot, "Eight to six.")
    clash = run("pull", bot)
    assert clash.code == 3
    assert "flow:main, block open:" in clash.err
    pulled = told(run("pull", bot, "--prefer", "live", "--json"))
    assert [item["item"] for item in pulled["items"]] == ["flow:main"]
    assert run("diff", bot, "--exit-code").code == 0
    assert run("undo", bot, pulled["snapshot"]).code == 0
    assert run("diff", bot, "--exit-code").code == 1


def test_a_release_is_restored_into_draft_and_the_restoring_undone(run, make, teach):
    bot = make("Yesterday Bakery")
    assert run("publish", bot, "--train").code == 0
    teach(bot, "have you got pumpernickel", "bread")
    restored = told(run("restore", bot, "1", "--json"))
    assert run("diff", bot, "1", "draft", "--exit-code").code == 0
    assert restored["snapshot"] in run("snapshots", bot).out
    assert run("undo", bot).code == 0
    assert run("diff", bot, "1", "draft", "--exit-code").code == 1


def test_the_commands_of_the_page_on_pipelines_run_as_they_stand(run, make, stage, tmp_path):
    make("Tern Valley Railway")
    assert run("train", "Tern Valley Railway").code == 0
    script = "\n".join(re.findall(r"```sh\n(.*?)```", (SOURCES / "docs" / "ci.md").read_text(), re.DOTALL))
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = {**os.environ, "PATH": paths, "GREENROOM_PUBLISHER_URL": stage[0].urls["publisher"]}
    environ["PYTHONPATH"] = str(SOURCES)
    done = subprocess.run(["sh", "-eu"], input=script, env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "release 1, sha256:" in done.stdout
    assert json.loads((tmp_path / "publication.json").read_text())["author"] == "pipeline"
