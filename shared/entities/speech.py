"""The languages that are known, found by presence in `shared.entities.languages`: one file each."""

from functools import lru_cache

from shared.entities import languages
from shared.entities.words import Language
from shared.registry import modules_in

UNKNOWN = Language()


def language_of(tag: str) -> Language:
    """By the first part of a tag such as `nl-BE`; for one that is not known, what needs no words."""
    return _languages().get(tag.partition("-")[0].lower(), UNKNOWN)


@lru_cache(maxsize=1)
def _languages() -> dict[str, Language]:
    found: list[Language] = [module.LANGUAGE for module in modules_in(languages)]
    return {language.code: language for language in found}
