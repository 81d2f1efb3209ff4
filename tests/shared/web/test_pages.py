"""Lists in pages: every item once, whatever is added or taken away meanwhile."""

import pytest
from starlette.testclient import TestClient

from shared.errors import InvalidError
from shared.web.pages import cut
from tests.draft_api.draft_service import assert_problem, make_bot, make_intent

PLAYS = ["Hamlet", "Iphigenie", "Lear", "Medea", "Nathan"]


def by_name(name: str) -> tuple[str]:
    return (name,)


def test_the_pages_together_are_the_list() -> None:
    seen, cursor = [], None
    while True:
        page = cut(PLAYS, 2, cursor, by_name)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert seen == PLAYS


def test_newest_first_turns_the_list_around() -> None:
    first = cut(PLAYS, 3, None, by_name, newest_first=True)
    rest = cut(PLAYS, 3, first.next, by_name, newest_first=True)
    assert first.items + rest.items == PLAYS[::-1]


def test_what_comes_and_goes_between_pages_neither_repeats_nor_hides_the_others() -> None:
    first = cut(PLAYS, 2, None, by_name)
    changed = ["Antigone", *[play for play in PLAYS if play != "Iphigenie"]]
    assert cut(changed, 10, first.next, by_name).items == ["Lear", "Medea", "Nathan"]


@pytest.mark.parametrize("cursor", ["", "!", "e30", "WzFd", "W10", "bnVsbA", "W251bGwse31d", "ä", "=", "W1siYSJdXQ"])
def test_a_cursor_that_no_list_gave_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        cut(PLAYS, 2, cursor, by_name)
    assert refusal.value.code == "invalid_cursor"


def test_a_list_over_http_is_walked_by_its_cursor(draft: TestClient) -> None:
    bot = make_bot(draft, "Repertoire")
    for play in PLAYS:
        make_intent(draft, bot, play)
    first = draft.get(f"{bot}/intents", params={"limit": 3}).json()
    rest = draft.get(f"{bot}/intents", params={"limit": 3, "cursor": first["next"]}).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == PLAYS
    assert rest["next"] is None
    assert_problem(draft.get(f"{bot}/intents", params={"cursor": "WzFd"}), 422, "invalid_cursor")


def test_a_cursor_of_another_list_is_refused(draft: TestClient) -> None:
    bot = make_bot(draft, "Two Lists")
    for play in PLAYS:
        make_intent(draft, bot, play)
    cursor = draft.get(f"{bot}/intents", params={"limit": 3}).json()["next"]
    for path in ("flows", "snapshots", "models", "trainings", "inbox"):
        answer = draft.get(f"{bot}/{path}", params={"cursor": cursor})
        assert answer.status_code in {200, 422}
