"""Which language a message is in: what was asked for, else what is known, else what it looks like. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import InvalidError
from shared.nlp.letters import Letters, likeliest

AUTO = "auto"
"""Asked for instead of a language, to have it detected."""


@dataclass(frozen=True)
class Signs:
    """What tells the language of a message beside its words. `asked` is a language of the bot, or `auto`.

    `told` is the tag that came with the message; `known` the language that its conversation has, or else the tag of
    the app that the person writes in, which many set to another language than they write.
    """

    asked: str | None = None
    told: str | None = None
    known: str | None = None


class Speaker(Protocol):
    """A model, as far as it tells its language from others. `letters` is None for one that was trained before there

    were any."""

    @property
    def letters(self) -> Letters | None: ...

    def knows(self, text: str) -> bool:
        """Whether the text equals one of its expressions (T3)."""


def known_language(asked: str, languages: Sequence[str]) -> str:
    """Raises InvalidError `unknown_language`."""
    if asked not in languages:
        raise InvalidError("unknown_language", f"This bot does not speak {asked!r}; it speaks {', '.join(languages)}.")
    return asked


def closest(tag: str | None, languages: Sequence[str]) -> str | None:
    """The language of the bot that a channel's tag means: the same, else the first of the same main language.

    Channels spell them in several ways (`nl-BE`, `nl_BE`, `NL`), and do not know what a bot speaks.
    """
    if not tag:
        return None
    wanted = tag.replace("_", "-").casefold()
    same = (language for language in languages if language.casefold() == wanted)
    kin = (language for language in languages if _main(language) == _main(wanted))
    return next(same, None) or next(kin, None)


def spoken_in(
    text: str,
    languages: Sequence[str],
    models: Mapping[str, Speaker],
    signs: Signs,
    detect: bool,
) -> str:
    """Detection starts where the signs point, or at the bot's first language, and leaves it for what is clearly in
    another. Raises InvalidError `unknown_language`.
    """
    if signs.asked is not None and signs.asked != AUTO:
        return known_language(signs.asked, languages)
    told = closest(signs.told, languages)
    current = told or closest(signs.known, languages) or languages[0]
    if not (detect or signs.asked == AUTO):
        return current
    return detected(text, models, current, by_letters=told is None)


def detected(text: str, models: Mapping[str, Speaker], current: str, by_letters: bool = True) -> str:
    """A text that only one other language has as an expression is in that one, however little it says else.

    What its letters look like says less than a tag that came with it.
    """
    if len(models) < 2:
        return current
    having = [language for language, model in models.items() if model.knows(text)]
    if current in having or len(having) == 1:
        return current if current in having else having[0]
    if not by_letters:
        return current
    return likeliest(text, {name: model.letters for name, model in models.items() if model.letters}, current)


def _main(tag: str) -> str:
    return tag.casefold().partition("-")[0]
