"""What a plan shows beside its checks: drift, conversations, accuracy, what a rollback took away. Pure."""

from services.publisher.drift import after_edit
from services.publisher.finding import blockers
from services.publisher.judging import Situation, accepted, judge
from services.publisher.wish import Wish
from shared.contracts import ActiveRelease, BotIdentity, BotSettings, LanguageNlp, LanguageSettings, Release, Snapshot
from tests.publisher.bots import FULL, NLP, draft, flow, live, mark, model, says, trained

GREETING = says("hello", intent="intent_greet")
NIGHT = flow({**GREETING, "messages": [{"text": "We are closed"}]})


def active(release: Release, number: int = 2) -> ActiveRelease:
    return ActiveRelease(number=number, digest=release.digest, release=release)


def closed_at_night() -> tuple[Release, Situation]:
    before = live()
    edited = before.model_copy(update={"flows": NIGHT})
    edits = after_edit({}, before, edited, 2, "Nora")
    return before, Situation(draft=draft(), live=active(edited), edits=edits)


def codes(wish: Wish, situation: Situation) -> list[str]:
    return [finding.code for finding in judge(wish, situation).findings]


def test_a_full_publication_over_a_live_edit_is_refused_and_says_whose_edit_would_go() -> None:
    _, situation = closed_at_night()
    verdict = judge(FULL, situation)
    (finding,) = blockers(verdict.findings)
    assert finding.code == "live_drift"
    assert "flow 'Menu' (release 2, by Nora)" in finding.message
    assert [item.item for item in verdict.drift] == ["flow:menu"]


def test_the_candidate_is_frozen_all_the_same_so_that_the_overwrite_can_be_accepted() -> None:
    _, situation = closed_at_night()
    verdict = judge(FULL, situation)
    assert verdict.candidate is not None
    assert blockers(accepted(verdict.findings, ["live_drift"])) == ()
    assert blockers(accepted(verdict.findings, ["regression_failed"])) == blockers(verdict.findings)


def test_nothing_but_drift_and_regressions_can_be_accepted() -> None:
    stale = {"en": LanguageNlp(status="stale", fingerprint=model("en").digest, model=model("en"))}
    verdict = judge(FULL, Situation(draft=draft(nlp=stale), live=None))
    assert len(blockers(accepted(verdict.findings, ["nlp_stale"]))) == 1
    assert verdict.candidate is None


def test_nlp_leaves_the_edited_flow_alone_so_there_is_no_drift() -> None:
    _, situation = closed_at_night()
    changed = Situation(**{**situation.__dict__, "draft": draft(nlp={"en": trained("en", "2")})})
    assert judge(NLP, changed).drift == ()


def test_for_a_rollback_drift_is_a_warning() -> None:
    before, situation = closed_at_night()
    back = Situation(draft=None, live=situation.live, edits=situation.edits, earlier=before)
    verdict = judge(Wish(mode="rollback", to_release=1), back)
    assert [(f.code, f.severity) for f in verdict.findings] == [("live_drift", "warning")]
    assert verdict.candidate == before


def test_conversations_on_a_block_that_changes_or_goes_are_counted() -> None:
    other = draft(flows=flow(says("bye")))
    verdict = judge(FULL, Situation(draft=other, live=active(live()), standing={"hello": 7, "bye": 3}))
    assert verdict.conversations == 7
    assert "conversations_affected" in codes(FULL, Situation(draft=other, live=active(live()), standing={"hello": 7}))


def test_a_model_that_is_less_often_right_is_a_warning_and_a_point_is_not() -> None:
    fresh = draft(nlp={"en": trained("en", "2")})
    for after, warned in ((0.85, True), (0.895, False), (0.95, False)):
        accuracies = {model("en").digest: 0.9, model("en", "2").digest: after}
        found = codes(NLP, Situation(draft=fresh, live=active(live()), accuracies=accuracies))
        assert ("accuracy_dropped" in found) is warned


def test_what_the_last_rollback_took_away_and_would_come_back_unchanged_is_named() -> None:
    bad = live(draft(flows=NIGHT))
    situation = Situation(draft=draft(flows=NIGHT), live=active(live(), 3), rolled_back=(bad, live()))
    found = {finding.code: finding for finding in judge(FULL, situation).findings}
    assert found["reintroduces_rolled_back"].subjects == (
        {"kind": "item", "id": "flow:menu", "name": "the flow 'Menu'"},
    )
    mended = Situation(draft=draft(), live=active(live(), 3), rolled_back=(bad, live()))
    assert "reintroduces_rolled_back" not in codes(FULL, mended)


def test_what_the_last_rollback_did_not_touch_was_not_taken_away_by_it() -> None:
    both = live(draft(settings=BotSettings(margin=0.2)))
    since = Situation(draft=draft(), live=active(both, 4), rolled_back=(live(draft(flows=NIGHT)), live()))
    assert "reintroduces_rolled_back" not in codes(FULL, since)


def test_a_new_name_of_the_bot_is_shown_and_warns_of_the_addresses_that_end() -> None:
    called = draft(bot=BotIdentity(id="bot_1", name="Bistro"))
    verdict = judge(FULL, Situation(draft=called, live=active(live())))
    (setting,) = verdict.changes.settings.changed
    assert (setting.id, setting.before, setting.after) == ("name", live().bot.name, "Bistro")
    assert "bot_renamed" in {finding.code for finding in verdict.findings}


def test_a_threshold_of_one_language_is_shown_beside_what_the_bot_speaks() -> None:
    strict = draft(settings=BotSettings(languages={"en": LanguageSettings(intent_threshold=0.9)}))
    (setting,) = judge(FULL, Situation(draft=strict, live=active(live()))).changes.settings.changed
    assert (setting.id, setting.before, setting.after) == ("languages.en", {}, {"intent_threshold": 0.9})


def test_changes_are_shown_even_when_there_is_no_candidate() -> None:
    never: dict[str, LanguageNlp] = {"en": LanguageNlp(status="never_trained", fingerprint=model("en").digest)}
    bigger: Snapshot = draft(
        nlp=never, intents=(mark("greet"), mark("order"), mark("pay")), settings=BotSettings(margin=0.1)
    )
    verdict = judge(FULL, Situation(draft=bigger, live=active(live())))
    assert verdict.candidate is None
    assert [named.name for named in verdict.changes.intents.added] == ["pay"]
    assert [named.name for named in verdict.changes.settings.changed] == ["margin"]
