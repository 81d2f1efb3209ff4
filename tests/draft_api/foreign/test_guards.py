"""What is answered under a condition alone is answered to nobody here, and said by name not to have come along."""

from typing import Any

from services.draft_api.foreign.export import Export
from services.draft_api.foreign.reading import YAML, ZIP, read_export
from tests.draft_api.foreign.exports import CX, ES, cx_said, es_intent, said, zipped

START = "flows/Default Start Flow/Default Start Flow.json"
BANK = """
intents: [balance, bye, faq, search, {open_account: {triggers: utter_open}}, {close_account: {triggers: action_close}}]
responses:
  utter_balance: [{text: Your balance is 100}]
  utter_login: [{text: Please log in first}]
  utter_bye: [{text: Good night}]
  utter_open: [{text: Come by}]
  utter_chinese: [{text: The Lotus}]
  utter_faq/fees: [{text: None for you}]
rules:
"""


def read_rules(rules: str) -> Export:
    return read_export((BANK + rules).encode(), YAML, None)


def read(files: dict[str, Any], **more: Any) -> Export:
    return read_export(zipped({**files, **more}), ZIP, None)


def with_start(routes: list[Any], **more: Any) -> Export:
    return read({**CX, START: {**CX[START], "transitionRoutes": routes, **more}})


def triggers(export: Export) -> dict[str, str]:
    return {block["id"]: block["intent"] for block in export.blocks if "intent" in block}


def roles(export: Export) -> dict[str, str]:
    return {block["id"]: block["system"] for block in export.blocks if "system" in block}


def lost(export: Export) -> list[str]:
    return [found.what for found in export.not_carried]


def test_a_rule_with_a_condition_answers_nobody_and_is_named_with_it() -> None:
    export = read_rules("""
- rule: balance when logged in
  condition: [{slot_was_set: [{logged_in: true}]}]
  steps: [{intent: balance}, {action: utter_balance}]
- rule: balance otherwise
  condition: [{slot_was_set: [{logged_in: false}]}]
  steps: [{intent: balance}, {action: utter_login}]
- rule: first thing
  conversation_start: true
  steps: [{intent: bye}, {action: utter_bye}]
- rule: lotus
  steps: [{intent: search, entities: [{cuisine: chinese}]}, {action: utter_chinese}]
""")
    assert {"balance", "bye", "search"}.isdisjoint(triggers(export).values())
    assert lost(export)[:5] == [
        "training data",
        "rule balance when logged in: balance -> utter_balance, if slot_was_set: logged_in: true",
        "rule balance otherwise: balance -> utter_login, if slot_was_set: logged_in: false",
        "rule first thing: bye -> utter_bye, if conversation_start",
        "rule lotus: search -> utter_chinese, if entities: cuisine: chinese",
    ]
    assert {"utter_balance", "utter_login"} <= {block["id"] for block in export.blocks}


def test_the_rule_without_a_condition_is_kept_beside_one_that_has_it() -> None:
    export = read_rules("""
- rule: night
  condition: [{active_loop: night_form}]
  steps: [{intent: bye}, {action: utter_login}]
- rule: always
  conversation_start: false
  condition: []
  steps: [{intent: bye}, {action: utter_bye}]
""")
    assert triggers(export)["utter_bye"] == "bye"
    assert "rule night: bye -> utter_login, if active_loop: night_form" in lost(export)


def test_a_retrieved_response_is_guarded_by_the_condition_of_its_rule() -> None:
    rule = "- rule: fees\n  condition: [{slot_was_set: [{vip: true}]}]\n  steps: [{intent: faq}, {action: utter_faq}]\n"
    nlu = "nlu: [{intent: faq/fees, examples: ['- what does it cost']}]\n"
    assert "faq/fees" not in triggers(read_export((nlu + BANK + rule).encode(), YAML, None)).values()
    always = "- rule: fees\n  steps: [{intent: faq}, {action: utter_faq}]\n"
    assert triggers(read_export((nlu + BANK + rule + always).encode(), YAML, None))["utter_faq_fees"] == "faq/fees"


def test_an_intent_may_name_the_response_that_it_triggers() -> None:
    export = read_rules("  []\n")
    assert triggers(export)["utter_open"] == "open_account"
    assert "what close_account triggers: action_close" in lost(export)


def test_a_route_with_a_condition_answers_nobody_and_is_named_with_it() -> None:
    vip = {"intent": "No, thanks", "condition": "$session.params.vip = true", **cx_said("VIP: Tag und Nacht.")}
    always = {"intent": "No, thanks", "condition": "true", **cx_said("Neun bis fünf.")}
    for routes in ([vip, always], [always, vip]):
        export = with_start(routes)
        (block,) = (block for block in export.blocks if block.get("intent") == "No, thanks")
        assert block["messages"] == [{"text": {"de": "Neun bis fünf."}}]
        assert "route of Default Start Flow: No, thanks, if $session.params.vip = true" in lost(export)
    assert "No, thanks" not in triggers(with_start([vip])).values()


def test_a_route_of_another_flow_answers_nobody_who_was_not_led_there() -> None:
    booking = {"displayName": "Booking", "transitionRoutes": [{"intent": "No, thanks", **cx_said("Storniert.")}]}
    export = read({**CX, "flows/Booking/Booking.json": booking})
    assert triggers(export)["Default_Start_Flow_No,_thanks"] == "No, thanks"
    (cancelled,) = (block for block in export.blocks if block["id"] == "Booking_No,_thanks")
    assert "intent" not in cancelled
    assert "route of Booking: No, thanks" in lost(export)


def test_what_cx_says_one_after_the_other_is_no_variant() -> None:
    bubbles = [
        {"text": {"text": ["Gern.", "Aber ja."]}, "languageCode": "de"},
        {"text": {"text": ["Wohin?"]}, "languageCode": "de"},
        {"payload": {"sound": "bell"}, "languageCode": "de"},
        {"text": {"text": ["Whither?"]}, "languageCode": "de", "channel": "SKYPE"},
    ]
    said_both = {"messages": bubbles, "conditionalCases": [{"cases": []}], "webhook": "book"}
    export = with_start([{"intent": "No, thanks", "triggerFulfillment": said_both}])
    (block,) = (block for block in export.blocks if block.get("intent") == "No, thanks")
    assert block["messages"] == [{"variants": [{"de": "Gern."}, {"de": "Aber ja."}]}, {"text": {"de": "Wohin?"}}]
    route = "route of Default Start Flow: No, thanks"
    assert set(lost(export)) >= {
        f"conditionalCases of {route}",
        f"webhook of {route}",
        f"payload of {route}",
        f"what is said by {route} on: SKYPE",
    }


def test_events_of_cx_are_named() -> None:
    events = ["sys.no-match-default", "sys.no-match-1", "sys.no-input-default"]
    export = with_start([], eventHandlers=[{"event": event, **cx_said(event)} for event in events])
    assert roles(export) == {"Default_Start_Flow_not_understood": "not_understood"}
    assert set(lost(export)) >= {f"event {event} of Default Start Flow" for event in events[1:]}


def test_a_fallback_within_a_context_is_not_what_the_bot_says_to_gibberish() -> None:
    day = es_intent("Appointment - fallback", said("en", "Which day?"), fallbackIntent=True, contexts=["Appointment"])
    export = read({**ES, "intents/Appointment - fallback.json": day})
    assert roles(export)["Default_Fallback_Intent"] == "not_understood"
    assert [block for block in export.blocks if block["id"] == "Appointment_-_fallback"] == []
    assert "fallback Appointment - fallback, in the context Appointment" in lost(export)


def test_two_fallbacks_leave_their_role_to_the_first() -> None:
    second = es_intent("Second Fallback", said("en", "Beg pardon?"), fallbackIntent=True)
    export = read({**ES, "intents/Second Fallback.json": second})
    assert [block for block, role in roles(export).items() if role == "not_understood"] == ["Default_Fallback_Intent"]
    assert "role of Second_Fallback: not_understood" in lost(export)


def test_a_response_of_es_under_a_condition_and_a_welcome_within_a_context_are_for_nobody_else() -> None:
    some = es_intent("vip", said("en", "At once."), condition="$vip = true")
    back = es_intent("back", said("en", "There you are."), contexts=["aboard"], events=[{"name": "WELCOME"}])
    export = read({**ES, "intents/vip.json": some, "intents/back.json": back})
    assert {"vip", "back"}.isdisjoint(roles(export))
    assert (triggers(export).get("vip"), triggers(export)["back"]) == (None, "back")
    assert "response of vip, if $vip = true" in lost(export)
