"""How many bots a live process holds, how soon one that is not in memory answers, and whether a switch is noticed.

    python -m bench.capacity banking77_10shot.json --bots 300 --json

Trains two bots as draft does (every intent of the file, and the first twenty with as many expressions), then brings
copies of each to live's own roster as different bots: each has a fingerprint of its own, so that models and releases
have digests of their own and nothing but the encoder is shared. Memory is what a process of its own grows by. The file
is `{"train": [[text, label], ...]}`. Prints a table, or JSON with --json.
"""

import argparse
import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path

import httpx
from sqlalchemy import insert

from bench.copies import ROOT, Intents, Stage, pointer, row, serve, set_up
from services.live_api.roster import Roster
from services.live_api.tables import releases
from shared.contracts import Release

_FEW_INTENTS = 20
_WARM_UP = 20
_SWAPS_A_SECOND = 50
_SECONDS = 5.0
_GIB = 1 << 30

Measure = Callable[[Stage, int], dict[str, float]]


def in_process_of_its_own(measure: Measure, stage: Stage, bots: int) -> dict[str, float]:
    """So that what was measured before leaves nothing in its memory."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (stage, bots))


def capacity(stage: Stage, bots: int) -> dict[str, float]:
    """Every bot answers once: what is made by the first message counts."""
    roster, texts = stage.roster(), cycle(stage.texts)
    for number in range(_WARM_UP):
        serve(roster, stage.release(number)).classify(next(texts))
    before = _resident()
    for number in range(_WARM_UP, _WARM_UP + bots):
        serve(roster, stage.release(number)).classify(next(texts))
    each = (_resident() - before) / bots
    return {"kilobytes a bot": each / 1024, "bots a GiB": _GIB / each, "process MB": _resident() / 2**20}


def first_message(stage: Stage, bots: int) -> dict[str, float]:
    """From the stored document and files to the first answer, the encoder being in memory as it is in any live."""
    roster, texts = stage.roster(), cycle(stage.texts)
    serve(roster, stage.release(0)).classify(next(texts))
    staged = [stage.release(number) for number in range(1, bots + 1)]
    with stage.database.writing() as connection:
        rows = [row(release) for release in staged]
        connection.execute(insert(releases), rows)

    def answer(release: Release) -> None:
        roster.brain(release.bot.id, release.digest).classify(next(texts))

    times = [_milliseconds(partial(answer, release)) for release in staged]
    return {"first message p50 ms": statistics.median(times), "first message p95 ms": _quantile(times, 95)}


def swapping(stage: Stage, _bots: int) -> dict[str, float]:
    """One bot's head, loaded anew each time and switched to, while the bot is asked without pause."""
    roster = stage.roster()
    serve(roster, stage.release(0))
    steady, swaps = _asked(roster, stage, None), _Swaps(roster, stage)
    meanwhile = _asked(roster, stage, swaps)
    return {
        "swaps a second": swaps.done / _SECONDS,
        "requests": float(len(steady.times) + len(meanwhile.times)),
        "failed requests": float(steady.failed + meanwhile.failed + swaps.failed),
        "p99 steady ms": _quantile(steady.times, 99),
        "p99 swapping ms": _quantile(meanwhile.times, 99),
        "p99 ratio": _quantile(meanwhile.times, 99) / _quantile(steady.times, 99),
    }


class _Swaps:
    """Loads and switches to releases of one bot in turn, `_SWAPS_A_SECOND` as far as the machine can."""

    def __init__(self, roster: Roster, stage: Stage) -> None:
        self._roster = roster
        self._releases = _versions(stage)
        self.done = self.failed = 0
        self.stop = threading.Event()

    def run(self) -> None:
        for number, release in enumerate(cycle(self._releases), start=1):
            due = time.perf_counter() + 1 / _SWAPS_A_SECOND
            try:
                self._roster.serve(pointer(release, number), self._roster.build(release))
                self.done += 1
            except Exception as error:
                print(f"a swap failed: {error!r}", file=sys.stderr)
                self.failed += 1
            if self.stop.wait(max(0.0, due - time.perf_counter())):
                return


def _versions(stage: Stage) -> list[Release]:
    """Of the same bot, each with a model of its own name: none is what is served when it is built."""
    bot = stage.release(0).bot
    return [stage.release(number).model_copy(update={"bot": bot}) for number in (1, 2, 3)]


@dataclass(frozen=True)
class _Asked:
    times: list[float]
    failed: int


def _asked(roster: Roster, stage: Stage, swaps: "_Swaps | None") -> _Asked:
    times: list[float] = []
    bot, failed = stage.release(0).bot.id, 0

    def ask(text: str) -> None:
        roster.serving(bot).brain.classify(text)

    thread = threading.Thread(target=swaps.run) if swaps else None
    if thread:
        thread.start()
    ends = time.perf_counter() + _SECONDS
    for text in cycle(stage.texts):
        if time.perf_counter() > ends:
            break
        try:
            times.append(_milliseconds(partial(ask, text)))
        except Exception as error:
            print(f"a request failed: {error!r}", file=sys.stderr)
            failed += 1
    if swaps and thread:
        swaps.stop.set()
        thread.join()
    return _Asked(times, failed)


def cold_start(folder: Path) -> dict[str, float]:
    """`python -m services.live_api` on an empty folder, until it says that it is ready."""
    port = _free_port()
    keys = {"GREENROOM_ADMIN_KEY": "admin of capacity", "GREENROOM_PEER_KEY": "peer of capacity"}
    environ = {**os.environ, **keys, "GREENROOM_DATA": str(folder)}
    command = [sys.executable, "-m", "services.live_api", "--host", "127.0.0.1", "--port", str(port)]
    began = time.perf_counter()
    live = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _ready(port):
            if live.poll() is not None:
                raise SystemExit("live did not start")
            time.sleep(0.02)
        return {"ready s": time.perf_counter() - began, "live MB, no bot": _resident(live.pid) / 2**20}
    finally:
        live.terminate()
        live.wait()


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _resident(pid: int | str = "self") -> int:
    gc.collect()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _quantile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


def measure(intents: Intents, profile: str, bots: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        stage = set_up(Path(scratch), intents, profile)
        sizes = {f"{file.name} bytes": float(file.size_bytes) for file in stage.manifest.files}
        found = {"intents": float(len(intents)), "expressions": float(len(stage.texts)), **sizes}
        for what in (capacity, first_message, swapping):
            found |= in_process_of_its_own(what, stage, bots)
    return found


def _intents(path: Path) -> Intents:
    found: Intents = {}
    for text, label in json.loads(path.read_text())["train"]:
        found.setdefault(label, []).append(text)
    return dict(sorted(found.items()))


def _few(intents: Intents) -> Intents:
    return dict(islice(intents.items(), _FEW_INTENTS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bots", type=int, default=300)
    parser.add_argument("--profile", choices=["default", "fast"], default="default")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    every = _intents(given.file)
    found = [measure(intents, given.profile, given.bots) for intents in (every, _few(every))]
    with tempfile.TemporaryDirectory() as scratch:
        started = cold_start(Path(scratch))
    if given.json:
        print(json.dumps({"bots": found, "live": started}))
        return
    print("| measure | all intents | twenty |\n| --- | --- | --- |")
    for name in found[0]:
        print(f"| {name} | " + " | ".join(f"{column[name]:,.2f}" for column in found) + " |")
    for name, value in started.items():
        print(f"| {name} | {value:,.2f} | |")


if __name__ == "__main__":
    main()
