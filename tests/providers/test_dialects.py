"""Every dialect over real HTTP against its simulated vendor: answers, counts, and each way to fail."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import ProviderFailed
from sidecar.providers import Providers, open_providers
from sidecar.providers.opening import DIALECTS
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Message, Request
from sidecar.routing.verdict import verdict
from sidecar.simulator import (
    Cut,
    Empty,
    ErrorBody,
    Fault,
    Garbage,
    Hang,
    Phase,
    Redirect,
    Refuse,
    Reply,
    Schedule,
    Simulated,
    Simulation,
    simulate,
)

WIRES: Any = [name for name in DIALECTS if name != "command"]
VENDORS = {"openai-chat": "openai", "openai-responses": "openai"}
KEY = "key-0123456789abcdef"
ASK = Request("m-1", (Message("user", "Why?\nE   assert 5 == 6\nok"),), system="Be brief.")
SAID = "1 of the 2 lines mentions a failure:\nE   assert 5 == 6"

USUAL = Limits()


@pytest.fixture(params=WIRES)
def dialect(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
async def providers(tmp_path: Path) -> AsyncIterator[Providers]:
    async with open_providers(environ={}, run_dir=tmp_path / "run") as opened:
        yield opened


def access_to(simulation: Simulation) -> Access:
    return Access("lab", simulation.base_url("a"), key=KEY)


async def answer_to(
    providers: Providers, dialect: Any, request: Request = ASK, *, reply: Reply | None = None, limits: Limits = USUAL
) -> Answer:
    pieces: list[str] = []

    async def take(piece: str) -> None:
        pieces.append(piece)

    async with simulate(
        [Simulated("a", dialect, Schedule(reply=reply or Reply()), accounts={"own": KEY})]
    ) as simulation:
        answer = await providers.dialect(dialect).send(request, access_to(simulation), limits=limits, on_text=take)
    assert "".join(pieces) == answer.text
    return answer


async def failure_of(providers: Providers, dialect: Any, fault: Fault | str, reply: str = "0123456789" * 4) -> Failure:
    said = Schedule(reply=Reply(text=reply, chunk_tokens=1), phases=(Phase(fault=fault, reset_s=30),))
    async with simulate([Simulated("a", dialect, said)]) as simulation:
        with pytest.raises(ProviderFailed) as caught:
            await providers.dialect(dialect).send(ASK, access_to(simulation), limits=limits_for(fault))
    return caught.value.failure


def limits_for(fault: Fault | str) -> Limits:
    """Short only where the fault is to wait, so that a slow machine is not taken for one."""
    if not isinstance(fault, Hang):
        return USUAL
    return Limits(first_token_s=0.2) if fault.after_tokens is None else Limits(silence_s=0.2)


async def test_an_answer_streams_in_with_its_counts(providers: Providers, dialect: Any) -> None:
    counted = Reply(input_tokens=20, cached_tokens=10, output_tokens=9)
    answer = await answer_to(providers, dialect, reply=counted)
    assert (answer.text, answer.finish) == (SAID, "stop")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (20, 9)
    assert answer.usage.cached_tokens == (None if dialect == "ollama" else 10)
    assert answer.model_id == (None if dialect == "bedrock" else "m-1")


async def test_a_limit_cuts_the_answer_and_says_so(providers: Providers, dialect: Any) -> None:
    answer = await answer_to(providers, dialect, replace(ASK, limit_tokens=2))
    assert (answer.text, answer.finish) == (SAID[:8], "length")


async def test_a_refusal_is_an_answer(providers: Providers, dialect: Any) -> None:
    answer = await answer_to(providers, dialect, reply=Reply(text="I cannot.", finish="refused"))
    assert answer.finish == ("stop" if dialect == "ollama" else "refused")


async def test_a_schema_is_answered(providers: Providers, dialect: Any) -> None:
    schema = {"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]}
    assert (await answer_to(providers, dialect, replace(ASK, schema=schema))).text == '{"sure": true}'


async def test_missing_counts_are_unknown(providers: Providers, dialect: Any) -> None:
    usage = (await answer_to(providers, dialect, reply=Reply(has_usage=False))).usage
    assert (usage.input_tokens, usage.output_tokens) == (None, None)


async def test_one_byte_at_a_time_is_the_same_answer(providers: Providers, dialect: Any) -> None:
    from sidecar.simulator import Trickle

    schedule = Schedule(reply=Reply(text="slow"), phases=(Phase(fault=Trickle(bytes_per_s=100_000)),))

    async def at_once(seconds: float) -> None:
        del seconds

    async with simulate([Simulated("a", dialect, schedule)], sleep=at_once) as simulation:
        answer = await providers.dialect(dialect).send(ASK, access_to(simulation), limits=Limits())
    assert answer.text == "slow"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Hang(), "first_token_limit"),
        (Hang(after_tokens=2), "silence_limit"),
        (Cut(after_tokens=2), "cut"),
        (Cut(after_tokens=2, end="tidy"), "cut"),
        (Empty(), "empty"),
        (Garbage(), "malformed"),
        (Garbage(after_tokens=2), "malformed"),
        (Refuse(), "refused"),
        (Redirect(), "malformed"),
        ("html-page", "malformed"),
        ("no-body", "empty"),
        ("unavailable", "status"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_every_way_to_fail_is_told_apart(providers: Providers, dialect: Any, fault: Any, kind: str) -> None:
    assert (await failure_of(providers, dialect, fault)).kind == kind


async def test_an_error_in_the_stream_is_a_failure_that_had_answered(providers: Providers, dialect: Any) -> None:
    body = {"error": {"message": "it broke", "code": "server_error"}}
    failure = await failure_of(providers, dialect, ErrorBody(body=body, after_tokens=2))
    assert (failure.kind, failure.status, failure.answered) == ("status", 200, True)
    assert "it broke" in failure.sentence


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [("rate-limit", "rate"), ("too-long", "too-long"), ("bad-key", "key"), ("no-model", "model-missing")],
)
async def test_what_the_vendor_says_reaches_its_verdict(
    providers: Providers, dialect: Any, fault: str, meaning: str
) -> None:
    name = f"{VENDORS.get(dialect, dialect)}.{fault}"
    failure = await failure_of(providers, dialect, name)
    assert verdict(failure, provider="lab", dialect=dialect, now=time.time()).meaning == meaning


@pytest.mark.parametrize(
    ("dialect_name", "fault", "meaning"),
    [
        ("ollama", "ollama.plan-spent", "quota"),
        ("bedrock", "bedrock.throttled-in-stream", "rate"),
        ("bedrock", "bedrock.daily-quota", "quota"),
        ("bedrock", "bedrock.expired", "key"),
        ("bedrock", "bedrock.no-access", "permission"),
        ("bedrock", "bedrock.unavailable", "capacity"),
        ("ollama", "ollama.busy", "capacity"),
        ("ollama", "ollama.out-of-memory", "server"),
        ("ollama", "ollama.error-in-stream", "server"),
        ("azure", "azure.filtered", "policy"),
        ("openai-responses", "openai.quota", "money"),
        ("openai-responses", "openai.error-in-200", "server"),
    ],
)
async def test_the_new_vendors_own_errors_reach_their_verdicts(
    providers: Providers, dialect_name: Any, fault: str, meaning: str
) -> None:
    failure = await failure_of(providers, dialect_name, fault)
    assert verdict(failure, provider="lab", dialect=dialect_name, now=time.time()).meaning == meaning
    assert KEY not in repr(failure)
