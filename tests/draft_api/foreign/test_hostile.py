"""Archives and YAML that mean harm are refused before anything is made of them."""

import io
import stat
import zipfile

import pytest

from services.draft_api.foreign.archive import MOST_MEMBERS, read_archive
from services.draft_api.foreign.yaml_text import read_yaml
from shared.errors import GreenroomError
from tests.draft_api.foreign.exports import zipped


def member(name: str, mode: int = 0, flags: int = 0) -> bytes:
    info = zipfile.ZipInfo("placeholder")
    info.filename, info.external_attr, info.flag_bits = name, mode << 16, flags
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "x")
    return out.getvalue()


def doubled(first: str, second: str) -> bytes:
    """Two members under one name each, as archivers would never write them."""
    data = zipped({first: "1", "b" * len(second.encode()): "2"})
    return data.replace(b"b" * len(second.encode()), second.encode())


def lying() -> bytes:
    """A member that says it is shorter than it is."""
    data = bytearray(zipped({"a.json": "x" * 5000}))
    where = data.index(b"PK\x01\x02") + 24
    data[where : where + 4] = (10).to_bytes(4, "little")
    return bytes(data)


def renamed() -> bytes:
    """The directory at the end says another name than the member itself."""
    data = zipped({"a.json": "{}"})
    at = data.rindex(b"a.json")
    return data[:at] + b"b.json" + data[at + 6 :]


REFUSED = {
    "nothing": b"",
    "no archive": b"<html>not here</html>",
    "cut off": zipped({"a.json": "{}"})[:-10],
    "parent folder": member("../a.json"),
    "parent folder within": member("intents/../../a.json"),
    "absolute": member("/etc/passwd"),
    "drive": member("C:/a.json"),
    "backslash": member("..\\a.json"),
    "long name": member("a" * 256),
    "link": member("a.json", stat.S_IFLNK | 0o777),
    "device": member("a.json", stat.S_IFCHR),
    "pipe": member("a.json", stat.S_IFIFO),
    "setuid": member("a.json", stat.S_IFREG | stat.S_ISUID),
    "twice": doubled("a.json", "a.json"),
    "case twins": zipped({"a.json": "1", "A.JSON": "2"}),
    "composed twins": zipped({"caf\u00e9.json": "1", "cafe\u0301.json": "2"}),
    "archive within": zipped({"more.zip": zipped({"a": "1"})}),
    "lying size": lying(),
    "two names": renamed(),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_odd_archive_is_refused(what: str) -> None:
    with pytest.raises(GreenroomError) as refused:
        read_archive(REFUSED[what])
    assert (refused.value.status, refused.value.code) == (422, "archive_invalid")


def test_an_encrypted_archive_is_refused() -> None:
    data = bytearray(zipped({"a.json": "{}"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(GreenroomError) as refused:
        read_archive(bytes(data))
    assert refused.value.code == "archive_invalid"


@pytest.mark.parametrize(
    "bomb",
    [zipped({"zeros.json": bytes(30 << 20)}), zipped({f"{n}.json": "" for n in range(MOST_MEMBERS + 1)})],
    ids=["thousandfold", "crowded"],
)
def test_an_archive_that_is_far_more_than_it_looks_is_refused(bomb: bytes) -> None:
    with pytest.raises(GreenroomError) as refused:
        read_archive(bomb)
    assert (refused.value.status, refused.value.code) == (413, "archive_limits")


def test_what_desktops_leave_in_archives_is_passed_over() -> None:
    files = {"bot/a.json": "{}", "__MACOSX/bot/._a.json": "\0", "bot/.DS_Store": "\0"}
    assert list(read_archive(zipped(files))) == ["bot/a.json"]


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        "a: &a x\n" + "b: [" + "*a, " * 101 + "*a]\n",
        "a: &a [*a]\n",
        "nlu: !!python/object/apply:os.system ['true']\n",
        "nlu: !!binary aGVsbG8=\n",
        "nlu: !mine x\n",
        "[" * 100 + "]" * 100,
        "[" * 5000,
        "a: b: c\n",
        "a: \x00\n",
    ],
    ids=["laughs", "aliases", "itself", "code", "binary", "tag", "deep", "open", "crooked", "nul"],
)
def test_odd_yaml_is_refused(text: str) -> None:
    with pytest.raises(GreenroomError) as refused:
        read_yaml(text.encode(), "nlu.yml")
    assert (refused.value.status, refused.value.code) == (422, "yaml_invalid")
    assert "nlu.yml" in refused.value.detail


def test_an_alias_that_stands_for_one_thing_is_fine() -> None:
    assert read_yaml(b"a: &a {x: yes}\nb: *a\n", "nlu.yml") == {"a": {"x": "yes"}, "b": {"x": "yes"}}
