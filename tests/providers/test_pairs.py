"""What is said in one dialect means the same in every other, tool calls included, however its bytes arrive."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.providers.framing import FrameReader, LineReader, StreamReader
from sidecar.providers.opening import DIALECTS, http_dialect
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading
from sidecar.providers.served import served
from sidecar.providers.sse import EventReader
from sidecar.providers.vocabulary import (
    Access,
    Answer,
    Image,
    Message,
    Part,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
    joined,
)

WIRES = [name for name in DIALECTS if name != "command"]
BODIES = [name for name in WIRES if name not in ("azure", "vertex")]
"""Those with a form of their own: Azure has Chat Completions', Vertex has Gemini's."""

MODELS = {"anthropic": "claude-sonnet-4-6", "gemini": "gemini-3.8-flash", "vertex": "gemini-3.8-flash"}
ACCESS = Access("lab", "https://lab.example/v1", key="sk-lab-0123456789", region="eu-central-1")

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}

_STARTS = {
    "image/png": b"\x89PNG\r\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF",
}

FIELDS = [
    *("type", "role", "content", "parts", "text", "messages", "contents", "input", "output", "message", "delta"),
    *("choices", "tool_calls", "function", "arguments", "index", "output_index", "item", "response", "name", "id"),
    *("candidates", "functionCall", "functionResponse", "inlineData", "thoughtSignature", "thought", "args", "parts"),
    *("toolUse", "toolResult", "image", "source", "reasoningContent", "contentBlockIndex", "start", "usage", "images"),
    *("contentBlockDelta", "contentBlockStart", "messageStop", "metadata", "done", "thinking", "tools", "system"),
    *("content_block", "content_block_start", "content_block_delta", "message_start", "message_delta", "options"),
    *("response.output_item.done", "response.completed", "response.created", "incomplete_details", "error"),
]
"""Names that mean something to one dialect or another."""

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
texts = words.map(Text)
images = st.builds(
    lambda kind, more: Image(kind, _STARTS[kind] + more), st.sampled_from(sorted(_STARTS)), st.binary(max_size=20)
)
names = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=12)
ids = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", min_size=1, max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(words, json_values, max_size=3)
contents = st.lists(texts | images, max_size=3).map(tuple)
tools = st.lists(st.builds(Tool, names, words, st.just(SCHEMA)), max_size=3, unique_by=lambda tool: tool.name).map(
    tuple
)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """Turns that alternate, beginning with the user's, each call answered in the turn behind it."""
    unused = iter(draw(st.lists(ids, min_size=12, max_size=12, unique=True)))
    messages: list[Message] = []
    open_calls: list[ToolCall] = []
    for _ in range(draw(st.integers(1, 3))):
        results = [ToolResult(call.id, draw(contents), is_error=draw(st.booleans())) for call in open_calls]
        asked: list[Part] = [*results, *draw(st.lists(texts | images, min_size=0 if results else 1, max_size=3))]
        open_calls = [ToolCall(next(unused), draw(names), draw(arguments)) for _ in range(draw(st.integers(0, 2)))]
        said: list[Part] = [*draw(st.lists(texts, min_size=0 if open_calls else 1, max_size=2)), *open_calls]
        messages += [Message("user", tuple(asked)), Message("assistant", tuple(said))]
    if open_calls:
        last = [ToolResult(call.id, draw(contents)) for call in open_calls]
        messages.append(Message("user", (*last, draw(texts))))
    return joined(messages)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Requests within what every dialect can say."""
    offered = draw(tools)
    return Request(
        "gpt-5.9",
        draw(conversations()),
        system=draw(st.none() | words),
        limit_tokens=draw(st.none() | st.integers(1, 100_000)),
        tools=offered,
        temperature=draw(st.none() | st.just(0.5)),
    )


def with_own_ids(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation with calls named by their order, for a wire that carries no ids."""
    found: dict[str, str] = {}

    def renamed(part: Part) -> Part:
        if isinstance(part, ToolCall):
            return ToolCall(found.setdefault(part.id, f"id-{len(found)}"), part.name, part.arguments)
        if isinstance(part, ToolResult):
            call_id = found.setdefault(part.call_id, f"id-{len(found)}")
            return ToolResult(call_id, part.content, is_error=part.is_error)
        return part

    return joined(Message(each.role, tuple(map(renamed, each.parts)), each.cache) for each in messages)


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """*data* in pieces, cut at the places that *cuts* name."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def body_of(dialect: str, request: Request, access: Access = ACCESS) -> Any:
    return json.loads(http_dialect(dialect).prepare(request, access).body)


def through(dialect: str, request: Request, access: Access = ACCESS) -> Request:
    """The request as the vendor of *dialect* understands it."""
    return served(dialect).read_request(body_of(dialect, request, access), model_id=request.model_id)


def reader_of(reading: Reading) -> StreamReader:
    readers: dict[str, type[StreamReader]] = {"events": EventReader, "lines": LineReader, "frames": FrameReader}
    return readers[reading.framing]()


def read(dialect: str, chunks: list[bytes], request: Request) -> Reading:
    """A stream as the dialect reads it; raises NotTheDialect as the transport would see it."""
    reading = http_dialect(dialect).reading(request)
    reader = reader_of(reading)
    for chunk in [*chunks, None]:
        for name, data in reader.finish() if chunk is None else reader.feed(chunk):
            if not reading.done:
                reading.event(name, data)
    return reading


def as_read(dialect: str, answer: Answer, request: Request) -> Answer:
    return read(dialect, [b"".join(served(dialect).stream(answer))], request).answer({})


ASK = Request("m-1", (Message("user", "Why?"),))

answers = st.builds(
    lambda text, calls: Answer(
        text=text,
        finish="tools" if calls else "stop",
        usage=Usage(20, 5, 0, 7),
        model_id="m-1",
        parts=(*((Text(text),) if text else ()), *calls),
    ),
    st.just("") | words,
    st.lists(
        st.builds(ToolCall, ids, names, arguments),
        min_size=1,
        max_size=3,
        unique_by=lambda call: call.id,
    ),
) | words.map(lambda text: Answer(text=text, usage=Usage(20, 5, 0, 7), model_id="m-1"))


@pytest.mark.parametrize("dialect", WIRES)
@given(asked=requests())
@settings(max_examples=25, deadline=None)
def test_a_request_survives_its_dialect(dialect: str, asked: Request) -> None:
    asked = replace(asked, model_id=MODELS.get(dialect, asked.model_id))
    found = through(dialect, asked)
    if dialect == "vertex":
        asked = replace(asked, messages=with_own_ids(asked.messages))
        found = replace(found, messages=with_own_ids(found.messages))
    if dialect == "anthropic" and asked.limit_tokens is None:
        found = replace(found, limit_tokens=None)  # there a limit is always sent
    assert found == asked


@given(asked=requests(), first=st.sampled_from(WIRES), second=st.sampled_from(WIRES))
@settings(max_examples=120, deadline=None)
def test_a_conversation_survives_every_pair_of_dialects(asked: Request, first: str, second: str) -> None:
    found = through(second, through(first, asked)).messages
    if "vertex" in (first, second):
        assert with_own_ids(found) == with_own_ids(asked.messages)
    else:
        assert found == asked.messages


@given(answer=answers, first=st.sampled_from(WIRES), second=st.sampled_from(WIRES))
@settings(max_examples=120, deadline=None)
def test_an_answer_survives_every_pair_of_dialects(answer: Answer, first: str, second: str) -> None:
    once = as_read(first, answer, ASK)
    twice = as_read(second, once, ASK)
    for found in (once, twice):
        assert (found.text, found.finish, found.message.parts) == (answer.text, answer.finish, answer.message.parts)
        assert found.model_id in ("m-1", None)
        assert (found.usage.input_tokens, found.usage.output_tokens) == (20, 7)


@pytest.mark.parametrize("dialect", BODIES)
@given(answer=answers)
@settings(max_examples=20, deadline=None)
def test_an_answer_is_the_same_whole_and_streamed(dialect: str, answer: Answer) -> None:
    streamed = as_read(dialect, answer, ASK)
    reading = http_dialect(dialect).reading(ASK)
    reading.whole(json.loads(json.dumps(served(dialect).whole(answer))))
    whole = reading.answer({})
    assert (whole.text, whole.finish, whole.message, whole.usage) == (
        streamed.text,
        streamed.finish,
        streamed.message,
        streamed.usage,
    )


@pytest.mark.parametrize("dialect", BODIES)
@given(answer=answers, cuts=st.lists(st.integers(0, 10_000), max_size=30))
@settings(max_examples=25, deadline=None)
def test_a_stream_may_arrive_in_any_pieces(dialect: str, answer: Answer, cuts: list[int]) -> None:
    data = b"".join(served(dialect).stream(answer))
    pieces = read(dialect, chunks_of(data, cuts), ASK).answer({})
    assert pieces == read(dialect, [data], ASK).answer({})


@pytest.mark.parametrize("dialect", BODIES)
@given(answer=answers, end=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_stream_that_ends_early_is_the_same_answer_or_a_failure(dialect: str, answer: Answer, end: int) -> None:
    data = b"".join(served(dialect).stream(answer))
    try:
        reading = read(dialect, [data[: end % len(data)]], ASK)
    except NotTheDialect:
        return
    if reading.done or reading.finish is not None:  # what the transport takes for whole
        found = reading.answer({})
        assert (found.text, found.finish, found.message) == (answer.text, answer.finish, as_whole(dialect, answer))


def as_whole(dialect: str, answer: Answer) -> Message:
    return as_read(dialect, answer, ASK).message


@pytest.mark.parametrize("dialect", BODIES)
@given(asked=requests(), noise=st.dictionaries(st.text("xyz", min_size=3, max_size=6), st.integers()))
@settings(max_examples=10, deadline=None)
def test_unknown_fields_of_a_request_are_ignored(dialect: str, asked: Request, noise: dict[str, int]) -> None:
    body = body_of(dialect, asked)
    plain = served(dialect).read_request(body, model_id="m")
    assert served(dialect).read_request(_noisy(body, noise), model_id="m").messages == plain.messages


def _noisy(value: Any, noise: dict[str, int], depth: int = 0) -> Any:
    """Every object down to the messages' own fields with more in it; not the arguments, which are the caller's."""
    if isinstance(value, list):
        return [_noisy(each, noise, depth) for each in value]
    if isinstance(value, dict) and depth < 2:
        return {**noise, **{name: _noisy(each, noise, depth + 1) for name, each in value.items()}}
    return value


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=15,
)


@pytest.mark.parametrize("dialect", BODIES)
@given(value=anything)
@settings(max_examples=40, deadline=None)
def test_whatever_a_client_sends_is_a_request_or_not_the_dialect(dialect: str, value: Any) -> None:
    with contextlib.suppress(NotTheDialect):
        served(dialect).read_request(value, model_id="m")


@pytest.mark.parametrize("dialect", BODIES)
@given(values=st.lists(st.tuples(st.sampled_from(["", *FIELDS]), anything), max_size=4))
@settings(max_examples=40, deadline=None)
def test_whatever_a_vendor_sends_is_an_answer_an_error_or_not_the_dialect(dialect: str, values: Any) -> None:
    reading = http_dialect(dialect).reading(ASK)
    with contextlib.suppress(NotTheDialect, ErrorInReply):
        for name, value in values:
            reading.event(name, json.dumps(value).encode())
    reading.answer({})
    with contextlib.suppress(NotTheDialect, ErrorInReply):
        http_dialect(dialect).reading(ASK).whole(values[0][1] if values else None)


@pytest.mark.parametrize("dialect", BODIES)
@given(answer=answers, noise=st.dictionaries(st.text("xyz", min_size=3, max_size=6), st.integers()))
@settings(max_examples=10, deadline=None)
def test_unknown_fields_of_a_stream_are_ignored(dialect: str, answer: Answer, noise: dict[str, int]) -> None:
    reader = reader_of(http_dialect(dialect).reading(ASK))
    plain, noisy = http_dialect(dialect).reading(ASK), http_dialect(dialect).reading(ASK)
    for name, data in reader.feed(b"".join(served(dialect).stream(answer))):
        plain.event(name, data)
        noisy.event(name, data if data == b"[DONE]" else json.dumps(_noisy(json.loads(data), noise)).encode())
    assert noisy.answer({}) == plain.answer({})


def test_a_long_thought_in_small_pieces_takes_time_by_its_length() -> None:
    reading = http_dialect("anthropic").reading(ASK)
    for _ in range(200_000):  # seconds where every piece copies what came before
        reading.think(0, thinking="hmm ")
        reading.call(1, piece="1")
    thought, call = reading.built()
    assert isinstance(call, ToolCall)
    assert isinstance(thought, Reasoning)
    assert len(thought.block["thinking"]) == 800_000


@pytest.mark.parametrize("dialect", BODIES)
@given(data=st.data(), asked=requests(), answer=answers)
@settings(max_examples=25, deadline=None)
def test_anything_in_any_place_of_what_is_valid_is_read_or_refused(
    dialect: str, data: st.DataObject, asked: Request, answer: Answer
) -> None:
    body = data.draw(_spoilt(body_of(dialect, asked)))
    with contextlib.suppress(NotTheDialect):
        served(dialect).read_request(body, model_id="m")
    whole = data.draw(_spoilt(served(dialect).whole(answer)))
    reading = http_dialect(dialect).reading(ASK)
    with contextlib.suppress(NotTheDialect, ErrorInReply):
        reading.whole(whole)
    reading.answer({})
    reading = http_dialect(dialect).reading(ASK)
    with contextlib.suppress(NotTheDialect, ErrorInReply):
        for name, event in reader_of(reading).feed(b"".join(served(dialect).stream(answer))):
            reading.event(
                name, event if event == b"[DONE]" else json.dumps(data.draw(_spoilt(json.loads(event)))).encode()
            )
    reading.answer({})


@st.composite
def _spoilt(draw: st.DrawFn, value: Any) -> Any:
    """*value* with something else in one place of it, or nowhere."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(_spoilt(value[name]))}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(_spoilt(value[place])), *value[place + 1 :]]
    return draw(anything)
