"""What was found in another platform's export, in our words, and what could not be carried over. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, count
from typing import Any

from pydantic import ValidationError

from services.draft_api.foreign.export import Export, NotCarried
from services.draft_api.nlp_import import Parsed, RefusedLine, Row, read_row, shown
from services.draft_api.wording import MAX_NAME
from shared.entities.document import LONGEST_TEXT, Entity, check_entity
from shared.entities.reading import spellings
from shared.errors import GreenroomError, InvalidError
from shared.flows.block import parse_blocks
from shared.paths import leads_elsewhere

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MOST_LANGUAGES, _MOST_BLOCKS, _MOST_VARIABLES = 50, 2_000, 500
_SHOWN_NAMES = 20
# What is left of an id that gets a number behind it.
_STEM = 190
_CLAIMS = {"intent": "trigger", "system": "role"}
_UNMATCHABLE = f"a value has letters or digits, and up to {LONGEST_TEXT} characters"


@dataclass
class Harvest:
    """Filled by a reader of one format, then turned into an Export."""

    format: str
    _languages: dict[str, None] = field(default_factory=dict)
    _intents: dict[str, None] = field(default_factory=dict)
    _parsed: list[Parsed] = field(default_factory=list)
    _values: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)
    _patterns: dict[str, list[str]] = field(default_factory=dict)
    _systems: dict[str, None] = field(default_factory=dict)
    _timezone: str = ""
    _blocks: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _variables: dict[str, None] = field(default_factory=dict)
    _lost: dict[NotCarried, None] = field(default_factory=dict)

    def speak(self, language: str) -> None:
        if _LANGUAGE.fullmatch(language) and len(self._languages) < _MOST_LANGUAGES:
            self._languages.setdefault(language)
        elif language not in self._languages:
            self.lose(f"language {language[:50]}", "it is no tag of a language, or there are too many of them")

    def intent(self, name: str) -> str:
        trimmed = name.strip()
        self._intents.setdefault(trimmed)
        return trimmed

    def expression(self, text: str, intent: str, language: str | None) -> None:
        number = len(self._parsed) + 1
        found = read_row(number, {"text": text, "intent": intent, **({"language": language} if language else {})})
        if isinstance(found, Row):
            self._intents.setdefault(found.intent)
        else:
            found = RefusedLine(number, found.code, f"{shown(text, intent)}: {found.detail}")
        self._parsed.append(found)

    def value(self, entity: str, value: str, synonyms: Iterable[str] = ()) -> None:
        kept = self._values.setdefault(entity, {}).setdefault(value, {})
        kept.update(dict.fromkeys(synonym for synonym in synonyms if synonym != value))

    def replace(self, entity: str, value: str, synonyms: Iterable[str]) -> None:
        """What was a value of its own and is a synonym of another goes to that one."""
        values = self._values.setdefault(entity, {})
        swallowed = [name for name in synonyms if name in values and name != value]
        also = [text for name in swallowed for text in values.pop(name)]
        self.value(entity, value, [*synonyms, *also])

    def values_of(self, entity: str) -> Mapping[str, Mapping[str, None]]:
        return self._values.get(entity, {})

    @property
    def entity_names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def pattern(self, entity: str, pattern: str) -> None:
        self._patterns.setdefault(entity, []).append(pattern)

    def system(self, kind: str) -> None:
        self._systems.setdefault(kind)

    def timezone(self, zone: str) -> None:
        """Where dates are told, if any are."""
        self._timezone = zone

    def variable(self, name: str) -> None:
        if len(self._variables) < _MOST_VARIABLES or name in self._variables:
            self._variables.setdefault(name)
        else:
            self.lose(f"variable {name}", f"a flow has up to {_MOST_VARIABLES}: give it to the bot")

    def block(self, block: Mapping[str, Any]) -> None:
        """Left out, and said so, where it is not what a block can be. Its id is another where that one is taken."""
        if len(self._blocks) == _MOST_BLOCKS:
            self.lose("responses", f"a flow holds up to {_MOST_BLOCKS} blocks")
            return
        named = {**block, "id": self._free_id(block["id"])}
        if "intent" in block:
            named["intent"] = block["intent"].strip()
        try:
            parse_blocks([named])
        except GreenroomError as error:
            self.lose(f"response {named['id']}", error.detail)
            return
        self._blocks[named["id"]] = named

    def _free_id(self, wanted: str) -> str:
        """Names that differ may make one id ("order pizza", "order_pizza"): the second is numbered."""
        numbered = (f"{wanted[:_STEM]}_{number}" for number in count(2))
        return next(name for name in chain((wanted,), numbered) if name not in self._blocks)

    def lose(self, what: str, why: str) -> None:
        self._lost.setdefault(NotCarried(what, why))

    def lose_all(self, kind: str, names: Iterable[str], why: str) -> None:
        """Many of a kind in one line."""
        told = sorted(set(names))
        more = f" and {len(told) - _SHOWN_NAMES} more" if len(told) > _SHOWN_NAMES else ""
        if told:
            self.lose(f"{kind}: {', '.join(told[:_SHOWN_NAMES])}{more}", why)

    def export(self) -> Export:
        if self._timezone and "date" not in self._systems:
            self.lose(f"time zone {self._timezone[:50]}", "no date is used: give it to an entity that is a date")
        entities = dict(self._entities())
        intents = {name: None for name in self._intents if self._named_well("intent", name)}
        return Export(
            format=self.format,
            languages=tuple(self._languages),
            intents=tuple(intents),
            parsed=tuple(self._parsed),
            entities=entities,
            blocks=tuple(self._settled(intents)),
            variables=tuple(self._variables),
            not_carried=(*self._without_examples(), *self._lost),
        )

    def _without_examples(self) -> Iterator[NotCarried]:
        """The first to be read where it is so: somebody may have sent half of a project."""
        if not self._parsed:
            yield NotCarried("training data", "none was found: nothing is understood before intents have expressions")

    def _settled(self, intents: Mapping[str, None]) -> Iterator[Mapping[str, Any]]:
        """An intent that is not there is lost; one that is, and a role, go to the first block that it is told of."""
        taken: set[tuple[str, str]] = set()
        for block in self._blocks.values():
            lost = {key for key in _CLAIMS if key in block and self._is_lost(key, block, intents, taken)}
            yield {key: value for key, value in block.items() if key not in lost}

    def _is_lost(
        self, key: str, block: Mapping[str, Any], intents: Mapping[str, None], taken: set[tuple[str, str]]
    ) -> bool:
        claim = key, str(block[key])
        if key == "intent" and claim[1] not in intents:
            why = "the export has no such intent"
        elif key == "intent" and block.get("required_contexts"):
            return False
        elif claim in taken:
            why = "another block has it"
        else:
            taken.add(claim)
            return False
        self.lose(f"{_CLAIMS[key]} of {block['id']}: {claim[1]}", why)
        return True

    def _entities(self) -> Iterator[tuple[str, Entity]]:
        own = dict.fromkeys((*self._patterns, *self._values))
        for name in own:
            yield from self._checked(name, partial(self._entity, name))
        for kind in self._systems:
            # The export may have a "date" of its own.
            yield from self._checked(f"sys_{kind}" if kind in own else kind, partial(self._system, kind))

    def _checked(self, name: str, make: Callable[[], Entity]) -> Iterator[tuple[str, Entity]]:
        if not self._named_well("entity", name):
            return
        try:
            found = make()
            check_entity(name, found)
            yield name, found
        except ValidationError as error:
            self.lose(f"entity {name}", error.errors()[0]["msg"])
        except GreenroomError as error:
            self.lose(f"entity {name}", error.detail)

    def _entity(self, name: str) -> Entity:
        if name in self._patterns:
            if name in self._values:
                self.lose(f"values of entity {name}", "it has a pattern: make another entity of its values")
            patterns = list(dict.fromkeys(self._patterns[name]))
            return Entity(kind="match", pattern=patterns[0] if len(patterns) == 1 else _either(patterns))
        values = [{"value": value, "synonyms": also} for value, also in self._told_apart(name).items()]
        if not values:
            raise InvalidError("invalid_entity", "none of its values can be carried over")
        return Entity.model_validate({"kind": "match", "values": values})

    def _system(self, kind: str) -> Entity:
        found = Entity.model_validate({"kind": "system", "system": kind})
        if kind != "date" or not self._timezone:
            return found
        zoned = found.model_copy(update={"timezone": self._timezone})
        try:
            check_entity(kind, zoned)
        except GreenroomError as error:
            self.lose(f"time zone {self._timezone[:50]}", error.detail)
            return found
        return zoned

    def _told_apart(self, name: str) -> dict[str, list[str]]:
        """Values that are said alike ("visa", "Visa") are one; a synonym of two values stays the first one's."""
        owner: dict[tuple[str, ...], str] = {}
        kept: dict[str, list[str]] = {}
        for value, also in self._values[name].items():
            mine = next((owner[s] for s in spellings(value) if s in owner), value)
            if not _is_matchable(value):
                self.lose(f"value {value[:50]!r} of entity {name}", _UNMATCHABLE)
                continue
            for text in (value, *also):
                if not _is_matchable(text):
                    self.lose(f"{text[:50]!r} of entity {name}", _UNMATCHABLE)
                    continue
                if any(owner.get(s, mine) != mine for s in spellings(text)):
                    self.lose(f"{text} of entity {name}", f"it stands for another value than {mine} already")
                    continue
                fresh = [s for s in spellings(text) if s not in owner]
                owner |= dict.fromkeys(fresh, mine)
                kept.setdefault(mine, []).extend([text] if fresh and text != mine else [])
        return kept

    def _named_well(self, kind: str, name: str) -> bool:
        if 0 < len(name) <= MAX_NAME and name.isprintable() and not leads_elsewhere(name):
            return True
        why = f"a name is printable, has up to {MAX_NAME} characters, and is neither `.` nor `..`"
        self.lose(f"{kind} {name[:50]!r}", why)
        return False


def _is_matchable(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and bool(spellings(text))


def _either(patterns: Iterable[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)
