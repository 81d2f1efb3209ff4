"""What is read aloud to the student: things that people say, ask and are told, out of public repositories at pinned
commits. BANKING77 is not among them, nor a test set of what is measured here: they judge.
"""

import json
import random
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a clone that leaves large files out has too.
LARGEST = 4 * 2**20
SHORTEST, LONGEST = 2, 220


@dataclass(frozen=True)
class Source:
    """`files` is a pattern for paths; `read` gives what one of them says; no more than `most` of it is taken."""

    repository: str
    commit: str
    licence: str
    files: str
    read: Callable[[str], Iterable[str]]
    most: int = 20_000


def _turns(speaker: str) -> Callable[[str], Iterator[str]]:
    def read(content: str) -> Iterator[str]:
        for dialogue in json.loads(content):
            yield from (turn["utterance"] for turn in dialogue["turns"] if turn["speaker"] == speaker)

    return read


def _utterances(content: str) -> Iterator[str]:
    for dialogue in json.loads(content):
        yield from (said["text"] for said in dialogue["utterances"])


def _tickets(content: str) -> Iterator[str]:
    """Movie tickets of Taskmaster 3, where marks such as <U> and <A> stand between what is said and what is called."""
    for line in content.splitlines():
        yield from re.split(r"<[A-Z]+>", line.partition("<C>")[2])


def _snips(content: str) -> Iterator[str]:
    for said in (said for intent in json.loads(content).values() for said in intent):
        yield "".join(part["text"] for part in said["data"])


def _questions(content: str) -> Iterator[str]:
    yield from (json.loads(line)["question"] for line in content.splitlines())


def _asked(content: str) -> Iterator[str]:
    found: Any = json.loads(content)
    rows = found if isinstance(found, list) else found["examples"]
    yield from (row["userInput"]["text"] for row in rows)


_SGD = ("google-research-datasets/dstc8-schema-guided-dialogue", "e852981ae34990f4358979625854259302feaa78")
_TASKS = ("google-research-datasets/Taskmaster", "d92cb6af3005f1dc09c39e75e7daf4a04905e00b")
SOURCES = (
    Source(*_SGD, "CC BY-SA 4.0", r"train/dialogues_\d+\.json", _turns("USER"), most=60_000),
    Source(*_SGD, "CC BY-SA 4.0", r"train/dialogues_\d+\.json", _turns("SYSTEM"), most=15_000),
    Source(*_TASKS, "CC BY 4.0", r"TM-4-2024/data/data_\d+\.json", _utterances),
    Source(*_TASKS, "CC BY 4.0", r"TM-3-2020/splits/train/train-bc\.tsv", _tickets),
    Source(
        "sonos/nlu-benchmark",
        "b86ac7f1577868c42158d0dec77db50956046696",
        "CC0 1.0",
        r"2017-06-custom-intent-engines/\w+/train_\w+_full\.json",
        _snips,
    ),
    Source(
        "jacoxu/StackOverflow",
        "7c207f51e649fff9e4736610b9d44431bb7ccf00",
        "CC BY-SA 3.0",
        r"rawText/title_StackOverflow\.txt",
        str.splitlines,
    ),
    Source(
        "clinc/oos-eval",
        "828f8093932c8fe6ca7936c3d2e52903b1c523de",
        "CC BY 3.0",
        r"data/all_wiki_sents\.txt",
        str.splitlines,
    ),
    Source(
        "google-research-datasets/natural-questions",
        "fb26a3073b1fe636c97302890a27b491d6530130",
        "CC BY-SA 3.0",
        r"nq_open/.*\.jsonl",
        _questions,
    ),
    Source(
        "PolyAI-LDN/task-specific-datasets",
        "57ec275d8078af65b7731c2a98be812d844a6d6b",
        "CC BY 4.0",
        r"span_extraction/.*/train_\d+\.json",
        _asked,
    ),
)


def said(clones: Path, rows: Iterable[Path], seed: int, sources: Iterable[Source] = SOURCES) -> list[str]:
    """What all sources say, each thing once, and the training rows of the files of `bench.accuracy` beside it.

    A clone is called as its repository is, with `+` for `/`.
    """
    drawn = random.Random(seed)
    found: dict[str, str] = {}
    for source in sources:
        found |= _some(source, _contents(clones / source.repository.replace("/", "+"), source), drawn)
    for path in rows:
        found |= {text.lower(): text for text, _intent in json.loads(path.read_text())["train"] if text.strip()}
    return list(found.values())


def _some(source: Source, contents: Iterable[str], drawn: random.Random) -> dict[str, str]:
    texts = (" ".join(text.split()) for content in contents for text in source.read(content))
    found = {text.lower(): text for text in texts if SHORTEST <= len(text) <= LONGEST and "<" not in text}
    if not found:
        raise LookupError(f"The clone of {source.repository} has nothing of {source.files}: is it whole?")
    return dict(drawn.sample(sorted(found.items()), min(source.most, len(found))))


def _contents(clone: Path, source: Source) -> Iterator[str]:
    listed = _git(clone, "ls-tree", "-r", "-l", source.commit).decode()
    for line in listed.splitlines():
        about, _, path = line.partition("\t")
        size = about.split()[3]
        if re.fullmatch(source.files, path) and size.isdigit() and int(size) < LARGEST:
            yield _text(_git(clone, "show", f"{source.commit}:{path}"))


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _git(clone: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(clone), *words], capture_output=True, check=True).stdout
