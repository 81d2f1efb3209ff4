"""What HTTP costs: live's classify against the very same call made bare, in this process, side by side.

    greenroom up --data /tmp/stage &
    python -m bench.serving --data /tmp/stage banking77_10shot.json

- `c=1`: one request, one bare call, and again; so both have the same idle gaps. Ratio of the medians.
- `c=8`: live pinned to one core, eight connections; then bare calls on that same core; and again. Median of ratios.
  The processor time of a call tells the same on a machine that is busy with other work.
- `c=64`: every answer equals, byte for byte, the one that was given alone.
Prints a table, or JSON with --json.
"""

import argparse
import json
import os
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench.accuracy import Stage, import_rows, make_bot, ok, publish, train
from shared.artifacts import StoredArtifacts
from shared.brain import Brain, build_brain
from shared.contracts import ActiveRelease
from shared.nlp.model import SharedParts


@dataclass(frozen=True)
class Serving:
    """Milliseconds and calls per second; `*_cpu` milliseconds of processor a call; `equal` at 64 clients."""

    http_p50: float
    bare_p50: float
    latency_ratio: float
    http_rate: float
    bare_rate: float
    rate_ratio: float
    http_cpu: float
    bare_cpu: float
    client_cpu: float
    equal: bool


class Client:
    """Keep-alive connections of the plainest kind: a client that computes costs the server its core."""

    def __init__(self, live: httpx.Client, path: str) -> None:
        self._address = (live.base_url.host, live.base_url.port or 80)
        headers = f"Host: {live.base_url.host}\r\nAuthorization: {live.headers['Authorization']}\r\n"
        self._head = f"POST {path} HTTP/1.1\r\n{headers}".encode()

    def request(self, text: str) -> bytes:
        body = orjson.dumps({"text": text})
        kind = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        return self._head + kind + body

    def connect(self) -> socket.socket:
        made = socket.create_connection(self._address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def receive(connection: socket.socket) -> bytes:
    """One answer's body. Raises SystemExit for anything but 200."""
    data = connection.recv(65536)
    while True:
        head, found, body = data.partition(b"\r\n\r\n")
        if found:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(body) >= length:
                break
        data += connection.recv(65536)
    if not data.startswith(b"HTTP/1.1 200"):
        raise SystemExit(data[:500].decode(errors="replace"))
    return body


def one_by_one(client: Client, brain: Brain, texts: list[str], calls: int) -> tuple[float, float]:
    """Medians in milliseconds: over HTTP, bare."""
    connection = client.connect()
    http, bare = [], []
    for text in islice(cycle(texts), calls):
        http.append(timed(ask, connection, client.request(text)))
        bare.append(timed(brain.classify, text))
    connection.close()
    return statistics.median(http), statistics.median(bare)


def crowd(client: Client, texts: list[str], clients: int, seconds: float) -> tuple[float, dict[str, set[bytes]]]:
    """Calls per second from `clients` connections at once, and the answers to each text."""
    waiting, done = selectors.DefaultSelector(), 0
    answers: dict[str, set[bytes]] = {text: set() for text in texts}
    supply = cycle(texts)
    for _ in range(clients):
        connection, text = client.connect(), next(supply)
        connection.sendall(client.request(text))
        waiting.register(connection, selectors.EVENT_READ, text)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _ in waiting.select(1):
            connection = _connection(key)
            answers[key.data].add(receive(connection))
            done += 1
            text = next(supply)
            connection.sendall(client.request(text))
            waiting.modify(connection, selectors.EVENT_READ, text)
    elapsed = time.perf_counter() - began
    for key in list(waiting.get_map().values()):
        receive(_connection(key))
        _connection(key).close()
    return done / elapsed, answers


def _connection(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj


def bare_rate(brain: Brain, texts: list[str], seconds: float) -> float:
    began, done = time.perf_counter(), 0
    for text in cycle(texts):
        brain.classify(text)
        done += 1
        if time.perf_counter() - began > seconds:
            break
    return done / (time.perf_counter() - began)


@dataclass(frozen=True)
class Round:
    """Eight connections, then bare calls, on one core: calls per second, and milliseconds of processor a call."""

    http_rate: float
    http_cpu: float
    bare_rate: float
    bare_cpu: float
    client_cpu: float


def side_by_side(client: Client, brain: Brain, texts: list[str], live: int, seconds: float = 2) -> Round:
    with pinned(live, {0}), pinned(0, {max(os.sched_getaffinity(0))}):
        served, own, began = cpu_seconds(live), time.process_time(), time.perf_counter()
        http, _ = crowd(client, texts, 8, seconds)
        elapsed = time.perf_counter() - began
        served, own = cpu_seconds(live) - served, time.process_time() - own
    with pinned(0, {0}):
        used = time.process_time()
        bare = bare_rate(brain, texts, seconds)
        used = time.process_time() - used
    return Round(http, 1000 * served / (http * elapsed), bare, 1000 * used / (bare * seconds), own / elapsed)


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(stage: Stage, folder: Path, bot: str, texts: list[str], rounds: int) -> Serving:
    live = int((folder / "run" / "live.pid").read_text())
    client = Client(stage.live, f"/v1/bots/{bot}/classify")
    brain = same_brain(stage, folder, bot)
    one_by_one(client, brain, texts, 200)
    latencies = [one_by_one(client, brain, texts, 400) for _ in range(rounds)]
    loads = [side_by_side(client, brain, texts, live) for _ in range(rounds)]
    alone = {text: answer(client, text) for text in texts}
    _, answers = crowd(client, texts, 64, 4)
    middle = statistics.median
    return Serving(
        http_p50=middle(http for http, _ in latencies),
        bare_p50=middle(bare for _, bare in latencies),
        latency_ratio=middle(http / bare for http, bare in latencies),
        http_rate=middle(load.http_rate for load in loads),
        bare_rate=middle(load.bare_rate for load in loads),
        rate_ratio=middle(load.http_rate / load.bare_rate for load in loads),
        http_cpu=middle(load.http_cpu for load in loads),
        bare_cpu=middle(load.bare_cpu for load in loads),
        client_cpu=middle(load.client_cpu for load in loads),
        equal=all(found <= {alone[text]} for text, found in answers.items()),
    )


def same_brain(stage: Stage, folder: Path, bot: str) -> Brain:
    """The release that live serves, loaded here from live's own artifacts."""
    active = ActiveRelease.model_validate(ok(stage.live.get(f"/v1/bots/{bot}/active")))
    artifacts = StoredArtifacts((folder / "live" / "artifacts").absolute().as_uri())
    return build_brain(active.release, artifacts.read, SharedParts())


def answer(client: Client, text: str) -> bytes:
    with client.connect() as connection:
        return ask(connection, client.request(text))


def ask(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    return receive(connection)


def timed(act: Callable[..., object], *given: object) -> float:
    began = time.perf_counter()
    act(*given)
    return 1000 * (time.perf_counter() - began)


@contextmanager
def pinned(process: int, cores: set[int]) -> Iterator[None]:
    """Every thread of the process, and those that it starts meanwhile."""
    everywhere = os.sched_getaffinity(process)
    place(process, cores)
    try:
        yield
    finally:
        place(process, everywhere)


def place(process: int, cores: set[int]) -> None:
    for thread in Path(f"/proc/{process or os.getpid()}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


def show(row: Serving) -> None:
    latency = f"{row.http_p50:.3f} | {row.bare_p50:.3f} | {row.latency_ratio:.2f}"
    rate = f"{row.http_rate:.0f} | {row.bare_rate:.0f} | {row.rate_ratio:.2f}"
    print("| measured in one run | HTTP | bare | ratio | must | goal |\n| --- | --- | --- | --- | --- | --- |")
    print(f"| classify, c=1, p50 ms | {latency} | <= 1.30 | <= 1.15 |")
    print(f"| calls/s on one core, c=8 | {rate} | >= 0.85 | >= 0.95 |")
    cpu = f"{row.http_cpu:.3f} | {row.bare_cpu:.3f} | {row.http_cpu / row.bare_cpu:.2f}"
    print(f"| processor ms a call, c=8 | {cpu} | | |")
    print(f"\nanswers at 64 clients equal those given alone: {'yes' if row.equal else 'NO'}")
    print(f"the client used {100 * row.client_cpu:.0f} % of its own core at c=8")


def prepare(stage: Stage, data: dict[str, Any], profile: str | None) -> str:
    bot = make_bot(stage, f"serving {time.time_ns()}", profile)
    import_rows(stage, bot, data["train"])
    train(stage, bot)
    publish(stage, bot)
    return bot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bot", help="one that live serves already, instead of training one")
    parser.add_argument("--data", type=Path, required=True, help="the data folder of a running `greenroom up`")
    parser.add_argument("--profile", choices=["default", "fast"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stage, data = Stage(given.data), json.loads(given.file.read_text())
    bot = given.bot or prepare(stage, data, given.profile)
    row = measure(stage, given.data, bot, [text for text, _ in data["test"][:200]], given.rounds)
    if given.json:
        print(json.dumps(asdict(row)))
    else:
        show(row)


if __name__ == "__main__":
    main()
