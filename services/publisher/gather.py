"""Reading what a wish is judged by: draft, the target, and our own record of what was live."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from services.publisher import history, plan_records, records
from services.publisher.compose import compose, ids_of
from services.publisher.draft import Draft
from services.publisher.history import Recorded, catch_up
from services.publisher.judging import Situation
from services.publisher.lately import Lately
from services.publisher.live import Live
from services.publisher.wish import Wish
from shared.contracts import ActiveRelease, Flow, Release, Snapshot
from shared.db import Database
from shared.errors import GreenroomError, NotFoundError
from shared.flows.references import ReadFlow, read_flows

_FLOWS: Lately[Mapping[str, ReadFlow]] = Lately(2)


def read_situation(
    db: Database, target: Live, source: Draft, bot: str, draft: Snapshot | None, wish: Wish
) -> Situation:
    """Consistent because activation asks again whether the target still serves `live`. `draft` is what `source` has."""
    live = target.active(bot)
    last = catch_up(db, target, wish.target, bot) if live else _latest(db, bot, wish)
    earlier = _earlier(db, bot, wish)
    outcome = compose(wish, draft, live.release, earlier) if live else None
    accuracies = _accuracies(source, live.release, outcome, wish) if live and outcome else {}
    with db.reading() as connection:
        return Situation(
            draft=draft,
            live=live,
            earlier=earlier,
            env=target.environment(bot).available,
            edits=last.edits if last and wish.target == "live" else {},
            rolled_back=history.rolled_back(connection, bot, wish.target),
            standing=target.standing(bot) if live else {},
            accuracies=accuracies,
            taken_off=records.release_kept(connection, last.digest) if last and not live else None,
            approvals=plan_records.approvals_agreed(connection, bot),
            read=partial(read_lately, bot),
        )


def read_lately(bot: str, flows: Mapping[str, Flow]) -> Mapping[str, ReadFlow]:
    """From one judgement of a bot to the next, few flows change."""
    return _FLOWS.keep(bot, read_flows(flows, _FLOWS.get(bot) or {}))


def _accuracies(draft: Draft, base: Release, outcome: Release, wish: Wish) -> dict[str, float]:
    """Cross-validated accuracies of the models that change, as far as draft knows them."""
    pairs = [(base.models[k], model) for k, model in outcome.models.items() if k in base.models]
    wanted = {model.digest for old, new in pairs if old.digest != new.digest for model in (old, new)}
    found: dict[str, float] = {}
    with suppress(GreenroomError):
        for digest in sorted(wanted):
            accuracy = draft.accuracy(base.bot.id, digest, patient=wish.mode != "rollback")
            found |= {digest: accuracy} if accuracy is not None else {}
    return found


def resolved(wish: Wish, draft: Snapshot | None, live: ActiveRelease | None) -> Wish:
    """Flows by their ids, as they are recorded."""
    if wish.flows is None or draft is None or live is None:
        return wish
    return wish.model_copy(update={"flows": tuple(sorted(set(ids_of(wish.flows, draft.flows, live.release.flows))))})


def draft_moved(draft: Draft, bot: str, wish: Wish, release: Release) -> bool:
    """Whether draft has gone on since the candidate was frozen: reported, never mixed in."""
    try:
        outcome = compose(wish, draft.snapshot(bot), release)
    except GreenroomError:
        return False
    return outcome is not None and outcome.digest != release.digest


def _latest(db: Database, bot: str, wish: Wish) -> Recorded | None:
    """Taken off now: the record was brought up to date then."""
    with db.reading() as connection:
        return history.latest(connection, bot, wish.target)


def _earlier(db: Database, bot: str, wish: Wish) -> Release | None:
    if wish.mode != "rollback" or wish.to_release is None:
        return None
    with db.reading() as connection:
        found = history.find(connection, bot, wish.target, wish.to_release)
        try:
            return records.thaw(connection, found.digest)[0] if found else None
        except NotFoundError:
            return None
