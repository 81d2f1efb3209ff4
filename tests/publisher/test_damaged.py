"""Live's disk has rotted under a release: whoever publishes it again mends it, and nobody is locked out (R5, P18)."""

from pathlib import Path

from tests.house import house
from tests.publisher.conftest import Cafe, says


def rot(stored: Path) -> None:
    """Every file of a model that live keeps, in one bit."""
    for path in stored.rglob("*"):
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)


def test_a_release_that_live_cannot_load_is_told_of_and_mended_by_publishing_it_again(tmp_path: Path) -> None:
    with house(tmp_path) as opened:
        cafe = Cafe(opened)
        cafe.flow("menu", says("soup", "Pea soup.", intent="soup"))
        opened.train(cafe.id)
        assert opened.publish(cafe.id)["status"] == "live"
    rot(tmp_path / "live" / "artifacts")
    with house(tmp_path) as opened:
        asked = {"text": "what soup is there"}
        assert opened.live.post(f"/v1/bots/{cafe.id}/classify", json=asked).status_code == 503
        status = opened.publisher.get(f"/v1/bots/{cafe.id}/status").json()
        assert "release_unavailable" in {finding["code"] for finding in status["findings"]}
        assert opened.publish(cafe.id)["status"] == "live"
        assert opened.live.post(f"/v1/bots/{cafe.id}/classify", json=asked).status_code == 200
        status = opened.publisher.get(f"/v1/bots/{cafe.id}/status").json()
        assert "release_unavailable" not in {finding["code"] for finding in status["findings"]}
