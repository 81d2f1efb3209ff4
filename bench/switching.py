"""Whether anybody notices a switch: publications and rollbacks in a row while readers ask without pause.

    greenroom up --data /tmp/stage &
    python -m bench.switching --data /tmp/stage --switches 1000

Prints failed requests, answers that name a release that never was, p99 while switching and before, and live's memory.
"""

import argparse
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.accuracy import Stage, ok, train
from bench.publishing import bundle, publish

PACE = 0.01


@dataclass
class Reader:
    """Asks at a steady pace; `seen` are (release, digest) pairs, `times` milliseconds by phase."""

    live: httpx.Client
    path: str
    phase: str = "steady"
    failed: int = 0
    seen: set[tuple[int, str]] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: {"steady": [], "warming up": [], "switching": []})

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = time.perf_counter()
            try:
                answer = self.live.post(self.path, json={"text": "lamp shop topic 7 question 3 about coats"})
                found = answer.json() if answer.status_code == 200 else None
            except httpx.HTTPError:
                found = None
            self.times[self.phase].append(1000 * (time.perf_counter() - began))
            if found is None:
                self.failed += 1
            else:
                self.seen.add((found["release"], found["release_digest"]))
            time.sleep(PACE)


def resident_megabytes(stage: Path) -> float:
    pid = (stage / "run" / "live.pid").read_text().strip()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure(folder: Path, switches: int, readers: int) -> dict[str, Any]:
    stage = Stage(folder)
    bot = ok(stage.draft.post("/v1/bots/import", json=bundle(f"switching {time.time_ns()}", 2_000, 200)))["id"]
    train(stage, bot)
    publish(stage, bot, mode="full")
    path, stop = f"/v1/bots/{bot}/classify", threading.Event()
    crowd = [Reader(stage.live, path) for _ in range(readers)]
    threads = [threading.Thread(target=reader.run, args=(stop,)) for reader in crowd]
    for thread in threads:
        thread.start()
    time.sleep(20)
    _say(crowd, "warming up")
    _some_switches(stage, bot, 20)
    before = resident_megabytes(folder)
    _say(crowd, "switching")
    began = time.perf_counter()
    numbers = _some_switches(stage, bot, switches)
    took = time.perf_counter() - began
    stop.set()
    for thread in threads:
        thread.join()
    time.sleep(5)
    known = {(row["number"], row["digest"]) for row in _releases(stage, bot)}
    seen = set().union(*(reader.seen for reader in crowd))
    p99 = {phase: _p99([t for reader in crowd for t in reader.times[phase]]) for phase in ("steady", "switching")}
    return {
        "switches": len(numbers),
        "switches a second": len(numbers) / took,
        "requests": sum(len(times) for reader in crowd for times in reader.times.values()),
        "failed": sum(reader.failed for reader in crowd),
        "releases seen": len(seen),
        "never were": len(seen - known),
        "p99 steady ms": p99["steady"],
        "p99 switching ms": p99["switching"],
        "p99 ratio": p99["switching"] / p99["steady"],
        "live MB before": before,
        "live MB after": resident_megabytes(folder),
    }


def _say(crowd: list[Reader], phase: str) -> None:
    for reader in crowd:
        reader.phase = phase


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
