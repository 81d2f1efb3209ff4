"""Any export that people come with: recognised by what is in it, read into our words."""

from collections.abc import Mapping

from services.draft_api.foreign.archive import read_archive, without_top_folder
from services.draft_api.foreign.dialogflow import is_dialogflow, read_dialogflow
from services.draft_api.foreign.export import Export
from services.draft_api.foreign.rasa import may_be_rasa, read_rasa
from shared.errors import InvalidError

YAML, ZIP = "application/yaml", "application/zip"


def read_export(body: bytes, media_type: str, language: str | None) -> Export:
    """`language` is that of expressions whose export does not say. Raises InvalidError `archive_invalid`,

    `yaml_invalid`, `export_invalid`, `export_unrecognised`; TooLargeError `archive_limits`.
    """
    files = without_top_folder(read_archive(body)) if media_type == ZIP else {"the file.yml": body}
    if is_dialogflow(files):
        return read_dialogflow(files)
    if any(map(may_be_rasa, files)):
        return read_rasa(_project(files), language)
    raise InvalidError("export_unrecognised", "This is neither a Dialogflow agent nor a Rasa project.")


def _project(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without its tests, which are stories about what was said, and what is hidden."""
    return {path: data for path, data in files.items() if not path.startswith("tests/") and "/." not in f"/{path}"}
