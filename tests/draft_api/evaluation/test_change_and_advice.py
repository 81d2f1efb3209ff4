"""What a training changed, and what to do next."""

import pytest

from services.draft_api.evaluation.advice import advise_builder
from services.draft_api.evaluation.change import change_between
from tests.draft_api.evaluation.answers import answers, evaluated


def test_what_got_worse_is_named_with_the_confusions_that_are_new() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    before, after = evaluated(labels, labels), evaluated(labels, [0] * 20 + [0] * 15 + [1] * 5 + [2] * 20)
    change = change_between(before, after)
    assert (change.accuracy_before, change.accuracy_after) == (1.0, pytest.approx(0.75))
    assert not change.within_chance
    assert [(moved.name, moved.before) for moved in change.worse] == [("fare", 1.0), ("dog", 1.0)]
    assert change.better == ()
    assert [(c.intent.name, c.taken_for.name, c.count) for c in change.new_confusions] == [("fare", "dog", 15)]
    back = change_between(after, before)
    assert [moved.name for moved in back.better] == ["fare", "dog"]
    assert back.new_confusions == ()


def test_one_sentence_more_or_less_is_within_chance() -> None:
    labels = [0] * 10 + [1] * 10
    assert change_between(evaluated(labels, [1, *labels[1:]]), evaluated(labels, [1, 1, *labels[2:]])).within_chance


def test_a_confusion_in_both_directions_is_one_matter() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    guesses = [1] * 3 + [0] * 17 + [0] * 4 + [1] * 16 + [2] * 20
    found = advise_builder(evaluated(labels, guesses, 0.45), None)
    assert [(advice.kind, advice.weight) for advice in found] == [("tell_apart", 7)]
    assert found[0].message.startswith("'fare' and 'dog' are taken for each other 7 times.")


def test_what_looks_misplaced_comes_before_what_is_thin() -> None:
    found = advise_builder(evaluated([0, 0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 1, 1, 1]), None)
    assert [advice.kind for advice in found] == ["move", "tell_apart", "write_more"]
    assert "'dog sentence 0', in 'dog', which looks like 'fare' (90% sure)" in found[0].message
    assert "the thinnest is 'lost' with 0" in found[2].message


def test_a_bot_without_a_fault_is_left_in_peace() -> None:
    labels = [0] * 20 + [1] * 20 + [2] * 20
    assert advise_builder(evaluated(labels, labels, 0.98), None) == ()
    assert len(answers(labels, labels)) == 60
