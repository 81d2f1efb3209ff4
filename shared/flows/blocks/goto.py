"""Goes on at once to the block of the first branch whose condition holds, else to `next`."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from shared.document import Value
from shared.flows.conditions import WholeCondition, comparisons_in, holds
from shared.flows.fields import CommonBlock, Id
from shared.flows.steps import Moment, Step
from shared.flows.template import templates_in
from shared.flows.text import Text


class Branch(Value):
    when: WholeCondition
    next: Id


class GotoBlock(CommonBlock):
    """Without a `next`, the conversation stops there and waits when no condition holds."""

    kind: Literal["goto"]
    branches: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=50)]

    def run(self, moment: Moment) -> Step:
        return Step(next=next((b.next for b in self.branches if holds(b.when, moment)), self.next))

    def texts(self) -> Iterator[Text]:
        return iter(())

    def jumps(self) -> Iterator[str]:
        yield from (branch.next for branch in self.branches)
        yield from super().follows()

    def follows(self) -> Iterator[str]:
        return self.jumps()

    def assigns(self) -> Iterator[str]:
        return iter(())

    def reads(self) -> Iterator[str]:
        return (found.variable for branch in self.branches for found in comparisons_in(branch.when))

    def templates(self) -> Iterator[str]:
        found = (found for branch in self.branches for found in comparisons_in(branch.when))
        return (text for one in found if one.operator != "matches" for text in templates_in(one.value))


Block = GotoBlock
