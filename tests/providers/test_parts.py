"""What only some dialects can say: reasoning to give back, efforts, choices of tools, ids, marks for caches."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sidecar.providers.framing import FrameReader, LineReader, StreamReader
from sidecar.providers.opening import DIALECTS, http_dialect
from sidecar.providers.served import served
from sidecar.providers.sse import EventReader
from sidecar.providers.vocabulary import (
    Access,
    Answer,
    Effort,
    Message,
    Part,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

WIRES = [name for name in DIALECTS if name != "command"]
EFFORT_MODELS = {
    "anthropic": "claude-sonnet-4-6",
    "gemini": "gemini-3.8-flash",
    "vertex": "gemini-3.8-flash",
    "bedrock": "anthropic.claude-sonnet-4-6-v1:0",
}
ACCESS = Access("lab", "https://lab.example/v1", key="sk-lab-0123456789", region="eu-central-1")
DEEPSEEK = replace(ACCESS, base_url="https://api.deepseek.com")

REASONING: dict[str, dict[str, Any]] = {
    "openai-chat": {"reasoning_content": "hm"},
    "openai-responses": {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
    "anthropic": {"type": "thinking", "thinking": "hm", "signature": "Eq=="},
    "gemini": {"thoughtSignature": "CiQ="},
    "ollama": {"thinking": "hm"},
    "bedrock": {"reasoningText": {"text": "hm", "signature": "Eq=="}},
}


def body_of(dialect: str, request: Request, access: Access = ACCESS) -> Any:
    return json.loads(http_dialect(dialect).prepare(request, access).body)


def through(dialect: str, request: Request, access: Access = ACCESS) -> Request:
    """The request as the vendor of *dialect* understands it."""
    return served(dialect).read_request(body_of(dialect, request, access), model_id=request.model_id)


def as_read(dialect: str, answer: Answer) -> Answer:
    """The answer as the dialect reads the vendor's stream."""
    reading = http_dialect(dialect).reading(ASK)
    readers: dict[str, type[StreamReader]] = {"events": EventReader, "lines": LineReader, "frames": FrameReader}
    reader = readers[reading.framing]()
    for name, data in reader.feed(b"".join(served(dialect).stream(answer))):
        reading.event(name, data)
    return reading.answer({})


ASK = Request("m-1", (Message("user", "Why?"),))


@pytest.mark.parametrize("dialect", sorted(REASONING))
def test_reasoning_goes_back_to_its_own_dialect_unchanged_and_to_no_other(dialect: str) -> None:
    thought = Reasoning(dialect, REASONING[dialect])
    call = ToolCall("call-1", "look", {"path": "a.py"})
    parts: tuple[Part, ...] = (thought, call)
    turns = (Message("user", "Why?"), Message("assistant", parts), Message("user", (ToolResult("call-1", ()),)))
    for other in sorted(REASONING):
        found = through(other, Request("gemini-3-x", turns), DEEPSEEK).messages[1].parts
        assert found == (parts if other == dialect else (call,))


@pytest.mark.parametrize("dialect", sorted(REASONING))
def test_reasoning_in_a_stream_is_kept_as_the_dialect_needs_it_back(dialect: str) -> None:
    parts = (Reasoning(dialect, REASONING[dialect]), Text("So."), ToolCall("call-1", "look", {"path": "a.py"}))
    answer = Answer("So.", "tools", parts=parts)
    assert as_read(dialect, answer).parts == parts
    reading = http_dialect(dialect).reading(ASK)
    reading.whole(served(dialect).whole(answer))
    assert reading.answer({}).parts == parts


@pytest.mark.parametrize("dialect", WIRES)
@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_an_effort_survives_every_dialect(dialect: str, effort: Effort) -> None:
    asked = replace(ASK, model_id=EFFORT_MODELS.get(dialect, "m-1"), effort=effort)
    call = http_dialect(dialect).prepare(asked, ACCESS)
    assert call.notes == ()
    assert through(dialect, asked).effort == effort


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "vertex", "bedrock"])
def test_an_effort_that_cannot_be_told_is_left_out_with_a_note(dialect: str) -> None:
    call = http_dialect(dialect).prepare(replace(ASK, model_id="llama-3", effort="high"), ACCESS)
    assert call.notes == ("`lab` cannot be told a reasoning effort; `high` was left out",)
    assert call.body == http_dialect(dialect).prepare(replace(ASK, model_id="llama-3"), ACCESS).body


@pytest.mark.parametrize("dialect", WIRES)
@pytest.mark.parametrize("choice", ["auto", "required", "tool_a"])
def test_a_choice_of_tools_survives_every_dialect_that_has_one(dialect: str, choice: str) -> None:
    asked = replace(ASK, tools=(Tool("tool_a"), Tool("tool_b")), tool_choice=choice)
    call = http_dialect(dialect).prepare(asked, ACCESS)
    if dialect == "ollama" and choice != "auto":
        assert call.notes
    else:
        assert through(dialect, asked).tool_choice == choice


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses"])
def test_arguments_that_are_no_json_are_carried_as_they_are(dialect: str) -> None:
    broken = ToolCall("call-1", "look", {"unparsed_arguments": '{"path": '})
    asked = Request("m", (Message("user", "Why?"), Message("assistant", (broken,))))
    assert '{\\"path\\": ' in json.dumps(body_of(dialect, asked))
    assert through(dialect, asked).messages == asked.messages


@pytest.mark.parametrize(("dialect", "allowed"), [("anthropic", 64), ("bedrock", 64), ("openai-responses", 64)])
def test_an_id_the_vendor_would_refuse_is_replaced_the_same_way_for_call_and_result(dialect: str, allowed: int) -> None:
    call_id = "functions.look:0/" + "x" * 80
    turns = (
        Message("user", "Why?"),
        Message("assistant", (ToolCall(call_id, "look", {}),)),
        Message("user", (ToolResult(call_id, ()),)),
    )
    found = through(dialect, Request("m", turns)).messages
    call, result = found[1].parts[0], found[2].parts[0]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert call.id == result.call_id
    assert len(call.id) <= allowed


def test_cache_marks_reach_those_who_must_be_told_and_at_most_four() -> None:
    turns = tuple(Message("user" if place % 2 == 0 else "assistant", f"{place}", cache=True) for place in range(6))
    asked = Request("anthropic.claude-sonnet-4-6", turns, system="Be brief.", cache_system=True)
    body = body_of("anthropic", asked)
    assert json.dumps(body).count("cache_control") == 4
    assert [message.cache for message in through("anthropic", asked).messages] == [False] * 3 + [True] * 3
    assert through("bedrock", asked) == asked
    assert "cache" not in json.dumps(body_of("bedrock", replace(asked, model_id="meta.llama4")))
    for other in ("openai-chat", "openai-responses", "gemini", "ollama"):
        assert "cache" not in json.dumps(body_of(other, asked))


def test_a_budget_for_thinking_is_not_asked_for_where_the_calls_were_thought_of_elsewhere() -> None:
    def thinks(*thought: Part) -> bool:
        turns = (
            Message("user", "Why?"),
            Message("assistant", (*thought, ToolCall("call-1", "look", {}))),
            Message("user", (ToolResult("call-1", ()),)),
        )
        return "thinking" in body_of("anthropic", Request("claude-sonnet-4-5", turns, effort="low"))

    assert thinks(Reasoning("anthropic", REASONING["anthropic"]))
    assert not thinks()
    assert "thinking" in body_of("anthropic", replace(ASK, model_id="claude-sonnet-4-5", effort="low"))


def test_a_model_made_to_call_a_tool_is_not_told_to_think() -> None:
    asked = replace(ASK, model_id="claude-sonnet-4-6", effort="high", tools=(Tool("look"),), tool_choice="required")
    assert "thinking" not in body_of("anthropic", asked)
    assert "thinking" in body_of("anthropic", replace(asked, tool_choice="auto"))


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
@pytest.mark.parametrize("limit_tokens", [1, 1_500, 5_000, 30_000, 60_000])
@pytest.mark.parametrize(
    ("dialect", "model_id"), [("anthropic", "claude-haiku-4-5"), ("bedrock", "anthropic.claude-haiku-4-5")]
)
def test_a_limit_holds_for_what_is_thought_and_what_is_said(
    dialect: Any, model_id: str, limit_tokens: int, effort: Any
) -> None:
    """Both are billed: an answer within its limit must not cost a budget of thoughts beside it."""
    request = Request(model_id, (Message("user", "Why?"),), limit_tokens=limit_tokens, effort=effort)
    access = Access(provider=dialect, base_url="https://host.example", key="key", region="eu-central-1")
    sent = json.loads(http_dialect(dialect).prepare(request, access).body)
    most = sent["max_tokens"] if dialect == "anthropic" else sent["inferenceConfig"]["maxTokens"]
    thinking = (sent if dialect == "anthropic" else sent.get("additionalModelRequestFields", {})).get("thinking")
    assert most == limit_tokens
    assert thinking is None or 1_024 <= thinking["budget_tokens"] <= limit_tokens / 2
    assert (thinking is None) is (limit_tokens < 2_048)
