"""What a program hears from live about a text."""

from fastapi.testclient import TestClient

from tests.live_api.theatre import BOT, NAME, Trained, publish, release


def test_thin(client: TestClient, trained: Trained) -> None:
    moved = publish(client, trained, release(trained))
    answer = client.post(f"/v1/bots/{BOT}/classify", json={"text": "When is the next ferry?"})
    print(answer.text)
    assert answer.status_code == 200
    answer = client.post(f"/v1/bots/{NAME}/conversations/maud/messages", json={"text": "When is the next ferry?"})
    print(answer.status_code, answer.text)
    for path in (f"/v1/bots/{BOT}", f"/v1/bots/{BOT}/release", f"/v1/bots/{BOT}/messages", "/v1/bots", f"/v1/bots/{BOT}/conversations", f"/v1/bots/{BOT}/releases/log", "/readyz", "/v1/capabilities", "/openapi.json", "/docs", "/metrics"):
        answer = client.get(path)
        print(path, answer.status_code, answer.text[:300])
    assert 0
