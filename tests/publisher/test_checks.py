"""Every refusal of P3 to P9 alone, and what passes. Pure: no service runs."""

from typing import Any

import pytest

from services.publisher.checks import blockers, check, needs_training, without_training
from services.publisher.compose import compose
from services.publisher.diff import diff
from shared.contracts import (
    BotIdentity,
    BotSettings,
    ExpressionMark,
    Flow,
    IntentMark,
    LanguageNlp,
    ModelManifest,
    Release,
    Runtime,
    Snapshot,
)
from shared.digest import digest_of

CAFE = BotIdentity(id="bot_cafe", name="Harbour Café")


def mark(name: str, texts: int = 3, languages: tuple[str, ...] = ("en",), version: str = "1") -> IntentMark:
    fingerprint = digest_of(f"{name}{version}".encode())
    expressions = {language: ExpressionMark(count=texts, fingerprint=fingerprint) for language in languages}
    return IntentMark(id=f"intent_{name}", name=name, expressions=expressions)


def model(language: str, version: str = "1") -> ModelManifest:
    return ModelManifest(
        language=language,
        profile="fast",
        fingerprint=digest_of(f"{language}{version}".encode()),
        labels=("intent_greet", "intent_order"),
        files=(),
        encoder=None,
        ngram_buckets=1024,
        scope_threshold=-1.0,
        fold_accents=True,
        probes=(),
        runtime=Runtime(opset=18, ir_version=9, operators=("MatMul",)),
    )


def trained(language: str = "en", version: str = "1") -> LanguageNlp:
    found = model(language, version)
    return LanguageNlp(status="trained", fingerprint=found.fingerprint, model=found)


def flow(*blocks: dict[str, Any]) -> dict[str, Flow]:
    return {"menu": Flow(id="menu", name="Menu", blocks=blocks)}


def says(block: str, **more: Any) -> dict[str, Any]:
    return {"id": block, "kind": "message", "messages": [{"text": "Aye."}], **more}


def draft(**changes: Any) -> Snapshot:
    values: dict[str, Any] = {
        "bot": CAFE,
        "settings": BotSettings(),
        "languages": ("en",),
        "intents": (mark("greet"), mark("order")),
        "entities": {},
        "flows": flow(says("hello", intent="intent_greet")),
        "variables": {},
        "nlp": {"en": trained()},
    }
    return Snapshot(**{**values, **changes})


def live(of: Snapshot | None = None) -> Release:
    return compose("full", of or draft(), None)


def codes(mode: str, snapshot: Snapshot, release: Release | None) -> list[str]:
    return [finding.code for finding in blockers(check(mode, snapshot, release))]


def test_a_trained_bot_can_be_published_for_the_first_time() -> None:
    assert codes("full", draft(), None) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("never_trained", "nlp_never_trained"),
        ("training", "nlp_training"),
        ("failed", "nlp_training_failed"),
        ("stale", "nlp_stale"),
    ],
)
@pytest.mark.parametrize("mode", ["full", "nlp"])
def test_each_way_of_not_being_trained_has_a_refusal_of_its_own(status: str, code: str, mode: str) -> None:
    nlp = {"en": LanguageNlp(status=status, fingerprint=digest_of(b"other"), model=model("en"))}  # type: ignore[arg-type]
    assert codes(mode, draft(nlp=nlp), live()) == [code]
    assert needs_training(check(mode, draft(nlp=nlp), live()))
    assert blockers(without_training(check(mode, draft(nlp=nlp), live()))) == ()


def test_of_two_languages_only_the_stale_one_is_named() -> None:
    nlp = {"en": trained(), "nl": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("nl"))}
    two = draft(languages=("en", "nl"), nlp=nlp, intents=(mark("greet", languages=("en", "nl")),))
    found = blockers(check("full", two, None))
    assert [subject["id"] for finding in found for subject in finding.subjects] == ["nl"]


def test_a_language_that_is_left_out_need_not_be_trained_and_keeps_lives_model() -> None:
    nlp = {"en": trained("en", "2"), "nl": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("nl"))}
    intents = (mark("greet", languages=("en", "nl"), version="2"),)
    two = draft(languages=("en", "nl"), nlp=nlp, intents=intents, flows={})
    before = live(draft(languages=("en", "nl"), nlp={"en": trained(), "nl": trained("nl")}, intents=intents))
    assert blockers(check("full", two, before, ("en",))) == ()
    after = compose("full", two, before, ("en",))
    assert after.models["nl"] == before.models["nl"]
    assert after.models["en"] != before.models["en"]


def test_a_bot_without_intents_passes() -> None:
    never = {"en": LanguageNlp(status="never_trained", fingerprint=digest_of(b"none"))}
    empty = draft(intents=(), nlp=never, flows=flow(says("hello", system="introduction")))
    assert codes("full", empty, None) == []
    assert compose("full", empty, None).models == {}


def test_only_full_can_be_the_first_publication() -> None:
    assert codes("nlp", draft(), None) == ["never_published"]


def test_nlp_is_refused_when_nothing_of_it_changed_whatever_flows_did() -> None:
    assert codes("nlp", draft(flows=flow(says("bye"))), live()) == ["nlp_unchanged"]


def test_a_change_that_was_undone_is_no_change() -> None:
    edited = draft(nlp={"en": trained("en", "2")}, intents=(mark("greet", version="2"), mark("order")))
    assert codes("nlp", edited, live()) == []
    assert codes("nlp", draft(), live()) == ["nlp_unchanged"]


@pytest.mark.parametrize("name", ["intent_threshold", "entity_threshold", "scope_threshold", "margin"])
def test_a_threshold_alone_is_a_change_that_nlp_carries(name: str) -> None:
    stricter = draft(settings=BotSettings(**{name: 0.5}))
    assert codes("nlp", stricter, live()) == []
    assert getattr(compose("nlp", stricter, live()).settings, name) == 0.5


def test_other_settings_stay_lives_own_in_an_nlp_publication() -> None:
    changed = draft(settings=BotSettings(max_message_length=50), nlp={"en": trained("en", "2")})
    assert compose("nlp", changed, live()).settings.max_message_length == 1000


def test_an_intent_that_only_live_has_refuses_nlp_and_names_the_blocks_that_it_triggers() -> None:
    smaller = draft(intents=(mark("order"),), nlp={"en": trained("en", "2")}, flows={})
    (finding,) = check("nlp", smaller, live())
    assert finding.code == "intents_removed"
    assert finding.subjects[0]["name"] == "greet"
    assert finding.subjects[0]["blocks"] == [{"flow": "menu", "block": "hello"}]
    assert codes("full", smaller, live()) == []


def test_an_intent_made_again_under_its_name_is_another_intent() -> None:
    again = mark("greet").model_copy(update={"id": "intent_greet_again"})
    recreated = draft(intents=(again, mark("order")), nlp={"en": trained("en", "2")})
    assert codes("nlp", recreated, live()) == ["intents_removed"]


def test_adding_and_renaming_intents_passes_nlp_and_leaves_lives_flows() -> None:
    renamed = mark("greet").model_copy(update={"name": "say_hello"})
    bigger = draft(
        intents=(renamed, mark("order"), mark("pay")),
        nlp={"en": trained("en", "2")},
        flows=flow(says("other")),
    )
    assert codes("nlp", bigger, live()) == []
    after = compose("nlp", bigger, live())
    assert after.flows == live().flows
    changes = diff(live(), after)
    assert [(item.before, item.after) for item in changes.intents.renamed] == [("greet", "say_hello")]
    assert [item.name for item in changes.intents.added] == ["pay"]
    assert not changes.flows


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (says("hello", intent="intent_gone"), "intent"),
        (says("hello", next="nowhere"), "block"),
        ({**says("hello"), "messages": [{"text": "You owe {{ bill }}"}]}, "variable"),
    ],
)
def test_full_is_refused_when_a_block_refers_to_what_is_not_there(block: dict[str, Any], kind: str) -> None:
    (finding,) = blockers(check("full", draft(flows=flow(block)), None))
    assert finding.code == "dangling_reference"
    assert finding.subjects[0]["kind"] == kind
    assert "menu/hello" in finding.message


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    nlp = {"en": LanguageNlp(status="stale", fingerprint=digest_of(b"x"), model=model("en"))}
    both = draft(nlp=nlp, flows=flow(says("hello", next="nowhere")))
    assert codes("full", both, None) == ["nlp_stale", "dangling_reference"]


def test_an_outcome_that_equals_live_has_lives_digest_and_no_changes() -> None:
    assert compose("full", draft(), live()).digest == live().digest
    assert not diff(live(), compose("full", draft(), live()))


def test_a_renamed_block_is_renamed_and_nothing_else() -> None:
    before = live(draft(flows=flow(says("hello", name="Greeting"))))
    after = live(draft(flows=flow(says("hello", name="Welcome"))))
    changes = diff(before, after).blocks
    assert [(item.before, item.after) for item in changes.renamed] == [("Greeting", "Welcome")]
    assert not changes.changed


def test_what_users_would_stumble_over_is_a_warning_and_nothing_more() -> None:
    thin = draft(intents=(mark("greet", texts=9), mark("order", texts=1)), flows=flow(says("lonely")))
    found = check("full", thin, None)
    assert blockers(found) == ()
    assert {finding.code for finding in found} == {"block_unreachable", "intent_unused", "few_expressions"}
