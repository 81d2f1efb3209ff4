"""Two releases of a bot in one memory."""

from shared.brain import build_brain
from shared.contracts import BotIdentity, BotSettings, Flow, Release
from shared.nlp.model import SharedParts


def bakery(bread: str, cake: str) -> Release:
    def flow(name: str, text: str) -> Flow:
        return Flow(id=name, name=name, blocks=({"id": name, "kind": "message", "messages": [{"text": text}]},))

    return Release(
        bot=BotIdentity(id="bot_bakery", name="Bakery"),
        settings=BotSettings(),
        languages=("en",),
        intents=(),
        flows={"bread": flow("bread", bread), "cake": flow("cake", cake)},
    )


def test_a_release_holds_no_copy_of_what_the_one_before_holds() -> None:
    """A live process holds dozens of them, and most of their flows never change."""
    monday = build_brain(bakery("Rye.", "Plum."), {}.__getitem__, SharedParts())
    tuesday = build_brain(bakery("Rye.", "Cherry."), {}.__getitem__, SharedParts(), like=monday)
    assert tuesday.release.flows["bread"] is monday.release.flows["bread"]
    assert tuesday.release == bakery("Rye.", "Cherry.")
    assert tuesday.digest == tuesday.release.digest == bakery("Rye.", "Cherry.").digest
