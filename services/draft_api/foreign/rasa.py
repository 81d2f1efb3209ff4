"""A Rasa project, or one file of it: training data, domain, rules and the language of its configuration."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.draft_api.foreign.export import Export
from services.draft_api.foreign.harvest import Harvest
from services.draft_api.foreign.rasa_domain import names_in, read_domain
from services.draft_api.foreign.rasa_nlu import read_nlu
from services.draft_api.foreign.rasa_old import is_old, of_today, read_old
from services.draft_api.foreign.rasa_rules import triggers_in
from services.draft_api.foreign.yaml_text import read_yaml
from shared.errors import InvalidError

FORMAT = "rasa"
_TELLING = {"nlu", "intents", "responses", "rules", "stories"}
_SUFFIXES = (".yml", ".yaml")


def may_be_rasa(path: str) -> bool:
    return _is_yaml(path) or is_old(path)


def _is_yaml(path: str) -> bool:
    return path.casefold().endswith(_SUFFIXES)


def read_rasa(files: Mapping[str, bytes], language: str | None) -> Export:
    """`language` is that of a project whose config.yml does not say. Raises InvalidError `yaml_invalid`,

    `export_invalid`, `export_unrecognised`.
    """
    known = [of_today(document) for document in _documents(files) if isinstance(document, Mapping)]
    if not any(_TELLING & document.keys() for document in known):
        raise InvalidError("export_unrecognised", "There is no nlu, intents, responses or rules in it: no Rasa data.")
    harvest = Harvest(FORMAT)
    spoken = language or _configured(known)
    if spoken:
        harvest.speak(spoken)
    for key in ("nlu", "rules", "stories"):
        if any(document.get(key) and not isinstance(document[key], list) for document in known):
            harvest.lose(key, "it is no list in one of the files")
    domain = _joined(known, harvest)
    read_nlu(_listed(known, "nlu"), harvest, spoken, names_in(domain.get("entities")))
    read_domain(domain, harvest, spoken, triggers_in(_listed(known, "rules"), domain.get("intents"), harvest))
    stories = _listed(known, "stories")
    names = (str(story.get("story", "without a name")) for story in stories if isinstance(story, Mapping))
    harvest.lose_all("stories", names, "write flows: blocks that lead to one another")
    return harvest.export()


def _documents(files: Mapping[str, bytes]) -> Iterator[Any]:
    for path, data in sorted(files.items()):
        if _is_yaml(path):
            yield read_yaml(data, path)
        elif is_old(path):
            yield read_old(path, data)


def _configured(documents: list[Mapping[str, Any]]) -> str | None:
    """The language of config.yml, the file that has a pipeline."""
    return next((str(d["language"]) for d in documents if "pipeline" in d and d.get("language")), None)


def _joined(documents: list[Mapping[str, Any]], harvest: Harvest) -> dict[str, Any]:
    """A domain may be split over several files; of what is in two of them the last counts, as in Rasa."""
    joined: dict[str, Any] = {}
    for document in documents:
        for key, value in document.items():
            before = joined.get(key)
            if isinstance(value, list):
                joined[key] = [*before, *value] if isinstance(before, list) else value
            elif isinstance(value, Mapping):
                earlier = before if isinstance(before, Mapping) else {}
                twice = [str(name) for name in value if name in earlier and earlier[name] != value[name]]
                harvest.lose_all(f"{key} of an earlier file", twice, "another file has them as well")
                joined[key] = {**earlier, **value}
    return joined


def _listed(documents: list[Mapping[str, Any]], key: str) -> list[Any]:
    return [item for document in documents for item in (document.get(key) or ()) if isinstance(document[key], list)]
