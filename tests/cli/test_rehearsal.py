"""How the demo marks what the sample bot answered."""

from cli.rehearsal import HeldOut, held_out, mark, passenger_lines


def understood(name: str) -> dict:
    return {"intent": {"id": f"int_{name}", "name": name}}


def test_a_right_intent_counts_and_so_does_leaving_a_strange_sentence_alone():
    sentences = [HeldOut("hi", "greeting"), HeldOut("bye", "goodbye"), HeldOut("bake bread", ""), HeldOut("1 + 1", "")]
    nothing = {"intent": None}
    marks = mark(sentences, [understood("greeting"), nothing, nothing, understood("greeting")])
    assert (marks.right, marks.meant, marks.left_alone, marks.strange) == (1, 2, 1, 2)
    assert marks.accuracy == 0.5


def test_the_sample_has_sentences_and_a_conversation():
    assert len(held_out()) >= 50
    assert len(passenger_lines()) >= 3
