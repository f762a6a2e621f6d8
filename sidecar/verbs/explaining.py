"""`ask --explain`: who would be asked for a request, and why not others; nobody is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.verbs.questions import Question, aimed, questioned
from sidecar.verbs.rooms import Rooms

if TYPE_CHECKING:
    from sidecar.routing.explaining import Explained

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How every endpoint stands for a request, in the order in which they would be tried, and the same in words."""

    endpoints: tuple[tuple[str, Explained], ...]
    """Each with the model whose endpoint it is: of a panel its members' one after the other, its judge's last."""
    lines: tuple[str, ...]


async def explain(rooms: Rooms, **request: Any) -> Explanation:
    """Who would be asked for this very *request* (as `ask_model` takes it), and why not others; calls nobody."""
    model = request.pop("model", "default")
    question = await questioned(rooms, **request)
    panel = question.switchboard.panel(model)
    if panel is None:
        return await _explained(rooms, question, model)
    judge = () if panel.judge is None else (panel.judge,)
    each = {member: await _explained(rooms, question, member) for member in (*panel.members, *judge)}
    lines = [
        line
        for member, explained in each.items()
        for line in (f"{member}:", *(f"  {line}" for line in explained.lines))
    ]
    return Explanation(tuple(one for explained in each.values() for one in explained.endpoints), tuple(lines))


async def _explained(rooms: Rooms, question: Question, model: str) -> Explanation:
    from sidecar.routing.explaining import explained

    made = await aimed(rooms, question, model, by_chance=False)
    notes: list[str] = []
    spent = await question.switchboard.allowances.spent(made.route, notes)
    endpoints = explained(made.route, await rooms.store.health(), rooms.clock(), spent)
    return Explanation(tuple((model, one) for one in endpoints), (*(one.line for one in endpoints), *notes))
