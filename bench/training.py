"""How long a builder waits for a training, through the public API: at first, and again after one expression more.

    greenroom up --data /tmp/stage &
    python -m bench.training --data /tmp/stage clinc150.json --intents 50 --expressions 20 --rounds 3

Each round is a bot of other intents of the file. Between a change and the training there is a pause, as a builder makes
it, in which draft may prepare itself. Prints seconds from the request to the end of the training, and the most memory
that the process took which trained.
"""

import argparse
import json
import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.accuracy import Stage, import_rows, make_bot, ok

_CHILD = b"services.draft_api.training.train"
_LOOK_SECONDS = 0.05

Rows = list[tuple[str, str]]


def bots(path: Path, intents: int, expressions: int, rounds: int) -> Iterator[Rows]:
    """Rows of `intents` labels each; the same labels come again with expressions that were not there before."""
    by_label: dict[str, list[str]] = {}
    for text, label in json.loads(path.read_text())["train"]:
        by_label.setdefault(label, []).append(text)
    labels = sorted(by_label)
    groups = max(1, len(labels) // intents)
    for number in range(rounds):
        chosen = labels[number % groups * intents :][:intents]
        first = number // groups * expressions
        yield [(text, label) for label in chosen for text in by_label[label][first : first + expressions]]


def measure(stage: Stage, rows: Rows, pause: float, profile: str | None) -> dict[str, float]:
    bot = make_bot(stage, f"in training {time.time_ns()}", profile)
    import_rows(stage, bot, rows)
    time.sleep(pause)
    with watched_memory() as memory:
        cold = seconds_to_train(stage, bot)
        intent = ok(stage.draft.get(f"/v1/bots/{bot}/intents"))["items"][0]["id"]
        more = {"expressions": [{"text": f"and one thing more at {time.time_ns()}", "language": "en"}]}
        ok(stage.draft.post(f"/v1/bots/{bot}/intents/{intent}/expressions", json=more))
        time.sleep(pause)
        cached = seconds_to_train(stage, bot)
    return {"cold": cold, "one expression more": cached, "MB": max(memory, default=0.0)}


def seconds_to_train(stage: Stage, bot: str) -> float:
    began = time.perf_counter()
    started: dict[str, Any] = ok(stage.draft.post(f"/v1/bots/{bot}/trainings", json={}))
    while (state := ok(stage.draft.get(f"/v1/trainings/{started['id']}")))["status"] in {"queued", "running"}:
        time.sleep(_LOOK_SECONDS / 2)
    if state["status"] != "succeeded":
        raise SystemExit(f"The training ended as {state['status']}: {state}")
    return time.perf_counter() - began


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Megabytes that processes which train were seen to have had at most, one each look."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            seen.extend(_most_memory())

    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def _most_memory() -> Iterator[float]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if _CHILD in (folder / "cmdline").read_bytes().split(b"\0"):
                found = re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())
                yield int(found[1]) / 1024 if found else 0.0
        except OSError:
            continue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of a running `greenroom up`")
    parser.add_argument("--intents", type=int, default=50)
    parser.add_argument("--expressions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between a change and its training")
    parser.add_argument("--profile", choices=["default", "accurate", "fast", "multilingual"])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stage = Stage(given.data)
    found = [
        measure(stage, rows, given.pause, given.profile)
        for rows in bots(given.file, given.intents, given.expressions, given.rounds)
    ]
    if given.json:
        print(json.dumps(found))
        return
    print("| what | median | each |\n| --- | --- | --- |")
    for name in found[0]:
        each = [one[name] for one in found]
        print(f"| {name} | {statistics.median(each):.2f} | {', '.join(f'{value:.2f}' for value in each)} |")


if __name__ == "__main__":
    main()
