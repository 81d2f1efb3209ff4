"""What is read to the student: nothing twice before all was read, varied, and from pinned commits alone."""

import json
import random
import re
import subprocess
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from teaching import lessons
from teaching.lessons import TOKENS, padded, portions, varied
from teaching.sources import SOURCES, Source, said

SAID = [f"where is parcel number {number} that you promised for today ?" for number in range(300)]


@pytest.fixture
def words() -> Tokenizer:
    vocabulary = {word: number for number, word in enumerate(sorted({word for text in SAID for word in text.split()}))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Source:
    """A repository of the lamp shop, which goes on after the commit that is pinned."""
    clone = tmp_path / "lamp+shop"
    clone.mkdir()

    def git(*command: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        done = subprocess.run(["git", *identity, *command], cwd=clone, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "--quiet")
    (clone / "said.txt").write_text("Where is my lamp?\nwhere  is my lamp?\n\nI want my money back.\n<b>lamps</b>\n")
    (clone / "other.txt").write_text("not asked for")
    git("add", ".")
    git("commit", "--quiet", "--message", "What people say")
    pinned = git("rev-parse", "HEAD")
    (clone / "said.txt").write_text("Said later.")
    git("commit", "--quiet", "--all", "--message", "And later")
    return Source("lamp/shop", pinned, "CC0 1.0", r"said\.txt", str.splitlines)


def test_what_is_read_is_what_the_pinned_commit_says(tmp_path: Path, shop: Source) -> None:
    rows = tmp_path / "bot.json"
    rows.write_text(json.dumps({"train": [["open the door", "door"]], "test": [["never shown", "door"]]}))
    read = said(tmp_path, [rows], seed=1, sources=[shop])
    assert sorted(read) == ["I want my money back.", "open the door", "where is my lamp?"]


def test_banking77_which_judges_is_no_source() -> None:
    for name in ("train", "test"):
        assert not [source for source in SOURCES if re.fullmatch(source.files, f"banking_data/{name}.csv")]


def test_a_clone_that_lacks_what_is_read_is_refused(tmp_path: Path, shop: Source) -> None:
    with pytest.raises(LookupError, match="lamp/shop has nothing of"):
        said(tmp_path, [], seed=1, sources=[replace(shop, files="gone.txt")])


def test_every_text_is_read_before_any_comes_again(words: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons, "varied", lambda text, _others, _drawn: text)
    monkeypatch.setattr(lessons, "A_CHAPTER", 70)
    everything = sorted(words.encode(text).ids for text in SAID)
    read = (ids for portion in portions(SAID, words, seed=3) for ids in portion.ids.tolist())
    assert sorted(islice(read, len(SAID))) == everything
    assert sorted(islice(read, len(SAID))) == everything


def test_a_portion_holds_no_more_tokens_than_it_may(words: Tokenizer) -> None:
    for portion in islice(portions(SAID, words, seed=3), 20):
        assert portion.ids.size <= TOKENS
        assert portion.real.any(axis=1).all()


def test_equal_seeds_read_equal_lessons(words: Tokenizer) -> None:
    first, second = ([portion.ids.tolist() for portion in islice(portions(SAID, words, 7), 5)] for _ in range(2))
    assert first == second


def test_texts_are_varied_but_never_empty() -> None:
    drawn = random.Random(11)
    changed = [varied(text, SAID, drawn) for text in SAID]
    assert all(changed)
    assert sum(new != old for new, old in zip(changed, SAID, strict=True)) > len(SAID) / 2
    assert varied("ok", SAID, random.Random(2))


def test_shorter_texts_are_padded_where_no_token_is() -> None:
    portion = padded([[5, 6, 7], [8]])
    assert portion.ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert portion.real.tolist() == [[True, True, True], [True, False, False]]
