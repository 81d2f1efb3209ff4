"""A live service as a real process, which may be killed, and Telegram's API as a small server that is not."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil

from shared.contracts import Flow
from tests.live_api.theatre import ADMIN, BOT, PEER, ROOT, publish, release, wait_for

TOKEN = "a-secret-that-telegram-shows"


@dataclass(frozen=True)
class Accepted:
    """What the platform took, from whom and when, in seconds of the monotonic clock."""

    chat: int
    text: str
    at: float


@dataclass
class Telegram:
    """Takes what it is sent, but for a share of `trouble` that it answers with 500 or 429."""

    trouble: float = 0.0
    took: list[Accepted] = field(default_factory=list)
    url: str = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                writer.write(self._answer(orjson.loads(await reader.readexactly(length))))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, body: dict[str, Any]) -> bytes:
        drawn = random.random()
        if drawn < self.trouble:
            status = b"500 Oops\r\n" if drawn < self.trouble / 2 else b"429 Slowly\r\nRetry-After: 1\r\n"
            return b"HTTP/1.1 " + status + b"Content-Length: 2\r\n\r\n{}"
        self.took.append(Accepted(body["chat_id"], body["text"], time.monotonic()))
        return b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


@contextmanager
def telegram(trouble: float = 0.0) -> Iterator[Telegram]:
    platform, loop = Telegram(trouble), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = asyncio.run_coroutine_threadsafe(asyncio.start_server(platform.talk, "127.0.0.1", 0), loop)
    platform.url = f"http://127.0.0.1:{opening.result().sockets[0].getsockname()[1]}"
    yield platform
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@dataclass
class Harbour:
    """`start` it again after `kill`. `prefix` goes before the command."""

    folder: Path
    database_url: str
    prefix: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=30)

    def start(self, failpoint: str | None = None) -> None:
        values = {
            **os.environ,
            "GREENROOM_DATA": str(self.folder),
            "GREENROOM_LIVE_DATABASE_URL": self.database_url,
            "GREENROOM_ADMIN_KEY": ADMIN,
            "GREENROOM_PEER_KEY": PEER,
            "GREENROOM_SECRETS_KEY": "ZmVycmllcyBsZWF2ZSBldmVyeSBob3VyIG9uIHRpbWU=",
            "GREENROOM_EGRESS_ALLOW": "127.0.0.1",
            **self.environ,
        }
        values.pop("GREENROOM_FAILPOINT", None)
        values |= {"GREENROOM_FAILPOINT": failpoint} if failpoint else {}
        command = [*self.prefix, sys.executable, "-m", "services.live_api", "--host", "127.0.0.1", "--port"]
        with (self.folder / "live.log").open("ab") as log:
            self.process = subprocess.Popen([*command, str(self.port)], cwd=ROOT, env=values, stdout=log, stderr=log)
        wait_for(self._ready, "live is ready", 60)

    def _ready(self) -> bool:
        """Or dead again already, over its failpoint."""
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return self.process is not None and self.process.poll() is not None

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            # What watches it ends with it, and not before.
            watched = psutil.Process(self.process.pid).children() if self.prefix else []
            (watched or [self.process])[0].terminate()
            self.process.wait(30)

    def open_echo(self, platform: Telegram) -> str:
        """Publishes a bot that repeats what it hears, and gives the id of its channel."""
        publish(self.client, None, release(None, flows=echo()))  # type: ignore[arg-type]
        body = {
            "kind": "telegram",
            "name": "Pier",
            "config": {"api_base": platform.url},
            "secrets": {"bot_token": "1:token", "secret_token": TOKEN},
        }
        made = self.client.post(f"/v1/bots/{BOT}/channels", json=body)
        assert made.status_code == 201, made.text
        channel: str = made.json()["id"]
        return channel


def echo() -> dict[str, Flow]:
    blocks: tuple[dict[str, Any], ...] = tuple(
        {"id": role, "kind": "message", "system": role, "messages": [{"text": "heard {{ user_message }}"}]}
        for role in ("introduction", "not_understood")
    )
    return {"quay": Flow(id="quay", name="Quay", blocks=blocks)}


def update(number: int, chat: int, text: str) -> bytes:
    """A message as Telegram posts it."""
    sender = {"id": chat, "is_bot": False, "first_name": "Maud"}
    message = {"message_id": number, "date": 1, "from": sender, "chat": {"id": chat, "type": "private"}, "text": text}
    return orjson.dumps({"update_id": number, "message": message})


PROOF = {"X-Telegram-Bot-Api-Secret-Token": TOKEN, "Content-Type": "application/json"}
