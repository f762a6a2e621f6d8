"""The `anthropic` dialect: what is written, and how replies are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from sidecar.errors import ProviderFailed
from sidecar.providers.anthropic import Anthropic
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Message, Request, Usage

ACCESS = Access(provider="anthropic", base_url="https://api.anthropic.com", key="sk-ant-0123456789")
START = {
    "type": "message_start",
    "message": {
        "model": "claude-haiku-5-5",
        "usage": {
            "input_tokens": 12,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 30,
            "output_tokens": 1,
        },
    },
}
STOP = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"output_tokens": 9, "input_tokens": None},
}
END = {"type": "message_stop"}


def said(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def stream(*events: dict[str, Any]) -> httpx2.Response:
    content = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return httpx2.Response(200, content=content.encode(), headers={"content-type": "text/event-stream"})


async def answer_to(mocked: Any, response: httpx2.Response, request: Request) -> Answer:
    async with mocked(lambda _: response) as providers:
        answer: Answer = await providers.dialect("anthropic").send(request, ACCESS, limits=Limits())
        return answer


async def failure_of(mocked: Any, response: httpx2.Response, request: Request) -> Failure:
    with pytest.raises(ProviderFailed) as caught:
        await answer_to(mocked, response, request)
    return caught.value.failure


def test_a_request_carries_version_key_and_system(ask: Request) -> None:
    call = Anthropic().prepare(replace(ask, system="Be brief.", limit_tokens=50), ACCESS)
    assert call.url == "https://api.anthropic.com/v1/messages"
    assert call.headers["anthropic-version"] == "2023-06-01"
    assert call.headers["x-api-key"] == "sk-ant-0123456789"
    assert "authorization" not in call.headers
    assert json.loads(call.body) == {
        "model": "small-1",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "Why?"}],
        "stream": True,
        "system": "Be brief.",
    }


def test_an_address_that_ends_with_the_version_does_not_get_it_twice(ask: Request) -> None:
    call = Anthropic().prepare(ask, replace(ACCESS, base_url="http://127.0.0.1:9/anthropic/v1/"))
    assert call.url == "http://127.0.0.1:9/anthropic/v1/messages"


@pytest.mark.parametrize(
    ("model_id", "tokens"),
    [
        ("claude-opus-5-5", 32_000),
        ("claude-3-5-haiku-latest", 8_192),
        ("claude-3-haiku-20240307", 4_096),
        ("deepseek-flash", 8_192),
    ],
)
def test_a_limit_is_always_sent_and_one_the_model_takes(model_id: str, tokens: int) -> None:
    call = Anthropic().prepare(Request(model_id, (Message("user", "Why?"),)), ACCESS)
    assert json.loads(call.body)["max_tokens"] == tokens


def test_a_schema_is_asked_for_in_words(ask: Request) -> None:
    body = json.loads(Anthropic().prepare(replace(ask, system="Be brief.", schema={"type": "array"}), ACCESS).body)
    assert body["system"].startswith("Be brief.\n\n")
    assert '{"type": "array"}' in body["system"]


async def test_a_stream_becomes_an_answer_whose_input_counts_every_cache(mocked: Any, ask: Request) -> None:
    thinking = {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "Hm"}}
    block = {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}
    events = (START, {"type": "ping"}, thinking, block, said("Be"), said("cause."), STOP, END)
    answer = await answer_to(mocked, stream(*events), ask)
    assert (answer.text, answer.finish, answer.model_id) == ("Because.", "stop", "claude-haiku-5-5")
    assert answer.usage == Usage(input_tokens=142, cached_tokens=100, cache_write_tokens=30, output_tokens=9)


async def test_a_whole_reply_is_taken_where_the_host_does_not_stream(mocked: Any, ask: Request) -> None:
    body = {
        "type": "message",
        "content": [{"type": "text", "text": "So."}],
        "stop_reason": "max_tokens",
        "usage": {"input_tokens": 3},
    }
    answer = await answer_to(mocked, httpx2.Response(200, json=body), ask)
    assert (answer.text, answer.finish, answer.usage) == ("So.", "length", Usage(input_tokens=3))


async def test_a_refusal_is_an_answer_even_without_a_word(mocked: Any, ask: Request) -> None:
    refusal = {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {}}
    assert (await answer_to(mocked, stream(START, refusal, END), ask)).finish == "refused"


async def test_an_error_event_inside_a_success_is_a_failure_by_its_type(mocked: Any, ask: Request) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failure = await failure_of(mocked, stream(START, said("Be"), error), ask)
    assert (failure.kind, failure.status, failure.code, failure.answered) == ("status", 200, "overloaded_error", True)
    assert failure.sentence.endswith("Overloaded")


async def test_a_stream_without_message_stop_or_a_reason_is_cut(mocked: Any, ask: Request) -> None:
    assert (await failure_of(mocked, stream(START, said("Be")), ask)).kind == "cut"


async def test_an_error_status_keeps_its_body_for_the_verdict(mocked: Any, ask: Request) -> None:
    body = {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Slow down", "details": {"error_code": "spent"}},
    }
    headers = {"anthropic-ratelimit-requests-reset": "2026-11-23T00:00:00Z"}
    failure = await failure_of(mocked, httpx2.Response(429, json=body, headers=headers), ask)
    assert (failure.status, failure.code, failure.body) == (429, "rate_limit_error", body)
    assert failure.headers["anthropic-ratelimit-requests-reset"] == "2026-11-23T00:00:00Z"
