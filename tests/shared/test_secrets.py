"""Sealing: what is written down cannot be read without the key, and keys change without a pause (D1)."""

from pathlib import Path

import pytest

from shared.errors import ConflictError, MisconfiguredError
from shared.secrets import Secrets, UnreadableSecretError, key_id_of, keys_source, new_key, parse_keys

TOKEN = "xoxb-the-token-of-the-lighthouse"


def sealing(*keys: str) -> Secrets:
    return Secrets(lambda: parse_keys(",".join(keys)))


def test_what_is_sealed_comes_back_and_never_looks_the_same_twice() -> None:
    secrets = sealing(new_key())
    first, second = secrets.seal(TOKEN), secrets.seal(TOKEN)
    assert first != second
    assert TOKEN not in first
    assert secrets.open(first) == secrets.open(second) == TOKEN


def test_the_first_key_seals_and_every_key_opens() -> None:
    old, new = new_key(), new_key()
    before = sealing(old).seal(TOKEN)
    rotated = sealing(new, old)
    assert rotated.open(before) == TOKEN
    assert key_id_of(rotated.seal(TOKEN)) == sealing(new).key_ids[0]


def test_another_key_opens_nothing() -> None:
    with pytest.raises(UnreadableSecretError, match="not here"):
        sealing(new_key()).open(sealing(new_key()).seal(TOKEN))


@pytest.mark.parametrize("place", range(9, 60, 7))
def test_a_changed_letter_is_noticed(place: int) -> None:
    secrets = sealing(new_key())
    sealed = secrets.seal(TOKEN)
    changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
    with pytest.raises(UnreadableSecretError):
        secrets.open(changed)


@pytest.mark.parametrize("torn", ["", ".", "nothing", "a.b.c", "Grüße."])
def test_what_was_never_sealed_is_refused(torn: str) -> None:
    with pytest.raises(UnreadableSecretError):
        sealing(new_key()).open(torn)


def test_a_key_that_another_process_wrote_is_found_when_it_is_needed(tmp_path: Path) -> None:
    file, old, new = tmp_path / "secrets-key", new_key(), new_key()
    file.write_text(f"{old}\n")
    secrets = Secrets(keys_source(None, file))
    file.write_text(f"{new}\n{old}\n")
    assert secrets.open(sealing(new).seal(TOKEN)) == TOKEN
    assert key_id_of(secrets.seal(TOKEN)) == sealing(new).key_ids[0]


def test_without_a_key_nothing_is_sealed(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="GREENROOM_SECRETS_KEY"):
        Secrets(keys_source(None, tmp_path / "secrets-key")).seal(TOKEN)


@pytest.mark.parametrize("weak", ["hunter2", "A" * 43 + "=", "YWJj" * 11, "not base64 at all!", "é" * 44])
def test_a_weak_key_is_refused_without_being_shown(weak: str) -> None:
    with pytest.raises(MisconfiguredError, match="32 random bytes") as refused:
        parse_keys(weak)
    assert weak not in str(refused.value)


def test_a_key_is_not_shown_where_it_is_printed() -> None:
    key = new_key()
    assert key not in repr(parse_keys(key))
