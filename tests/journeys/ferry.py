"""A small bot that the journeys share: three intents, nine expressions, two blocks."""

from typing import Any

CSV = "text,intent\n" + "\n".join(
    f"{text},{intent}"
    for intent, texts in {
        "ferry_times": ("when is the next ferry", "ferry schedule please", "what time does the boat leave"),
        "ticket_price": ("how much is a ticket", "price of a return", "what does the crossing cost"),
        "lost_umbrella": ("i lost my umbrella", "left my umbrella on board", "have you found an umbrella"),
    }.items()
    for text in texts
)
MORE = "text,intent\nis there a late boat tonight,ferry_times\n"
FLOWS: list[dict[str, Any]] = [
    {
        "id": "quay",
        "name": "Quay",
        "blocks": [
            {"id": "times", "kind": "message", "intent": "ferry_times", "messages": [{"text": "Every hour."}]},
            {"id": "sorry", "kind": "message", "system": "not_understood", "messages": [{"text": "Pardon?"}]},
        ],
    }
]
