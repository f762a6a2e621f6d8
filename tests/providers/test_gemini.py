"""The `gemini` dialect: what is written, and how replies are read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from sidecar.errors import ProviderFailed
from sidecar.providers.gemini import Gemini
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Message, Request, Usage

ACCESS = Access(provider="gemini", base_url="https://generativelanguage.googleapis.com/v1beta", key="AIza0123456789")


def said(text: str, **candidate: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, **candidate}],
        "modelVersion": "g-1",
    }


def stream(*events: Any) -> httpx2.Response:
    content = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in events)
    return httpx2.Response(200, content=content.encode(), headers={"content-type": "text/event-stream"})


async def answer_to(mocked: Any, response: httpx2.Response, request: Request) -> Answer:
    async with mocked(lambda _: response) as providers:
        answer: Answer = await providers.dialect("gemini").send(request, ACCESS, limits=Limits())
        return answer


async def failure_of(mocked: Any, response: httpx2.Response, request: Request) -> Failure:
    with pytest.raises(ProviderFailed) as caught:
        await answer_to(mocked, response, request)
    return caught.value.failure


def test_the_key_is_in_a_header_and_never_in_the_address(ask: Request) -> None:
    call = Gemini().prepare(ask, ACCESS)
    assert call.headers["x-goog-api-key"] == "AIza0123456789"
    assert call.url == f"{ACCESS.base_url}/models/small-1:streamGenerateContent?alt=sse"


def test_a_model_id_cannot_leave_its_place_in_the_address(ask: Request) -> None:
    call = Gemini().prepare(replace(ask, model_id="models/../../x?key=1#"), ACCESS)
    assert call.url == f"{ACCESS.base_url}/models/..%2F..%2Fx%3Fkey%3D1%23:streamGenerateContent?alt=sse"


def test_a_request_carries_roles_system_and_limit() -> None:
    messages = (Message("user", "Why?"), Message("assistant", "So."), Message("user", "Hm."))
    body = json.loads(Gemini().prepare(Request("g", messages, system="Be brief.", limit_tokens=5), ACCESS).body)
    assert body == {
        "contents": [
            {"role": "user", "parts": [{"text": "Why?"}]},
            {"role": "model", "parts": [{"text": "So."}]},
            {"role": "user", "parts": [{"text": "Hm."}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {"maxOutputTokens": 5},
    }


def test_a_schema_loses_the_keywords_gemini_refuses_and_no_property(ask: Request) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "pattern": "^a"},
            "list": {"type": "array", "items": {"const": 1}},
        },
        "required": ["pattern"],
    }
    generation = json.loads(Gemini().prepare(replace(ask, schema=schema), ACCESS).body)["generationConfig"]
    assert generation == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "type": "object",
            "properties": {"pattern": {"type": "string"}, "list": {"type": "array", "items": {}}},
            "required": ["pattern"],
        },
    }


async def test_a_stream_becomes_an_answer_with_thoughts_counted_as_output(mocked: Any, ask: Request) -> None:
    thought = {"candidates": [{"content": {"parts": [{"text": "Hm", "thought": True}]}}]}
    usage = {"promptTokenCount": 20, "cachedContentTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 40}
    events = (thought, said("Be"), {**said("cause.", finishReason="STOP"), "usageMetadata": usage})
    answer = await answer_to(mocked, stream(*events), ask)
    assert (answer.text, answer.finish, answer.model_id) == ("Because.", "stop", "g-1")
    assert answer.usage == Usage(input_tokens=20, cached_tokens=8, output_tokens=43)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_reply_that_is_no_stream_is_taken_whole_or_as_a_list(mocked: Any, ask: Request, whole: bool) -> None:
    body = said("So.", finishReason="MAX_TOKENS") if whole else [said("S"), said("o.", finishReason="MAX_TOKENS")]
    answer = await answer_to(mocked, httpx2.Response(200, json=body), ask)
    assert (answer.text, answer.finish) == ("So.", "length")


@pytest.mark.parametrize(
    "event",
    [
        {"candidates": [{"finishReason": "SAFETY"}]},
        {"candidates": [{"finishReason": "RECITATION"}]},
        {"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]},
        {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}},
    ],
)
async def test_what_a_policy_stopped_is_a_refused_answer(mocked: Any, ask: Request, event: Any) -> None:
    answer = await answer_to(mocked, stream(event), ask)
    assert (answer.finish, answer.text) == ("refused", "")


async def test_a_stream_without_a_reason_to_stop_is_cut(mocked: Any, ask: Request) -> None:
    assert (await failure_of(mocked, stream(said("Be")), ask)).kind == "cut"


async def test_a_limit_spent_on_thoughts_alone_is_empty(mocked: Any, ask: Request) -> None:
    assert (await failure_of(mocked, stream({"candidates": [{"finishReason": "MAX_TOKENS"}]}), ask)).kind == "empty"


async def test_a_bad_key_keeps_its_details_for_the_verdict(mocked: Any, ask: Request) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    body = {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": details}}
    failure = await failure_of(mocked, httpx2.Response(400, json=body), ask)
    assert (failure.status, failure.code, failure.body) == (400, "INVALID_ARGUMENT", body)


async def test_an_error_in_the_middle_of_a_stream_is_a_failure(mocked: Any, ask: Request) -> None:
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    failure = await failure_of(mocked, stream(said("Be"), error), ask)
    assert (failure.status, failure.code) == (200, "UNAVAILABLE")
    assert failure.sentence == "`gemini` answered 200 with an error inside (503): The model is overloaded."
