"""The board of the start page in a real browser: with a key and without, while bots are published and services go."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.browser import PROGRAM, Tab, browser
from tests.house import ADMIN, House, Neighbour
from tests.publisher.conftest import Cafe, says

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(PROGRAM is None, reason="needs a chromium, and there is none on this machine"),
]
HOSTILE = "<img src=x onerror=\"document.title = 'owned'\"><script>document.title = 'owned'</script>"
CARDS = "[...document.querySelectorAll('.card')]"
REFUSED = "document.getElementById('refused').textContent"


@contextmanager
def at_an_address(home: House) -> Iterator[str]:
    """The publisher of a house that has started already, on a port."""
    server = uvicorn.Server(uvicorn.Config(home.publisher.app, port=0, log_config=None, lifespan="off"))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = server.force_exit = True
    running.join()


@pytest.fixture
def page(at_home: House) -> Iterator[str]:
    with at_an_address(at_home) as address:
        yield address


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    with browser(tmp_path) as opened:
        yield opened


def enter(tab: Tab, page: str, key: str = ADMIN) -> None:
    tab.open(page)
    tab.run("document.getElementById('key').focus()")
    tab.write(f"{key}\n")


def card_of(name: str) -> str:
    return f"{CARDS}.find(card => card.querySelector('bdi').textContent === {name!r})"


def shows(tab: Tab, name: str, *texts: str) -> str:
    """What the card of a bot says, once it says these."""
    card = card_of(name)
    told = " && ".join([f"{card}", *(f"{card}.innerText.includes({text!r})" for text in texts)])
    tab.until(told)
    return str(tab.run(f"{card}.innerText"))


def ask_again(tab: Tab) -> None:
    """As if five minutes had passed."""
    tab.run("(() => { const now = Date.now; Date.now = () => now() + 300_000; })()")


def test_who_enters_a_key_sees_what_is_live_and_what_is_not(at_home: House, cafe: Cafe, page: str, tab: Tab) -> None:
    assert at_home.draft.post("/v1/bots", json={"name": HOSTILE}).status_code == 201
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    cafe.flow("bar", says("tea", "Tea at four."))
    enter(tab, page)
    told = shows(tab, "Harbour Café", "Release 1", "by admin", "1 flow", "Unpublished")
    assert "changes" in told
    shows(tab, HOSTILE, "Never published")
    assert tab.run("document.title") == "Greenroom"
    assert tab.run("document.querySelectorAll('#board img, #board script').length") == 0
    assert tab.run("location.href") == page
    kept = "[Object.values(sessionStorage), Object.values(localStorage), document.cookie]"
    assert tab.run(kept) == [[ADMIN], [], ""]
    assert tab.run("document.getElementById('enter').checkVisibility()") is False
    assert not tab.said
    tab.open(page)
    shows(tab, "Harbour Café", "Release 1")
    tab.run("document.getElementById('leave').click()")
    assert tab.run("sessionStorage.length") == 0
    assert tab.run(f"{CARDS}.length") == 0
    assert tab.run("document.activeElement.id") == "key"


def test_a_key_that_is_none_is_forgotten_and_the_publishers_word_shown(cafe: Cafe, page: str, tab: Tab) -> None:
    enter(tab, page, "not-a-key")
    tab.until(f"{REFUSED}.includes('Send a key of this service')")
    assert tab.run("sessionStorage.length") == 0
    enter(tab, page, "schlüssel")
    tab.until(f"{REFUSED}.includes('This is not a key')")


def test_a_publication_is_followed_until_it_is_live(
    at_home: House, cafe: Cafe, page: str, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still until the page has shown it."""
    jobs = at_home.publisher.app.state.bridge.jobs
    held: list[str] = []
    start = jobs.start
    monkeypatch.setattr(jobs, "start", lambda _kind, job: held.append(job))
    cafe.flow("menu", says("soup", "Leek soup.", intent="soup"))
    body = {"mode": "full", "notes": "Leek for pea"}
    assert at_home.publisher.post(f"/v1/bots/{cafe.id}/publications", json=body).status_code == 202
    enter(tab, page)
    shows(tab, "Harbour Café", "Publishing", "queued, 0 %", "full to live, by admin")
    progress = f"{card_of('Harbour Café')}.querySelector('progress')"
    assert tab.run(f"[{progress}.value, {progress}.getAttribute('aria-label')]") == [0, "Publication to live"]
    start("publication", held[0])
    told = shows(tab, "Harbour Café", "Release 2", "Leek for pea", "Nothing unpublished", "As draft")
    assert "Publishing" not in told


def test_a_refusal_is_shown_with_its_reason(at_home: House, cafe: Cafe, page: str, tab: Tab) -> None:
    cafe.learns(cafe.soup, "is there gazpacho")
    assert at_home.refused(cafe.id) == ["nlp_stale"]
    enter(tab, page)
    shows(tab, "Harbour Café", "Refused", "Last try", "was trained, then edited")
    case = {"text": "soup of the day", "intent": cafe.ferry}
    assert at_home.draft.put(f"/v1/bots/{cafe.id}/cases/soup", json=case).status_code == 200
    ended = at_home.publish(cafe.id, train="if_needed")
    assert ended["status"] == "refused"
    ask_again(tab)
    reason = next(finding["message"] for finding in ended["findings"] if finding["severity"] == "blocker")
    assert "was trained, then edited" not in shows(tab, "Harbour Café", "Refused", reason)


def test_edits_of_live_and_a_rehearsal_are_shown(at_home: House, cafe: Cafe, page: str, tab: Tab) -> None:
    edit = {"name": "Menu", "blocks": [says("soup", "Closed today.", intent="soup")]}
    path = f"/v1/bots/{cafe.id}/flows/menu"
    assert at_home.live.put(path, json=edit, headers={"Live-Edit": "confirmed"}).status_code == 200
    assert at_home.publish(cafe.id, target="preview")["release"] == 1
    enter(tab, page)
    shows(tab, "Harbour Café", "Edited in live", "flow 'Menu' (release 2, by admin)", "Preview\nRelease 1")


def test_while_services_are_away_what_is_known_stays_and_the_reason_is_told(
    at_home: House, cafe: Cafe, page: str, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(tab, page)
    shows(tab, "Harbour Café", "As draft")
    request, away = Neighbour.request, [at_home.draft.app]

    def cut_off(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
        if self.app in away:
            raise httpx.ConnectError("cut off")
        return request(self, method, url, **asked)

    monkeypatch.setattr(Neighbour, "request", cut_off)
    ask_again(tab)
    shows(tab, "Harbour Café", "Release 1", "The draft service is away: cut off. Shown as of")
    tab.until("document.getElementById('told').textContent.includes('These are the bots that live serves.')")
    away.clear()
    ask_again(tab)
    tab.until(f"!{card_of('Harbour Café')}.innerText.includes('away')")
    shows(tab, "Harbour Café", "As draft", "Nothing unpublished")
    tab.until("document.getElementById('told').textContent === '1 bot.'")


@pytest.fixture
def asked(at_home: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often draft and live were asked for anything."""
    count: list[str] = []
    request = Neighbour.request

    def counting(self: Neighbour, method: str, url: Any, **asked: Any) -> Any:
        count.append(str(url))
        return request(self, method, url, **asked)

    monkeypatch.setattr(Neighbour, "request", counting)
    return lambda: len(count)


def test_a_long_list_comes_in_pages_and_only_bots_that_are_looked_at_are_asked_for(
    at_home: House, cafe: Cafe, page: str, tab: Tab
) -> None:
    for number in range(30):
        assert at_home.draft.post("/v1/bots", json={"name": f"Branch {number:02}"}).status_code == 201
    enter(tab, page)
    shows(tab, "Branch 00", "Never published")
    assert tab.run(f"{CARDS}.length") == 24
    tab.run("document.getElementById('more').click()")
    tab.until(f"{CARDS}.length === 31 && document.getElementById('more').hidden")
    assert tab.run(f"{CARDS}.pop().innerText").split() == ["Harbour", "Café", "Looking…"]
    tab.run(f"{CARDS}.pop().scrollIntoView()")
    shows(tab, "Harbour Café", "Release 1")
    skipped = "[...document.querySelectorAll('.card.waiting')].length"
    assert tab.run(skipped) > 0


def test_a_page_that_nobody_sees_asks_nothing(cafe: Cafe, page: str, tab: Tab, asked: Callable[[], int]) -> None:
    enter(tab, page)
    shows(tab, "Harbour Café", "As draft")
    tab.until("performance.getEntriesByType('resource').filter(each => each.name.includes('/v1/')).length >= 5")
    tab.run("Object.defineProperty(document, 'hidden', {get: () => !window.looked, configurable: true})")
    before = asked()
    ask_again(tab)
    tab.run("new Promise(done => setTimeout(done, 1500))")
    assert asked() == before
    tab.run("window.looked = true; document.dispatchEvent(new Event('visibilitychange'))")
    tab.until("performance.getEntriesByType('resource').filter(each => each.name.includes('/v1/')).length >= 10")
    assert asked() > before
