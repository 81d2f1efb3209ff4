"""A real browser without a window, spoken to over the DevTools protocol: one tab, what it says, how it looks."""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--window-size=900,760",
)  # fmt: skip
_PATIENCE_SECONDS = 30


class Tab:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._numbers = connection, itertools.count(1)
        self.contexts: dict[int, str] = {}
        self.said: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._connection.recv(timeout=_PATIENCE_SECONDS))
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                found: dict[str, Any] = told["result"]
                return found
            self._note(told.get("method"), told.get("params", {}))

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.executionContextCreated":
            self.contexts[params["context"]["id"]] = params["context"]["origin"]
        elif method == "Runtime.executionContextDestroyed":
            self.contexts.pop(params["executionContextId"], None)
        elif method == "Runtime.executionContextsCleared":
            self.contexts.clear()
        elif method == "Log.entryAdded":
            self.said.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(str(params["exceptionDetails"]))

    def open(self, url: str) -> None:
        self.ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str, origin: str | None = None) -> Any:
        """The value of an expression, in the frame of an `origin` where one is named."""
        here = {}
        if origin is not None:
            # Told of meanwhile.
            self.ask("Runtime.evaluate", expression="0")
            inside = [number for number, known in self.contexts.items() if known == origin]
            if not inside:
                return None
            here = {"contextId": inside[-1]}
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, **here)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, script: str, origin: str | None = None) -> Any:
        """Waits for an expression to be true, and gives what it is."""
        patience = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < patience:
            found = self.run(script, origin)
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"never true: {script}; the page said {self.said}")

    def write(self, text: str) -> None:
        """As if typed into what has the focus; a line break presses Enter."""
        for part in text.partition("\n"):
            if part == "\n":
                key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
                self.ask("Input.dispatchKeyEvent", type="keyDown", **key)
                self.ask("Input.dispatchKeyEvent", type="keyUp", **key)
            elif part:
                self.ask("Input.insertText", text=part)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """A browser with nothing in it, gone afterwards."""
    assert PROGRAM is not None
    profile = folder / "profile"
    command = [PROGRAM, *_QUIET, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            with connect(_first_tab(profile), max_size=None) as connection:
                yield Tab(connection)
        finally:
            process.terminate()
            process.wait(20)


def _first_tab(profile: Path) -> str:
    """Where the browser's one tab is spoken to."""
    from urllib.request import urlopen

    told = profile / "DevToolsActivePort"
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        if told.exists() and told.read_text().count("\n"):
            port = told.read_text().split("\n")[0]
            with urlopen(f"http://127.0.0.1:{port}/json") as listed:
                pages = [each for each in json.load(listed) if each["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise AssertionError("the browser did not start")
