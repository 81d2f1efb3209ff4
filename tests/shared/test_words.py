"""What people say, at rest: unreadable without the text key, and what only looks sealed is what somebody wrote."""

import pytest

from shared.words import TextKey, UnreadableWordsError, Words, new_text_key

SAID = "the canary of maud sings, ключ, 🐤"


def words(*keys: TextKey) -> Words:
    return Words(lambda: keys)


@pytest.mark.parametrize("said", [SAID, " ", "x" * 100_000, "sealed:", '{"text":"hi"}'])
def test_what_is_sealed_comes_back_and_never_looks_the_same_twice(said: str) -> None:
    own = words(new_text_key())
    first, second = own.seal(said), own.seal(said)
    assert first != second
    assert said not in first.removeprefix("sealed:")
    assert own.open(first) == own.open(second) == said


def test_nothing_is_nothing() -> None:
    assert words(new_text_key()).seal("") == ""
    assert words(new_text_key()).open("") == ""


def test_without_a_key_what_is_said_stays_as_it_is() -> None:
    for said in (SAID, words(new_text_key()).seal(SAID), "sealed:0123456789abcdef:AAAA"):
        assert words().seal(said) == words().open(said) == said


def test_what_was_written_before_there_was_a_key_is_read_as_it_is() -> None:
    for said in (SAID, "sealed:", "sealed:x", "sealed:0123456789abcdef:AAAA", "sealed:::", "sealed:é:é"):
        assert words(new_text_key()).open(said) == said


def test_who_writes_what_looks_sealed_gets_it_back_as_they_wrote_it() -> None:
    own = words(new_text_key())
    copied = own.seal(SAID)
    assert own.open(own.seal(copied)) == copied


def test_the_newest_key_seals_and_every_key_opens() -> None:
    old, new = new_text_key(), new_text_key()
    before, both = words(old).seal(SAID), words(new, old)
    assert both.open(before) == SAID
    assert words(new).open(both.seal(SAID)) == SAID


def test_a_key_that_another_process_made_is_found_when_it_is_needed() -> None:
    old, new = new_text_key(), new_text_key()
    known = [old]
    ours = Words(lambda: list(known))
    known.insert(0, new)
    assert ours.open(words(new).seal(SAID)) == SAID


@pytest.mark.parametrize("place", range(24, 60, 5))
def test_a_changed_letter_is_noticed(place: int) -> None:
    own = words(new_text_key())
    sealed = own.seal(SAID)
    changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
    with pytest.raises(UnreadableWordsError):
        own.open(changed)


def test_what_is_cut_short_is_noticed() -> None:
    own = words(new_text_key())
    for length in (24, 30, 44):
        with pytest.raises(UnreadableWordsError):
            own.open(own.seal(SAID)[:length])


def test_a_mark_tells_the_same_words_again_and_needs_the_key() -> None:
    old, new = new_text_key(), new_text_key()
    assert words().marks("abc") == ["abc"]
    (kept, _), both = words(old).marks("abc"), words(new, old).marks("abc")
    assert kept in both
    assert kept != both[0]
    assert words(new).marks("abc")[0] == both[0]
    assert words(old).marks("abd")[0] != kept


def test_a_key_is_not_shown_where_it_is_printed() -> None:
    key = new_text_key()
    assert repr(key) == f"TextKey({key.id})"
