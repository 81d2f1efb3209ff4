"""Two versions of a bot side by side: what is the same in both is read once."""

from shared.contracts import Flow
from shared.flows.dialogue import Dialogue


def bakery(bread: str, cake: str) -> dict[str, Flow]:
    def flow(name: str, text: str) -> Flow:
        return Flow(id=name, name=name, blocks=({"id": name, "kind": "message", "messages": [{"text": text}]},))

    return {"bread": flow("bread", bread), "cake": flow("cake", cake)}


def test_a_flow_that_did_not_change_is_shared_with_the_version_before() -> None:
    monday = Dialogue.of(bakery("Rye.", "Plum."), ("en",), {})
    tuesday = Dialogue.of(bakery("Rye.", "Cherry."), ("en",), {}, like=monday)
    assert tuesday.at("bread") is monday.at("bread")
    assert tuesday.at("cake") != monday.at("cake")


def test_what_is_shared_answers_like_what_was_read_anew() -> None:
    monday = Dialogue.of(bakery("Rye.", "Plum."), ("en",), {})
    anew, shared = (Dialogue.of(bakery("Rye.", "Cherry."), ("nl", "en"), {}, like=like) for like in (None, monday))
    assert anew == shared


def test_a_flow_that_is_gone_is_gone_although_the_version_before_had_it() -> None:
    monday = Dialogue.of(bakery("Rye.", "Plum."), ("en",), {})
    tuesday = Dialogue.of({"bread": bakery("Rye.", "")["bread"]}, ("en",), {}, like=monday)
    assert tuesday.at("cake") == "not_understood"
    assert [here.block.id for here in tuesday.placed] == ["bread"]


def test_what_python_takes_for_equal_but_json_does_not_is_read_anew() -> None:
    def till(paid: object) -> dict[str, Flow]:
        reply = {"title": "Paid", "next": "till", "variables": {"paid": paid}}
        block = {"id": "till", "kind": "message", "messages": [{"text": "Paid?", "quick_replies": [reply]}]}
        return {"till": Flow(id="till", name="till", blocks=(block,))}

    monday = Dialogue.of(till(1), ("en",), {})
    tuesday = Dialogue.of(till(True), ("en",), {}, like=monday)
    (choice,) = tuesday.by_payload.values()
    assert choice.variables["paid"] is True
