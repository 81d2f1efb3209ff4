"""The way of one turn through the blocks, until one waits for the user. Pure: calls are asked for, not made."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.flows.block import Block
from shared.flows.conversation import Question, TraceStep
from shared.flows.dialogue import Dialogue, Place
from shared.flows.effects import Asking
from shared.flows.fallbacks import FALLBACK_TEXTS
from shared.flows.start import Start
from shared.flows.steps import Moment, Pending, Say, Step

MOST_VISITS = 50
"""Blocks that one message may run through: more are taken for a loop."""

_MOST_QUESTIONS = 5


@dataclass(frozen=True)
class Visit:
    """One block that ran, or one built-in text, for which `block` is None."""

    block: Block | None
    trace: TraceStep
    step: Step

    @property
    def says(self) -> tuple[Say, ...]:
        return tuple(say for say in self.step.says if not say.blank)

    @property
    def mute(self) -> bool:
        return bool(self.step.says) and not self.says


@dataclass(frozen=True)
class Walk:
    """`questions` are those that are open at its end. `lost`: it went on for too long."""

    visits: tuple[Visit, ...]
    moment: Moment
    questions: tuple[Question, ...]
    lost: bool

    @property
    def fault(self) -> str | None:
        """What went wrong on the way."""
        if self.lost:
            return "the blocks go round in a loop"
        blank = any(visit.mute for visit in self.visits) and not any(visit.says for visit in self.visits)
        return self.visits[-1].step.fault or ("every text came out blank" if blank else None)


def walk(dialogue: Dialogue, moment: Moment, start: Start) -> Asking[Walk]:
    visits: list[Visit] = []
    questions = start.questions
    ahead: Start | None = start
    while ahead is not None and len(visits) < MOST_VISITS:
        visit = yield from _visit(dialogue, moment, ahead)
        visits.append(visit)
        moment = moment.after(visit.step)
        questions = tuple(_open_after(visit, questions))
        ahead = _onwards(dialogue, visit, questions)
    return Walk(tuple(visits), moment, questions, lost=ahead is not None)


def error(dialogue: Dialogue, moment: Moment, why: str) -> Asking[Visit]:
    """Where the block for errors leads is not followed: that may be where the error came from."""
    visit = yield from _visit(dialogue, moment, Start(dialogue.role("error"), why))
    built_in = _built_in("error", why)
    if not visit.says and visit.step.hand_over is None:
        return built_in
    says = visit.says or built_in.says
    return replace(visit, step=replace(visit.step, says=says, next=None, failures=None, fault=None))


def _visit(dialogue: Dialogue, moment: Moment, start: Start) -> Asking[Visit]:
    place = start.place
    if isinstance(place, str):
        return _built_in(place, start.why)
    step = place.hear(moment, start.answers.failures) if start.answers else place.run(moment)
    while isinstance(step, Pending):
        step = step.then((yield step.call))
    return Visit(place, TraceStep(block=place.id, flow=dialogue.flow_of[place.id], why=start.why), step)


def _built_in(role: Place, why: str) -> Visit:
    text = FALLBACK_TEXTS[str(role)]
    return Visit(None, TraceStep(block=None, flow=None, why=why), Step(says=(Say(text),)))


def _open_after(visit: Visit, questions: tuple[Question, ...]) -> Iterator[Question]:
    """A block that was come to again asks last, and goes on counting answers that will not do; where the conversation
    ends or a person takes over nothing is open.
    """
    step = visit.step
    if visit.block is None or step.ends or step.hand_over is not None:
        yield from () if step.ends or step.hand_over is not None else questions
        return
    others = [question for question in questions if question.block != visit.block.id]
    yield from others[1 - _MOST_QUESTIONS :]
    if step.failures is not None:
        before = (question.failures for question in questions if question.block == visit.block.id)
        yield Question(block=visit.block.id, failures=max([step.failures, *before]))


def _onwards(dialogue: Dialogue, visit: Visit, questions: tuple[Question, ...]) -> Start | None:
    """To the next block at once, or else back to a question that is still open."""
    step = visit.step
    if step.ends or step.fault or step.failures is not None:
        return None
    if step.next:
        return Start(dialogue.at(step.next), dialogue.told(step.next, f"after {visit.trace.block!r}"))
    if questions:
        asked = questions[-1].block
        return Start(dialogue.blocks[asked], f"back to the question of {asked!r}")
    return None
