"""Accuracy through the public API alone: import, train, publish, classify every test message in live.

    greenroom up --data /tmp/stage &
    python -m bench.accuracy --data /tmp/stage banking77.json banking77_10shot.json

A file is `{"train": [[text, label], ...], "test": [...], "oos_test": [...]?}`. Prints a table, or JSON with --json.
"""

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

OUT_OF_SCOPE = {"oos", "ood"}
_BATCH = 256


@dataclass(frozen=True)
class Row:
    """Shares are in percent; `equal` says whether draft and live gave bit-equal answers to every test message."""

    name: str
    intents: int
    train: int
    test: int
    accuracy: float
    understood: float
    out_of_scope_recall: float | None
    cross_validated: float
    calibration_error: float | None
    import_seconds: float
    training_seconds: float
    publish_seconds: float
    equal: bool


class Stage:
    """The three services, as the command line finds them."""

    def __init__(self, folder: Path) -> None:
        found = json.loads((folder / "credentials").read_text())
        headers = {"Authorization": f"Bearer {found['admin_key']}"}
        urls = found["urls"]
        self.draft, self.live, self.publisher = (
            httpx.Client(base_url=urls[name], headers=headers, timeout=600) for name in ("draft", "live", "publisher")
        )

    def follow(self, client: httpx.Client, path: str) -> dict[str, Any]:
        while (state := ok(client.get(path)))["status"] in {"queued", "running"}:
            time.sleep(0.2)
        return state


def measure(stage: Stage, path: Path, profile: str | None) -> Row:
    data = json.loads(path.read_text())
    bot = make_bot(stage, f"{path.stem} {time.time_ns()}", profile)
    imported = _timed(lambda: import_rows(stage, bot, data["train"]))
    trained = _timed(lambda: train(stage, bot))
    published = _timed(lambda: publish(stage, bot))
    test = [(text, label) for text, label in data["test"] if label not in OUT_OF_SCOPE]
    live = list(_classify(stage.live, bot, [text for text, _ in test]))
    draft = list(_classify(stage.draft, bot, [text for text, _ in test]))
    right = sum(a["ranking"][0]["name"] == label for a, (_, label) in zip(live, test, strict=True))
    understood = sum(a["understood"] and a["intent"]["name"] == label for a, (_, label) in zip(live, test, strict=True))
    strangers = [text for text, _ in data.get("oos_test", [])]
    refused = [not a["understood"] for a in _classify(stage.live, bot, strangers)]
    evaluation = _evaluation(stage, bot)
    return Row(
        name=path.stem,
        intents=len({label for _, label in data["train"]}),
        train=len(data["train"]),
        test=len(test),
        accuracy=100 * right / len(test),
        understood=100 * understood / len(test),
        out_of_scope_recall=100 * sum(refused) / len(refused) if refused else None,
        cross_validated=100 * evaluation["accuracy"],
        calibration_error=evaluation.get("ece"),
        import_seconds=imported,
        training_seconds=trained,
        publish_seconds=published,
        equal=all(_answer(a) == _answer(b) for a, b in zip(live, draft, strict=True)),
    )


def _answer(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("intent", "scope", "ranking", "understood", "model")}


def make_bot(stage: Stage, name: str, profile: str | None) -> str:
    settings = {"profile": profile} if profile else {}
    return str(ok(stage.draft.post("/v1/bots", json={"name": name, "settings": settings}))["id"])


def import_rows(stage: Stage, bot: str, rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["text", "intent"])
    writer.writerows(rows)
    headers = {"Content-Type": "text/csv"}
    done = ok(stage.draft.post(f"/v1/bots/{bot}/nlp/import", content=out.getvalue().encode(), headers=headers))
    print(
        f"imported {done['added']}, {done['skipped']} skipped as repeats, {len(done['refused'])} refused",
        file=sys.stderr,
    )


def train(stage: Stage, bot: str) -> None:
    started = ok(stage.draft.post(f"/v1/bots/{bot}/trainings", json={}))
    ended = stage.follow(stage.draft, f"/v1/trainings/{started['id']}")
    assert ended["status"] == "succeeded", ended


def publish(stage: Stage, bot: str) -> None:
    started = ok(stage.publisher.post(f"/v1/bots/{bot}/publications", json={"mode": "full"}))
    ended = stage.follow(stage.publisher, f"/v1/publications/{started['id']}")
    assert ended["status"] == "live", ended


def _classify(client: httpx.Client, bot: str, texts: list[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(texts), _BATCH):
        body = {"texts": texts[start : start + _BATCH]}
        yield from ok(client.post(f"/v1/bots/{bot}/classify", json=body))["results"]


def _evaluation(stage: Stage, bot: str) -> dict[str, Any]:
    model = ok(stage.draft.get(f"/v1/bots/{bot}/nlp"))["languages"]["en"]["model"]
    found: dict[str, Any] = ok(stage.draft.get(f"/v1/bots/{bot}/models/{model}"))["evaluation"]
    return found


def _timed(act: Any) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def ok(response: httpx.Response) -> dict[str, Any]:
    if not response.is_success:
        raise SystemExit(f"{response.request.url}: {response.status_code} {response.text[:500]}")
    found: dict[str, Any] = response.json()
    return found


def _print(rows: list[Row]) -> None:
    print("| data | intents | train | test | accuracy | understood and right | out-of-scope recall | cross-validated"
          " | import s | train s | publish s | draft = live |")  # fmt: skip
    print("| --- " * 12 + "|")
    for r in rows:
        recall = f"{r.out_of_scope_recall:.1f}" if r.out_of_scope_recall is not None else "-"
        print(
            f"| {r.name} | {r.intents} | {r.train} | {r.test} | {r.accuracy:.2f} | {r.understood:.2f} | {recall}"
            f" | {r.cross_validated:.2f} | {r.import_seconds:.1f} | {r.training_seconds:.1f}"
            f" | {r.publish_seconds:.1f} | {'yes' if r.equal else 'NO'} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the data folder of a running `greenroom up`")
    parser.add_argument("--profile", choices=["default", "accurate", "fast", "multilingual"])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    stage = Stage(given.data)
    rows = [measure(stage, path, given.profile) for path in given.files]
    if given.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        _print(rows)


if __name__ == "__main__":
    main()
