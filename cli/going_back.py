"""Which release a rollback goes back to. What is live, its plan says; the choice is pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.access import Access
from cli.outcome import CommandError
from cli.planning import Plan, make_plan
from cli.releasing import Release, releases_of, served


def plan_back(access: Access, bot: str, wish: Mapping[str, Any]) -> tuple[Plan, Sequence[Release]]:
    """The plan of a rollback, with the releases that there are; of the one before where `wish` names none.

    Raises CommandError `never_published`, `unknown_release`.
    """
    releases = releases_of(access, bot, wish.get("target", "live"))
    last, to = served(releases, bot), wish.get("to_release")
    then = _numbered(releases, to, bot) if to else earlier(releases, last["digest"]) or last
    plan = make_plan(access, bot, {**wish, "to_release": then["number"]})
    if to:
        return plan, releases
    if plan["base"] is None and then is not last:
        # It was taken off meanwhile: what was served last comes back.
        plan = make_plan(access, bot, {**wish, "to_release": last["number"]})
    if plan["base"] and then is last:
        raise _unknown(f"{bot!r} has no release before the one that is live.")
    return plan, releases


def earlier(releases: Sequence[Release], live: str) -> Release | None:
    """The newest that is neither what is live, by its digest, nor one that a rollback left behind."""
    left = left_behind(releases)
    kept = (found for found in releases if found["digest"] != live and found["number"] not in left)
    return next(kept, None)


def left_behind(releases: Sequence[Release]) -> set[int]:
    """The numbers that rollbacks went back over: nobody who goes back wants them again."""
    backs = [(found["rollback_of"], found["number"]) for found in releases if found.get("rollback_of")]
    return {number for to, back in backs for number in range(to + 1, back)}


def numbered(releases: Sequence[Release], number: int | None) -> Release | None:
    return next((found for found in releases if found["number"] == number), None)


def _numbered(releases: Sequence[Release], number: int, bot: str) -> Release:
    found = numbered(releases, number)
    if found is None:
        raise _unknown(f"{bot!r} has no release {number}.")
    return found


def _unknown(detail: str) -> CommandError:
    problem = {"code": "unknown_release", "detail": detail}
    return CommandError(f"unknown_release: {detail}", hint="greenroom releases BOT lists them.", problem=problem)
