"""Documents that were read lately: they never change, and to read a large one takes longer than what it is read for."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Document = TypeVar("Document")


class Lately(Generic[Document]):
    """The last `most` documents, by name."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Document | None:
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: str, document: Document) -> Document:
        with self._lock:
            self._kept[name] = document
            self._kept.move_to_end(name)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return document
