"""What Greenroom recognises by itself, found by presence in `shared.entities.system`: one file each."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from shared.entities import system
from shared.entities.asked import Asked, Found
from shared.entities.reading import Reading
from shared.registry import modules_in

Recognise = Callable[[Reading, Asked], Iterator[Found]]


@lru_cache(maxsize=1)
def recognisers() -> Mapping[str, Recognise]:
    """By the name of their file."""
    return {module.__name__.rpartition(".")[2]: module.find for module in modules_in(system)}
