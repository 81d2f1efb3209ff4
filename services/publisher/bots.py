"""The bots that there are: draft's, and those that live still serves although draft has them no longer."""

from collections.abc import Callable
from contextlib import suppress

from pydantic import BaseModel

from services.publisher import history
from services.publisher.answers import ListedBots
from services.publisher.bridge import Bridge, BridgeParts, Planner
from shared.contracts import BotIdentity
from shared.errors import BusyError, GreenroomError, NotFoundError
from shared.web.pages import Limit, Page, cut
from shared.web.routing import Router

router = Router(tags=["status"])


class KnownBot(BaseModel):
    """`in_draft` is None where draft cannot be asked."""

    id: str
    name: str
    in_draft: bool | None


class Bots(Page[KnownBot]):
    """`draft_away` is why draft cannot be asked: the bots are those that live serves, then."""

    draft_away: str | None = None


@router.get("/v1/bots", summary="List the bots")
def list_all(bridge: Bridge, key: Planner, limit: Limit = 100, cursor: str | None = None) -> Bots:
    """By name, which is draft's where it has the bot."""
    if key.bot is not None:
        return _own(bridge, key.bot)
    try:
        drafted, away = bridge.draft.bots(limit, cursor), None
    except BusyError as error:
        drafted, away = None, error
    served = _served(bridge, limit, cursor)
    if away and served is None:
        raise away
    items, more = merged(drafted, served or ListedBots(), _asking(bridge))
    page = cut(items, limit, None, key=_order)
    return Bots(items=page.items, next=page.next or more, draft_away=away.detail if away else None)


def merged(
    drafted: ListedBots | None, served: ListedBots, in_draft: Callable[[str], bool | None]
) -> tuple[list[KnownBot], str | None]:
    """As far as both pages reach, which begin at one place and are in one order; and where the next begins.

    What live serves and draft has not on its page is asked for: it may be on another, under a new name.
    """
    unfinished = [page for page in (drafted, served) if page and page.more]
    shorter = min(unfinished, key=lambda page: _order(page.items[-1]), default=None)
    listed = {bot.id: _known(bot, True) for bot in (drafted.items if drafted else ())}
    found = list(listed.values())
    for bot in served.items:
        there = bot.id in listed or (None if drafted is None else in_draft(bot.id))
        if not there:
            found.append(_known(bot, there))
    within = [bot for bot in found if shorter is None or _order(bot) <= _order(shorter.items[-1])]
    return sorted(within, key=_order), shorter.more if shorter else None


def _order(bot: BotIdentity | KnownBot) -> tuple[str, str]:
    return bot.name, bot.id


def _known(bot: BotIdentity, in_draft: bool | None) -> KnownBot:
    return KnownBot(id=bot.id, name=bot.name, in_draft=in_draft)


def _served(bridge: BridgeParts, limit: int, cursor: str | None) -> ListedBots | None:
    """Draft's are told without it."""
    try:
        return bridge.live.bots(limit, cursor)
    except BusyError:
        return None


def _asking(bridge: BridgeParts) -> Callable[[str], bool | None]:
    """Whether draft has a bot; None from when it does not answer in time: it is not asked for the others, then."""
    away = False

    def in_draft(bot: str) -> bool | None:
        nonlocal away
        with suppress(NotFoundError):
            try:
                return None if away else bool(bridge.draft.bot(bot))
            except BusyError:
                away = True
                return None
        return False

    return in_draft


def _own(bridge: BridgeParts, bot: str) -> Bots:
    """The one that a key is for."""
    try:
        return Bots(items=[_known(bridge.draft.bot(bot), True)])
    except GreenroomError as error:
        away = None if isinstance(error, NotFoundError) else error.detail
    with bridge.db.reading() as connection:
        last = history.latest(connection, bot, "live")
    known = BotIdentity(id=bot, name=last.bot_name if last else bot)
    return Bots(items=[_known(known, None if away else False)], draft_away=away)
