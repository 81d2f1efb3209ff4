"""What publishing costs for a bot of 100,000 expressions and 2,000 flows, beside copying the same bytes.

    greenroom up --data /tmp/stage &
    python -m bench.publishing --data /tmp/stage [--expressions 100000] [--flows 2000] [--profile default]
                               [--trained BOT | --retrained BOT]

`--trained` is a bot of such a bench that was trained and not published yet: it is not made and trained again.
`--retrained` one that was published, given an expression more and trained again: what comes after that is measured.

The first publication is that of a plan whose candidate has come to live meanwhile, as it does while somebody reads the
plan; how long that takes is told too.

The floor is reading the model's files, its encoder's and the release document from one folder and writing them to
another, each with fsync, as a copy that must survive a power cut does. Training is not counted. Let live be new: an
encoder that it has already is not copied again.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.accuracy import Stage, ok, train

INTENTS = 200


def bundle(name: str, expressions: int, flows: int, profile: str) -> dict[str, Any]:
    rng = random.Random(7)
    nouns = [f"{a}{b}" for a in ("lamp", "ferry", "soup", "coat", "bill") for b in ("", "s", " shop", " desk")]
    intents = [
        {
            "id": f"intent_{place:03}",
            "name": f"intent {place}",
            "expressions": {
                "en": [
                    f"{rng.choice(nouns)} topic {place} question {number} about {rng.choice(nouns)}"
                    for number in range(expressions // INTENTS)
                ]
            },
        }
        for place in range(INTENTS)
    ]
    return {
        "format": "greenroom.bundle/1",
        "bot": {"name": name, "languages": ["en"], "settings": {"profile": profile}},
        "intents": intents,
        "flows": [_flow(place, flows) for place in range(flows)],
    }


def _flow(place: int, count: int) -> dict[str, Any]:
    first = {
        "id": f"b{place}_0",
        "kind": "message",
        "messages": [{"text": f"This is what we say about topic {place}."}],
        "next": f"b{place}_1",
    }
    if place < INTENTS:
        first["intent"] = f"intent_{place:03}"
    last = {"id": f"b{place}_1", "kind": "message", "messages": [{"text": "Anything else?", "quick_replies": []}]}
    if INTENTS <= place + 1 < count:
        last["next"] = f"b{place + 1}_0"
    return {"id": f"flow_{place}", "name": f"Flow {place}", "blocks": [first, last]}


def seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def publish(stage: Stage, bot: str, **body: Any) -> dict[str, Any]:
    state: dict[str, Any] = ok(stage.publisher.post(f"/v1/bots/{bot}/publications", json=body))
    while state["status"] in {"queued", "running"}:
        # Asking more often would take from the publisher what it needs for publishing.
        time.sleep(0.02)
        state = ok(stage.publisher.get(f"/v1/publications/{state['id']}"))
    assert state["status"] == "live", state
    return state


def copy_floor(stage: Stage, bot: str) -> tuple[int, float]:
    """Bytes, and the median seconds of copying them."""
    release = ok(stage.publisher.get(f"/v1/bots/{bot}/releases/1"))["release"]
    models = release["models"].values()
    files = [file for model in models for file in (*model["files"], *((model["encoder"] or {}).get("files", ())))]
    parts = {file["digest"][7:]: stage.draft.get(f"/v1/blobs/{file['digest']}").content for file in files}
    parts["release"] = json.dumps(release).encode()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a", Path(folder) / "b"
        source.mkdir()
        target.mkdir()
        for name, data in parts.items():
            (source / name).write_bytes(data)
        times = [seconds(lambda: _copy_all(source, target, parts)) for _ in range(9)]
    return sum(map(len, parts.values())), statistics.median(times)


def _copy_all(source: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        with (target / name).open("wb") as out:
            out.write((source / name).read_bytes())
            out.flush()
            os.fsync(out.fileno())


def make(stage: Stage, given: argparse.Namespace) -> tuple[str, dict[str, float]]:
    document = bundle(f"large {time.time_ns()}", given.expressions, given.flows, given.profile)
    bot = str(ok(stage.draft.post("/v1/bots/import", json=document))["id"])
    return bot, {"training": seconds(lambda: train(stage, bot))}


def first(stage: Stage, bot: str) -> dict[str, float]:
    began = time.perf_counter()
    plan = ok(stage.publisher.post(f"/v1/bots/{bot}/plans", json={"mode": "full"}))
    planned = time.perf_counter() - began
    path = f"/v1/bots/{bot}/releases/{plan['candidate']['digest']}/proof"
    while stage.live.post(path).status_code != 200:
        time.sleep(0.02)
    brought = time.perf_counter() - began - planned
    published = seconds(lambda: publish(stage, bot, mode="full", plan=plan["id"]))
    return {"first plan": planned, "its candidate brought to live, after it": brought, "first publication": published}


def one_more(stage: Stage, bot: str) -> dict[str, float]:
    more = {"expressions": [{"text": "one more thing about the lighthouse"}]}
    ok(stage.draft.post(f"/v1/bots/{bot}/intents/intent_007/expressions", json=more))
    return {"training again": seconds(lambda: train(stage, bot))}


def then(stage: Stage, bot: str, flows: int) -> dict[str, float]:
    plan = f"/v1/bots/{bot}/plans"
    found = {
        "plan of one expression": seconds(lambda: ok(stage.publisher.post(plan, json={"mode": "nlp"}))),
        "one expression, nlp": seconds(lambda: publish(stage, bot, mode="nlp")),
        "rollback": seconds(lambda: publish(stage, bot, mode="rollback", to_release=1)),
    }
    flow = _flow(0, flows)
    flow["blocks"][0]["messages"] = [{"text": "Changed."}]
    ok(stage.draft.put(f"/v1/bots/{bot}/flows/flow_0", json={key: flow[key] for key in ("name", "blocks")}))
    return {**found, "one flow": seconds(lambda: publish(stage, bot, mode="flows", flows=["flow_0"]))}


def measure(stage: Stage, given: argparse.Namespace) -> dict[str, float]:
    bot, found = given.retrained or given.trained, dict[str, float]()
    if bot is None:
        bot, found = make(stage, given)
    if not given.retrained:
        found |= first(stage, bot)
    size, floor = copy_floor(stage, bot)
    found |= {"megabytes": size / 1e6, "copy": floor}
    if not given.retrained:
        found |= one_more(stage, bot)
    return found | then(stage, bot, given.flows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--expressions", type=int, default=100_000)
    parser.add_argument("--flows", type=int, default=2_000)
    parser.add_argument("--profile", choices=["default", "accurate", "fast", "multilingual"], default="fast")
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--trained", metavar="BOT")
    known.add_argument("--retrained", metavar="BOT")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(Stage(given.data), given)
    if given.json:
        print(json.dumps(found))
        return
    goals = {
        "first plan": "<= 1 s",
        "plan of one expression": "<= 1 s",
        "first publication": "<= 6 copies",
        "one expression, nlp": "<= 1 s",
        "rollback": "<= 1 s",
    }
    print(f"| what | s | copies of the {found['megabytes']:.1f} MB | must |\n| --- | --- | --- | --- |")
    for name, value in found.items():
        if name != "megabytes":
            print(f"| {name} | {value:.3f} | {value / found['copy']:.1f} | {goals.get(name, '')} |")


if __name__ == "__main__":
    main()
