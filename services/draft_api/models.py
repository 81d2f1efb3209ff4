"""Trained models, with what their trainings told of them."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, RowMapping, select

from services.draft_api.desk import Desk, Reader
from services.draft_api.evaluation.document import Evaluation
from services.draft_api.store import find_bot
from services.draft_api.tables import models
from shared.contracts import ModelManifest
from shared.db import utc
from shared.errors import NotFoundError
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(prefix="/v1/bots/{bot}/models", tags=["training"])

_SUMMARY = (
    models.c.digest,
    models.c.language,
    models.c.trained_at,
    models.c.accuracy,
    models.c.calibration_error,
    models.c.expressions,
)


class TrainedModel(BaseModel):
    """`accuracy` is cross-validated over `expressions` of them; `calibration_error` is the ECE."""

    digest: str
    language: str
    trained_at: datetime
    accuracy: float | None
    calibration_error: float | None
    expressions: int | None


class ModelDetail(BaseModel):
    digest: str
    trained_at: datetime
    manifest: ModelManifest
    evaluation: Evaluation


@router.get("")
def list_models(bot: str, desk: Desk, key: Reader, limit: Limit = 100, cursor: str | None = None) -> Page[TrainedModel]:
    with desk.db.reading() as connection:
        bot_id = find_bot(connection, bot, key.bot)["id"]
        rows = connection.execute(select(*_SUMMARY).where(models.c.bot_id == bot_id)).mappings().all()
    items = [TrainedModel.model_validate({**row, "trained_at": utc(row["trained_at"])}) for row in rows]
    return cut(items, limit, cursor, key=lambda item: (item.trained_at.isoformat(), item.digest), newest_first=True)


@router.get("/{digest}", summary="Show a model")
def show_model(bot: str, digest: str, desk: Desk, key: Reader) -> ModelDetail:
    with desk.db.reading() as connection:
        row = find_model(connection, find_bot(connection, bot, key.bot)["id"], digest)
    return ModelDetail(
        digest=digest,
        trained_at=utc(row["trained_at"]),
        manifest=ModelManifest.model_validate_json(row["manifest"]),
        evaluation=Evaluation.model_validate_json(row["evaluation"]),
    )


def find_model(connection: Connection, bot_id: str, digest: str) -> RowMapping:
    here = models.c.bot_id == bot_id, models.c.digest == digest
    row = connection.execute(select(models).where(*here)).mappings().first()
    if row is None:
        raise NotFoundError("not_found", f"The bot has no model {digest}.")
    return row


def refuse_others_artifact(connection: Connection, bot_id: str, digest: str) -> None:
    """Raises NotFoundError for the bytes of which no model of the bot is made, and none was trained on."""
    rows = connection.execute(select(models.c.manifest, models.c.nlp_source).where(models.c.bot_id == bot_id))
    if not any(digest == row.nlp_source or digest in _made_of(row.manifest) for row in rows):
        raise NotFoundError("not_found", f"The bot has no model with {digest!r}.")


def _made_of(manifest: str) -> set[str]:
    return {file.digest for file in ModelManifest.model_validate_json(manifest).all_files()}
