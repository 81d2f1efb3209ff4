"""What finding entities costs a message: processor time, side by side in one process.

    python -m bench.entities clinc150.json

Messages are those of the file's test set; into every fifth one a synonym is put, half of them with a letter too few.
The synonyms are made up from syllables, one to three words each. "First time" sees every word for the first time,
"after that" is what a process that has answered for a while needs. Prints a table, or JSON with --json.
"""

import argparse
import json
import random
import statistics
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.brain import Brain, build_brain
from shared.contracts import BotIdentity, BotSettings, Release
from shared.entities.finder import Finder, compile_entities
from shared.entities.recognisers import recognisers
from shared.nlp.model import SharedParts

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
SYLLABLES = tuple("ba ko ri ten mar lo vi sta ne dor gus pel qua zi hem fra tu wes ly ong ber al schu nik rou".split())


@dataclass(frozen=True)
class Row:
    """Microseconds of processor a message; `found` is the share of the synonyms put in that were found."""

    what: str
    first_median: float
    first_p99: float
    later_median: float
    later_p99: float
    found: float | None = None


def made_up(count: int, seed: int) -> list[str]:
    drawn = random.Random(seed)
    names: dict[str, None] = {}
    while len(names) < count:
        words = ("".join(drawn.choices(SYLLABLES, k=drawn.randint(2, 4))) for _ in range(drawn.choice([1, 1, 2, 2, 3])))
        names[" ".join(words)] = None
    return list(names)


def matched(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Four synonyms a value."""
    values = [{"value": names[at], "synonyms": list(names[at + 1 : at + 4])} for at in range(0, len(names), 4)]
    return {"place": {"kind": "match", "values": values, **more}}


def put_in(messages: Sequence[str], names: Sequence[str], seed: int) -> Iterator[tuple[str, str | None]]:
    """Each message with the synonym that was put in."""
    drawn = random.Random(seed)
    for number, message in enumerate(messages):
        if number % 5:
            yield message, None
            continue
        name = drawn.choice(names)
        misspelt = number % 10 and len(name) > 6
        at = drawn.randrange(len(name) - 1)
        yield f"{message} in {name[:at] + name[at + 1 :] if misspelt and name[at] != ' ' else name}", name


def timed(finder: Finder, messages: Sequence[tuple[str, str | None]]) -> tuple[list[float], float]:
    spent, hits, wanted = [], 0, 0
    for text, name in messages:
        began = time.process_time_ns()
        found = finder.find(text, "en", NOW, 0.7)
        spent.append((time.process_time_ns() - began) / 1000)
        wanted += name is not None
        hits += name is not None and any(span.entity == "place" for span in found)
    return spent, hits / max(wanted, 1)


def measure(what: str, entities: Mapping[str, Any], messages: Sequence[tuple[str, str | None]]) -> Row:
    finder = compile_entities(entities)
    finder.find("warm", "en", NOW, 0.7)
    first, found = timed(finder, messages)
    later, _ = timed(finder, messages)
    return Row(what, *middle_and_worst(first), *middle_and_worst(later), found if "place" in entities else None)


def middle_and_worst(spent: Sequence[float]) -> tuple[float, float]:
    return statistics.median(spent), statistics.quantiles(spent, n=100)[98]


def built(entities: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of processor to compile, and megabytes kept."""
    began = time.process_time()
    compile_entities(entities)
    seconds = time.process_time() - began
    tracemalloc.start()
    kept = compile_entities(entities)
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return {"seconds": seconds, "megabytes": megabytes if kept else 0.0}


def brain(entities: dict[str, Any]) -> Brain:
    """Without a model: what remains of classify is what entities are added to."""
    identity = BotIdentity(id="bot_bench", name="bench")
    release = Release(bot=identity, settings=BotSettings(), languages=("en",), intents=(), entities=entities)
    return build_brain(release, lambda _: b"", SharedParts())


def asking_for_nothing(messages: Sequence[str], rounds: int = 30) -> tuple[float, float]:
    """Microseconds of classify without a model for a bot without entities, and of the question whether it has any."""
    quiet = brain({})
    began = time.process_time_ns()
    for _ in range(rounds):
        for text in messages:
            quiet.classify(text)
    whole = time.process_time_ns() - began
    began = time.process_time_ns()
    for _ in range(rounds * len(messages)):
        bool(quiet.finder)
    asked = time.process_time_ns() - began
    return whole / (rounds * len(messages)) / 1000, asked / (rounds * len(messages)) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--synonyms", type=int, default=20_000)
    parser.add_argument("--messages", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    texts = [text for text, _ in json.loads(given.file.read_text())["test"]]
    random.Random(3).shuffle(texts)
    names = made_up(given.synonyms, 1)
    messages = list(put_in(texts[: given.messages], names, 2))
    system = {kind: {"kind": "system", "system": kind} for kind in recognisers()}
    count = f"{given.synonyms:,} synonyms"
    rows = [
        measure(count, matched(names), messages),
        measure(f"{count}, not fuzzy", matched(names, fuzzy=False), messages),
        *(measure(kind, {kind: document}, messages) for kind, document in system.items()),
        measure("all seven system entities", system, messages),
        measure("a pattern", {"code": {"kind": "match", "pattern": r"(?i)\b[A-Z]{2}\d{4}\b"}}, messages),
    ]
    compiled = built(matched(names))
    whole, asked = asking_for_nothing(texts[:200])
    if given.json:
        nothing = {"classify": whole, "asked": asked}
        print(json.dumps({"rows": [asdict(row) for row in rows], "compiled": compiled, "nothing": nothing}))
        return
    print("| microseconds a message | first time, median | p99 | after that, median | p99 | put in and found |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        found = "" if row.found is None else f"{100 * row.found:.1f} %"
        times = (row.first_median, row.first_p99, row.later_median, row.later_p99)
        print(f"| {row.what} | {' | '.join(f'{value:.0f}' for value in times)} | {found} |")
    print(f"\ncompiling {count}: {compiled['seconds']:.2f} s of processor, {compiled['megabytes']:.1f} MB kept")
    print(f"a bot without entities: asked in {asked:.2f} of the {whole:.1f} microseconds of a classify without a model")


if __name__ == "__main__":
    main()
