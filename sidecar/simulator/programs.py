"""Vendors' programs as stand-ins: the `command` dialect without a process, failing by the same schedules.

A process would spend real time, which a rehearsal in pushed time has none of. What a program prints and how it
ends is said in the words of the `command` dialect, so whoever reads its failures cannot tell the difference.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio

from sidecar.errors import ProviderFailed
from sidecar.providers.failing import failed
from sidecar.providers.vocabulary import Access, Answer, FailureKind, Limits, Request, Usage
from sidecar.simulator.answering import answer
from sidecar.simulator.counting import Counted
from sidecar.simulator.course import Course, Effect
from sidecar.simulator.dialect import CHARACTERS_PER_TOKEN, tokens
from sidecar.simulator.faults import fault_named
from sidecar.simulator.resets import fill, reset_words
from sidecar.simulator.vocabulary import Cut, Empty, ErrorBody, Exit, Hang, Reply, Schedule

__all__ = ["SimulatedProgram", "SimulatedPrograms"]

OnText = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class SimulatedProgram:
    """One program. *accounts* are the names of its accounts by the key that `Access` carries for them."""

    name: str
    schedule: Schedule
    accounts: Mapping[str, str]


class SimulatedPrograms:
    """The provider of the `command` dialect for *programs*; *clock* (epoch s) and *sleep* are whose time it is.

    Of a schedule it performs replies, quotas, windows and what a program can do: end with a status and a text, hang,
    break off in its answer, print nothing. Every other fault is a crash.
    """

    def __init__(
        self,
        programs: Mapping[str, SimulatedProgram],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        seed: int = 0,
    ) -> None:
        self._programs = programs
        self._clock = clock
        self._sleep = sleep
        self._started_at = clock()
        self._courses = {
            name: Course(
                program.schedule,
                "program.usage-limit",
                random.Random(f"{seed}:{name}"),  # noqa: S311 - chance, not a secret
            )
            for name, program in programs.items()
        }
        self._outcomes: dict[str, Counter[str]] = {name: Counter() for name in programs}

    def outcomes(self, name: str) -> dict[str, int]:
        """How often each outcome was chosen."""
        return dict(self._outcomes[name])

    async def send(self, request: Request, access: Access, *, limits: Limits, on_text: OnText | None = None) -> Answer:
        """What the program says now; raises ProviderFailed as `CommandProvider` does."""
        name = access.provider
        accounts = self._programs[name].accounts
        now = self._clock()
        effect = self._effect(name, request, accounts.get(access.key or ""), at_s=now - self._started_at)
        self._outcomes[name][effect.outcome] += 1
        text = _said(request, effect.reply)
        await self._wait(name, effect, text, limits)
        if effect.fault is not None:
            words = {
                "model": request.model_id,
                "problem": effect.problem,
                **reset_words(reset_s=effect.reset_s, now=now),
            }
            raise _failure(name, effect, words, text)
        if on_text is not None:
            await on_text(text)
        reply = effect.reply
        read, written = _usage(request, reply)
        return Answer(
            text=text, finish=reply.finish, usage=Usage(read, reply.cached_tokens, reply.cache_write_tokens, written)
        )

    def counted(self, name: str) -> tuple[Counted, ...]:
        """What the quotas of that program have counted, account by account, as it stands now."""
        return self._courses[name].counted(self._clock() - self._started_at)

    def _effect(self, name: str, request: Request, account: str | None, *, at_s: float) -> Effect:
        course = self._courses[name]
        window = course.schedule.window_tokens(request.model_id)
        if window is not None and tokens(_read(request)) > window:
            return Effect("program.too-long", Reply(), fault_named("program.too-long"))
        return course.effect(
            at_s=at_s, model=request.model_id, account=account, usage=lambda reply: _usage(request, reply)
        )

    async def _wait(self, name: str, effect: Effect, text: str, limits: Limits) -> None:
        """As long as the program runs: it prints when it is done, so the first limit is for all of it."""
        if isinstance(effect.fault, Hang):
            seconds = float("inf")
        else:
            reply = effect.reply
            seconds = reply.delay_s + reply.first_token_s
            if effect.fault is None and reply.tokens_per_s:
                seconds += len(text) / CHARACTERS_PER_TOKEN / reply.tokens_per_s
        if seconds > limits.first_token_s:
            await self._sleep(limits.first_token_s)
            raise _failed(name, "first_token_limit", f"gave no part of an answer within {limits.first_token_s:g} s")
        await self._sleep(seconds)


def _read(request: Request) -> str:
    return "\n".join((request.system or "", *(message.text for message in request.messages)))


def _usage(request: Request, reply: Reply) -> tuple[int, int]:
    """How many tokens it reads and writes."""
    read = tokens(_read(request)) if reply.input_tokens is None else reply.input_tokens
    return read, tokens(_said(request, reply)) if reply.output_tokens is None else reply.output_tokens


def _said(request: Request, reply: Reply) -> str:
    if reply.text is not None:
        return reply.text
    return answer(next((message.text for message in reversed(request.messages) if message.role == "user"), ""))


def _failure(name: str, effect: Effect, words: Mapping[str, str], text: str) -> ProviderFailed:
    match effect.fault:
        case Exit(code=code, text=printed):
            printed = str(fill(printed, words))
            last = printed.splitlines()[-1] if printed else "nothing printed"
            return _failed(name, "exit", f"ended with exit code {code}: {last}", printed)
        case Cut(after_tokens=after):
            return _failed(name, "exit", "was ended by signal 9", text[: after * CHARACTERS_PER_TOKEN], answered=True)
        case ErrorBody():
            return _failed(name, "exit", "answered with an error", "API Error: 500 Internal server error")
        case Empty():
            return _failed(name, "empty", "printed nothing")
    return _failed(name, "exit", "ended with exit code 1: API Error: Connection error.", "API Error: Connection error.")


def _failed(name: str, kind: FailureKind, sentence: str, text: str = "", *, answered: bool = False) -> ProviderFailed:
    whose = f"The program of `{name}`" if kind == "exit" else f"`{name}`"
    return failed(kind, f"{whose} {sentence}", secrets=(), text=text, keep_end=True, answered=answered)
