"""YAML that somebody sent: texts, lists and mappings, no tags, few aliases, none within what another names.

Every scalar is a text: `yes` is a word of users, and no switch.
"""

from typing import Any

import yaml  # type: ignore[import-untyped]

from shared.errors import InvalidError

MOST_ALIASES, DEEPEST, MOST_NODES = 100, 64, 1_000_000


def read_yaml(data: bytes, name: str) -> Any:
    """None for an empty file. Raises InvalidError `yaml_invalid`, which names the file."""
    try:
        text = data.decode("utf-8-sig")
        _refuse_odd(text)
        return yaml.load(text, Loader=yaml.CBaseLoader)
    except UnicodeDecodeError:
        raise InvalidError("yaml_invalid", f"{name} is not UTF-8.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:300]
        raise InvalidError("yaml_invalid", f"{name} cannot be read: {why}") from None


def _refuse_odd(text: str) -> None:
    """Looks at what the text holds before anything is made of it. Raises ValueError."""
    aliases = depth = nodes = 0
    # Which of the collections that are open has a name; an alias within one would grow with every use of it.
    named: list[bool] = []
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MOST_ALIASES or any(named):
                raise ValueError("it has too many aliases, or aliases within what an alias stands for")
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            if getattr(event, "tag", None):
                raise ValueError(f"tags are not accepted ({event.tag})")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            named.append(event.anchor is not None)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            named.pop()
        if depth > DEEPEST or nodes > MOST_NODES:
            raise ValueError("it is too deep, or has too many parts")
