"""A neighbour that hangs takes some threads, never all of them."""

import threading
import time

import pytest

from services.publisher.turnstile import FullError, Turnstile


def test_where_all_places_wait_for_silence_the_next_is_told_at_once() -> None:
    turnstile, leave = Turnstile(places=2, silence_seconds=0.05), threading.Event()
    inside = threading.Barrier(3)

    def wait_for_the_silent() -> None:
        with turnstile.passed():
            inside.wait(10)
            leave.wait(10)

    waiting = [threading.Thread(target=wait_for_the_silent) for _ in range(2)]
    for thread in waiting:
        thread.start()
    inside.wait(10)
    for _ in range(3):
        with pytest.raises(FullError), turnstile.passed():
            pass
    leave.set()
    for thread in waiting:
        thread.join()
    with turnstile.passed():
        pass


def test_a_neighbour_that_answers_serves_all_who_come() -> None:
    turnstile, served = Turnstile(places=2, silence_seconds=5), []

    def ask(guest: int) -> None:
        with turnstile.passed():
            time.sleep(0.01)
            served.append(guest)

    guests = [threading.Thread(target=ask, args=(guest,)) for guest in range(20)]
    for guest in guests:
        guest.start()
    for guest in guests:
        guest.join()
    assert sorted(served) == list(range(20))


def test_who_fails_is_no_answer_and_leaves_a_place() -> None:
    turnstile = Turnstile(places=1, silence_seconds=0)
    with pytest.raises(OSError), turnstile.passed():
        raise OSError
    with turnstile.passed():
        pass
