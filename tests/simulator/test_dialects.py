import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest

from sidecar.providers.framing import FrameReader
from sidecar.simulator import Quota, Reply, Schedule, Simulated, Simulation

Running = Callable[..., AbstractAsyncContextManager[Simulation]]
Ask = Any  # the `Asker` of conftest.py

PROMPT = "Why?\nE       assert 5 == 6\nok"
SAID = "1 of the 2 lines mentions a failure:\nE       assert 5 == 6"
COUNTED = Reply(text="twelve chars", cached_tokens=10, cache_write_tokens=4, input_tokens=20)


def events(response: httpx2.Response) -> list[tuple[str | None, Any]]:
    """The server-sent events of a stream, each with its name."""
    assert response.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in response.text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        data = fields["data"]
        found.append((fields.get("event"), data if data == "[DONE]" else json.loads(data)))
    return found


WHOLE: dict[str, Callable[[Any], str]] = {
    "openai-chat": lambda body: str(body["choices"][0]["message"].get("content") or ""),
    "openai-responses": lambda body: str(body["output"][0]["content"][0]["text"]),
    "anthropic": lambda body: "".join(block["text"] for block in body["content"]),
    "gemini": lambda body: _gemini_text([body]),
    "ollama": lambda body: str(body["message"]["content"]),
    "bedrock": lambda body: "".join(block["text"] for block in body["output"]["message"]["content"]),
}


def _gemini_text(parts: list[Any]) -> str:
    contents = [part["candidates"][0]["content"] for part in parts]
    return "".join(piece["text"] for content in contents for piece in content.get("parts", ()))


def text_of(dialect: str, response: httpx2.Response) -> str:
    """What a client would take as the answer's text."""
    dialect = {"azure": "openai-chat", "vertex": "gemini"}.get(dialect, dialect)
    if response.headers["content-type"] == "application/json":
        return WHOLE[dialect](response.json())
    if dialect == "ollama":
        return "".join(json.loads(line)["message"]["content"] for line in response.text.splitlines())
    if dialect == "bedrock":
        frames = [json.loads(data) for _, data in FrameReader().feed(response.content)]
        return "".join(data["delta"]["text"] for data in frames if "delta" in data)
    parts = [data for _, data in events(response) if data != "[DONE]"]
    match dialect:
        case "openai-chat":
            choices = [part["choices"][0] for part in parts if part["choices"]]
            return "".join(each["delta"].get("content", "") for each in choices)
        case "openai-responses":
            return "".join(part["delta"] for part in parts if part["type"] == "response.output_text.delta")
        case "anthropic":
            return "".join(part["delta"]["text"] for part in parts if part["type"] == "content_block_delta")
    return _gemini_text(parts)


LIMITS: dict[str, dict[str, Any]] = {
    "gemini": {"generationConfig": {"maxOutputTokens": 2}},
    "vertex": {"generationConfig": {"maxOutputTokens": 2}},
    "openai-responses": {"max_output_tokens": 2},
    "ollama": {"options": {"num_predict": 2}},
    "bedrock": {"inferenceConfig": {"maxTokens": 2}},
}


async def test_an_answer_is_read_from_the_request(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    async with running(Simulated("a", dialect)) as simulation:
        response = await ask(simulation, "a", PROMPT, stream=stream)
    assert response.status_code == 200
    assert text_of(dialect, response) == SAID


async def test_a_caller_s_token_limit_cuts_the_answer(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    limit = LIMITS.get(dialect, {"max_tokens": 2})
    async with running(Simulated("a", dialect)) as simulation:
        response = await ask(simulation, "a", PROMPT, stream=stream, **limit)
    assert text_of(dialect, response) == SAID[:8]
    reasons = (b'"length"', b'"max_tokens"', b'"MAX_TOKENS"', b'"max_output_tokens"')
    assert any(reason in response.content for reason in reasons)


async def test_a_refusal_is_told_by_the_finish(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    reply = Reply(text="I cannot.", finish="refused")
    async with running(Simulated("a", dialect, Schedule(reply=reply))) as simulation:
        response = await ask(simulation, "a", stream=stream)
    reasons = {
        "anthropic": b'"refusal"',
        "gemini": b'"SAFETY"',
        "vertex": b'"SAFETY"',
        "bedrock": b'"content_filtered"',
    }
    # Ollama has no word for it: the model says so itself.
    assert reasons.get(dialect, b'"content_filter"' if dialect != "ollama" else b"I cannot.") in response.content


async def test_an_openai_stream_ends_with_usage_where_asked_and_done(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat", Schedule(reply=COUNTED))) as simulation:
        asked = await ask(simulation, "a", stream=True, stream_options={"include_usage": True})
        unasked = await ask(simulation, "a", stream=True)
        whole = await ask(simulation, "a")
    chunks = [data for _, data in events(asked)]
    assert chunks[-1] == "[DONE]"
    assert chunks[-2]["choices"] == []
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 3,
        "total_tokens": 23,
        "prompt_tokens_details": {"cached_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert chunks[-2]["usage"] == whole.json()["usage"] == usage
    assert [chunk["usage"] for chunk in chunks[:-2]] == [None] * (len(chunks) - 2)
    assert chunks[-3]["choices"][0]["finish_reason"] == "stop"
    assert "usage" not in unasked.text


async def test_an_anthropic_stream_has_the_whole_sequence_of_events(running: Running, ask: Ask) -> None:
    reply = Reply(text="x" * 40, chunk_tokens=5)
    async with running(Simulated("a", "anthropic", Schedule(reply=reply))) as simulation:
        found = events(await ask(simulation, "a", stream=True))
    assert [name for name, _ in found] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert all(name == data["type"] for name, data in found)


async def test_anthropic_counts_cached_input_apart(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "anthropic", Schedule(reply=COUNTED))) as simulation:
        usage = (await ask(simulation, "a")).json()["usage"]
        start = events(await ask(simulation, "a", stream=True))[0][1]["message"]["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (6, 10, 4)
    assert (start["input_tokens"], start["output_tokens"], usage["output_tokens"]) == (6, 1, 3)


async def test_gemini_counts_cached_input_inside(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "gemini", Schedule(reply=COUNTED))) as simulation:
        usage = (await ask(simulation, "a")).json()["usageMetadata"]
    assert (usage["promptTokenCount"], usage["cachedContentTokenCount"], usage["totalTokenCount"]) == (20, 10, 23)


async def test_usage_can_be_left_out(running: Running, ask: Ask, dialect: Any, stream: bool) -> None:
    async with running(Simulated("a", dialect, Schedule(reply=Reply(has_usage=False)))) as simulation:
        response = await ask(simulation, "a", stream=stream)
    assert not any(word in response.content for word in (b"oken", b"eval_count"))


async def test_a_cost_is_told_as_openrouter_does(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "openai-chat", Schedule(reply=Reply(cost_usd=0.0012)))) as simulation:
        assert (await ask(simulation, "a")).json()["usage"]["cost"] == 0.0012


async def test_a_comment_comes_before_the_first_token(running: Running, ask: Ask, dialect: Any) -> None:
    reply = Reply(comment="OPENROUTER PROCESSING")
    if dialect in ("ollama", "bedrock"):
        return  # neither lines nor frames have comments
    async with running(Simulated("a", dialect, Schedule(reply=reply))) as simulation:
        assert (await ask(simulation, "a", stream=True)).text.startswith(": OPENROUTER PROCESSING\n\n")


@pytest.mark.parametrize(
    ("dialect_name", "wish"),
    [
        ("openai-chat", lambda schema: {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}),
        ("anthropic", lambda schema: {"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
        (
            "anthropic",
            lambda schema: {"system": f"Answer in JSON as this JSON Schema says.\n{json.dumps(schema)}\nOK?"},
        ),
        ("gemini", lambda schema: {"generationConfig": {"responseJsonSchema": schema}}),
    ],
)
async def test_a_schema_gets_json_that_fits(running: Running, ask: Ask, dialect_name: Any, wish: Any) -> None:
    schema = {"type": "object", "properties": {"why": {"type": "string"}, "sure": {"type": "boolean"}}}
    async with running(Simulated("a", dialect_name)) as simulation:
        response = await ask(simulation, "a", PROMPT, **wish(schema))
    assert json.loads(text_of(dialect_name, response)) == {"why": SAID, "sure": True}


async def test_models_are_listed_as_each_vendor_does(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(Simulated("a", dialect, models=("m-1", "m-2"))) as simulation:
        origin = simulation.base_url("a").partition("/a")[0]
        listed = (await ask.client.get(f"{origin}/a{LISTINGS.get(dialect, '/v1/models')}")).json()
        assert simulation.calls("a") == [], "a listing is no call to a model"
    assert "m-1" in json.dumps(listed)
    assert "m-2" in json.dumps(listed)


LISTINGS = {
    "gemini": "/v1beta/models",
    "vertex": "/v1beta1/publishers/google/models",
    "ollama": "/api/tags",
    "azure": "/openai/deployments",
    "bedrock": "/foundation-models",
}


async def test_a_request_the_vendor_would_reject_is_rejected(running: Running, ask: Ask, dialect: Any) -> None:
    left_out: dict[str, Any] = {"contents": [], "input": [], "messages": []}
    async with running(Simulated("a", dialect)) as simulation:
        response = await ask(simulation, "a", **left_out)
        seen = simulation.calls("a")[0]
    assert response.status_code == 400
    assert "the body has no `" in response.text
    assert seen.outcome.endswith(".bad-request")


async def test_anthropic_wants_its_version_and_a_token_limit(running: Running, ask: Ask) -> None:
    async with running(Simulated("a", "anthropic")) as simulation:
        request = ask.request(simulation, "a")
        del request.headers["anthropic-version"]
        assert "anthropic-version" in (await ask.client.send(request)).json()["error"]["message"]
        assert "max_tokens" in (await ask(simulation, "a", max_tokens=None)).json()["error"]["message"]


async def test_an_unknown_model_or_key_gets_the_vendor_s_answer(running: Running, ask: Ask, dialect: Any) -> None:
    provider = Simulated("a", dialect, models=("m",), accounts={"work": "key-1", "own": "key-2"})
    async with running(provider) as simulation:
        bad_model = await ask(simulation, "a", model="other")
        bad_key = await ask(simulation, "a", key="key-3")
        good = await ask(simulation, "a", key="key-2")
        assert [seen.account for seen in simulation.calls("a")] == ["work", None, "own"]
    assert bad_model.status_code == 404
    assert bad_key.status_code == {"gemini": 400, "bedrock": 403}.get(dialect, 401)
    assert good.status_code == 200


async def test_a_prompt_past_the_window_gets_the_vendor_s_too_long(running: Running, ask: Ask, dialect: Any) -> None:
    async with running(Simulated("a", dialect, Schedule(context_tokens=50))) as simulation:
        assert (await ask(simulation, "a", "x" * 150)).status_code == 200
        assert (await ask(simulation, "a", "x" * 300)).status_code == 400
        assert simulation.calls("a")[1].outcome.endswith(".too-long")


async def test_quotas_are_told_in_the_vendor_s_headers(running: Running, ask: Ask, clock: Any) -> None:
    schedule = Schedule(quotas=(Quota(requests=2, window_s=60),))
    async with running(Simulated("a", "openai-chat", schedule), Simulated("b", "anthropic", schedule)) as simulation:
        clock.now += 20
        openai = [await ask(simulation, "a") for _ in range(3)]
        anthropic = [await ask(simulation, "b") for _ in range(3)]
        clock.now += 40
        again = await ask(simulation, "a")
    assert [response.status_code for response in (*openai, *anthropic, again)] == [200, 200, 429] * 2 + [200]
    assert [response.headers["x-ratelimit-remaining-requests"] for response in openai] == ["1", "0", "0"]
    assert openai[2].headers["x-ratelimit-reset-requests"] == "40s"
    assert openai[2].headers["retry-after"] == "40"
    assert anthropic[0].headers["anthropic-ratelimit-requests-remaining"] == "1"
    assert anthropic[2].headers["anthropic-ratelimit-requests-reset"] == "2026-11-22T12:01:00Z"
    assert anthropic[2].headers["anthropic-ratelimit-requests-limit"] == "2"


async def test_delays_are_waited_with_the_given_sleep(
    running: Running, ask: Ask, clock: Any, dialect: Any, stream: bool
) -> None:
    reply = Reply(text="x" * 80, delay_s=1, first_token_s=2, tokens_per_s=10, chunk_tokens=10)
    async with running(Simulated("a", dialect, Schedule(reply=reply))) as simulation:
        response = await ask(simulation, "a", stream=stream)
    assert text_of(dialect, response) == "x" * 80
    assert clock.slept == ([1, 2, 1, 1] if stream else [5])
