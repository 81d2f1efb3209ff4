"""The whole house in this process: draft, live, a preview and the publisher between them, with jobs in threads."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from services.draft_api.app import draft_app
from services.live_api.app import live_app
from services.live_api.settings import LiveSettings
from services.publisher.app import publisher_app
from services.publisher.peer import Peer
from services.publisher.settings import publisher_settings
from shared.settings import service_settings
from tests.inline_jobs import InlineJobs

ADMIN, PEER = "admin-key-of-the-whole-house", "peer-key-of-the-whole-house"
SERVICES = ("draft", "live", "preview")
Answer = Any


@dataclass(frozen=True)
class House:
    draft: TestClient
    live: TestClient
    preview: TestClient
    publisher: TestClient

    def publish(self, bot: str, mode: str = "full", **more: Any) -> dict[str, Any]:
        """To its end; `status` says which."""
        asked = self.publisher.post(f"/v1/bots/{bot}/publications", json={"mode": mode, **more})
        assert asked.status_code in {200, 202}, asked.text
        return self.ended(asked.json())

    def ended(self, state: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + 120
        while state["status"] in {"queued", "running"}:
            assert time.monotonic() < deadline, state
            time.sleep(0.005)
            state = self.publisher.get(f"/v1/publications/{state['id']}").json()
        return state

    def refused(self, bot: str, mode: str = "full", **more: Any) -> list[str]:
        """The codes of the blockers with which it is refused at once."""
        answer = self.publisher.post(f"/v1/bots/{bot}/publications", json={"mode": mode, **more})
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == "publication_refused", answer.text
        return [finding["code"] for finding in answer.json()["findings"] if finding["severity"] == "blocker"]

    def plan(self, bot: str, mode: str = "full", **more: Any) -> dict[str, Any]:
        made = self.publisher.post(f"/v1/bots/{bot}/plans", json={"mode": mode, **more})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def train(self, bot: str) -> dict[str, Any]:
        asked = self.draft.post(f"/v1/bots/{bot}/trainings", json={})
        assert asked.status_code == 202, asked.text
        while True:
            state: dict[str, Any] = self.draft.get(f"/v1/trainings/{asked.json()['id']}").json()
            if state["status"] not in {"queued", "running"}:
                assert state["status"] == "succeeded", state
                return state
            time.sleep(0.005)

    def active(self, bot: str) -> dict[str, Any]:
        """What live serves."""
        found = self.live.get(f"/v1/bots/{bot}/release")
        assert found.status_code == 200, found.text
        release: dict[str, Any] = found.json()
        return release


class Neighbour(TestClient):
    """How the publisher reaches a service of this process, where nobody waits: a timeout means nothing."""

    def request(self, method: str, url: Any, **asked: Any) -> Any:
        asked.pop("timeout", None)
        return super().request(method, url, **asked)


@contextmanager
def house(folder: Path, **environ: str) -> Iterator[House]:
    """Over SQLite files in `folder`, or where `environ` says."""
    values = {"GREENROOM_DATA": str(folder), "GREENROOM_ADMIN_KEY": ADMIN, "GREENROOM_PEER_KEY": PEER}
    values |= {f"GREENROOM_{name.upper()}_URL": f"http://{name}.test" for name in SERVICES}
    values |= environ
    with ExitStack() as stack:

        def enter(app: ASGIApp) -> TestClient:
            headers = {"Authorization": f"Bearer {ADMIN}"}
            return stack.enter_context(TestClient(app, raise_server_exceptions=False, headers=headers))

        draft = enter(draft_app(service_settings("draft", values), InlineJobs()))
        live = enter(live_app(service_settings("live", values), LiveSettings()))
        preview = enter(live_app(service_settings("preview", values), LiveSettings()))
        peers = {"draft": draft, "live": live, "preview": preview}
        publisher = enter(publisher_app(publisher_settings(values), InlineJobs(), reaching(peers)))
        yield House(draft, live, preview, publisher)


def reaching(peers: dict[str, TestClient]) -> Callable[[str, str, str | None, float], Peer]:
    """A neighbour of this process instead of one at an address; with the key that the publisher has."""

    def connect(name: str, _url: str, key: str | None, patience: float) -> Peer:
        client = Neighbour(peers[name].app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {key}"
        client.portal = peers[name].portal
        return Peer(name, cast(httpx.Client, client), patience)

    return connect
