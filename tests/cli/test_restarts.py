"""When a child that died is started again."""

from cli.supervision.restarts import Restarts


def after(*ready_seconds: float | None) -> Restarts:
    restarts = Restarts()
    for seconds in ready_seconds:
        restarts = restarts.after_death(seconds)
    return restarts


def test_the_wait_grows_and_never_passes_five_seconds():
    waits = [after(*[1.0] * deaths).wait_seconds for deaths in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert max(waits) == 5.0


def test_two_seconds_of_health_forget_the_deaths_before():
    assert after(1.0, 1.0, 1.0, 2.0).wait_seconds == after(1.0).wait_seconds


def test_a_child_that_was_ready_once_is_never_given_up():
    assert not after(0.1, *[None] * 50).hopeless


def test_a_child_that_was_given_up_is_tried_once_a_minute():
    assert after(*[None] * 7).wait_seconds == 60.0


def test_a_child_that_was_never_ready_is_given_up_at_its_fifth_death():
    assert [after(*[None] * deaths).hopeless for deaths in (4, 5)] == [False, True]
