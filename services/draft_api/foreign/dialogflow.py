"""A Dialogflow agent, exported as a zip archive: ES or CX, told apart by how they lie in folders."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from services.draft_api.foreign.dialogflow_cx import read_cx
from services.draft_api.foreign.dialogflow_es import read_es
from services.draft_api.foreign.export import Export
from services.draft_api.foreign.harvest import Harvest
from shared.errors import InvalidError

FORMAT = "dialogflow"
_AGENT = "agent.json"


def is_dialogflow(files: Mapping[str, bytes]) -> bool:
    return _AGENT in files


def read_dialogflow(files: Mapping[str, bytes]) -> Export:
    """Raises InvalidError `export_unrecognised`, `export_invalid`."""
    documents = dict(_documents(files))
    if not any(path.startswith("intents/") for path in documents):
        raise InvalidError("export_unrecognised", "Beside agent.json there is no intents/: no Dialogflow export.")
    harvest = Harvest(FORMAT)
    if "defaultLanguageCode" in documents[_AGENT]:
        read_cx(documents, harvest)
    else:
        read_es(documents, harvest)
    return harvest.export()


def _documents(files: Mapping[str, bytes]) -> Iterator[tuple[str, Any]]:
    for path, data in sorted(files.items()):
        if path.endswith(".json"):
            try:
                read = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError as error:
                raise InvalidError("export_invalid", f"{path} is no JSON: {error}.") from None
            if path == _AGENT and not isinstance(read, dict):
                raise InvalidError("export_invalid", f"{path} is no JSON object.")
            yield path, read
