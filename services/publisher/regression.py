"""Regression cases on the staged candidate (P16): what would no longer be so stops a publication, unless accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.publisher.draft import Draft
from services.publisher.finding import blocker, warning
from services.publisher.live import Live
from services.publisher.wish import Wish
from shared.cases import Case, CaseResult
from shared.contracts import Finding, Release
from shared.counting import counted
from shared.errors import GreenroomError

_AT_ONCE = 100
_NAMED = 20


def cases_of(draft: Draft, wish: Wish, release: Release) -> dict[str, Case]:
    """A rollback needs no draft (P18): with draft away, or the bot gone from it, there is nothing to run."""
    try:
        return draft.cases(release.bot.id, patient=wish.mode != "rollback")
    except GreenroomError:
        if wish.mode != "rollback":
            raise
        return {}


def rehearse(live: Live, wish: Wish, release: Release, cases: Mapping[str, Case]) -> tuple[Finding, ...]:
    """Every case of the bot, on the candidate as live has staged it."""
    return regressions(_results(live, release, cases), stops=wish.mode != "rollback")


def regressions(results: Sequence[CaseResult], stops: bool) -> tuple[Finding, ...]:
    """One finding for all that failed."""
    failed = [result for result in results if not result.passed]
    if not failed:
        return ()
    names = ", ".join(repr(result.case) for result in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    fail = f"Of {counted(len(results), 'regression case', 'regression cases')}, {counted(len(failed), 'fails', 'fail')}"
    message = f"{fail}: {names}{more}. Mend the bot or the cases, or accept that they fail."
    make = blocker if stops else warning
    return (make("regression_failed", message, [_subject(result) for result in failed[:_NAMED]]),)


def _results(live: Live, release: Release, cases: Mapping[str, Case]) -> list[CaseResult]:
    names = list(cases)
    found: list[CaseResult] = []
    for start in range(0, len(names), _AT_ONCE):
        some = {name: cases[name] for name in names[start : start + _AT_ONCE]}
        found += live.run_cases(release, some)
    return found


def _subject(result: CaseResult) -> dict[str, Any]:
    first = result.differences[0]
    where = {} if first.step is None else {"step": first.step}
    return {"kind": "case", "id": result.case, **where, "expected": first.expected, "found": first.found}
