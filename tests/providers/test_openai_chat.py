"""The `openai-chat` dialect over a mock transport: what is written, and how replies are read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.errors import ProviderFailed
from sidecar.providers.openai_chat import OpenAIChat
from sidecar.providers.reading import ErrorInReply, NotTheDialect
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Message, Request, Usage

LIMITS = Limits()


def sse(*events: Any, done: bool = True) -> bytes:
    lines = [f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def said(text: str, **choice: Any) -> dict[str, Any]:
    return {"model": "small-1-0901", "choices": [{"index": 0, "delta": {"content": text}, **choice}]}


def reply(
    content: bytes, *, status: int = 200, content_type: str = "text/event-stream", headers: dict[str, str] | None = None
) -> httpx2.Response:
    return httpx2.Response(status, content=content, headers={"content-type": content_type, **(headers or {})})


Send = Callable[..., Awaitable[Answer]]


@pytest.fixture
def send(mocked: Any, access: Access) -> Send:
    """Sends one request whose reply is given; `access` and `on_text` may be passed along."""

    async def sending(
        response: httpx2.Response,
        request: Request,
        *,
        limits: Limits = LIMITS,
        on_text: Callable[[str], Awaitable[None]] | None = None,
    ) -> Answer:
        async with mocked(lambda _: response) as providers:
            answer: Answer = await providers.dialect("openai-chat").send(
                request, access, limits=limits, on_text=on_text
            )
            return answer

    return sending


async def failure_of(answer: Awaitable[Answer]) -> Failure:
    with pytest.raises(ProviderFailed) as caught:
        await answer
    return caught.value.failure


def written(request: Request, access: Access) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(OpenAIChat().prepare(request, access).body)
    return body


# What is written


def test_a_request_carries_its_messages_and_asks_for_a_stream_with_usage(access: Access) -> None:
    request = Request(
        "small-1",
        (Message("user", "Why?"), Message("assistant", "So."), Message("user", "Hm.")),
        system="Be brief.",
        limit_tokens=50,
    )
    call = OpenAIChat().prepare(request, access)
    assert call.url == "https://lab.example/v1/chat/completions"
    assert call.headers["authorization"] == "Bearer sk-lab-0123456789abcdef"
    assert json.loads(call.body) == {
        "model": "small-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "Hm."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
    }


def test_a_local_server_without_a_key_gets_no_authorization_header(ask: Request) -> None:
    call = OpenAIChat().prepare(ask, Access(provider="ollama", base_url="http://127.0.0.1:11434/v1"))
    assert "authorization" not in call.headers


def test_a_host_known_for_it_gets_its_own_name_for_the_limit(ask: Request) -> None:
    access = Access(provider="openai", base_url="https://api.openai.com/v1", key="k")
    body = written(replace(ask, limit_tokens=9), access)
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


def test_a_host_keeps_its_quirks_under_another_name(ask: Request) -> None:
    body = written(ask, Access(provider="my-mistral", base_url="https://api.mistral.ai/v1", key="k"))
    assert "stream_options" not in body


def test_the_name_of_a_host_at_another_address_brings_no_quirks(ask: Request) -> None:
    body = written(ask, Access(provider="mistral", base_url="http://127.0.0.1:9/v1", key="k"))
    assert body["stream_options"] == {"include_usage": True}


def test_a_schema_goes_as_the_response_format(ask: Request, access: Access) -> None:
    body = written(replace(ask, schema={"type": "array"}), access)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "array"}},
    }


def test_a_host_without_schemas_gets_it_in_words_and_the_promise_of_an_object(ask: Request) -> None:
    access = Access(provider="deepseek", base_url="https://api.deepseek.com", key="k")
    body = written(replace(ask, schema={"type": "object"}), access)
    assert body["response_format"] == {"type": "json_object"}
    assert '{"type": "object"}' in body["messages"][0]["content"]
    assert "response_format" not in written(replace(ask, schema={"type": "array"}), access)


def test_half_a_surrogate_in_a_prompt_can_still_be_sent(access: Access) -> None:
    assert OpenAIChat().prepare(Request("m", (Message("user", "\ud83d"),)), access).body


# What is read


async def test_a_stream_becomes_an_answer_with_its_usage(send: Send, ask: Request) -> None:
    heard: list[str] = []

    async def on_text(text: str) -> None:
        heard.append(text)

    usage = {
        "prompt_tokens": 90,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 64},
        "cost": 0.00012,
    }
    stream = sse(
        {"model": "small-1-0901", "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        said("Be"),
        said("cause."),
        said("", finish_reason="stop"),
        {"choices": [], "usage": usage},
    )
    answer = await send(reply(stream, headers={"X-RateLimit-Remaining": "4"}), ask, on_text=on_text)
    assert answer.text == "Because."
    assert answer.finish == "stop"
    assert answer.usage == Usage(90, 64, None, 7)
    assert answer.cost_usd == 0.00012
    assert answer.model_id == "small-1-0901"
    assert answer.headers["x-ratelimit-remaining"] == "4"
    assert "".join(heard) == "Because."


async def test_a_whole_reply_is_taken_from_a_host_that_does_not_stream(send: Send, ask: Request) -> None:
    body = {
        "model": "m",
        "choices": [{"message": {"content": "So."}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 1},
    }
    answer = await send(reply(json.dumps(body).encode(), content_type="application/json"), ask)
    assert (answer.text, answer.finish, answer.usage.input_tokens) == ("So.", "length", 1)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 5}, Usage(9, 5, None, 2)),  # DeepSeek
        ({"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 5}, Usage(9, 5, None, 2)),  # Moonshot
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 4},
            },
            Usage(9, 1, 4, 2),
        ),  # OpenRouter
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "total_tokens": 14,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(9, None, None, 5),
        ),  # xAI: beside the completion
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "total_tokens": 14,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(9, None, None, 5),
        ),  # OpenAI: inside it
        ({"prompt_tokens": None, "completion_tokens": "7", "cost": True}, Usage()),
    ],
)
async def test_usage_is_read_the_way_each_host_writes_it(
    send: Send, ask: Request, usage: dict[str, Any], expected: Usage
) -> None:
    answer = await send(reply(sse(said("x", finish_reason="stop"), {"choices": [], "usage": usage})), ask)
    assert answer.usage == expected


async def test_reasoning_is_no_text(send: Send, ask: Request) -> None:
    thought = {"choices": [{"delta": {"reasoning_content": "Hmm"}}]}
    parts = {
        "choices": [{"delta": {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "So."}]}}]
    }
    answer = await send(reply(sse(thought, parts, said("", finish_reason="stop"))), ask)
    assert answer.text == "So."


async def test_a_filtered_answer_is_returned_as_refused_even_when_empty(send: Send, ask: Request) -> None:
    answer = await send(reply(sse(said("", finish_reason="content_filter"))), ask)
    assert (answer.finish, answer.text) == ("refused", "")


async def test_a_refusal_in_words_is_refused_with_those_words(send: Send, ask: Request) -> None:
    stream = sse({"choices": [{"delta": {"refusal": "I can't."}}]}, said("", finish_reason="stop"))
    answer = await send(reply(stream), ask)
    assert (answer.finish, answer.text) == ("refused", "I can't.")


async def test_a_fence_around_asked_for_json_is_removed(send: Send, ask: Request) -> None:
    stream = sse(said('```json\n{"a": 1}\n```', finish_reason="stop"))
    assert (await send(reply(stream), replace(ask, schema={}))).text == '{"a": 1}'
    assert (await send(reply(stream), ask)).text.startswith("```")


async def test_an_emoji_split_over_two_events_is_whole_again(send: Send, ask: Request) -> None:
    stream = (
        b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude00"},'
    )
    answer = await send(reply(stream + b'"finish_reason":"stop"}]}\n\n'), ask)
    assert answer.text == "a\N{GRINNING FACE}"


async def test_an_end_without_its_marker_is_enough_when_the_reason_to_stop_came(send: Send, ask: Request) -> None:
    assert (await send(reply(sse(said("So.", finish_reason="stop"), done=False)), ask)).text == "So."


async def test_json_sent_under_the_wrong_content_type_is_still_read(send: Send, ask: Request) -> None:
    stream = sse(said("So.", finish_reason="stop"))
    assert (await send(reply(stream, content_type="application/json"), ask)).text == "So."
    assert (await send(reply(stream, content_type="text/plain"), ask)).text == "So."


# What is a failure


async def test_a_stream_without_an_end_is_cut(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(sse(said("So"), done=False)), ask))
    assert (failure.kind, failure.answered, failure.status) == ("cut", True, 200)


async def test_half_an_event_at_the_end_is_cut_and_not_malformed(send: Send, ask: Request) -> None:
    stream = sse(said("So"), done=False) + b'data: {"choices": [{"del'
    assert (await failure_of(send(reply(stream), ask))).kind == "cut"


async def test_broken_json_in_an_event_is_malformed(send: Send, ask: Request) -> None:
    assert (await failure_of(send(reply(b"data: {nope}\n\n"), ask))).kind == "malformed"


async def test_json_nested_without_end_is_malformed(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(b"[" * 200_000, content_type="application/json"), ask))
    assert failure.kind == "malformed"


@pytest.mark.parametrize("content", [b"", b"\n \n"])
async def test_nothing_at_all_is_empty(send: Send, ask: Request, content: bytes) -> None:
    assert (await failure_of(send(reply(content), ask))).kind == "empty"


async def test_an_answer_of_white_space_is_empty(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(sse(said(" \n", finish_reason="stop"))), ask))
    assert failure.kind == "empty"


async def test_an_answer_that_reasoning_used_up_says_so(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(sse(said("", finish_reason="length"))), ask))
    assert failure.kind == "empty"
    assert "spent all its tokens" in failure.sentence


async def test_a_web_page_is_malformed(send: Send, ask: Request) -> None:
    page = b"<!doctype html><title>Welcome</title>"
    failure = await failure_of(send(reply(page, content_type="text/html"), ask))
    assert failure.kind == "malformed"
    assert "web page" in failure.sentence
    assert failure.text.startswith("<!doctype")


async def test_other_json_is_malformed(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(b'{"hello": 1}', content_type="application/json"), ask))
    assert failure.kind == "malformed"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"error": {"message": "Spent.", "type": "tokens", "code": "no_quota"}}, "no_quota", "Spent."),
        ({"error": {"message": "Bad.", "type": "invalid_request", "code": None}}, "invalid_request", "Bad."),
        ({"error": {"code": 402, "message": "Busy.", "metadata": {"error_type": "in_flight_budget_exhausted"}}},
         "in_flight_budget_exhausted", "Busy."),
        ({"error": {"code": 402, "message": "No credit."}}, None, "No credit."),
        ({"error": "model 'x' not found"}, None, "model 'x' not found"),
        ({"object": "error", "message": "Limit.", "type": "rate_limited", "code": "3505"}, "3505", "Limit."),
        ({"detail": [{"msg": "Extra inputs"}]}, None, "Extra inputs"),
        ([{"error": {"code": 429, "message": "Quota.", "status": "EXHAUSTED"}}], "EXHAUSTED", "Quota."),
    ],
)  # fmt: skip
async def test_an_error_is_read_in_every_shape_hosts_give_it(
    send: Send, ask: Request, body: Any, code: str | None, words: str
) -> None:
    response = reply(
        json.dumps(body).encode(), status=429, content_type="application/json", headers={"Retry-After": "7"}
    )
    failure = await failure_of(send(response, ask))
    assert (failure.kind, failure.status, failure.code) == ("status", 429, code)
    assert words in failure.sentence
    assert failure.sentence.startswith("`lab` answered 429")
    assert failure.headers["retry-after"] == "7"
    assert failure.body == body


@pytest.mark.parametrize(
    "content",
    [
        sse(
            said("So"),
            {"error": {"code": 502, "message": "Upstream."}, "choices": [{"delta": {}, "finish_reason": "error"}]},
        ),
        sse(said("So"), done=False) + b'{"error": {"message": "Upstream."}}\n',  # Ollama: a naked line
        sse(said("So"), done=False)
        + b'{\n  "error": {\n    "message": "Upstream."\n  }\n}\n',  # Gemini: a naked document
        sse(said("So"), done=False) + b'event: error\ndata: {"message": "Upstream."}\n\n',
        b'{"error": {"message": "Upstream."}}',
    ],
)
async def test_an_error_inside_a_success_is_a_failure_with_its_body(send: Send, ask: Request, content: bytes) -> None:
    failure = await failure_of(send(reply(content), ask))
    assert (failure.kind, failure.status) == ("status", 200)
    assert "Upstream." in failure.sentence
    assert failure.body


async def test_a_redirect_is_not_followed_and_its_host_never_sees_the_key(
    mocked: Any, ask: Request, access: Access
) -> None:
    asked: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        return httpx2.Response(307, headers={"location": "https://elsewhere.example/v1"})

    async with mocked(handler) as providers:
        failure = await failure_of(providers.dialect("openai-chat").send(ask, access, limits=LIMITS))
    assert asked == ["lab.example"]
    assert (failure.kind, failure.status) == ("malformed", 307)
    assert "elsewhere.example" in failure.sentence


async def test_cookies_are_neither_kept_nor_sent(mocked: Any, ask: Request, access: Access) -> None:
    cookies: list[str | None] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        cookies.append(request.headers.get("cookie"))
        return reply(sse(said("x", finish_reason="stop")), headers={"set-cookie": "session=abcdef; Path=/"})

    async with mocked(handler) as providers:
        for _ in range(2):
            answer = await providers.dialect("openai-chat").send(ask, access, limits=LIMITS)
    assert cookies == [None, None]
    assert "set-cookie" not in answer.headers


async def test_a_reply_past_its_limit_is_malformed(send: Send, ask: Request) -> None:
    failure = await failure_of(send(reply(sse(said("x" * 5_000))), ask, limits=Limits(reply_bytes=1_000)))
    assert failure.kind == "malformed"
    assert "1,000 bytes" in failure.sentence


async def test_an_error_of_a_listener_is_not_taken_for_the_providers(send: Send, ask: Request) -> None:
    async def on_text(text: str) -> None:
        raise UnicodeError(text)

    with pytest.raises(UnicodeError):
        await send(reply(sse(said("x", finish_reason="stop"))), ask, on_text=on_text)


NAMES = st.sampled_from(["choices", "delta", "content", "usage", "error", "finish_reason", "cost", "model"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(ANY_JSON)
def test_no_json_makes_the_reader_fail_in_its_own_way(ask: Request, body: Any) -> None:
    for whole in (True, False):
        reading = OpenAIChat().reading(ask)
        try:
            if whole:
                reading.whole(body)
            else:
                reading.event("", json.dumps(body).encode())
        except (ErrorInReply, NotTheDialect):
            continue
        reading.answer({})
