"""The training job: a child process per language, its results stored before its success is told.

The child is killed with its parent; a job that a crash left is run again from its start, and since equal
NLP gives an equal digest, what it stored before is what it stores again.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from services.draft_api.evaluation.columns import columns
from services.draft_api.nlp import Nlp, read_nlp
from services.draft_api.store import now, touch
from services.draft_api.tables import models, trained_languages, trainings
from services.draft_api.trainers import FIRST_WORD_SECONDS, Child, Trainers, Watch
from services.draft_api.training_failure import (
    TrainingCancelledError,
    TrainingFailedError,
    how_it_ended,
    joined,
    problem,
)
from shared.artifacts import Artifacts
from shared.contracts import ModelManifest
from shared.db import Database
from shared.digest import canonical
from shared.failpoints import reach
from shared.jobs import AWAY

log = structlog.get_logger()


@dataclass(frozen=True)
class TrainingJob:
    """`run` is what the job port calls. One training at a time in this process: it has a core of its own."""

    db: Database
    artifacts: Artifacts
    scratch: Path
    trainers: Trainers
    # Files of encoders, which are large and the same for all bots, that this process has stored, and so verified.
    _stored: set[str] = field(default_factory=set)
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))

    def run(self, training: str) -> None:
        with self._turn:
            row = self._load(training)
            if row is None or row["status"] not in {"queued", "running"}:
                return
            self._change(training, status="running", started_at=row["started_at"] or now())
            try:
                self._train(row)
                self._change(training, status="succeeded", percent=100.0, step="done", ended_at=now())
            except TrainingCancelledError:
                self._change(training, status="cancelled", ended_at=now())
            except TrainingFailedError as error:
                self._change(training, status="failed", error=problem(error), ended_at=now())
            except AWAY:
                raise
            except Exception as error:
                # A mistake of ours, a full disk, or a bot that was deleted meanwhile: it ends all the same (P17).
                log.exception("training_interrupted", training=training)
                if self._load(training) is not None:
                    self._give_up(row, TrainingFailedError("internal", type(error).__name__))

    def _train(self, row: RowMapping) -> None:
        """Each language ends by itself: one that cannot be learnt keeps none of the others from it."""
        languages = orjson.loads(row["languages"])
        with self.db.reading() as connection:
            nlp = read_nlp(connection, row["bot_id"])
        done: dict[str, str] = {}
        failed: dict[str, TrainingFailedError] = {}
        for index, language in enumerate(languages):
            share = Share(index, len(languages), lambda step, percent: self._tell(row["id"], step, percent))
            try:
                done[language] = self._train_language(row, nlp, language, share)
                self._change(row["id"], models=orjson.dumps(done).decode())
            except TrainingFailedError as error:
                failed[language] = error
                self._fail(row, language, error)
        if failed:
            raise joined(failed)

    def _train_language(self, row: RowMapping, nlp: Nlp, language: str, share: "Share") -> str:
        folder = self.scratch / row["id"]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            source = canonical(nlp.source(language))
            (folder / "source.json").write_bytes(source)
            self._run_child(row["id"], folder, share)
            return self._keep(row, nlp, language, source, folder / "out")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run_child(self, training: str, folder: Path, share: "Share") -> None:
        """One that hangs before its first word, as one may that has waited for long, is replaced once."""
        reach("training.child.before")
        silence = self.trainers.silence_seconds
        if not self._see_through(training, folder, share, min(FIRST_WORD_SECONDS, silence)):
            self._see_through(training, folder, share, silence)

    def _see_through(self, training: str, folder: Path, share: "Share", first_word_seconds: float) -> bool:
        """False when the process never began, and another one may."""
        silence = self.trainers.silence_seconds
        child = self.trainers.train(folder / "source.json", folder / "out", self._stored)
        errors: list[bytes] = []
        drain = threading.Thread(target=lambda: errors.append(child.stderr.read() if child.stderr else b""))
        drain.start()
        watch = Watch(child, lambda: self._cancelled(training), silence, first_word_seconds)
        try:
            last = self._follow(child, share, watch)
        finally:
            watch.stop()
            child.wait()
            drain.join()
        if watch.cancelled:
            raise TrainingCancelledError
        if watch.silent and not watch.spoke and first_word_seconds < silence:
            return False
        if watch.silent:
            raise TrainingFailedError(
                "training_hung", f"The training process said nothing for {silence / 60:g} minutes."
            )
        if child.returncode != 0:
            log.warning(
                "training_child_ended",
                code=child.returncode,
                stderr=errors[0][-2000:].decode(errors="replace"),
            )
            code, detail = last.get("error", "training_crashed"), last.get("detail", how_it_ended(child.returncode))
            raise TrainingFailedError(code, detail)
        return True

    def _follow(self, child: Child, share: "Share", watch: Watch) -> dict[str, Any]:
        last: dict[str, Any] = {}
        for line in child.stdout or ():
            watch.heard()
            last = orjson.loads(line)
            if "percent" in last:
                share.tell(last.get("step", "training"), last["percent"])
        return last

    def _keep(self, row: RowMapping, nlp: Nlp, language: str, source: bytes, out: Path) -> str:
        manifest = ModelManifest.model_validate_json((out / "manifest.json").read_bytes())
        for file in manifest.all_files():
            if file.digest not in self._stored:
                self.artifacts.write((out / "files" / file.name).read_bytes(), file.digest)
        if manifest.encoder:
            self._stored.update(file.digest for file in manifest.encoder.files)
        reach("training.stored")
        values = {
            "bot_id": row["bot_id"],
            "digest": manifest.digest,
            "language": language,
            "manifest": manifest.canonical().decode(),
            **columns((out / "evaluation.json").read_text(), (out / "outcomes.bin").read_bytes()),
            "nlp_source": self.artifacts.write(source),
            "intent_names": orjson.dumps({intent.id: intent.name for intent in nlp.intents}).decode(),
            "trained_at": now(),
        }
        with self.db.writing() as connection:
            _put_model(connection, values)
            _put_outcome(connection, row["bot_id"], language, "succeeded", model=manifest.digest, error=None)
            touch(connection, row["bot_id"])
        reach("training.recorded")
        return manifest.digest

    def _fail(self, row: RowMapping, language: str, error: TrainingFailedError) -> None:
        """The model that a language had stays what it classifies with; its status says failed."""
        with self.db.writing() as connection:
            _put_outcome(connection, row["bot_id"], language, "failed", error=f"{error.code}: {error.detail}")

    def _give_up(self, row: RowMapping, error: TrainingFailedError) -> None:
        """Of all that it has not learnt by now."""
        with self.db.reading() as connection:
            learnt = connection.execute(select(trainings.c.models).where(trainings.c.id == row["id"])).scalar_one()
        for language in orjson.loads(row["languages"]):
            if language not in orjson.loads(learnt):
                self._fail(row, language, error)
        self._change(row["id"], status="failed", error=problem(error), ended_at=now())

    def _load(self, training: str) -> RowMapping | None:
        with self.db.reading() as connection:
            return connection.execute(select(trainings).where(trainings.c.id == training)).mappings().first()

    def _cancelled(self, training: str) -> bool:
        row = self._load(training)
        return row is None or bool(row["cancel_requested"])

    def _tell(self, training: str, step: str, percent: float) -> None:
        self._change(training, step=step, percent=percent)

    def _change(self, training: str, **values: Any) -> None:
        with self.db.writing() as connection:
            _change(connection, training, **values)


@dataclass(frozen=True)
class Share:
    """The part of the whole that one language is."""

    index: int
    count: int
    report: Callable[[str, float], None]

    def tell(self, step: str, percent: float) -> None:
        self.report(step, min(99.0, (self.index * 100 + percent) / self.count))


def unfinished_trainings(connection: Connection) -> Iterator[str]:
    query = select(trainings.c.id).where(trainings.c.status.in_(("queued", "running")))
    return iter(connection.execute(query).scalars().all())


def _change(connection: Connection, training: str, **values: Any) -> None:
    connection.execute(update(trainings).where(trainings.c.id == training).values(**values))


def _put_model(connection: Connection, values: dict[str, Any]) -> None:
    here = models.c.bot_id == values["bot_id"], models.c.digest == values["digest"]
    if connection.execute(update(models).where(*here).values(**values)).rowcount == 0:
        connection.execute(insert(models).values(**values))


def _put_outcome(connection: Connection, bot_id: str, language: str, outcome: str, **values: Any) -> None:
    """A failed training keeps the model of the one before."""
    here = trained_languages.c.bot_id == bot_id, trained_languages.c.language == language
    before = connection.execute(select(trained_languages.c.model).where(*here)).scalar()
    connection.execute(delete(trained_languages).where(*here))
    row = {"model": before, **values, "outcome": outcome, "ended_at": now()}
    connection.execute(insert(trained_languages).values(bot_id=bot_id, language=language, **row))
