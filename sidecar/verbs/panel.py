"""A panel: several models asked side by side, and a judge, where there is one, who makes their answers one.

    Question ─┬─> member ─┐
              ├─> member ─┼─> answers ──> judge ──> one answer, the thread's turn
              └─> member ─┘      └──no judge, or it failed──> all of them under their names

One deadline is over all of it; the judge has a part of it to itself. A member that fails fails alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from sidecar.compression import tokens
from sidecar.compression.budget import Bound
from sidecar.errors import AskFailed, ConfigurationError, SidecarError, WrongUsage
from sidecar.providers.vocabulary import Message
from sidecar.routing.asking import tell
from sidecar.routing.panels import JUDGING, Seat, Sitting, panel_failed, panel_receipt, quoted, section
from sidecar.routing.receipt import receipt
from sidecar.routing.vocabulary import Ask, Reply
from sidecar.store.vocabulary import Turn
from sidecar.verbs.answering import Answered, beside, cut_to, reply_document
from sidecar.verbs.attaching import room_tokens
from sidecar.verbs.questions import Aimed, Question, aimed, said_earlier
from sidecar.verbs.rooms import Caller, Rooms

if TYPE_CHECKING:
    from sidecar.config.panels import Panel

__all__ = ["ask_panel"]

_JUDGE_SHARE = 1 / 3
"""The part of the deadline that members leave to the judge."""
_SHORTEST_S = 0.05

_LEAST_TOKENS, _LEAST_CHARS = 60, 240
"""Where a member's share of the room is less, the answers are cut as one text."""


async def ask_panel(
    rooms: Rooms, question: Question, panel: Panel, *, caller: Caller, answer_tokens: int | None = None
) -> Answered:
    """The panel's answer to *question*; raises WrongUsage, ConfigurationError, or AskFailed when nobody answered."""
    began = anyio.current_time()
    aims = {member: await _aimed(rooms, question, member, panel) for member in panel.members}
    deadline_s = panel.deadline_s or max(aim.route.deadline_s for aim in aims.values())
    words = replace(question, has_images=False, fit=None)  # all that a judge reads
    judge = None if panel.judge is None else await _aimed(rooms, words, panel.judge, panel)
    members_s = deadline_s if judge is None else deadline_s * (1 - _JUDGE_SHARE)
    seats = await _seated(question, aims, members_s, caller)
    sitting = Sitting(panel.name, seats, anyio.current_time() - began, judge=panel.judge)
    if not sitting.answers:
        raise panel_failed(sitting)
    if judge is not None and len(sitting.answers) > 1:
        left_s = max(_SHORTEST_S, began + deadline_s - anyio.current_time())
        judged = await _judged(question, sitting, judge, left_s, caller)
        sitting = replace(sitting, judged=judged, took_s=anyio.current_time() - began)
    sitting = await _remembered(question, sitting)
    return await _told(rooms, sitting, caller.bound(answer_tokens))


async def _aimed(rooms: Rooms, question: Question, member: str, panel: Panel) -> Aimed:
    """One member's ask. What the thread remembers is the panel's answer, so no member's is its turn."""
    aim = await aimed(rooms, question, member)
    return Aimed(aim.route, replace(aim.ask, thread=None, panel=panel.name))


# asking


async def _seated(question: Question, aims: dict[str, Aimed], limit_s: float, caller: Caller) -> tuple[Seat, ...]:
    """Every member asked at once, each for *limit_s* at most; raises what is the caller's or the user's to mend."""
    outcomes: dict[str, Reply | AskFailed] = {}
    faults: list[SidecarError] = []

    async def ask(member: str, aim: Aimed) -> None:
        async def progress(message: str) -> None:
            await caller.progress(f"{member}: {message}")

        route = replace(aim.route, deadline_s=min(aim.route.deadline_s, limit_s))
        try:
            outcomes[member] = await question.switchboard.answer(route, aim.ask, progress)
        except AskFailed as failed:
            outcomes[member] = failed
        except (WrongUsage, ConfigurationError) as fault:
            # It would be the same for everybody; a task group would wrap it.
            faults.append(fault)
            group.cancel_scope.cancel()
            return
        how = "answered" if isinstance(outcomes[member], Reply) else "failed"
        await tell(caller.progress, f"{member} {how}; {len(outcomes)} of {len(aims)} are done")

    async with anyio.create_task_group() as group:
        for member, aim in aims.items():
            group.start_soon(ask, member, aim)
    if faults:
        raise faults[0]
    return tuple(Seat(member, outcomes[member]) for member in aims)


async def _judged(
    question: Question, sitting: Sitting, judge: Aimed, left_s: float, caller: Caller
) -> Reply | AskFailed:
    await tell(caller.progress, f"{sitting.judge} merges {len(sitting.answers)} answers")
    bench = _Bench(question, tuple(reply.answer.text for _, reply in sitting.answers))
    ask = Ask(
        messages=await bench.messages(None),
        system=f"{JUDGING}\n\n{question.system}" if question.system else JUDGING,
        schema=question.schema,
        fit=bench.messages,
        panel=sitting.panel,
    )
    route = replace(judge.route, deadline_s=min(judge.route.deadline_s, left_s))
    try:
        return await question.switchboard.answer(route, ask, caller.progress)
    except AskFailed as failed:
        return failed


@dataclass(frozen=True)
class _Bench:
    """What the judge reads: what was said before in the thread, the question, and the answers, cut to its window."""

    question: Question
    answers: tuple[str, ...]

    async def messages(self, window_tokens: int | None, share: float = 1.0) -> tuple[Message, ...]:
        earlier = said_earlier(self.question.earlier)
        room = room_tokens(window_tokens, share)

        def fitted() -> tuple[str, ...]:
            said = "\n".join((JUDGING, self.question.prompt, *(message.text for message in earlier)))
            return _cut_alike(self.answers, room - tokens.count(said))

        answers = await anyio.to_thread.run_sync(fitted)
        return (*earlier, Message("user", quoted(self.question.prompt, answers)))


def _cut_alike(answers: Sequence[str], room_tokens: int) -> tuple[str, ...]:
    """*answers* within *room_tokens* together: the short ones whole, the long ones cut to the same length."""
    if sum(map(len, answers)) <= room_tokens:
        return tuple(answers)
    sizes = [tokens.count(answer) for answer in answers]
    shares = _shares(sizes, max(0, room_tokens))
    return tuple(
        answer if size <= share else f"{tokens.cut(answer, max(0, share - 10))}\n[... it goes on]"
        for answer, size, share in zip(answers, sizes, shares, strict=True)
    )


def _shares(sizes: Sequence[int], total: int) -> tuple[int, ...]:
    """*total* shared so that nobody gets more than its size, and nobody less than another without need."""
    shares: dict[int, int] = {}
    left = total
    for place, index in enumerate(sorted(range(len(sizes)), key=lambda index: sizes[index])):
        shares[index] = min(sizes[index], left // (len(sizes) - place))
        left -= shares[index]
    return tuple(shares[index] for index in range(len(sizes)))


# remembering and telling


async def _remembered(question: Question, sitting: Sitting) -> Sitting:
    """The sitting once its answer is its thread's turn, on disk; a note where that has to wait.

    Its calls are in the ledger before: each when it was over, because what it cost is owed whatever becomes of the
    others. The turn comes after the last of them, because it is made of them, and before anybody is answered.
    """
    if question.thread is None:
        return sitting
    turns = (Turn("user", question.prompt), Turn("assistant", _whole(sitting)))
    notes = await question.switchboard.router.remember(question.thread, turns)
    return replace(sitting, notes=(*sitting.notes, *notes))


def _whole(sitting: Sitting) -> str:
    """The panel's answer as it is remembered: the judge's, the only one, or all under their names."""
    if sitting.merged is not None:
        return sitting.merged.answer.text
    if len(sitting.answers) == 1:
        return sitting.answers[0][1].answer.text
    return "\n\n".join(f"## {seat.member}\n{reply.answer.text}" for seat, reply in sitting.answers)


async def _told(rooms: Rooms, sitting: Sitting, bound: Bound) -> Answered:
    line = panel_receipt(sitting)
    if not bound.is_open and bound.share(line, tokens.count) > 0.5:
        line = panel_receipt(sitting, is_short=True)
    room = beside(bound, line)
    if sitting.merged is not None or len(sitting.answers) == 1:
        text = await cut_to(rooms, _whole(sitting), room)
    else:
        text = await _side_by_side(rooms, sitting, room)
    replies = tuple(each for each in sitting.outcomes if isinstance(each, Reply))
    return Answered(text, line, replies, _document(sitting, line))


async def _side_by_side(rooms: Rooms, sitting: Sitting, room: Bound) -> str:
    """The answers under their names within *room*: the short ones whole, each other one with a handle for its rest."""
    whole = "\n\n".join(section(seat, reply, reply.answer.text) for seat, reply in sitting.answers)
    if room.is_open or await anyio.to_thread.run_sync(room.admits, whole, tokens.count):
        return whole
    texts = [reply.answer.text for _, reply in sitting.answers]
    frame = "\n\n".join(section(seat, reply, "") for seat, reply in sitting.answers)
    shares = await anyio.to_thread.run_sync(_shared, texts, beside(room, frame))
    each = list(zip(texts, shares, strict=True))
    if any(_is_little(share) and not share.admits(text, tokens.count) for text, share in each):
        return await cut_to(rooms, whole, room)
    cut = [await cut_to(rooms, text, share) for text, share in each]
    return "\n\n".join(section(seat, reply, text) for (seat, reply), text in zip(sitting.answers, cut, strict=True))


def _shared(texts: Sequence[str], room: Bound) -> list[Bound]:
    """*room* shared among *texts*, in tokens and in characters, whichever is bounded."""
    by_tokens: Sequence[int | None] = [None] * len(texts)
    by_chars: Sequence[int | None] = [None] * len(texts)
    if room.tokens is not None:
        # A boundary between two texts may cost a token more than both alone.
        by_tokens = _shares([tokens.count(text) + 1 for text in texts], max(0, room.tokens))
    if room.chars is not None:
        by_chars = _shares([len(text) for text in texts], max(0, room.chars))
    return [replace(room, tokens=each, chars=chars) for each, chars in zip(by_tokens, by_chars, strict=True)]


def _is_little(room: Bound) -> bool:
    return (room.tokens is not None and room.tokens < _LEAST_TOKENS) or (
        room.chars is not None and room.chars < _LEAST_CHARS
    )


def _document(sitting: Sitting, line: str) -> dict[str, Any]:
    """The sitting for a script, every text whole."""
    judged = sitting.judged
    return {
        "text": _whole(sitting),
        "panel": sitting.panel,
        "answers": [{"model": seat.member, **_outcome(seat.outcome)} for seat in sitting.seats],
        "judge": None if judged is None else {"model": sitting.judge, **_outcome(judged)},
        "cost_usd": sitting.cost_usd,
        "took_s": sitting.took_s,
        "receipt": line,
    }


def _outcome(outcome: Reply | AskFailed) -> dict[str, Any]:
    if isinstance(outcome, Reply):
        return reply_document(outcome, receipt(outcome))
    return {"failed": outcome.sentence, "report": list(outcome.report), "retry_after_s": outcome.retry_after_s}
