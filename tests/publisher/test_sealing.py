"""What people said is in no file of a PostgreSQL, its write-ahead log included, neither before an erasure nor after."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from shared.secrets import new_key
from tests import postgres
from tests.house import House, house
from tests.publisher.conftest import Cafe, says
from tests.publisher.test_impact import settled
from tests.publisher.test_personal import Bot, erase, holding, inbox, say, sync

pytestmark = pytest.mark.postgres
OTHER = "bert wonders about the lighthouse"
NAMES = ("draft", "live", "preview", "publisher")


@dataclass(frozen=True)
class Cellar:
    """A PostgreSQL with its files in `folder`."""

    folder: Path
    url: str

    def holding(self, text: str) -> list[str]:
        """Files that have it once everything is in files: tables and the write-ahead log."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        return holding(self.folder, text)


@pytest.fixture(scope="module")
def cellar() -> Iterator[Cellar]:
    try:
        with postgres.own_server() as server:
            with psycopg.connect(server.url, autocommit=True) as connection:
                for name in NAMES:
                    connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
            yield Cellar(server.data, server.url)
    except postgres.UnavailableError as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


@pytest.fixture(scope="module")
def at_home(cellar: Cellar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    urls = {f"GREENROOM_{name.upper()}_DATABASE_URL": cellar.url.replace("/postgres", f"/{name}") for name in NAMES}
    with house(tmp_path_factory.mktemp("house"), GREENROOM_SECRETS_KEY=new_key(), **urls) as opened:
        yield opened


@pytest.fixture
def bot(at_home: House) -> Bot:
    """A person has talked to it in live and the preview; draft has the inbox."""
    made = at_home.draft.post("/v1/bots", json={"name": "Ferry", "settings": {"profile": "fast"}}).json()
    blocks = [says("hello", "Ahoy!", system="introduction"), says("pardon", "Pardon?", system="not_understood")]
    at_home.draft.put(f"/v1/bots/{made['id']}/flows/quay", json={"name": "Quay", "blocks": blocks})
    for target in ("live", "preview"):
        assert at_home.publish(made["id"], target=target)["status"] == "live"
    bot = Bot(made["id"], "maud-001")
    say(at_home.live, bot.id, bot.canary, bot.user)
    say(at_home.live, bot.id, OTHER, "bert")
    say(at_home.preview, bot.id, f"{bot.canary} in the preview", bot.user)
    tried = at_home.draft.post(f"/v1/bots/{bot.id}/emulator", json={"text": bot.canary})
    assert tried.status_code == 200, tried.text
    sync(at_home, bot.id)
    return bot


def test_what_was_said_is_in_no_file_of_the_server_erased_or_not(at_home: House, bot: Bot, cellar: Cellar) -> None:
    assert inbox(at_home, bot.id) == {bot.canary: 1, OTHER: 1}
    # Who they are is looked up, so it stands there: the search finds what there is.
    assert cellar.holding(bot.user) != []
    assert cellar.holding(bot.canary) == []
    assert erase(at_home, bot)["status"] == "succeeded"
    assert cellar.holding(bot.canary) == []
    assert inbox(at_home, bot.id) == {OTHER: 1}
    kept = at_home.live.get(f"/v1/bots/{bot.id}/conversations/bert/messages").json()["items"]
    assert [message["text"] for message in kept] == [OTHER]


def test_what_a_plan_shows_of_it_is_in_no_file_either(at_home: House, cellar: Cellar) -> None:
    cafe, said = Cafe(at_home), "is there soup for the canary of ann"
    cafe.set(intent_threshold=0, scope_threshold=0)
    assert at_home.publish(cafe.id, train="if_needed")["release"] == 1
    say(at_home.live, cafe.id, said, "ann")
    cafe.set(intent_threshold=1)
    plan = at_home.plan(cafe.id)
    assert [example["text"] for example in settled(at_home, plan["id"])["examples"]] == [said]
    assert cellar.holding(said) == []


def test_the_publisher_seals_its_own_key_anew(at_home: House) -> None:
    assert at_home.publisher.post("/v1/secrets/reseal").json()["resealed"] == 0
    assert len(at_home.publisher.post("/v1/secrets/reseal").json()["keys"]) == 1
