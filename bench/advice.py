"""Whether what an evaluation calls misplaced is: expressions are put under another intent, and looked for in its list.

    python -m bench.advice banking77.json hwu64.json clinc150.json --intents 25 --shots 15 --share 0.04

A file is `{"train": [[text, label], ...]}`. Of each, bots are drawn (`--draws`), trained as they are, then with a share
of their expressions elsewhere: at random, or in the intent whose letters are most like those of their own. Prints
percentages: of the first ten and of all that are named, the share that was misplaced; of the misplaced, the share that
is named; and of the expressions of a bot where none was, the share that is named all the same.
"""

import argparse
import contextlib
import io
import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import numpy as np

from services.draft_api.evaluation.document import Evaluation
from services.draft_api.training.features import ngram_matrix
from services.draft_api.training.heads import centroids
from services.draft_api.training.train import Source, train

_BUCKETS = 4096
_FINGERPRINT = "sha256:" + "0" * 64
_HEAD = "| misplaced | of the first ten | of all named | named | accused where none is |"

Rows = Sequence[tuple[str, str]]


class Found(NamedTuple):
    first_ten: float
    named: float
    misplaced: float


@dataclass(frozen=True)
class Sizes:
    profile: str
    intents: int
    shots: int
    share: float


def drawn(path: Path, sizes: Sizes, seed: int) -> Rows:
    by_intent: dict[str, set[str]] = {}
    for text, label in json.loads(path.read_text())["train"]:
        by_intent.setdefault(label, set()).add(text)
    generator = random.Random(seed)
    rich = [label for label in sorted(by_intent) if len(by_intent[label]) >= sizes.shots]
    chosen = generator.sample(rich, min(sizes.intents, len(rich)))
    return [(text, label) for label in chosen for text in generator.sample(sorted(by_intent[label]), sizes.shots)]


def evaluated(rows: Rows, profile: str, cache: Path) -> Evaluation:
    names = sorted({label for _, label in rows})
    ordered = sorted(rows, key=lambda row: (row[1], row[0]))
    intents = [{"id": name, "name": name} for name in names]
    labels = np.array([names.index(label) for _, label in ordered], np.int64)
    source = Source("en", profile, _FINGERPRINT, intents, [text for text, _ in ordered], labels)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        train(source, Path(folder), cache)
        return Evaluation.model_validate_json((Path(folder) / "evaluation.json").read_bytes())


def neighbours(rows: Rows) -> Mapping[str, str]:
    """Of each intent the one that is written most alike."""
    names = sorted({label for _, label in rows})
    labels = np.array([names.index(label) for _, label in rows], np.int64)
    centres = centroids(ngram_matrix([text for text, _ in rows], _BUCKETS), labels, len(names))
    alike = centres.T @ centres
    np.fill_diagonal(alike, -1)
    return {name: names[int(row.argmax())] for name, row in zip(names, alike, strict=True)}


def misplace(rows: Rows, share: float, near: Mapping[str, str] | None, seed: int) -> tuple[Rows, set[str]]:
    """With `near` an expression goes to its intent's neighbour, else to any other; and the texts of those that went."""
    generator = random.Random(seed)
    moved = set(generator.sample(range(len(rows)), max(1, round(share * len(rows)))))
    names = sorted({label for _, label in rows})

    def elsewhere(label: str) -> str:
        return near[label] if near else generator.choice([name for name in names if name != label])

    found = [(text, elsewhere(label) if place in moved else label) for place, (text, label) in enumerate(rows)]
    return found, {rows[place][0] for place in moved}


def judged(evaluation: Evaluation, moved: set[str]) -> Found:
    hits = [suspect.text in moved for suspect in evaluation.suspects]
    return Found(mean(hits[:10] or [0]), mean(hits or [0]), sum(hits) / len(moved))


def measure(paths: Sequence[Path], sizes: Sizes, draws: int, cache: Path) -> tuple[dict[str, Found], float]:
    found: dict[str, list[Found]] = {"random": [], "similar": []}
    accused = []
    for path in paths:
        for seed in range(draws):
            rows = drawn(path, sizes, seed)
            accused.append(evaluated(rows, sizes.profile, cache).suspect_count / len(rows))
            for kind, near in (("random", None), ("similar", neighbours(rows))):
                put, moved = misplace(rows, sizes.share, near, seed)
                found[kind].append(judged(evaluated(put, sizes.profile, cache), moved))
    means = {kind: Found(*map(mean, zip(*each, strict=True))) for kind, each in found.items()}
    return means, mean(accused)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--intents", type=int, default=25)
    parser.add_argument("--shots", type=int, default=15)
    parser.add_argument("--share", type=float, default=0.04)
    parser.add_argument("--draws", type=int, default=2)
    given = parser.parse_args()
    sizes = Sizes(given.profile, given.intents, given.shots, given.share)
    with tempfile.TemporaryDirectory() as cache:
        found, accused = measure(given.files, sizes, given.draws, Path(cache))
    print(_HEAD, "| --- " * 5 + "|", sep="\n")
    for kind, each in found.items():
        print(f"| {kind} | {' | '.join(f'{100 * share:.1f}' for share in each)} | {100 * accused:.1f} |")


if __name__ == "__main__":
    main()
