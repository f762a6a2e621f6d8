"""Budgets and quotas over a real ledger: several sidecars, a clock that is given, endpoints that answer as told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from sidecar.config.model import Budget, Quota
from sidecar.errors import AskFailed, ProviderFailed
from sidecar.providers.vocabulary import Answer, Failure, Limits, Message, Request, Usage
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier
from sidecar.routing.router import Router
from sidecar.routing.vocabulary import Ask, OnText, Reply
from sidecar.store import Store
from sidecar.store.vocabulary import AttemptRecord, Call
from sidecar.switchboard.allowances import Allowances, Payer, allowances_of
from sidecar.switchboard.reckoning import FollowedBook, Reckoning

NOON = 1_795_608_000.0  # 2026-11-25T12:00:00Z
HOUR = 3600.0

DEAR = Endpoint("dear", "m", "work")
PLAN = Endpoint("plan", "m", "own")
ROUTE = Route("smart", (Tier("best", (DEAR,)), Tier("flat", (PLAN,))), deadline_s=30.0)


@dataclass
class Sidecar:
    """One process's router and allowances; every answer has 90 tokens in and 10 out, the dear one's for 25 cents."""

    book: FollowedBook
    allowances: Allowances
    now: list[float]
    sent: list[tuple[Endpoint, Request]] = field(default_factory=list)
    rejects: bool = False
    hangs: anyio.Event | None = None
    """Set once somebody waits for an answer in vain."""

    def __post_init__(self) -> None:
        self.router = Router(
            self.book,
            self._send,
            lambda endpoint, answer: cost(endpoint, answer.usage),
            clock=lambda: self.now[0],
            timer=lambda: self.now[0],
            sleep=self._sleep,
            limiter=self.allowances,
        )

    async def _sleep(self, seconds: float) -> None:
        self.now[0] += seconds

    async def _send(self, endpoint: Endpoint, request: Request, _limits: Limits, _on_text: OnText | None) -> Answer:
        self.sent.append((endpoint, request))
        if self.hangs is not None:
            self.hangs.set()
            await anyio.sleep_forever()
        if self.rejects:
            raise ProviderFailed(Failure("status", "no such thing", status=400))
        return Answer("because", usage=Usage(90, None, None, 10))

    async def ask(self, route: Route = ROUTE, **more: Any) -> Reply:
        return await self.router.route(route, Ask((Message("user", "why?"),), **more))


def cost(endpoint: Endpoint, usage: Usage) -> float | None:
    if endpoint != DEAR:
        return 0.0
    return 0.0025 * ((usage.input_tokens or 0) + (usage.output_tokens or 0))


Begin = Callable[..., Any]


@pytest.fixture
def now() -> list[float]:
    return [NOON]


@pytest.fixture
def begin(tmp_path: Path, now: list[float]) -> Begin:
    """Starts a sidecar on the one state of this test, with these budgets and the dear account's quotas."""

    @asynccontextmanager
    async def begun(budgets: Iterable[Budget] = (), quotas: tuple[Quota, ...] = ()) -> AsyncIterator[Sidecar]:
        payers = (Payer(DEAR, costs=True, quotas=quotas), Payer(PLAN, costs=False))
        async with Store.open(tmp_path / "state", clock=lambda: now[0], wait_s=0.1) as store:
            every = tuple(allowances_of(budgets, payers, session=store.session))
            reckoning = Reckoning(
                (one for one in every if one.window.length != "call"),
                store=store,
                clock=lambda: now[0],
                session_start=now[0],
            )
            allowances = Allowances(
                reckoning,
                (one for one in every if one.window.length == "call"),
                store=store,
                clock=lambda: now[0],
                price=cost,
                writes=lambda _: None,
                count=lambda text: len(text.split()),
            )
            yield Sidecar(FollowedBook(store, reckoning), allowances, now)

    return begun


async def served(sidecar: Sidecar, count: int) -> str:
    """Who answered *count* asks, one letter each: the dear one or the plan."""
    return "".join([(await sidecar.ask()).endpoint.provider[0] for _ in range(count)])


async def test_a_spent_quota_leaves_its_account_alone_until_its_window_ends(begin: Begin, now: list[float]) -> None:
    quota = Quota(window="day", limit_requests=2, starts_at="20:00", time_zone="Europe/Berlin")
    async with begin(quotas=(quota,)) as one, begin(quotas=(quota,)) as other:
        assert await served(one, 1) == "d"
        assert await served(other, 3) == "dpp", "the ledger is shared"
        (passed,) = (await one.ask()).passed_over
        assert passed.reason.startswith("the day quota of dear@work is spent: 2 calls of 2 calls, again from ")
        assert passed.until == NOON + 7 * HOUR, "20:00 in Berlin, in winter"
        now[0] = NOON + 7 * HOUR
        assert await served(other, 3) == "ddp"
    async with begin(quotas=(quota,)) as restarted:
        assert await served(restarted, 1) == "p"


async def test_a_call_waits_for_a_quota_that_is_free_again_within_its_deadline(begin: Begin, now: list[float]) -> None:
    alone = Route("smart", (Tier("best", (DEAR,)),), deadline_s=30.0)
    async with begin(quotas=(Quota(window="5h", limit_requests=1),)) as one:
        await one.ask(alone)
        now[0] += 5 * HOUR - 12
        assert (await one.ask(alone)).endpoint == DEAR
        assert now[0] == pytest.approx(NOON + 5 * HOUR)
        with pytest.raises(AskFailed) as failed:
            await one.ask(alone)
        assert failed.value.retry_after_s == pytest.approx(5 * HOUR, abs=1)


async def test_of_two_spent_quotas_the_end_of_the_later_is_waited_for(begin: Begin) -> None:
    quotas = (Quota(window="day", limit_requests=1), Quota(window="5h", limit_requests=1))
    async with begin(quotas=quotas) as one:
        await one.ask()
        (passed,) = (await one.ask()).passed_over
        assert passed.reason.startswith("the day quota of dear@work is spent")
        assert passed.until == NOON + 12 * HOUR


async def test_a_look_is_for_the_call_that_made_it(begin: Begin, now: list[float]) -> None:
    budgets = [Budget(window="day", limit_usd=1)]
    async with begin(budgets) as one, begin(budgets) as other:
        await one.book.health()  # of a call that was given up at once
        await other.ask()
        now[0] += 1
        assert (await one.allowances.lines())[0].startswith("the day's budget: $0.25 of $1.00")


async def test_a_budget_leaves_what_costs_nothing_and_one_that_stops_leaves_nobody(begin: Begin) -> None:
    async with begin([Budget(window="day", limit_usd=0.5)]) as one:
        assert await served(one, 3) == "ddp"
    async with begin([Budget(window="day", limit_usd=0.5, over="stop")]) as one:
        with pytest.raises(AskFailed, match=r"the day's budget is spent: \$0\.50 of \$0\.50"):
            await one.ask()


async def test_a_budget_is_for_its_model_or_tier(begin: Begin) -> None:
    elsewhere = Route("cheap", (Tier("last", (DEAR,)),))
    async with begin([Budget(window="day", model="smart", limit_usd=0.25)]) as one:
        assert await served(one, 2) == "dp"
        assert (await one.ask(elsewhere)).endpoint == DEAR
        assert (await one.ask(Route("smart", ROUTE.tiers, suffix=":cheap"))).endpoint == PLAN, (
            "a suffix spends the same budget"
        )
    async with begin([Budget(window="session", tier="flat", limit_tokens=150)]) as one:
        twice = Route("smart", (ROUTE.tiers[1], Tier("best", (PLAN, DEAR))))
        assert [(await one.ask(twice)).tier for _ in range(3)] == ["flat", "flat", "best"]


async def test_what_other_projects_use_counts_though_their_endpoints_are_not_configured_here(begin: Begin) -> None:
    def theirs(endpoint: str, cost_usd: float) -> Call:
        attempt = AttemptRecord(endpoint, "their tier", "answered", 1.0, 900, None, 100, cost_usd)
        return Call(NOON, "their model", 1.0, endpoint, (attempt,))

    budgets = [Budget(window="day", limit_usd=0.5), Budget(window="day", limit_tokens=2_000)]
    async with begin(budgets, (Quota(window="week", limit_requests=1),)) as one:
        await one.book.record_call(theirs("free/m@default", 0.0))
        assert [line.split(";")[0] for line in await one.allowances.lines()] == [
            "the day's budget: $0 of $0.50 (0 %)",
            "the day's budget: 0 tokens of 2,000 tokens (0 %)",
            "the week quota of dear@work: 0 calls of 1 call (0 %)",
        ]
        await one.book.record_call(theirs("dear/another@work", 0.4))
        assert [line.split(";")[0] for line in await one.allowances.lines()] == [
            "the day's budget: $0.40 of $0.50 (80 %)",
            "the day's budget: 1,000 tokens of 2,000 tokens (50 %)",
            "the week quota of dear@work: 1 call of 1 call (100 %)",
        ]
        assert "; nearly spent" in (await one.allowances.lines())[0]


async def test_a_session_is_one_sidecar_s(begin: Begin) -> None:
    budgets = [Budget(window="session", limit_usd=0.25)]
    async with begin(budgets) as one, begin(budgets) as other:
        assert await served(one, 2) == "dp"
        assert await served(other, 2) == "dp"


async def test_one_call_costs_at_most_its_budget(begin: Begin) -> None:
    async with begin([Budget(window="call", limit_usd=0.26)]) as one:
        assert (await one.ask(limit_tokens=100)).endpoint == DEAR, "1 word in and 100 tokens out are 25.25 cents"
        reply = await one.ask(limit_tokens=104)
        assert reply.endpoint == PLAN
        assert "an estimated 1 tokens in and 104 out are more than is left" in reply.passed_over[0].reason
        assert (await one.ask()).endpoint == PLAN, "an answer of unknown length is taken for 1,000 tokens"


async def test_an_answer_without_a_limit_gets_what_the_call_may_still_cost(begin: Begin) -> None:
    async with begin([Budget(window="call", limit_usd=5.001)]) as one:
        await one.ask()
        await one.ask(limit_tokens=50)
        assert [request.limit_tokens for _, request in one.sent] == [1999, 50]


async def test_what_a_call_spent_before_counts_and_a_budget_that_stops_ends_it(begin: Begin) -> None:
    async with begin([Budget(window="call", limit_tokens=1_500, over="stop")]) as one:
        assert (await one.ask(limit_tokens=1_400)).endpoint == DEAR
        with pytest.raises(AskFailed, match="1,600 out are more than is left of the call's budget"):
            await one.ask(limit_tokens=1_600)
        with pytest.raises(AskFailed, match="more than is left of the call's budget: 1,400 tokens of 1,500 tokens"):
            await one.ask(limit_tokens=1_400, schema={"type": "object"})
        assert len(one.sent) == 2


async def test_an_unknown_price_is_over_the_budget_of_a_call(begin: Begin) -> None:
    async with begin([Budget(window="call", limit_usd=5)]) as one:
        one.allowances._price = lambda _endpoint, _usage: None
        reply = await one.ask()
        assert reply.endpoint == PLAN
        assert reply.passed_over[0].reason == (
            "its price is unknown, and the call's budget is $5.00; `prices` in its provider's configuration says it"
        )


async def test_four_fifths_are_told_once_in_a_window_by_whoever_reaches_them(begin: Begin, now: list[float]) -> None:
    budgets = [Budget(window="day", limit_usd=1)]
    async with begin(budgets) as one, begin(budgets) as other:
        notes = [(await each.ask()).notes for each in (one, other, one, other, one)]
        assert notes == [(), (), (), ("the day's budget is 100 % used: $1.00 of $1.00",), ()]
        now[0] += 24 * HOUR
        assert [(await one.ask()).notes for _ in range(5)][3:] == [
            ("the day's budget is 100 % used: $1.00 of $1.00",),
            (),
        ]


async def test_a_failed_call_is_warned_of_as_well(begin: Begin) -> None:
    async with begin(quotas=(Quota(window="5h", limit_requests=1),)) as one:
        one.rejects = True
        with pytest.raises(AskFailed) as failed:
            await one.ask()
        assert failed.value.report[-1] == "the 5h quota of dear@work is 100 % used: 1 call of 1 call"


async def test_every_budget_and_quota_can_be_asked_for(begin: Begin) -> None:
    budgets = [Budget(window="day", limit_usd=1), Budget(window="call", limit_tokens=9_000, over="stop")]
    quotas = (Quota(window="5h", limit_requests=1), Quota(window="week", limit_tokens=1_000))
    async with begin(budgets, quotas) as one:
        await one.ask()
        lines = await one.allowances.lines()
    assert lines.pop() == "the call's budget: at most 9,000 tokens; over it nobody is asked"
    assert [line.split(" at ")[0].split(" from ")[0] for line in lines] == [
        "the day's budget: $0.25 of $1.00 (25 %); resets",
        "the 5h quota of dear@work: 1 call of 1 call (100 %); spent, again",
        "the week quota of dear@work: 100 tokens of 1,000 tokens (10 %); resets",
    ]


async def test_while_the_ledger_cannot_be_written_this_sidecar_keeps_to_its_limits(
    begin: Begin, tmp_path: Path
) -> None:
    async with begin(quotas=(Quota(window="day", limit_requests=3),)) as one:
        await one.ask()
        other = sqlite3.connect(tmp_path / "state" / "state.db")
        other.execute("BEGIN IMMEDIATE")
        replies = [await one.ask() for _ in range(3)]
        assert [reply.endpoint for reply in replies] == [DEAR, DEAR, PLAN]
        assert any("are as this sidecar last knew them" in note for note in replies[0].notes)
        other.close()
        assert await served(one, 1) == "p", "what was written late counts once"
        assert (await one.allowances.lines())[0].startswith("the day quota of dear@work: 3 calls of 3 calls")


async def test_a_call_that_its_caller_gives_up_has_used_its_request(begin: Begin) -> None:
    async with begin(quotas=(Quota(window="day", limit_requests=2),)) as one:
        one.hangs = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(one.ask)
            await one.hangs.wait()
            group.cancel_scope.cancel()
        one.hangs = None
        assert len(one.sent) == 1
        assert await served(one, 2) == "dp"
        assert (await one.allowances.lines())[0].startswith("the day quota of dear@work: 2 calls of 2 calls (100 %);")


FORKED = """
import os, signal, sys
from pathlib import Path

import anyio

from sidecar.switchboard.allowances import Allowances, Payer, allowances_of
from sidecar.config.model import Quota
from sidecar.providers.vocabulary import Answer, Message, Usage
from sidecar.switchboard.reckoning import FollowedBook, Reckoning
from sidecar.routing.router import Router
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier
from sidecar.routing.vocabulary import Ask
from sidecar.store import Store

directory, limits, asks_at_once, rounds = Path(sys.argv[1]), eval(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
FIRST, LAST = Endpoint("first", "m"), Endpoint("last", "m")
ROUTE = Route("smart", (Tier("best", (FIRST,)), Tier("last", (LAST,))))

async def main():
    async def send(endpoint, request, limits, on_text):
        await anyio.lowlevel.checkpoint()
        return Answer("because", usage=Usage(90, None, None, 10))

    async with Store.open(directory, clock=lambda: 1_795_608_000.0, wait_s=60.0) as store:
        payers = (Payer(FIRST, True, (Quota(window="month", kind="rolling", **limits),)), Payer(LAST, False))
        reckoning = Reckoning(
            allowances_of((), payers, session=store.session), store=store, clock=lambda: 1_795_608_000.0,
            session_start=0.0,
        )
        allowances = Allowances(
            reckoning,
            store=store,
            clock=lambda: 1_795_608_000.0,
            price=lambda *_: 0.0,
            writes=lambda _: None,
            count=len,
        )
        router = Router(
            FollowedBook(store, reckoning), send, lambda *_: 0.0, clock=lambda: 1_795_608_000.0,
            limiter=allowances,
        )

        async def ask():
            for _ in range(rounds):
                reply = await router.route(ROUTE, Ask((Message("user", "why?"),)))
                os.write(1, f"{reply.endpoint.provider} {len(reply.attempts)} {'; '.join(reply.notes)}\\n".encode())

        async with anyio.create_task_group() as group:
            for _ in range(asks_at_once):
                group.start_soon(ask)

children = []
gate, opened = os.pipe()
for _ in range(20):
    child = os.fork()
    if not child:
        os.close(opened)
        os.read(gate, 1)
        signal.alarm(100)  # nobody outlives the test
        anyio.run(main)
        os._exit(0)
    children.append(child)
os.close(opened)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 20
"""


def at_once(tmp_path: Path, limits: dict[str, int], *, asks: int, rounds: int) -> list[str]:
    """Who answered, as 20 processes have it that ask at the same time."""
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path / "state"), repr(limits), str(asks), str(rounds)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_twenty_processes_make_exactly_as_many_calls_as_a_quota_has(tmp_path: Path) -> None:
    answers = at_once(tmp_path, {"limit_requests": 37}, asks=2, rounds=2)
    assert len(answers) == 80
    assert sum(answer.startswith("first 1") for answer in answers) == 37
    assert sum(answer.startswith("last 1") for answer in answers) == 43
    assert sum("the month quota of first@default is " in answer for answer in answers) == 1, "warned once, by one"


def test_twenty_processes_pass_a_limit_in_tokens_by_the_calls_in_flight_at_most(tmp_path: Path) -> None:
    answers = at_once(tmp_path, {"limit_tokens": 3_000}, asks=1, rounds=4)
    assert 30 <= sum(answer.startswith("first 1") for answer in answers) < 30 + 20
