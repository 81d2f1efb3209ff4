"""What a URL says and what an address is: what could lead inside is refused, what is out in the world is not."""

import pytest

from shared.destinations import ForbiddenUrlError, Rules, check_template, parse_url, rules_of
from shared.errors import MisconfiguredError
from tests.shared import targets

NOTHING_ALLOWED = Rules()


def forbidden(url: str, rules: Rules = NOTHING_ALLOWED) -> bool:
    try:
        rules.check(parse_url(url))
    except ForbiddenUrlError:
        return True
    return False


def test_there_are_enough_targets_to_speak_of() -> None:
    assert len(targets.urls(80)) >= 120
    assert len(targets.addresses()) >= 120


@pytest.mark.parametrize("port", [80, 443])
def test_no_spelling_of_a_host_inside_passes(port: int) -> None:
    assert [url for url in targets.urls(port) if not forbidden(url)] == []


def test_no_address_inside_passes() -> None:
    here = parse_url("http://pier.example/")
    for text in targets.addresses():
        host = f"[{text}]" if ":" in text else text
        assert forbidden(f"https://{host}/"), text
        with pytest.raises(ForbiddenUrlError):
            NOTHING_ALLOWED.check_address(parse_url(f"http://{host}/").address or pytest.fail(text), here)


@pytest.mark.parametrize("port", targets.PORTS)
def test_only_two_ports_are_called_out_in_the_world(port: int) -> None:
    assert forbidden(f"https://api.example.com:{port}/")
    assert forbidden(f"https://93.184.216.34:{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTPS://EXAMPLE.COM/",
        "http://example.com:443/a?b=c&d={e}#f",
        "http://8.8.8.8/",
        "http://1.1.1.1:80",
        "https://[2606:4700:4700::1111]/",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/ü?q=ü",
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://localhost.example.com/",
        "https://a.b.c.d.e.example.co.uk./",
        "http://0x7f.com/",
    ],
)
def test_what_is_out_in_the_world_may_be_called(url: str) -> None:
    assert not forbidden(url)


def test_a_url_is_sent_as_it_was_read() -> None:
    there = parse_url("HTTP://Bücher.Example:8080/grüße?q=a b#top".replace(" ", "%20"))
    assert there.url == "http://xn--bcher-kva.example:8080/gr%C3%BC%C3%9Fe?q=a%20b"
    assert parse_url("https://example.com?x=1").url == "https://example.com/?x=1"
    assert parse_url("http://[2606:4700::1]:8080/").authority == "[2606:4700::1]:8080"


ALLOWED = rules_of("10.1.2.3:9000 10.2.0.0/16, desk.internal; ".replace(";", ""), "")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://10.1.2.3:9000/", True),
        ("http://10.1.2.3/", False),
        ("http://10.1.2.4:9000/", False),
        ("http://10.2.200.1:1234/", True),
        ("http://10.3.0.1/", False),
        ("http://desk.internal:8080/", True),
        ("http://[::ffff:10.2.0.1]/", False),
    ],
)
def test_what_is_allowed_by_name_or_address_may_be_called(url: str, allowed: bool) -> None:
    assert forbidden(url, ALLOWED) is not allowed


def test_localhost_is_as_good_as_its_address() -> None:
    assert not forbidden("http://localhost:9000/", rules_of("127.0.0.1", ""))
    assert forbidden("http://localhost:9000/", rules_of("127.0.0.1:9001", ""))


@pytest.mark.parametrize(
    "entry", ["127.0.0.1:9000", "http://127.0.0.1:9000/", "127.0.0.1", "127.0.0.0/8", "127.0.0.0/8:9000"]
)
def test_an_entry_may_be_written_in_several_ways(entry: str) -> None:
    rules = rules_of(entry, "")
    assert not forbidden("http://127.0.0.1:9000/", rules)
    assert forbidden("http://127.0.0.1:9001/", rules) is entry.endswith(("9000", "9000/"))


def test_what_is_denied_is_denied_although_public_or_allowed() -> None:
    rules = rules_of("10.0.0.0/8", "10.9.0.0/16 greenroom.example.com 93.184.216.0/24")
    for url in ("http://10.9.1.1/", "https://greenroom.example.com/", "https://live.greenroom.example.com/"):
        assert forbidden(url, rules), url
    assert forbidden("http://93.184.216.34/", rules)
    assert not forbidden("https://notgreenroom.example.com/", rules)


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "http://", "a b@c", "10.0.0.1:port", "[::1", "*.example.com"])
def test_a_list_with_a_mistake_in_it_stops_the_start(entry: str) -> None:
    with pytest.raises(MisconfiguredError, match="GREENROOM_EGRESS_ALLOW"):
        rules_of(entry, "")


@pytest.mark.parametrize(
    ("template", "refused"),
    [
        ("https://api.example.com/orders/{{ order }}?x={{ y | upper }}", False),
        ("https://{{ env.desk }}/orders", False),
        ("{{ env.desk }}/orders", False),
        ("http://127.0.0.1/{{ order }}", True),
        ("http://localhost:{{ port }}/", False),
        ("file:///{{ order }}", True),
        ("gopher://{{ host }}/", True),
        ("orders/{{ order }}", True),
    ],
)
def test_of_a_template_what_is_plain_is_judged_at_once(template: str, refused: bool) -> None:
    if not refused:
        check_template(template, NOTHING_ALLOWED)
        return
    with pytest.raises(ForbiddenUrlError):
        check_template(template, NOTHING_ALLOWED)
