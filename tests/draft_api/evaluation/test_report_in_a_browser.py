"""The report as it is looked at: on a telephone, in the dark, and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import PROGRAM, Tab, browser
from tests.draft_api.evaluation.pages import hostile_page

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(PROGRAM is None, reason="needs a chromium, and there is none on this machine"),
]
# Of the W3C: how far the white of the figure stands out from the card that it is on.
CONTRAST = """(() => {
  const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const card = getComputedStyle(document.querySelector('.first'))
  const [one, other] = [light(card.color), light(card.backgroundColor)]
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
})()"""
SMALLEST = """Math.min(...[...document.querySelectorAll('svg')]
  .map(picture => picture.getBoundingClientRect().width / picture.viewBox.baseVal.width))"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder: Path = tmp_path_factory.mktemp("report")
    page = folder / "report.html"
    page.write_text(hostile_page()[0], encoding="utf-8")
    with browser(folder) as opened:
        opened.open(page.as_uri())
        yield opened


def test_a_telephone_shows_all_of_its_width_and_pictures_that_can_be_read(tab: Tab) -> None:
    tab.ask("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=False)
    assert tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert tab.run(SMALLEST) >= 0.74


def test_the_figure_that_matters_most_can_be_read_in_the_dark(tab: Tab) -> None:
    tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 20)"
    assert tab.run(CONTRAST) > 4.5


def test_it_is_printed_with_its_colours_without_which_that_figure_is_white_on_white(tab: Tab) -> None:
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    tab.ask("Emulation.setEmulatedMedia", media="print", features=[dark])
    assert tab.run("getComputedStyle(document.body).color") == "rgb(23, 33, 28)"
    assert tab.run("getComputedStyle(document.querySelector('.first')).printColorAdjust") == "exact"


def test_what_people_wrote_does_nothing_there(tab: Tab) -> None:
    assert tab.run("document.querySelectorAll('script, img').length") == 0
    assert tab.said == []
