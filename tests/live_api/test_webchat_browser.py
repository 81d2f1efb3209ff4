"""The web chat in a real browser: on a site of another origin, typed into, tapped on, cut off and back again."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from services.live_api.app import live_app
from tests.browser import PROGRAM, Tab, browser
from tests.live_api.theatre import ADMIN, BOT, Live
from tests.live_api.webchat import MALICE, open_chat

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(PROGRAM is None, reason="needs a chromium, and there is none on this machine"),
]
LOG = "document.querySelector('.log').innerText"


@dataclass(frozen=True)
class Stage:
    """A live service on a port, and a site of another one that shows its chat."""

    live: str
    chat: str
    site: str
    stranger: str
    server: uvicorn.Server


class Site(BaseHTTPRequestHandler):
    chat = ""

    def do_GET(self) -> None:
        body = f"""<!doctype html><meta charset="utf-8"><title>Ferry & Co</title><body style="font-family:sans-serif">
            <h1>Ferries</h1><script src="{self.chat}/webchat.js" async></script>""".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        pass


def serve_site(chat: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ThisSite", (Site,), {"chat": chat}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("webchat")
    site, stranger = serve_site(""), serve_site("")
    live = Live.at(folder, f"sqlite:///{folder}/live.db")
    server = uvicorn.Server(uvicorn.Config(live_app(live.settings, live.own), port=0, log_config=None))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        time.sleep(0.05)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        path = open_chat(client, allowed_origins=[address(site)], colour="#22577a")  # type: ignore[arg-type]
    site.RequestHandlerClass.chat = stranger.RequestHandlerClass.chat = base + path  # type: ignore[attr-defined]
    yield Stage(base, base + path, address(site), address(stranger), server)
    server.should_exit = server.force_exit = True
    running.join()
    for each in (site, stranger):
        each.shutdown()


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    with browser(tmp_path) as opened:
        yield opened


def press(tab: Tab, title: str, origin: str | None = None) -> None:
    find = f"[...document.querySelectorAll('.log button')].filter(each => each.textContent === {title!r}).pop()"
    tab.until(f"{find} !== undefined", origin)
    tab.run(f"{find}.click()", origin)


def say(tab: Tab, text: str) -> None:
    tab.until("document.querySelector('textarea') !== null")
    tab.run("document.querySelector('textarea').focus()")
    tab.write(f"{text}\n")


def test_a_visitor_of_a_site_opens_the_chat_and_is_answered(stage: Stage, tab: Tab, tmp_path: Path) -> None:
    tab.open(stage.site)
    button = "document.querySelector('body > div').shadowRoot.querySelector('button')"
    tab.until(f"document.querySelector('body > div') !== null && {button}.style.background === 'rgb(34, 87, 122)'")
    assert tab.run(f"{button}.getAttribute('aria-expanded')") == "false"
    tab.run(f"{button}.click()")
    tab.until("document.querySelector('textarea') !== null", stage.live)
    tab.run("document.querySelector('textarea').focus()", stage.live)
    tab.write("hello\n")
    tab.until(f"{LOG}.includes('You said: hello')", stage.live)
    press(tab, "Board Aurora", stage.live)
    tab.until(f"{LOG}.includes('Welcome on board of the Aurora.')", stage.live)
    tab.picture(tmp_path / "site.png")
    tab.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))", stage.live)
    tab.until(f"{button}.getAttribute('aria-expanded') === 'false'")


def test_every_component_is_shown_and_no_text_becomes_markup(stage: Stage, tab: Tab, tmp_path: Path) -> None:
    tab.open(stage.chat)
    say(tab, MALICE)
    tab.until(f"{LOG}.includes('You said: <img src=x')")
    tab.until("document.querySelectorAll('.card').length === 2")
    tab.picture(tmp_path / "components.png")
    assert tab.run("document.title") == "Ferry & Co"
    assert tab.run("document.querySelectorAll('.bubble img, .bubble script, .card script').length") == 0
    assert tab.run("[...document.querySelectorAll('.log img')].map(each => each.src.split('/')[0])") == ["https:"] * 2
    assert tab.run("[...document.querySelectorAll('.log a')].map(each => [each.href, each.rel])") == [
        ["https://ferry.example/boats", "noopener noreferrer"]
    ]
    assert tab.run("document.querySelector('.log').getAttribute('role')") == "log"
    unnamed = "[...document.querySelectorAll('button, textarea')].filter(e => !(e.textContent || e.ariaLabel)).length"
    assert tab.run(unnamed) == 0
    press(tab, "Lost umbrella")
    tab.until(f"{LOG}.includes('We found seven.')")
    assert tab.run("document.querySelectorAll('.quick').length") == 0
    assert not [said for said in tab.said if "Content Security Policy" in said]


def test_a_page_that_is_opened_again_shows_what_was_said(stage: Stage, tab: Tab) -> None:
    tab.open(stage.chat)
    say(tab, "remember me")
    tab.until(f"{LOG}.includes('You said: remember me')")
    tab.open(stage.chat)
    tab.until(f"{LOG}.includes('You said: remember me')")
    assert tab.run("document.querySelectorAll('.bubble.user').length") == 1
    tab.run("localStorage.clear()")
    tab.open(stage.chat)
    say(tab, "a stranger")
    tab.until(f"{LOG}.includes('You said: a stranger')")
    assert "remember me" not in tab.run(LOG)


def test_what_is_written_without_a_connection_arrives_once_when_it_is_back(stage: Stage, tab: Tab) -> None:
    tab.open(stage.chat)
    say(tab, "before the tunnel")
    tab.until(f"{LOG}.includes('You said: before the tunnel')")
    tab.ask("Network.enable")
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    tab.ask("Network.emulateNetworkConditions", offline=True, **network)
    say(tab, "in the tunnel")
    tab.until("document.querySelectorAll('.pending').length === 1")
    tab.ask("Network.emulateNetworkConditions", offline=False, **network)
    tab.until("document.querySelectorAll('.pending').length === 0 && !document.querySelector('.typing')")
    assert tab.run("[...document.querySelectorAll('.bubble.user')].map(e => e.textContent)") == [
        "before the tunnel",
        "in the tunnel",
    ]
    assert tab.run(f"{LOG}.match(/Pardon/g).length") == 1


def test_a_site_that_is_not_named_cannot_show_the_chat(stage: Stage, tab: Tab) -> None:
    tab.open(stage.stranger)
    tab.until("document.querySelector('body > div') !== null")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not any("frame-ancestors" in said for said in tab.said):
        tab.run("0")
        time.sleep(0.1)
    assert any("frame-ancestors" in said for said in tab.said)
    assert tab.run("1", stage.live) is None


def test_a_chat_that_is_switched_off_says_so_and_opens_when_it_is_on_again(stage: Stage, tab: Tab) -> None:
    channel = stage.chat.split("/")[-2]
    with httpx2.Client(base_url=stage.live, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        switch = partial(client.patch, f"/v1/bots/{BOT}/channels/{channel}")
        assert switch(json={"enabled": False}).status_code == 200
        tab.open(stage.chat)
        tab.until("document.querySelector('.status').textContent.includes('closed')")
        assert switch(json={"enabled": True}).status_code == 200
    tab.until("document.querySelector('.status').textContent === ''")
