"""Bots that were really trained, and as many copies of them as are wanted, each of which is another bot to live."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.live_api.environments import Environment
from services.live_api.pointer import Pointer
from services.live_api.roster import Roster
from shared.artifacts import StoredArtifacts
from shared.brain import Brain
from shared.contracts import BotIdentity, BotSettings, ExpressionMark, IntentMark, ModelManifest, Release
from shared.db import Database
from shared.digest import canonical, digest_of
from shared.schema import migrate

ROOT = Path(__file__).parents[1]

Intents = dict[str, list[str]]


@dataclass(frozen=True)
class Stage:
    """A live service's database and artifacts in `folder`, with a model in them; `texts` are what it was trained on."""

    folder: Path
    manifest: ModelManifest
    texts: list[str]

    def roster(self) -> Roster:
        return Roster(self.database, StoredArtifacts((self.folder / "artifacts").as_uri()))

    @property
    def database(self) -> Database:
        return Database(f"sqlite:///{self.folder / 'live.db'}")

    def release(self, number: int) -> Release:
        """Like no other: its model is named by a fingerprint that no training had."""
        mark = digest_of(f"copy {number}".encode())
        model = self.manifest.model_copy(update={"fingerprint": mark})
        marks = tuple(
            IntentMark(id=label, name=label, expressions={"en": ExpressionMark(count=10, fingerprint=mark)})
            for label in model.labels
        )
        made = Release(
            bot=BotIdentity(id=f"bot_{number:06}", name=f"Bot {number}"),
            settings=BotSettings(profile=model.profile),
            languages=("en",),
            intents=marks,
            models={"en": model},
        )
        # As it arrives: nothing of it is shared with another copy.
        return Release.model_validate_json(made.canonical())


def set_up(folder: Path, intents: Intents, profile: str) -> Stage:
    """Trains as draft does, and stores what live would be sent."""
    (folder / "source.json").write_bytes(canonical(_source(intents, profile)))
    command = [
        sys.executable,
        "-m",
        "services.draft_api.training.train",
        str(folder / "source.json"),
        str(folder / "out"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        # It ends itself when its standard input does, so that stays open until it is done.
        said = child.stdout.read() if child.stdout else b""
    if child.returncode:
        raise SystemExit(said.decode())
    manifest = ModelManifest.model_validate_json((folder / "out" / "manifest.json").read_bytes())
    artifacts = StoredArtifacts((folder / "artifacts").as_uri())
    for file in manifest.all_files():
        artifacts.write((folder / "out" / "files" / file.name).read_bytes(), file.digest)
    stage = Stage(folder, manifest, [text for texts in intents.values() for text in texts])
    migrate(stage.database, "live")
    return stage


def _source(intents: Intents, profile: str) -> dict[str, Any]:
    found = [{"id": name, "name": name, "expressions": texts} for name, texts in intents.items()]
    mark = digest_of(canonical(intents))
    return {"language": "en", "profile": profile, "fingerprint": mark, "intents": found, "entities": {}}


def row(release: Release) -> dict[str, Any]:
    document = release.canonical().decode()
    return {
        "bot_id": release.bot.id,
        "digest": release.digest,
        "document": document,
        "provenance": "{}",
        "artifacts": json.dumps([file.digest for model in release.models.values() for file in model.all_files()]),
        "staged_at": datetime.now(UTC),
    }


def serve(roster: Roster, release: Release) -> Brain:
    brain = roster.build(release)
    roster.serve(pointer(release, 0), brain)
    return brain


def pointer(release: Release, epoch: int) -> Pointer:
    bot = release.bot
    now = datetime.now(UTC)
    return Pointer(bot.id, bot.name, epoch + 1, release.digest, "publication", now, epoch, Environment())
