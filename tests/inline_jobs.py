"""Jobs in threads of this process, for tests that hold several services in one. Passes the jobs contract."""

import threading

from shared.jobs import Run


class InlineJobs:
    def __init__(self) -> None:
        self._kinds: dict[str, Run] = {}
        self._known: set[tuple[str, str]] = set()
        self._threads: list[threading.Thread] = []

    def launch(self, kinds: dict[str, Run]) -> None:
        self._kinds = kinds

    def start(self, kind: str, job: str) -> None:
        if (kind, job) in self._known:
            return
        self._known.add((kind, job))
        thread = threading.Thread(target=self._kinds[kind], args=(job,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        for thread in self._threads:
            thread.join(timeout=30)
