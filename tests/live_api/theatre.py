"""A ferry company's bot with a real model, and what a publisher does to bring it to live."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
from fastapi.testclient import TestClient

from services.live_api.app import live_app
from services.live_api.channel import Outgoing
from services.live_api.routes import Ask, DeniedError, Reached
from services.live_api.settings import LiveSettings
from services.live_api.tables import text_keys
from shared.contracts import (
    BotIdentity,
    BotSettings,
    ExpressionMark,
    Flow,
    IntentMark,
    ModelManifest,
    Release,
)
from shared.db import Database
from shared.digest import canonical, digest_of
from shared.secrets import Secrets, keys_source
from shared.settings import ServiceSettings, service_settings
from shared.text_keys import use_text_keys

ROOT = Path(__file__).resolve().parents[2]
ADMIN, PEER = "admin-key-of-the-ferry-company", "peer-key-of-the-ferry-company"
SECRETS_KEY = "ZmVycmllcyBsZWF2ZSBldmVyeSBob3VyIG9uIHRpbWU="
BOT, NAME = "bot_ferry", "Ferry & Co"

Expressions = dict[str, tuple[str, list[str]]]
EXPRESSIONS: Expressions = {
    "int_times": ("ferry_times", ["when is the next ferry", "ferry schedule please", "what time does the boat leave"]),
    "int_price": ("ticket_price", ["how much is a ticket", "price of a return", "what does the crossing cost"]),
    "int_umbrella": ("lost_umbrella", ["i lost my umbrella", "left my umbrella on board", "have you an umbrella"]),
}


def quay(times: str = "Every hour.") -> dict[str, Flow]:
    blocks: tuple[dict[str, Any], ...] = (
        {"id": "times", "kind": "message", "intent": "int_times", "messages": [{"text": times}]},
        {"id": "price", "kind": "message", "intent": "int_price", "messages": [{"text": "Four crowns."}]},
        {"id": "hello", "kind": "message", "system": "introduction", "messages": [{"text": "Ahoy!"}]},
        {"id": "pardon", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]},
    )
    return {"quay": Flow(id="quay", name="Quay", blocks=blocks)}


@dataclass(frozen=True)
class Trained:
    manifest: ModelManifest
    files: dict[str, bytes]


def train(folder: Path, language: str = "en", expressions: Expressions = EXPRESSIONS) -> Trained:
    """The real training of draft, in its own process, with the fast profile."""
    source = {
        "language": language,
        "profile": "fast",
        "fingerprint": digest_of(canonical(expressions)),
        "intents": [{"id": i, "name": name, "expressions": texts} for i, (name, texts) in expressions.items()],
        "entities": {},
    }
    (folder / "source.json").write_bytes(canonical(source))
    command = [sys.executable, "-m", "services.draft_api.training.train", folder / "source.json", folder / "out"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        # It ends itself when its standard input does, so that stays open until it is done.
        said = child.stdout.read() if child.stdout else b""
    assert child.returncode == 0, said.decode()
    manifest = ModelManifest.model_validate_json((folder / "out" / "manifest.json").read_bytes())
    files = {file.digest: (folder / "out" / "files" / file.name).read_bytes() for file in manifest.all_files()}
    return Trained(manifest, files)


def release(trained: Trained | None, bot: str = BOT, name: str = NAME, **changes: Any) -> Release:
    marks = tuple(
        IntentMark(
            id=intent,
            name=name,
            expressions={"en": ExpressionMark(count=len(texts), fingerprint=digest_of(canonical(texts)))},
        )
        for intent, (name, texts) in EXPRESSIONS.items()
    )
    values: dict[str, Any] = {
        "bot": BotIdentity(id=bot, name=name),
        "settings": BotSettings(profile="fast"),
        "languages": ("en",),
        "intents": marks,
        "models": {"en": trained.manifest} if trained else {},
        "flows": quay(),
    }
    return Release(**{**values, **changes})


async def nowhere(outgoing: Outgoing) -> Reached:
    """No test sends anything to a platform unless it says so."""
    raise DeniedError(outgoing.method)


@dataclass(frozen=True)
class Live:
    """One live service; `open()` starts it on its folder and database, again and again if need be."""

    settings: ServiceSettings
    own: LiveSettings = field(default_factory=lambda: LiveSettings(retry_seconds=0.5))
    ask: Ask | None = nowhere

    @classmethod
    def at(cls, folder: Path, database_url: str, **environ: str) -> "Live":
        known = {
            "GREENROOM_DATA": str(folder),
            "GREENROOM_LIVE_DATABASE_URL": database_url,
            "GREENROOM_ADMIN_KEY": ADMIN,
            "GREENROOM_PEER_KEY": PEER,
            "GREENROOM_SECRETS_KEY": SECRETS_KEY,
        }
        return cls(service_settings("live", {**known, **environ}))

    def open(self) -> TestClient:
        return TestClient(
            live_app(self.settings, self.own, self.ask),
            headers={"Authorization": f"Bearer {ADMIN}"},
            raise_server_exceptions=False,
        )

    def database(self) -> Database:
        """As the service has it open: what people said is plain to whoever reads it."""
        db = Database(self.settings.database_url)
        secrets = Secrets(keys_source(self.settings.secrets_key, self.settings.secrets_file))
        use_text_keys(db, text_keys, secrets)
        return db

    @property
    def artifacts(self) -> Path:
        return self.settings.data / "live" / "artifacts"


def stranger(client: TestClient) -> TestClient:
    """Somebody else at the same service, without a key: a platform, or a browser."""
    opened = TestClient(client.app, raise_server_exceptions=False)
    opened.portal = client.portal
    return opened


def bring(client: TestClient, trained: Trained) -> None:
    for digest, data in trained.files.items():
        assert client.put(f"/v1/blobs/{digest}", content=data).status_code in {200, 201}


def stage(client: TestClient, candidate: Release, digest: str | None = None, bot: str | None = None) -> httpx2.Response:
    path = f"/v1/bots/{bot or candidate.bot.id}/releases/{digest or candidate.digest}"
    body = {"release": candidate.model_dump(mode="json"), "provenance": {"author": "maud"}}
    return client.put(path, content=orjson.dumps(body), headers={"Content-Type": "application/json"})


def activate(
    client: TestClient, bot: str, digest: str, base: str | None, publication: str, **more: Any
) -> httpx2.Response:
    body = {"digest": digest, "origin": "publication", "publication": publication, **more}
    return client.put(f"/v1/bots/{bot}/active", json=body, headers={"If-Match": f'"{base}"' if base else "none"})


def publish(client: TestClient, trained: Trained | None, candidate: Release, base: str | None = None) -> dict[str, Any]:
    if trained:
        bring(client, trained)
    staged = stage(client, candidate)
    assert staged.status_code in {200, 201}, staged.text
    publication = f"pub-{candidate.digest[-8:]}-after-{(base or 'none')[-8:]}"
    moved = activate(client, candidate.bot.id, candidate.digest, base, publication)
    assert moved.status_code == 200, moved.text
    answer: dict[str, Any] = moved.json()
    return answer


def say(
    client: TestClient, text: str, conversation: str = "maud", user: str | None = None, **headers: str
) -> httpx2.Response:
    path = f"/v1/bots/{BOT}/conversations/{conversation}/messages"
    return client.post(path, json={"text": text, "user": user}, headers=headers)


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def wait_for(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.02)
