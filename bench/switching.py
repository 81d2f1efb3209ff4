"""Whether anybody notices a switch: publications and rollbacks in a row while readers ask without pause.

    greenroom up --data /tmp/stage &
    python -m bench.switching --data /tmp/stage --switches 1000

Rounds of quiet and of 50 switches take turns, each about as long as the other, so that a machine which others use is
the same machine in both. Prints failed requests, answers that name a release that never was, p99 while switching and
in quiet (of all rounds, and the median of their ratios), and live's memory.
"""

import argparse
import json
import multiprocessing
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.accuracy import Stage, ok, train
from bench.publishing import bundle, publish

PACE = 0.01
A_ROUND = 50
KINDS = ("steady", "switching")
BODY = json.dumps({"text": "lamp shop topic 7 question 3 about coats"})


@dataclass
class Reader:
    """Asks at a steady pace; `seen` are (release, digest) pairs, `times` milliseconds by phase: `switching 3`."""

    seen: set[tuple[int, str]] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: int = 0

    def run(self, live: str, path: str, headers: dict[str, str], now: dict[str, str]) -> None:
        connection = HTTPConnection(urlsplit(live).netloc, timeout=30)
        while phase := now["phase"]:
            began = time.perf_counter()
            try:
                connection.request("POST", path, BODY, headers)
                answer = connection.getresponse()
                found = json.loads(answer.read()) if answer.status == 200 else None
            except (OSError, HTTPException, ValueError):
                connection.close()
                found = None
            self.times[phase].append(1000 * (time.perf_counter() - began))
            if found is None:
                self.failed += 1
            else:
                self.seen.add((found["release"], found["release_digest"]))
            time.sleep(PACE)


def crowd(readers: int, live: str, path: str, headers: dict[str, str], told: Connection) -> None:
    """Readers in a process of their own, so that they do not wait for the one that publishes. Told the phase; sends
    what they saw when it is empty.
    """
    now, everyone = {"phase": "warming up"}, [Reader() for _ in range(readers)]
    threads = [threading.Thread(target=reader.run, args=(live, path, headers, now)) for reader in everyone]
    for thread in threads:
        thread.start()
    while now["phase"]:
        now["phase"] = told.recv()
    for thread in threads:
        thread.join()
    told.send(everyone)


def resident_megabytes(stage: Path) -> float:
    pid = (stage / "run" / "live.pid").read_text().strip()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure(folder: Path, switches: int, readers: int) -> dict[str, Any]:
    stage = Stage(folder)
    document = bundle(f"switching {time.time_ns()}", 2_000, 200, "fast")
    bot = ok(stage.draft.post("/v1/bots/import", json=document))["id"]
    train(stage, bot)
    publish(stage, bot, mode="full")
    tell, told = multiprocessing.Pipe()
    headers = {**dict(stage.live.headers), "Content-Type": "application/json"}
    given = (readers, str(stage.live.base_url), f"/v1/bots/{bot}/classify", headers, told)
    watching = multiprocessing.get_context("spawn").Process(target=crowd, args=given)
    watching.start()
    _some_switches(stage, bot, 20)
    before = resident_megabytes(folder)
    numbers, took = _rounds(stage, bot, switches, tell)
    everyone: list[Reader] = tell.recv()
    watching.join()
    time.sleep(5)
    known = {(row["number"], row["digest"]) for row in _releases(stage, bot)}
    seen = set().union(*(reader.seen for reader in everyone))
    times: dict[str, list[float]] = defaultdict(list)
    for phase, taken in ((phase, taken) for reader in everyone for phase, taken in reader.times.items()):
        times[phase] += taken
    p99 = {kind: _p99([t for phase in times if phase.startswith(kind) for t in times[phase]]) for kind in KINDS}
    ratios = [_p99(times[f"switching {n}"]) / _p99(times[f"steady {n}"]) for n in range(len(numbers) // A_ROUND)]
    return {
        "switches": len(numbers),
        "switches a second": len(numbers) / took,
        "requests": sum(len(taken) for taken in times.values()),
        "failed": sum(reader.failed for reader in everyone),
        "releases seen": len(seen),
        "never were": len(seen - known),
        "p99 steady ms": p99["steady"],
        "p99 switching ms": p99["switching"],
        "p99 ratio": p99["switching"] / p99["steady"],
        "p99 ratio, median of rounds": statistics.median(ratios),
        "live MB before": before,
        "live MB after": resident_megabytes(folder),
    }


def _rounds(stage: Stage, bot: str, switches: int, tell: Connection) -> tuple[list[int], float]:
    """The releases, and the seconds that switching took; tells the readers what is going on."""
    numbers: list[int] = []
    lasted, total = 5.0, 0.0
    for turn in range(max(1, switches // A_ROUND)):
        tell.send(f"steady {turn}")
        time.sleep(lasted)
        tell.send(f"switching {turn}")
        began = time.perf_counter()
        numbers += _some_switches(stage, bot, A_ROUND)
        lasted = time.perf_counter() - began
        total += lasted
    tell.send("")
    return numbers, total


def _releases(stage: Stage, bot: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        params = {"limit": 500} | ({"cursor": cursor} if cursor else {})
        page = ok(stage.publisher.get(f"/v1/bots/{bot}/releases", params=params))
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _some_switches(stage: Stage, bot: str, count: int) -> list[int]:
    """A flow changed and published, then rolled back, and so on."""
    numbers: list[int] = []
    while len(numbers) < count:
        text = f"Spoken at {time.time_ns()}"
        block = {"id": "b0_0", "kind": "message", "intent": "intent_000", "messages": [{"text": text}], "next": "b0_1"}
        last = {"id": "b0_1", "kind": "message", "messages": [{"text": "Anything else?"}]}
        ok(stage.draft.put(f"/v1/bots/{bot}/flows/flow_0", json={"name": "Flow 0", "blocks": [block, last]}))
        made = publish(stage, bot, mode="flows", flows=["flow_0"])["release"]
        back = publish(stage, bot, mode="rollback", to_release=made - 1)["release"]
        numbers += [made, back]
    return numbers


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--switches", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.data, given.switches, given.readers)
    if given.json:
        print(json.dumps(found))
        return
    print("| measure | result |\n| --- | --- |")
    for name, value in found.items():
        print(f"| {name} | {value:.2f} |" if isinstance(value, float) else f"| {name} | {value} |")


if __name__ == "__main__":
    main()
