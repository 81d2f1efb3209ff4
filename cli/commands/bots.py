"""`greenroom bots`: what there is in draft."""

from cli.access import Access, connected
from cli.tables import show_table


@connected
def bots(access: Access) -> None:
    """List the bots of draft."""
    items = access.draft.items("bots")
    rows = [(bot["name"], bot["id"], ", ".join(bot["languages"]), bot["settings"]["profile"]) for bot in items]
    access.answer({"items": items}, lambda: show_table(("name", "id", "languages", "profile"), rows))
