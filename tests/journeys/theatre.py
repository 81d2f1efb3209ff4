"""The three services as real processes on a folder of their own, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"draft": "draft_api", "live": "live_api", "publisher": "publisher"}
ADMIN, PEER = "admin-key-of-the-theatre-0001", "peer-key-of-the-theatre-00001"
SECRETS_KEY = "ZmVycmllcyBsZWF2ZSBldmVyeSBob3VyIG9uIHRpbWU="


class Theatre:
    def __init__(self, folder: Path, environ: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.ports = {name: _free_port() for name in MODULES}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environ = environ or {}
        self.clients = {
            name: httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {ADMIN}"}, timeout=60
            )
            for name, port in self.ports.items()
        }

    @property
    def draft(self) -> httpx.Client:
        return self.clients["draft"]

    @property
    def live(self) -> httpx.Client:
        return self.clients["live"]

    @property
    def publisher(self) -> httpx.Client:
        return self.clients["publisher"]

    def open(self) -> "Theatre":
        for name in MODULES:
            self.start(name)
        return self

    def start(self, name: str, failpoint: str | None = None) -> None:
        """`failpoint` is for this run of the service alone; the next start is healthy."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    f"services.{MODULES[name]}",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self.ports[name]),
                ],
                cwd=ROOT,
                env=self._environ(failpoint),
                stdout=log,
                stderr=log,
            )
        if failpoint is None or "start" not in failpoint:
            self.wait_ready(name)

    def _environ(self, failpoint: str | None) -> dict[str, str]:
        values = {
            **os.environ,
            "GREENROOM_DATA": str(self.folder),
            "GREENROOM_ADMIN_KEY": ADMIN,
            "GREENROOM_PEER_KEY": PEER,
            "GREENROOM_SECRETS_KEY": SECRETS_KEY,
            "GREENROOM_DRAFT_URL": f"http://127.0.0.1:{self.ports['draft']}",
            "GREENROOM_LIVE_URL": f"http://127.0.0.1:{self.ports['live']}",
            **self.environ,
        }
        values.pop("GREENROOM_FAILPOINT", None)
        return values | ({"GREENROOM_FAILPOINT": failpoint} if failpoint else {})

    def wait_ready(self, name: str, seconds: float = 60) -> None:
        def ready() -> bool:
            try:
                return self.clients[name].get("/readyz").status_code == 200
            except httpx.TransportError:
                if self.processes[name].poll() is not None:
                    raise AssertionError(f"{name} ended:\n{self.log(name)}") from None
                return False

        wait_for(ready, seconds, lambda: f"{name} is not ready:\n{self.log(name)}")

    def kill(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def restart(self, name: str, failpoint: str | None = None) -> None:
        self.stop(name)
        self.start(name, failpoint)

    def revive(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.start(name)

    def stop(self, name: str) -> int:
        process = self.processes[name]
        if process.poll() is None:
            process.terminate()
        return process.wait(timeout=15)

    def wait_dead(self, name: str, seconds: float = 60) -> None:
        wait_for(
            lambda: self.processes[name].poll() is not None, seconds, lambda: f"{name} did not reach its failpoint"
        )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    # -- what a builder does ----------------------------------------------------

    def make_bot(self, name: str, csv: str, flows: list[dict[str, Any]] | None = None) -> str:
        bot = ok(self.draft.post("/v1/bots", json={"name": name, "settings": {"profile": "fast"}}))["id"]
        self.add_expressions(bot, csv)
        for flow in flows or []:
            body = {key: value for key, value in flow.items() if key != "id"}
            ok(self.draft.put(f"/v1/bots/{bot}/flows/{flow['id']}", json=body))
        return str(bot)

    def add_expressions(self, bot: str, csv: str) -> None:
        headers = {"Content-Type": "text/csv"}
        report = ok(self.draft.post(f"/v1/bots/{bot}/nlp/import", content=csv.encode(), headers=headers))
        assert report["refused"] == []

    def train(self, bot: str) -> dict[str, Any]:
        started = ok(self.draft.post(f"/v1/bots/{bot}/trainings", json={}))
        return self.follow("draft", f"/v1/trainings/{started['id']}", {"succeeded", "failed", "cancelled"})

    def publish(self, bot: str, **body: Any) -> dict[str, Any]:
        started = ok(self.publisher.post(f"/v1/bots/{bot}/publications", json={"mode": "full", **body}))
        return self.publication(started["id"])

    def publication(self, publication: str) -> dict[str, Any]:
        return self.follow("publisher", f"/v1/publications/{publication}", {"live", "refused", "failed", "cancelled"})

    def follow(self, service: str, path: str, ended: set[str], seconds: float = 90) -> dict[str, Any]:
        state: dict[str, Any] = {}

        def done() -> bool:
            state.update(ok(self.clients[service].get(path)))
            return state["status"] in ended

        wait_for(done, seconds, lambda: f"{path} is still {state}\n{self.log(service)}")
        return state

    def classify(self, bot: str, text: str, service: str = "live") -> dict[str, Any]:
        return ok(self.clients[service].post(f"/v1/bots/{bot}/classify", json={"text": text}))


def ok(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, (
        f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
    )
    found: dict[str, Any] = response.json()
    return found


def wait_for(true: Callable[[], bool], seconds: float, or_say: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(or_say())
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
