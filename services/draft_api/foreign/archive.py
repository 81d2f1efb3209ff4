"""The files of a zip archive that somebody sent: within bounds, counted while inflating, nothing written anywhere."""

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from shared.errors import GreenroomError, InvalidError, TooLargeError

MOST_MEMBERS, LARGEST, RATIO = 2_000, 256 << 20, 100
# An archive may be so small that its few bytes of text look like a bomb.
_FREE = 1 << 20
_CHUNK = 1 << 16
_LONGEST_NAME = 255
_ENCRYPTED = 1
# What the archivers of desktops leave beside the files.
_CLUTTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$)")
_NESTED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".jar")


def read_archive(data: bytes) -> dict[str, bytes]:
    """By path. Raises InvalidError `archive_invalid`, TooLargeError `archive_limits`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise TooLargeError("archive_limits", f"The archive has more than {MOST_MEMBERS} members.")
            _refuse_odd(members)
            files = [member for member in members if not _is_archive(member)]
            if members and not files:
                raise _invalid("there is nothing but archives within it: unpack it first.")
            return dict(_inflated(archive, files, max(_FREE, len(data) * RATIO)))
    except GreenroomError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        # zipfile raises each of these for what it cannot read.
        raise _invalid("It is no zip archive, or it is damaged.") from None


def _refuse_odd(members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        _refuse_name(member)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _invalid(f"{member.filename!r} is a link or a device.")
        if (member.external_attr >> 16) & (stat.S_ISUID | stat.S_ISGID) or member.flag_bits & _ENCRYPTED:
            raise _invalid(f"{member.filename!r} is encrypted, or has rights of its own.")
        twin = unicodedata.normalize("NFC", member.filename).casefold()
        if twin in seen:
            raise _invalid(f"{member.filename!r} is there twice.")
        seen.add(twin)


def _refuse_name(member: zipfile.ZipInfo) -> None:
    # What zipfile made of the name is not what the archive says.
    for name in (member.filename, member.orig_filename):
        odd = "\\" in name or "\0" in name or ":" in name.split("/")[0] or name.startswith("/")
        if odd or ".." in name.split("/") or not 0 < len(name) <= _LONGEST_NAME:
            raise _invalid(f"{name[:80]!r} is no name for a file within an archive.")


def _is_archive(member: zipfile.ZipInfo) -> bool:
    """Trained models lie beside what they were trained on; nobody looks into them."""
    return member.filename.casefold().endswith(_NESTED)


def _inflated(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], most: int) -> Iterator[tuple[str, bytes]]:
    left = min(most, LARGEST)
    for member in members:
        if member.is_dir() or _CLUTTER.search(member.filename):
            continue
        found = bytearray()
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                found += chunk
                if len(found) > left:
                    raise TooLargeError("archive_limits", "The archive is far larger than it looks.")
        left -= len(found)
        yield member.filename, bytes(found)


def without_top_folder(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Archives are often made of a folder rather than of what is in it."""
    tops = {path.split("/", 1)[0] for path in files}
    if len(tops) != 1 or any("/" not in path for path in files):
        return dict(files)
    return {path.split("/", 1)[1]: data for path, data in files.items()}


def _invalid(why: str) -> InvalidError:
    return InvalidError("archive_invalid", f"The archive is refused: {why}")
