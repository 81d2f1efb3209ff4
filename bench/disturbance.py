"""Whether a training disturbs live, or an encoder that it has not had yet: classify at a steady pace meanwhile.

    greenroom up --data /tmp/stage &
    python -m bench.disturbance --data /tmp/stage banking77.json [--encoder accurate]

With `--encoder`, another bot of that profile is published, the first one of it since live started. Prints latencies as
seen by a client before, during and after, and the ratio of the p99 during to that before; JSON with --json.
"""

import argparse
import json
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.accuracy import Stage, import_rows, make_bot, ok, publish, train

PACE = 0.02

Act = Callable[[], None]


def watch(stage: Stage, bot: str, texts: list[str], stop: threading.Event) -> list[float]:
    """Milliseconds of each call, one every 20 ms whether or not the one before was slow."""
    found: list[float] = []
    due = time.perf_counter()
    for text in texts * 1000:
        if stop.is_set():
            return found
        due = max(due + PACE, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        ok(stage.live.post(f"/v1/bots/{bot}/classify", json={"text": text}))
        found.append(1000 * (time.perf_counter() - began))
    return found


def during(stage: Stage, bot: str, texts: list[str], act: Act) -> list[float]:
    stop, found = threading.Event(), []
    thread = threading.Thread(target=lambda: found.extend(watch(stage, bot, texts, stop)))
    thread.start()
    act()
    stop.set()
    thread.join()
    return found


def summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=1000)
    return {"calls": len(times), "p50": cuts[499], "p95": cuts[949], "p99": cuts[989], "max": max(times)}


def _training(stage: Stage, data: dict[str, Any]) -> tuple[str, Act]:
    other = make_bot(stage, f"in training {time.time_ns()}", None)
    import_rows(stage, other, data["train"])
    return "during a training", lambda: train(stage, other)


def _new_encoder(stage: Stage, data: dict[str, Any], profile: str) -> tuple[str, Act]:
    other = make_bot(stage, f"of {profile} {time.time_ns()}", profile)
    import_rows(stage, other, data["train"][:300])
    train(stage, other)
    return f"while a first bot of `{profile}` is published", lambda: publish(stage, other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", choices=["accurate", "multilingual"], help="publish a first bot of this profile")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stage, data = Stage(given.data), json.loads(given.file.read_text())
    bot = make_bot(stage, f"steady {time.time_ns()}", None)
    import_rows(stage, bot, data["train"][:1500])
    train(stage, bot)
    publish(stage, bot)
    name, act = _new_encoder(stage, data, given.encoder) if given.encoder else _training(stage, data)
    texts = [text for text, _ in data["test"]]
    rows = {
        "before": summary(during(stage, bot, texts, lambda: time.sleep(30))),
        name: summary(during(stage, bot, texts, act)),
        "after": summary(during(stage, bot, texts, lambda: time.sleep(30))),
    }
    ratio = rows[name]["p99"] / rows["before"]["p99"]
    if given.json:
        print(json.dumps({"rows": rows, "p99_ratio": ratio}))
        return
    print("| live meanwhile | calls | p50 ms | p95 ms | p99 ms | max ms |\n| --- | --- | --- | --- | --- | --- |")
    for name, row in rows.items():
        shown = " | ".join(f"{row[cut]:.2f}" for cut in ("p50", "p95", "p99", "max"))
        print(f"| {name} | {row['calls']:.0f} | {shown} |")
    print(f"\np99 during / before: {ratio:.2f}")


if __name__ == "__main__":
    main()
