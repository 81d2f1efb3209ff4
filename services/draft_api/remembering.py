"""What comes back into draft is trained if it ever was: its models are still there, and fingerprints decide (P4)."""

from collections.abc import Mapping

from sqlalchemy import Connection, RowMapping, delete, insert, select

from services.draft_api.tables import models, trained_languages
from shared.contracts import ModelManifest


def remember_as_trained(connection: Connection, bot_id: str, found: Mapping[str, RowMapping]) -> None:
    """Rows of `models` by language become the last successful training of that language."""
    for language, row in found.items():
        here = trained_languages.c.bot_id == bot_id, trained_languages.c.language == language
        connection.execute(delete(trained_languages).where(*here))
        values = {"language": language, "outcome": "succeeded", "model": row["digest"], "error": None}
        connection.execute(insert(trained_languages).values(bot_id=bot_id, ended_at=row["trained_at"], **values))


def models_of(connection: Connection, bot_id: str, fingerprints: Mapping[str, str]) -> dict[str, RowMapping]:
    """By language, the newest model that was trained on exactly this."""
    found: dict[str, RowMapping] = {}
    query = select(models).where(models.c.bot_id == bot_id, models.c.language.in_(fingerprints))
    for row in connection.execute(query.order_by(models.c.trained_at)).mappings():
        manifest = ModelManifest.model_validate_json(row["manifest"])
        if manifest.fingerprint == fingerprints[row["language"]]:
            found[row["language"]] = row
    return found
