"""Whatever a builder wrote, a user says and a state holds: one answer, the same each time, and never an exception."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import Classification, Flow, ScoredIntent
from shared.flows.effects import denied, drive
from shared.flows.engine import ConversationState, Dialogue, UserEvent, take_turn
from shared.flows.lint import lint
from shared.flows.references import references
from tests.shared.flows.bakery import dangling

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
messages = st.fixed_dictionaries(
    {},
    optional={"buttons": st.lists(choices, max_size=3), "quick_replies": st.lists(choices, max_size=3)},
).flatmap(
    lambda rest: st.one_of(
        texts.map(lambda text: {**rest, "text": text}),
        st.lists(texts, min_size=1, max_size=3).map(lambda variants: {**rest, "variants": variants}),
    )
)
blocks = st.fixed_dictionaries(
    {"id": ids, "kind": st.just("message"), "messages": st.lists(messages, min_size=1, max_size=2)},
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
flow_blocks = st.lists(blocks, max_size=4, unique_by=lambda block: block["id"])
flows = st.dictionaries(st.sampled_from(["bread", "sweet"]), flow_blocks).map(
    lambda named: {name: Flow(id=name, name=name, blocks=tuple(found)) for name, found in named.items()}
)
scored = intents.map(lambda intent: ScoredIntent(id=intent, name=intent.title(), confidence=0.5))
reasons = st.sampled_from(
    [None, "out_of_scope", "low_confidence", "no_model", "ambiguous", "message_too_long", "bot_disabled", "new one"]
)
said = st.builds(
    Classification,
    text=spellings | st.text(max_size=8),
    language=languages,
    understood=st.booleans(),
    reason=reasons,
    intent=st.none() | scored,
    ranking=st.lists(scored, max_size=4).map(tuple),
)
offers = st.fixed_dictionaries({"title": spellings}, optional={"next": ids, "intent": intents, "variables": variables})
states = st.builds(
    ConversationState,
    started=st.booleans(),
    language=st.none() | languages,
    contexts=st.dictionaries(contexts, st.integers(-1, 3)),
    variables=variables,
    offers=st.lists(offers, max_size=3).map(tuple),
)


@settings(max_examples=300, deadline=None)
@given(flows, states, st.lists(said, min_size=1, max_size=4), st.lists(languages, max_size=2), variables)
def test_every_message_is_answered_and_the_same_message_alike(
    written: dict[str, Flow],
    state: ConversationState,
    messages: list[Classification],
    spoken: list[str],
    env: dict[str, Any],
) -> None:
    dialogue = Dialogue.of(written, tuple(spoken), {"a": {"default": "Ada"}, "b": {}})
    for message in messages:
        event = UserEvent(message, "seed", NOON)
        turn = drive(take_turn(dialogue, state, event, env), denied)
        assert turn.replies
        assert all(reply.text.strip() or reply.buttons or reply.quick_replies for reply in turn.replies)
        assert turn.block is None or turn.block in dialogue.blocks
        assert all(lives > 0 for lives in turn.state.contexts.values())
        again = drive(take_turn(dialogue, state, event, env), denied)
        assert again.model_dump_json() == turn.model_dump_json()
        state = ConversationState.model_validate_json(turn.state.model_dump_json())


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
