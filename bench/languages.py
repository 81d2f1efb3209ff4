"""How well the languages of a bot are told apart, and what each profile makes of them: side by side, in one process.

    python -m bench.languages tests/samples/parcels/nlp.csv

The file is `text,intent,language`, with as many expressions of each intent in every language. Detection learns some
of each and hears the others, whole, their first two words, their first; the mean over three draws. Profiles learn
every other expression and are asked the rest, both ways round. Prints tables, or JSON with --json.
"""

import argparse
import csv
import io
import json
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from services.draft_api.training.encoder_folder import available_profiles, installed_encoder
from services.draft_api.training.train import Source, train
from shared.nlp.encoder import Encoder
from shared.nlp.letters import Letters, likeliest, pack_letters
from shared.nlp.model import SharedParts, load_model

Spoken = dict[str, dict[str, list[str]]]
"""Texts by language, by intent."""

_DRAWS = 3
_LEARNT = (6, 3, 2)
_HEARD = {"whole": None, "two words": 2, "one word": 1}


def read(path: Path) -> Spoken:
    said: Spoken = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            said.setdefault(row["language"], {}).setdefault(row["intent"], []).append(row["text"])
    return said


def detection(said: Spoken) -> Iterator[dict[str, Any]]:
    for learnt in _LEARNT:
        for name, words in _HEARD.items():
            draws = [_heard(said, learnt, words, draw) for draw in range(_DRAWS)]
            missed, wrong = (100 * statistics.mean(column) for column in zip(*draws, strict=True))
            yield {"expressions": learnt, "heard": name, "stays": missed, "leaves": wrong}


def _heard(said: Spoken, learnt: int, words: int | None, draw: int) -> tuple[float, float]:
    """Shares: of messages that should move a conversation and do not, and that should not and do."""
    chance, intents = random.Random(draw), next(iter(said.values()))
    order = {intent: chance.sample(range(len(texts)), len(texts)) for intent, texts in sorted(intents.items())}
    letters, asked = {}, []
    for language, by_intent in said.items():
        drawn = {intent: [texts[at] for at in order[intent]] for intent, texts in by_intent.items()}
        letters[language] = Letters.parse(pack_letters(t for texts in drawn.values() for t in texts[:learnt]))
        asked += [(" ".join(t.split()[:words]), language) for texts in drawn.values() for t in texts[learnt:]]
    others = [(text, language, current) for text, language in asked for current in said if current != language]
    missed = sum(likeliest(text, letters, current) != language for text, language, current in others)
    wrong = sum(likeliest(text, letters, language) != language for text, language in asked)
    return missed / len(others), wrong / len(asked)


def accuracy(said: Spoken, scratch: Path) -> Iterator[dict[str, Any]]:
    for profile in sorted(available_profiles()):
        yield {"profile": profile} | {
            language: 100 * statistics.mean(_right(by_intent, language, profile, half, scratch) for half in (0, 1))
            for language, by_intent in sorted(said.items())
        }


def _right(by_intent: Mapping[str, list[str]], language: str, profile: str, half: int, scratch: Path) -> float:
    import numpy as np

    intents = sorted(by_intent)
    rows = sorted((label, text) for label, name in enumerate(intents) for text in by_intent[name][half::2])
    source = Source(
        language=language,
        profile=profile,
        fingerprint="sha256:" + "0" * 64,
        intents=[{"id": name, "name": name} for name in intents],
        texts=[text for _, text in rows],
        labels=np.array([label for label, _ in rows], np.int64),
    )
    out = scratch / f"{profile}-{language}-{half}"
    with redirect_stdout(io.StringIO()):  # A training tells its progress there.
        manifest = train(source, out, scratch / "cache")
    files = {file.digest: (out / "files" / file.name).read_bytes() for file in manifest.all_files()}
    model = load_model(manifest, files.__getitem__, SharedParts())
    asked = [(text, name) for name in intents for text in by_intent[name][1 - half :: 2]]
    return sum(model.score(text).ranking[0][0] == name for text, name in asked) / len(asked)


def encoding(said: Spoken) -> dict[str, float]:
    """Milliseconds a sentence, the median, of each encoder that is installed; in turns, because load comes and goes."""
    texts = [text for by_intent in said.values() for some in by_intent.values() for text in some]
    folders = {profile: installed_encoder(profile) for profile in ("default", "multilingual")}
    encoders = {profile: Encoder(folder.manifest, folder.read) for profile, folder in folders.items() if folder}
    taken: dict[str, list[float]] = {profile: [] for profile in encoders}
    for text in texts:
        for profile, encoder in encoders.items():
            began = time.perf_counter()
            encoder.embed(text)
            taken[profile].append(1000 * (time.perf_counter() - began))
    return {profile: statistics.median(times[len(times) // 10 :]) for profile, times in taken.items()}


def main() -> None:
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    said = read(given.file)
    heard, took = list(detection(said)), encoding(said)
    with tempfile.TemporaryDirectory() as scratch:
        understood = list(accuracy(said, Path(scratch)))
    if given.json:
        print(json.dumps({"detection": heard, "accuracy": understood, "milliseconds": took}))
        return
    print("| expressions an intent | heard | stays where it should go | goes where it should stay |")
    print("| --- | --- | --- | --- |")
    for row in heard:
        print(f"| {row['expressions']} | {row['heard']} | {row['stays']:.1f} % | {row['leaves']:.1f} % |")
    languages = sorted(said)
    print(f"\n| profile | {' | '.join(languages)} |\n| --- |{' --- |' * len(languages)}")
    for row in understood:
        print(f"| `{row['profile']}` | {' | '.join(f'{row[language]:.1f}' for language in languages)} |")
    print("\nmilliseconds a sentence: " + ", ".join(f"{profile} {value:.2f}" for profile, value in took.items()))


if __name__ == "__main__":
    main()
