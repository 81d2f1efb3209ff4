"""What messages of channels cost: a webhook until it is acknowledged, a group commit, a whole turn until it is sent.

    GREENROOM_EGRESS_ALLOW=127.0.0.1 greenroom up --data /tmp/stage &
    python -m bench.messaging --data /tmp/stage

- `acknowledged`: one event a request, at a steady pace (open loop), from the moment it was due; and from 64
  connections, as fast as they are answered. Rate, and milliseconds. Their turns wait meanwhile.
- `group commit`: the same rows through `GroupCommit` by 64 writers, and by one commit each, in this process.
- `turn`: events at a steady pace (open loop), from the moment they were due to the moment when the local platform has
  the answer, and the processor time that each costs live. Classified by a model of the `fast` profile.
Prints a table, or JSON with --json.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench.accuracy import Stage, import_rows, make_bot, ok, publish, train
from bench.serving import cpu_seconds
from services.live_api.channel import Incoming
from services.live_api.group_commit import GroupCommit
from services.live_api.inbox import Call, accept
from shared.db import Database
from shared.schema import migrate

_PATIENCE_SECONDS = 120
SECRET = "a-secret-that-telegram-shows"
ROWS = [("when is the next ferry", "times"), ("what time does the boat leave", "times")]
ROWS += [("how much is a ticket", "price"), ("what does the crossing cost", "price")]
BLOCKS = [
    {"id": "times", "kind": "message", "intent": "times", "messages": [{"text": "{{ user_message }}"}]},
    {"id": "price", "kind": "message", "intent": "price", "messages": [{"text": "{{ user_message }}"}]},
    {"id": "hello", "kind": "message", "system": "introduction", "messages": [{"text": "{{ user_message }}"}]},
    {"id": "pardon", "kind": "message", "system": "not_understood", "messages": [{"text": "{{ user_message }}"}]},
]


@dataclass(frozen=True)
class Spread:
    """Milliseconds, and per second."""

    rate: float
    p50: float
    p95: float
    p99: float
    worst: float

    @classmethod
    def of(cls, seconds: list[float], elapsed: float) -> "Spread":
        cuts = statistics.quantiles(seconds, n=100)
        return cls(len(seconds) / elapsed, *(1000 * value for value in (cuts[49], cuts[94], cuts[98], max(seconds))))


class Platform:
    """Telegram's API, as far as it takes messages: when each text arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.talking: set[asyncio.Task[Any]] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self.talking.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                said = orjson.loads(await reader.readexactly(length))["text"]
                self.arrived.setdefault(said.rsplit(" ", 1)[-1], time.perf_counter())
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()


class Hook:
    """Keep-alive connections of the plainest kind: a client that computes costs the server its core."""

    def __init__(self, live: httpx.Client, channel: str) -> None:
        self.host, self.port = live.base_url.host, live.base_url.port
        lines = (
            f"POST /v1/channels/{channel}/webhook HTTP/1.1",
            f"Host: {self.host}",
            "Content-Type: application/json",
        )
        self._head = "\r\n".join((*lines, f"X-Telegram-Bot-Api-Secret-Token: {SECRET}", "Content-Length: ")).encode()
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, number: int, chat: int, text: str) -> bool:
        """Whether it was acknowledged; else live asked to come again."""
        connection = self._free.pop() if self._free else await asyncio.open_connection(self.host, self.port)
        reader, writer = connection
        body = event(number, chat, text)
        writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        accepted = head.startswith(b"HTTP/1.1 200")
        if not accepted and not head.startswith(b"HTTP/1.1 503"):
            raise SystemExit(head.decode(errors="replace"))
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        self._free.append(connection)
        return accepted


def event(number: int, chat: int, text: str) -> bytes:
    sender = {"id": chat, "is_bot": False, "first_name": "Maud"}
    message = {"message_id": number, "date": 1, "from": sender, "chat": {"id": chat, "type": "private"}, "text": text}
    return orjson.dumps({"update_id": number, "message": message})


async def acknowledged(hook: Hook, count: int, clients: int = 64) -> Spread:
    """A conversation each, so that none waits for another."""
    taken: list[float] = []
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            began = time.perf_counter()
            while not await hook.post(number, 1_000_000 + number, f"how much is a ticket a{number}"):
                await asyncio.sleep(1)
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Spread.of(taken, time.perf_counter() - began)


async def paced(hook: Hook, rate: float, seconds: float, start: int) -> Spread:
    """A conversation each."""
    taken: list[float] = []

    async def bring(number: int, due: float) -> None:
        while not await hook.post(number, number, f"how much is a ticket p{number}"):
            await asyncio.sleep(1)
        taken.append(time.perf_counter() - due)

    began, posts = time.perf_counter(), []
    for place in range(int(rate * seconds)):
        due = began + place / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        posts.append(asyncio.create_task(bring(start + place, due)))
    await asyncio.gather(*posts)
    return Spread.of(taken, time.perf_counter() - began)


async def turns(hook: Hook, platform: Platform, rate: float, seconds: float, start: int) -> tuple[Spread, int]:
    """End to end, from when each was due; and how many had not arrived a second after the last."""
    due: dict[str, float] = {}
    count, began = int(rate * seconds), time.perf_counter()
    posts = []
    for place in range(count):
        moment = began + place / rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        name = f"t{start + place}"
        due[name] = moment
        posts.append(asyncio.create_task(_bring(hook, start + place, name)))
    await asyncio.gather(*posts)
    elapsed = time.perf_counter() - began
    await asyncio.sleep(1)
    left = sum(name not in platform.arrived for name in due)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while any(name not in platform.arrived for name in due):
            await asyncio.sleep(0.1)
    return Spread.of([platform.arrived[name] - moment for name, moment in due.items()], elapsed), left


async def _bring(hook: Hook, number: int, name: str) -> None:
    """As a platform does: again, until it is acknowledged."""
    while not await hook.post(number, 1 + number % 200, f"how much is a ticket {name}"):
        await asyncio.sleep(1)


def commits(writers: int = 64, seconds: float = 3.0) -> tuple[float, float]:
    """Rows a second: in groups, and with a commit each."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/live.db")
        migrate(db, "live")
        group = GroupCommit(db, 1024)
        group.start()
        together = asyncio.run(_grouped(group, writers, seconds))
        group.stop()
        alone = _alone(db, writers, seconds)
        db.dispose()
    return together, alone


async def _grouped(group: GroupCommit, writers: int, seconds: float) -> float:
    done, until = 0, time.perf_counter() + seconds

    async def writer(name: int) -> None:
        nonlocal done
        while time.perf_counter() < until:
            done += 1
            one = said(f"g{name}-{done}")
            await group.together(accept, Call("bot_1", "ch_1", [one]))

    await asyncio.gather(*(writer(name) for name in range(writers)))
    return done / seconds


def _alone(db: Database, writers: int, seconds: float) -> float:
    until = time.perf_counter() + seconds

    def writer(name: int) -> int:
        done = 0
        while time.perf_counter() < until:
            with db.writing() as connection:
                done += accept(connection, [Call("bot_1", "ch_1", [said(f"a{name}-{done}")])])[0].unheard
        return done

    with ThreadPoolExecutor(writers) as crowd:
        return sum(crowd.map(writer, range(writers))) / seconds


def said(name: str) -> Incoming:
    return Incoming(name, name, "how much is a ticket")


async def measure(stage: Stage, bot: str, arguments: argparse.Namespace) -> dict[str, Any]:
    platform = Platform()
    server = await asyncio.start_server(platform.talk, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    secrets = {"bot_token": "1:token", "secret_token": SECRET}
    body = {"kind": "telegram", "name": "Bench", "config": {"api_base": base}, "secrets": secrets}
    channel = ok(stage.live.post(f"/v1/bots/{bot}/channels", json=body))["id"]
    hook = Hook(stage.live, channel)
    pid, used = int((arguments.data / "run" / "live.pid").read_text()), []
    used.append(cpu_seconds(pid))
    spread, left = await turns(hook, platform, arguments.rate, arguments.seconds, start=10_000_000)
    used.append(cpu_seconds(pid))
    steady = await paced(hook, arguments.ack_rate, arguments.seconds, start=20_000_000)
    await asyncio.sleep(arguments.seconds)
    acks = await acknowledged(hook, arguments.acks)
    turn_cpu = 1000 * (used[1] - used[0]) / int(arguments.rate * arguments.seconds)
    ok(stage.live.patch(f"/v1/bots/{bot}/channels/{channel}", json={"enabled": False}))
    server.close()
    for task in platform.talking:
        task.cancel()
    return {
        "acknowledged": {**asdict(steady), "asked_rate": arguments.ack_rate},
        "acknowledged, 64 connections": asdict(acks),
        "turn": {**asdict(spread), "asked_rate": arguments.rate, "left": left, "cpu_ms": turn_cpu},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--ack-rate", type=float, default=300.0)
    parser.add_argument("--acks", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    stage = Stage(arguments.data)
    bot = make_bot(stage, f"bench messaging {time.time_ns()}", "fast")
    import_rows(stage, bot, ROWS)
    ok(stage.draft.put(f"/v1/bots/{bot}/flows/bench", json={"name": "Bench", "blocks": BLOCKS}))
    train(stage, bot)
    publish(stage, bot)
    together, alone = commits()
    found = asyncio.run(measure(stage, bot, arguments))
    found["group_commit"] = {"grouped": together, "alone": alone, "ratio": together / alone}
    print(json.dumps(found, indent=2) if arguments.json else table(found))


def table(found: dict[str, Any]) -> str:
    lines = ["| | rate/s | p50 ms | p95 ms | p99 ms | worst ms |", "| --- | --- | --- | --- | --- | --- |"]
    for name in ("acknowledged", "acknowledged, 64 connections", "turn"):
        values = (f"{found[name][key]:.1f}" for key in ("rate", "p50", "p95", "p99", "worst"))
        lines.append(f"| {name} | {' | '.join(values)} |")
    commit = found["group_commit"]
    lines.append(
        f"\ncommits: {commit['grouped']:.0f}/s in groups, {commit['alone']:.0f}/s each, x{commit['ratio']:.1f}"
    )
    lines.append(f"live's processor time for a turn: {found['turn']['cpu_ms']:.2f} ms")
    lines.append(f"turns that had not arrived a second after the last: {found['turn']['left']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
