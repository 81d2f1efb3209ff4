"""Names in paths, as clients make them."""

import httpx
import pytest

from shared.paths import joined_path, leads_elsewhere


@pytest.mark.parametrize("name", ["..", ".", "faq/..", "../keys", "a/./b"])
def test_dots_between_slashes_lead_elsewhere(name: str) -> None:
    assert leads_elsewhere(name)


@pytest.mark.parametrize("name", ["...", "v1.5", "faq/ask_price", "a..b", "", "/"])
def test_other_dots_and_slashes_are_part_of_a_name(name: str) -> None:
    assert not leads_elsewhere(name)


@pytest.mark.parametrize("name", ["..", ".", "faq/ask", "a?b#c;d%", "Zoë"])
def test_a_client_takes_no_part_of_a_path_out_of_it(name: str) -> None:
    asked = httpx.Client(base_url="http://draft").build_request("DELETE", f"/v1/{joined_path(('cases', name))}")
    assert asked.url.raw_path.startswith(b"/v1/cases/")
    assert asked.url.raw_path.count(b"/") == 3
