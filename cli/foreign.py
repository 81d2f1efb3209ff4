"""Exports of other platforms on disk, told by their names; what is in them, draft reads."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cli.outcome import CommandError
from cli.peer import Peer

YAML, ZIP = "application/yaml", "application/zip"
_YAML_SUFFIXES = (".yml", ".yaml")
_OF_AGENTS = "agent.json"
# Rasa's older training data and stories, among the many files of these kinds that are none.
_OLD_SUFFIXES = (".json", ".md")
_OLD = re.compile(rb'"rasa_nlu_data"|^##\s*(intent|synonym|regex|lookup)\s*:|^\s*-\s*utter_', re.MULTILINE)


@dataclass(frozen=True)
class ForeignExport:
    format: Literal["rasa", "dialogflow"]
    name: str
    media_type: str
    content: bytes


def read_foreign(path: Path) -> ForeignExport | None:
    """None for what is no such export by its name. Raises CommandError when it cannot be read."""
    try:
        if path.is_dir():
            return _of_folder(path)
        if path.suffix in _YAML_SUFFIXES:
            return ForeignExport("rasa", path.stem, YAML, path.read_bytes())
        if path.suffix == ".zip":
            return ForeignExport(_told_by(path), path.stem, ZIP, path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    except zipfile.BadZipFile:
        raise CommandError(f"{path} is no zip archive, or it is damaged.") from None
    return None


def move_in(draft: Peer, export: ForeignExport, bot: str | None, mode: str) -> dict[str, Any]:
    """Into the bot if there is one of that name, which then gets its NLP; else into a new one."""
    found = _existing(draft, bot) if bot else None
    sent: dict[str, Any] = {"content": export.content, "media_type": export.media_type}
    if found:
        report = draft.upload("bots", found["id"], "nlp", "import", **sent, mode=mode)
        return {"bot": found["id"], "name": found["name"], "created": False, **report, "flows": 0}
    made = draft.upload("bots", "import", export.format, **sent, name=bot or export.name)
    return {"bot": made["id"], "created": True, **made, "flows": 1 if made["blocks"] else 0}


def _existing(draft: Peer, bot: str) -> Any:
    try:
        return draft.get("bots", bot)
    except CommandError as error:
        if error.problem["code"] != "not_found":
            raise
    return None


def _of_folder(path: Path) -> ForeignExport | None:
    if (path / "bot.json").exists():
        return None
    name = path.resolve().name
    if (path / _OF_AGENTS).exists():
        return ForeignExport("dialogflow", name, ZIP, _zipped(path, _files(path, (".json",))))
    if next(_files(path, _YAML_SUFFIXES), None):
        return ForeignExport("rasa", name, ZIP, _zipped(path, _of_rasa(path)))
    return None


def _told_by(path: Path) -> Literal["rasa", "dialogflow"]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return "dialogflow" if any(name.split("/")[-1] == _OF_AGENTS for name in names) else "rasa"


def _of_rasa(path: Path) -> Iterator[Path]:
    for file in _files(path, (*_YAML_SUFFIXES, *_OLD_SUFFIXES)):
        if file.suffix in _YAML_SUFFIXES or _OLD.search(file.read_bytes()):
            yield file


def _zipped(path: Path, files: Iterable[Path]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.relative_to(path).as_posix(), file.read_bytes())
    return out.getvalue()


def _files(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Not what is hidden (an environment, a repository), nor what a link leads to."""
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.suffix in suffixes and file.is_file() and not file.is_symlink() and not hidden:
            yield file
