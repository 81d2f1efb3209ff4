"""Values with synonyms, all those of a bot in one vocabulary: whole words, as written or nearly so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.entities.fuzzy import NOBODY, Neighbours, edits_allowed
from shared.entities.reading import Reading, Token, spellings
from shared.entities.span import Span

_MOST_EDITS = 2


@dataclass(frozen=True)
class Synonym:
    """One way of saying `value`. A `fuzzy` one may be misspelt."""

    entity: str
    value: str
    text: str
    fuzzy: bool


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a spelling stands for. `edits` is how far it is from what the builder wrote, of so many `letters`."""

    entity: str
    value: str
    fuzzy: bool
    edits: int
    letters: int


@dataclass(frozen=True)
class Vocabulary:
    """`meanings` by words joined with spaces; `followers` has the words that may follow the beginning of some."""

    meanings: Mapping[str, tuple[Meaning, ...]]
    followers: Mapping[str, Neighbours]

    @classmethod
    def of(cls, synonyms: Iterable[Synonym]) -> "Vocabulary":
        meanings: dict[str, tuple[Meaning, ...]] = {}
        followers: dict[str, set[str]] = {"": set()}
        for synonym in synonyms:
            for words, meaning in _spelt(synonym):
                known = meanings.get(" ".join(words), ())
                meanings[" ".join(words)] = known if meaning in known else (*known, meaning)
                _follow(followers, words, synonym.fuzzy)
        return cls(meanings, {key: Neighbours(words) if words else NOBODY for key, words in followers.items()})

    def find(self, reading: Reading) -> Iterator[Span]:
        # Words that are one only without their punctuation are not misspelt on top of it: "d'Anvers" is "Anvers".
        for most, tokens in zip((_MOST_EDITS, 0), reading.cuts, strict=False):
            for first, token in enumerate(tokens):
                for last, key, edits in self._walk(tokens, first, most):
                    yield from self._told(reading, token.start, tokens[last].end, key, edits)

    def _walk(self, tokens: Sequence[Token], first: int, most: int) -> list[tuple[int, str, int]]:
        """From word to word as long as some spelling goes on: the last token, the spelling and its edits, of each."""
        steps = self._steps("", tokens[first].form, most)
        if not steps:
            return []
        found, paths = [], [(step, left, first) for step, left in steps]
        while paths:
            key, left, at = paths.pop()
            if key in self.meanings:
                found.append((at, key, most - left))
            if key in self.followers and at + 1 < len(tokens):
                paths += [(step, now, at + 1) for step, now in self._steps(key, tokens[at + 1].form, left)]
        return found

    def _steps(self, key: str, form: str, left: int) -> list[tuple[str, int]]:
        """With the edits that are left after it. A word that some spelling has here is not taken for a misspelt one."""
        exact = f"{key} {form}" if key else form
        if exact in self.meanings or exact in self.followers:
            return [(exact, left)]
        near = self.followers[key].near(form, left)
        return [(f"{key} {word}" if key else word, left - edits) for word, edits in near] if near else []

    def _told(self, reading: Reading, start: int, end: int, key: str, edits: int) -> Iterator[Span]:
        for meaning in self.meanings[key]:
            total = edits + meaning.edits
            if total == 0 or (meaning.fuzzy and total <= edits_allowed(meaning.letters)):
                yield Span(meaning.entity, meaning.value, *reading.place(start, end), 1 - total / meaning.letters)


def _follow(followers: dict[str, set[str]], words: Sequence[str], fuzzy: bool) -> None:
    key = ""
    for word in words:
        following = followers.setdefault(key, set())
        if fuzzy:
            following.add(word)
        key = f"{key} {word}" if key else word


def _spelt(synonym: Synonym) -> Iterator[tuple[tuple[str, ...], Meaning]]:
    """As written, with punctuation for a space or for nothing; and, a little less sure, in one word."""
    written = spellings(synonym.text)
    for words in written:
        letters = sum(map(len, words))
        yield words, Meaning(synonym.entity, synonym.value, synonym.fuzzy, 0, letters)
        fused, edits = ("".join(words),), len(words) - 1
        if synonym.fuzzy and fused not in written and 0 < edits <= edits_allowed(letters):
            yield fused, Meaning(synonym.entity, synonym.value, True, edits, letters)
