"""Whatever a builder wrote, a user says and a state holds: one answer, the same each time, and never an exception."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import Classification, Flow, FoundEntity, ScoredIntent
from shared.flows.effects import HttpCall, HttpOutcome, drive
from shared.flows.engine import MOST_CALLS, ConversationState, Dialogue, Reply, UserEvent, take_turn
from shared.flows.lint import lint
from shared.flows.references import references
from tests.shared.flows.bakery import dangling, where

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

ids = st.sampled_from(["rye", "spelt", "cake", "menu", "gone"])
intents = st.sampled_from(["buy", "ask", "leave"])
contexts = st.sampled_from(["slicing", "wrapping", "waiting"])
languages = st.sampled_from(["en", "nl", "fr"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
spellings = st.sampled_from(
    [
        "",
        " ",
        "Rye",
        "rye ",
        "{{ a }}",
        "{{ a.0|upper }}!",
        "{{ env.x }}",
        "{{ suggestions|join('/') }}",
        "{{ a|round }}",
    ]
) | st.text(alphabet="ab é{}", max_size=4).filter(lambda text: "{{" not in text)
texts = spellings | st.dictionaries(languages, spellings, min_size=1)
variables = st.dictionaries(st.sampled_from(["a", "b", "env"]), json_values, max_size=2)
choices = st.fixed_dictionaries({"title": texts}, optional={"next": ids, "variables": variables})
media = st.fixed_dictionaries(
    {"type": st.just("image"), "url": st.sampled_from(["https://a.b/{{ a }}", "{{ env.x }}"])}
)
cards = st.lists(st.fixed_dictionaries({"title": texts, "buttons": st.lists(choices, max_size=2)}), max_size=2)
messages = st.fixed_dictionaries(
    {},
    optional={
        "buttons": st.lists(choices, max_size=3),
        "quick_replies": st.lists(choices, max_size=3),
        "carousel": cards,
        "media": media,
    },
).flatmap(
    lambda rest: st.one_of(
        texts.map(lambda text: {**rest, "text": text}),
        st.lists(texts, min_size=1, max_size=3).map(lambda variants: {**rest, "variants": variants}),
    )
)
names = st.sampled_from(["a", "b"])
paths = st.sampled_from(["a", "a.0", "b.x.y", "env.x", "intent"])
data = st.recursive(spellings | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=2), max_leaves=3)
comparisons = st.one_of(
    st.builds(lambda path, operator: where(path, operator), paths, st.sampled_from(["exists", "empty"])),
    st.builds(where, paths, st.sampled_from(["equals", "less_than", "contains", "starts_with"]), data),
    st.builds(lambda path, values: where(path, "in", values), paths, st.lists(data, max_size=2)),
    st.builds(lambda path: where(path, "matches", "^(a+)+$"), paths),
)
conditions = comparisons | st.lists(comparisons, min_size=1, max_size=2).map(lambda parts: {"any": parts})
branches = st.lists(st.fixed_dictionaries({"when": conditions, "next": ids}), min_size=1, max_size=2)
actions = st.one_of(
    st.builds(lambda name, value: {"do": "set", "variable": name, "value": value}, names, data),
    st.builds(lambda name: {"do": "clear", "variables": [name]}, names),
    st.fixed_dictionaries(
        {"do": st.just("http"), "url": st.just("{{ env.x }}/{{ a }}"), "body": data},
        optional={
            "failed": ids,
            "save": st.dictionaries(names, st.sampled_from(["status", "body.a", "body", "error"])),
        },
    ),
    st.just({"do": "hand_over", "note": "{{ a }}"}),
)
asking = st.fixed_dictionaries(
    {
        "kind": st.just("input"),
        "variable": names,
        "messages": st.lists(messages, min_size=1, max_size=2),
        "expects": st.sampled_from(["text", "number", "date", "email", "phone", "url"]),
    },
    optional={"retry": texts, "third_failure": st.fixed_dictionaries({"next": ids}), "interruptible": st.booleans()},
)
kinds = st.one_of(
    st.fixed_dictionaries({"kind": st.just("message"), "messages": st.lists(messages, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"kind": st.just("goto"), "branches": branches}),
    st.fixed_dictionaries({"kind": st.just("action"), "actions": st.lists(actions, min_size=1, max_size=3)}),
    st.just({"kind": "action", "actions": [{"do": "end"}]}),
    asking,
    asking.map(lambda block: {**block, "expects": "entity", "entity": "loaf"}),
)
common = st.fixed_dictionaries(
    {"id": ids},
    optional={
        "intent": intents,
        "next": ids,
        "system": st.sampled_from(
            ["introduction", "not_understood", "did_you_mean", "error", "bot_disabled", "message_too_long"]
        ),
        "required_contexts": st.lists(contexts, max_size=2),
        "output_contexts": st.lists(
            st.fixed_dictionaries({"name": contexts, "lifespan": st.integers(1, 3)}), max_size=2
        ),
    },
)
blocks = st.builds(lambda kind, rest: {**rest, **kind}, kinds, common).filter(
    lambda block: not (block.get("actions") == [{"do": "end"}] and "next" in block)
)
flow_blocks = st.lists(blocks, max_size=4, unique_by=lambda block: block["id"])
flows = st.dictionaries(st.sampled_from(["bread", "sweet"]), flow_blocks).map(
    lambda named: {name: Flow(id=name, name=name, blocks=tuple(found)) for name, found in named.items()}
)
scored = intents.map(lambda intent: ScoredIntent(id=intent, name=intent.title(), confidence=0.5))
reasons = st.sampled_from(
    [None, "out_of_scope", "low_confidence", "no_model", "ambiguous", "message_too_long", "bot_disabled", "new one"]
)
mentions = st.builds(
    FoundEntity,
    entity=st.just("loaf"),
    value=json_values,
    start=st.integers(0, 9),
    end=st.integers(0, 9),
    confidence=st.just(1.0),
)
said = st.builds(
    Classification,
    text=spellings | st.text(max_size=8),
    language=languages,
    understood=st.booleans(),
    reason=reasons,
    intent=st.none() | scored,
    ranking=st.lists(scored, max_size=4).map(tuple),
    entities=st.lists(mentions, max_size=2).map(tuple),
)
events = st.builds(
    UserEvent, found=said, seed=st.sampled_from("xy"), at=st.just(NOON), payload=st.none() | st.just("f" * 40)
)
outcomes = st.builds(
    HttpOutcome,
    status=st.none() | st.sampled_from([200, 204, 302, 404, 500]),
    body=json_values,
    error=st.none() | st.sampled_from(["timeout", "egress_denied"]),
)
offers = st.fixed_dictionaries({"title": spellings}, optional={"next": ids, "intent": intents, "variables": variables})
states = st.builds(
    ConversationState,
    started=st.booleans(),
    language=st.none() | languages,
    contexts=st.dictionaries(contexts, st.integers(-1, 3)),
    variables=variables,
    offers=st.lists(offers, max_size=3).map(tuple),
    questions=st.lists(st.fixed_dictionaries({"block": ids, "failures": st.integers(-1, 5)}), max_size=3).map(tuple),
)


@settings(max_examples=400, deadline=None)
@given(flows, states, st.lists(events, min_size=1, max_size=4), st.lists(languages, max_size=2), variables, outcomes)
def test_every_message_comes_to_a_turn_and_the_same_message_to_the_same(
    written: dict[str, Flow],
    state: ConversationState,
    messages: list[UserEvent],
    spoken: list[str],
    env: dict[str, Any],
    outcome: HttpOutcome,
) -> None:
    dialogue = Dialogue.of(written, tuple(spoken), {"a": {"default": "Ada"}, "b": {}})
    for event in messages:
        calls: list[HttpCall] = []

        def call(wanted: HttpCall, calls: list[HttpCall] = calls) -> HttpOutcome:
            calls.append(wanted)
            return outcome

        turn = drive(take_turn(dialogue, state, event, env), call)
        assert turn.replies or all(step.block and dialogue.blocks[step.block].kind != "message" for step in turn.trace)
        assert all(_visible(reply) for reply in turn.replies)
        assert turn.block is None or turn.block in dialogue.blocks
        assert all(lives > 0 for lives in turn.state.contexts.values())
        assert {question.block for question in turn.state.questions} <= dialogue.blocks.keys()
        assert len(calls) <= MOST_CALLS
        again = drive(take_turn(dialogue, state, event, env), lambda wanted: outcome)
        assert again.model_dump_json() == turn.model_dump_json()
        state = ConversationState.model_validate_json(turn.state.model_dump_json())


def _visible(reply: Reply) -> bool:
    return bool(reply.text.strip() or reply.buttons or reply.quick_replies or reply.carousel or reply.media)


@settings(max_examples=150, deadline=None)
@given(flows, st.dictionaries(intents, st.just("name")), st.lists(languages, max_size=3, unique=True))
def test_lint_says_something_about_every_dangling_reference_and_only_that_blocks(
    written: dict[str, Flow], known: dict[str, str], spoken: list[str]
) -> None:
    found = lint(written, known, {}, {}, tuple(spoken))
    blockers = [finding for finding in found if finding.severity == "blocker"]
    assert {finding.code for finding in blockers} <= {"dangling_reference"}
    assert found == blockers + [finding for finding in found if finding.severity == "warning"]
    assert set(dangling(written, known, {}, {})) <= set(references(written))
    assert bool(blockers) <= bool(dangling(written, known, {}, {}))
