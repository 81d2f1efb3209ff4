"""Months of a team's life, at random: draft edits, trainings, plans, publications of every mode, live edits, pulls,

rollbacks, restores; beside a plain model of what should come of it. `make campaign` runs more of them.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shared.nlp.inspection import Inspector
from tests.house import House, house
from tests.publisher.model import LENGTH, THRESHOLD, Content, FlowContent, Model, Nlp, changed, dangles

RUNS, STEPS = int(os.environ.get("GREENROOM_PROPERTY_RUNS", "200")), 30
SHARDS = 4

FLOWS = st.sampled_from(("menu", "quay", "wine"))
TEXTS = st.sampled_from(("Aye.", "No.", "Ask the cook."))
WORDS = st.sampled_from(("soup", "ferry", "bill", "wine", "lamp", "coat"))
THRESHOLDS, LENGTHS = st.sampled_from((0.0, 0.2, 0.4)), st.sampled_from((500, 1000))
SOME_FLOWS = st.none() | st.frozensets(FLOWS, min_size=1)
EDITED = {"Live-Edit": "confirmed"}


class Team(RuleBasedStateMachine):
    house: House
    """Set by the test: one for all runs, with a bot of its own for each."""
    count = 0

    @initialize()
    def begin(self) -> None:
        Team.count += 1
        body = {"name": f"Café {Team.count}", "settings": {"profile": "fast"}}
        self.bot = self.said(self.house.draft.post("/v1/bots", json=body), 201)["id"]
        self.model = Model(Content(Nlp(), 0.0, 1000, {}))
        self.looked_at: tuple[int, frozenset[str]] = (0, frozenset())
        self.digests: dict[tuple[Any, ...], str] = {}
        self.plans: list[tuple[dict[str, Any], str, frozenset[str] | None, int, Content | None]] = []
        self.snapshots: list[tuple[str, Content]] = []
        self.words = 0
        for name in ("soup", "ferry"):
            self.add_intent(name)
        for flow, pick in (("menu", 0), ("quay", 1), ("wine", None)):
            self.write_flow(flow, "Aye.", None, pick)
        self.train()
        self.publish("full", None, False, False)

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """One of what is possible now. One rule and not many: hypothesis would leave most of them out of a run."""
        possible = [action for action in ACTIONS if action.possible(self) for _ in range(action.weight)]
        action = data.draw(st.sampled_from(possible))
        given = {name: data.draw(strategy) for name, strategy in action.given.items()}
        note(f"{action.do.__name__} {given}")
        action.do(self, **given)

    # -- draft ---------------------------------------------------------------------------

    def add_intent(self, name: str) -> None:
        if name in {name for name, _ in self.model.draft.nlp.intents.values()}:
            return
        texts = [self.sentence(name), self.sentence(name)]
        made = self.house.draft.post(self.at("intents"), json={"name": name, "expressions": texts})
        self.learn({**self.model.draft.nlp.intents, self.said(made, 201)["id"]: (name, frozenset(texts))})

    def add_expression(self, pick: int) -> None:
        intent, (name, texts) = self.intent(pick)
        text = self.sentence(name)
        self.said(
            self.house.draft.post(self.at(f"intents/{intent}/expressions"), json={"expressions": [{"text": text}]}), 201
        )
        self.learn({**self.model.draft.nlp.intents, intent: (name, texts | {text})})

    def rename_intent(self, pick: int, name: str) -> None:
        intent, (_, texts) = self.intent(pick)
        if name in {name for name, _ in self.model.draft.nlp.intents.values()}:
            return
        self.said(self.house.draft.patch(self.at(f"intents/{intent}"), json={"name": name}), 200)
        self.learn({**self.model.draft.nlp.intents, intent: (name, texts)})

    def delete_intent(self, pick: int) -> None:
        """Blocks that it triggers lose their trigger."""
        gone, _ = self.intent(pick)
        assert self.house.draft.delete(self.at(f"intents/{gone}?unlink=true")).status_code == 204
        draft = self.model.draft
        flows = {
            f: (text, leads, None if intent == gone else intent) for f, (text, leads, intent) in draft.flows.items()
        }
        kept = {intent: content for intent, content in draft.nlp.intents.items() if intent != gone}
        self.model.draft = replace(draft, nlp=Nlp(kept), flows=flows)

    def write_flow(self, flow: str, text: str, leads: str | None, pick: int | None) -> None:
        content: FlowContent = (text, leads if leads != flow else None, None if pick is None else self.intent(pick)[0])
        self.said(self.house.draft.put(self.at(f"flows/{flow}"), json=body_of(flow, content)), 200)
        self.model.draft = replace(self.model.draft, flows={**self.model.draft.flows, flow: content})

    def delete_flow(self, pick: int) -> None:
        flow = self.pick(sorted(self.model.draft.flows), pick)
        assert self.house.draft.delete(self.at(f"flows/{flow}")).status_code == 204
        kept = {name: content for name, content in self.model.draft.flows.items() if name != flow}
        self.model.draft = replace(self.model.draft, flows=kept)

    def set_draft(self, threshold: float, length: int) -> None:
        body = {"settings": {THRESHOLD: threshold, LENGTH: length}}
        self.said(self.house.draft.patch(f"/v1/bots/{self.bot}", json=body), 200)
        self.model.draft = replace(self.model.draft, threshold=threshold, length=length)

    def train(self) -> None:
        self.house.train(self.bot)
        self.model.train()

    def take_snapshot(self) -> None:
        made = self.house.draft.post(self.at("snapshots"), json={"reason": "just in case"})
        self.snapshots.append((self.said(made, 201)["id"], self.model.draft))

    def undo(self, pick: int) -> None:
        snapshot, content = self.pick(self.snapshots, pick)
        self.remember(self.said(self.house.draft.post(self.at(f"snapshots/{snapshot}/restore")), 200)["snapshot"])
        self.model.undo(content)

    # -- publications ------------------------------------------------------------------------

    def publish(self, mode: str, flows: frozenset[str] | None, accept: bool, trained: bool) -> None:
        if trained:
            self.train()
        chosen = self.known(flows) if mode == "flows" else None
        self.attempt(mode, chosen, 0, self.model.blockers(mode, chosen), self.model.outcome(mode, chosen), accept)

    def roll_back(self, pick: int) -> None:
        to = 1 + pick % (len(self.model.served) + 1)
        self.attempt(
            "rollback", None, to, self.model.blockers("rollback", to=to), self.model.outcome("rollback", to=to)
        )

    def plan(self, mode: str, flows: frozenset[str] | None, pick: int) -> None:
        chosen = self.known(flows) if mode == "flows" else None
        to = 1 + pick % max(1, len(self.model.served)) if mode == "rollback" else 0
        found = self.house.plan(self.bot, mode, **asked(chosen, to))
        expected = self.model.blockers(mode, chosen, to)
        assert {f["code"] for f in found["findings"] if f["severity"] == "blocker"} == expected
        assert found["publishable"] is (not expected)
        outcome = self.model.outcome(mode, chosen, to)
        if outcome is not None:
            self.assert_shown(found["changes"], changed(self.model.live, outcome))
        self.plans.append((found, mode, chosen, to, outcome))

    def publish_plan(self, pick: int, accept: bool) -> None:
        found, mode, chosen, to, outcome = self.pick(self.plans, pick)
        blockers = {f["code"] for f in found["findings"] if f["severity"] == "blocker"}
        if (found["base"] or {}).get("number", 0) != len(self.model.served):
            body = {"mode": mode, "plan": found["id"], **asked(chosen, to)}
            answer = self.house.publisher.post(self.at("publications"), json=body)
            assert (answer.status_code, answer.json()["code"]) == (412, "plan_stale")
            return
        self.attempt(mode, chosen, to, blockers, outcome, accept, plan=found["id"])

    def attempt(
        self,
        mode: str,
        flows: frozenset[str] | None,
        to: int,
        blockers: set[str],
        outcome: Content | None,
        accept: bool = False,
        **more: Any,
    ) -> None:
        accepted = {"accept": ["live_drift"]} if accept else {}
        body = {**asked(flows, to), **accepted, **more}
        if blockers - ({"live_drift"} if accept else set()):
            assert set(self.house.refused(self.bot, mode, **body)) == blockers - ({"live_drift"} if accept else set())
            return
        assert outcome is not None
        before = len(self.model.served)
        done = self.house.publish(self.bot, mode, **body)
        assert done["status"] == "live", done
        self.model.publish(mode, outcome, flows, to)
        assert done["release"] == len(self.model.served)
        note(f"{mode} {'made' if len(self.model.served) > before else 'kept'} release {done['release']}")

    # -- live ---------------------------------------------------------------------------------

    def edit_flow_in_live(self, pick: int, text: str, leads: str | None) -> None:
        assert self.model.live is not None
        flow = self.pick(sorted(self.model.live.flows), pick)
        content: FlowContent = (text, leads if leads != flow else None, self.model.live.flows[flow][2])
        after = replace(self.model.live, flows={**self.model.live.flows, flow: content})
        put = self.house.live.put(self.at(f"flows/{flow}"), json=body_of(flow, content), headers=EDITED)
        if dangles(after):
            assert (put.status_code, put.json()["code"]) == (422, "dangling_reference")
            return
        self.said(put, 200)
        self.model.edit_live(after)

    def edit_settings_in_live(self, threshold: float, length: int) -> None:
        assert self.model.live is not None
        body = {THRESHOLD: threshold, LENGTH: length}
        self.said(self.house.live.patch(self.at("settings"), json=body, headers=EDITED), 200)
        self.model.edit_live(replace(self.model.live, threshold=threshold, length=length))

    def pull(self, side: str) -> None:
        """Deciding for one side, each flow of one block: what comes home is the item as a whole."""
        live = self.model.live
        assert live is not None
        theirs, draft, standing = live.items(), self.model.draft, self.model.standing
        intents = {intent for _, _, intent in live.flows.values() if intent}
        if intents - draft.nlp.intents.keys():
            return
        answer = self.said(self.house.publisher.post(self.at("drift/pull"), json={"prefer": side}), 200)
        assert {item["item"] for item in answer["items"]} == standing
        after = draft
        for item in standing:
            base = self.model.edits[item].base(draft.items().get(item))
            after = merged(after, item, base, theirs.get(item), side)
        self.model.pull(after)

    def restore(self, pick: int) -> None:
        number = 1 + pick % len(self.model.served)
        content = self.model.served[number - 1].content
        self.remember(self.said(self.house.publisher.post(self.at(f"releases/{number}/restore")), 200)["snapshot"])
        self.model.draft = content
        self.model.trained = content.nlp.fingerprint()

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def live_is_what_the_model_says_and_one_recorded_release(self) -> None:
        if not self.model.served:
            return
        active = self.house.active(self.bot)
        live = self.model.live
        assert live is not None
        assert active["number"] == len(self.model.served)
        assert flows_of(active["flows"]) == live.flows
        assert (active["settings"][THRESHOLD], active["settings"][LENGTH]) == (live.threshold, live.length)
        known = self.digests.setdefault(live.key(), active["digest"])
        assert known == active["digest"], "equal behaviour, equal digest"
        assert len(set(self.digests.values())) == len(self.digests), "another behaviour, another digest"

    @invariant()
    def the_edits_that_stand_in_live_are_those_that_nobody_agreed_to(self) -> None:
        """Looked at where they may have changed: the status of a bot is not for nothing."""
        now = len(self.model.served), frozenset(self.model.standing)
        if not self.model.served or now == self.looked_at:
            return
        self.looked_at = now
        shown = self.said(self.house.publisher.get(self.at("status")), 200)["live_edits"]
        assert {edit["item"] for edit in shown} == self.model.standing

    def teardown(self) -> None:
        if not getattr(self, "model", None) or not self.model.served:
            return
        rows = self.house.publisher.get(self.at("releases"), params={"limit": 500}).json()["items"]
        origins = {"rollback": "rollback", "live_edit": "live_edit"}
        assert [row["origin"] for row in reversed(rows)] == [
            origins.get(served.origin, "publication") for served in self.model.served
        ]
        assert [self.digests[served.content.key()] for served in self.model.served] == [
            row["digest"] for row in reversed(rows)
        ]

    # -- by hand -----------------------------------------------------------------------------------

    def at(self, path: str) -> str:
        return f"/v1/bots/{self.bot}/{path}"

    def said(self, answer: Any, status: int) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def sentence(self, name: str) -> str:
        self.words += 1
        return f"{name} please number {self.words}"

    def learn(self, intents: dict[str, Any]) -> None:
        self.model.draft = replace(self.model.draft, nlp=Nlp(intents))

    def intent(self, pick: int) -> tuple[str, Any]:
        found: tuple[str, Any] = self.pick(
            sorted(self.model.draft.nlp.intents.items(), key=lambda item: item[1][0]), pick
        )
        return found

    def pick(self, items: list[Any], pick: int) -> Any:
        return items[pick % len(items)]

    def known(self, flows: frozenset[str] | None) -> frozenset[str] | None:
        """Naming none that neither side has: that refusal has a test of its own."""
        live = self.model.live
        everyone = self.model.draft.flows.keys() | (live.flows.keys() if live else set())
        return None if flows is None else (flows & everyone) or None

    def remember(self, snapshot: str) -> None:
        self.snapshots.append((snapshot, self.model.draft))

    def assert_shown(self, shown: dict[str, Any], expected: dict[str, dict[str, set[str]]]) -> None:
        for part, kinds in expected.items():
            for kind, ids in kinds.items():
                assert {found["id"] for found in shown[part][kind]} == ids, (part, kind)


def always(_team: Any) -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """`weight` is how often it is chosen beside the others, wherever `possible` holds."""

    weight: int
    do: Callable[..., None]
    given: dict[str, st.SearchStrategy[Any]]
    possible: Callable[[Any], Any] = always


MODES, PICK = st.sampled_from(("full", "nlp", "flows")), st.integers(0, 9)
WRITTEN = {"text": TEXTS, "leads": st.none() | FLOWS}
SETTINGS = {"threshold": THRESHOLDS, "length": LENGTHS}
CHOICE = {"mode": MODES, "flows": SOME_FLOWS, "accept": st.booleans(), "trained": st.booleans()}
PLANNED = {"mode": MODES | st.just("rollback"), "flows": SOME_FLOWS, "pick": PICK}

ACTIONS = (
    Action(6, Team.publish, CHOICE),
    Action(3, Team.roll_back, {"pick": PICK}),
    Action(4, Team.plan, PLANNED),
    Action(6, Team.publish_plan, {"pick": PICK, "accept": st.booleans()}, lambda team: team.plans),
    Action(4, Team.edit_flow_in_live, {"pick": PICK, **WRITTEN}, lambda team: team.model.live.flows),
    Action(2, Team.edit_settings_in_live, SETTINGS),
    Action(2, Team.pull, {"side": st.sampled_from(("live", "draft"))}),
    Action(2, Team.restore, {"pick": PICK}),
    Action(4, Team.write_flow, {"flow": FLOWS, **WRITTEN, "pick": st.none() | PICK}),
    Action(1, Team.delete_flow, {"pick": PICK}, lambda team: team.model.draft.flows),
    Action(1, Team.add_intent, {"name": WORDS}),
    Action(2, Team.add_expression, {"pick": PICK}),
    Action(1, Team.rename_intent, {"pick": PICK, "name": WORDS}),
    Action(1, Team.delete_intent, {"pick": PICK}, lambda team: len(team.model.draft.nlp.intents) > 2),
    Action(2, Team.set_draft, SETTINGS),
    Action(1, Team.take_snapshot, {}),
    Action(1, Team.undo, {"pick": PICK}, lambda team: team.snapshots),
)


def asked(flows: frozenset[str] | None, to: int) -> dict[str, Any]:
    return ({"flows": sorted(flows)} if flows else {}) | ({"to_release": to} if to else {})


def body_of(flow: str, content: FlowContent) -> dict[str, Any]:
    text, leads, intent = content
    block: dict[str, Any] = {"id": f"{flow}_block", "kind": "message", "messages": [{"text": text}]}
    block |= {"next": f"{leads}_block"} if leads else {}
    return {"name": flow, "blocks": [block | ({"intent": intent} if intent else {})]}


def flows_of(flows: dict[str, Any]) -> dict[str, FlowContent]:
    found: dict[str, FlowContent] = {}
    for name, flow in flows.items():
        (block,) = flow["blocks"]
        leads = block.get("next")
        leads = leads.removesuffix("_block") if leads else None
        found[name] = (block["messages"][0]["text"], leads, block.get("intent"))
    return found


def merged(draft: Content, item: str, base: Any, live: Any, side: str) -> Content:
    """Three-way, with the side that decides where both changed."""
    ours = draft.items().get(item)
    value = ours if live in (ours, base) else live if ours == base or side == "live" else ours
    kind, _, name = item.partition(":")
    if kind == "flow":
        flows = {flow: content for flow, content in draft.flows.items() if flow != name}
        return replace(draft, flows={**flows, **({name: value} if value is not None else {})})
    return replace(draft, threshold=value) if name == THRESHOLD else replace(draft, length=value)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        # Looking at models in a child process has tests of its own.
        patch.setattr(Inspector, "inspect", lambda *_: None)
        patch.setattr(Inspector, "expect", lambda _: None)
        with house(tmp_path_factory.mktemp("house")) as house_:
            yield house_


@pytest.mark.parametrize("shard", range(SHARDS))
def test_live_is_always_what_a_plain_model_says_it_is(opened: House, shard: int) -> None:
    Team.house = opened
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Team,
        settings=settings(
            max_examples=RUNS // SHARDS,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
