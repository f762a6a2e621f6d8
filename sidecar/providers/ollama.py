"""The `ollama` dialect: Ollama's own chat, a JSON text a line.

Source: docs.ollama.com, API, generate a chat message, streaming, thinking and tool calling, and errors;
github.com/ollama/ollama, api/types.go (2026-11). Unlike its OpenAI-compatible endpoint it can be told how long
a prompt it has to read: with 4,096 tokens of context as it comes, a longer one loses its beginning unnoticed.

`think` is true, false or a level (ollama-python 0.6.3, `_types.py`; ollama-js, README): a model without levels thinks
as it does by itself, and one that does not think refuses the request, so none is sent to models known not to. Ids of
tool calls are ours where the server has none; one that knows none skips the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.calling import Call, address, as_json, headers_for, tellable
from sidecar.providers.carrying import base64_of, call_names, marked, own_reasoning
from sidecar.providers.failing import is_error
from sidecar.providers.reading import ErrorInReply, NotTheDialect, Reading, arguments_of, count, members, parse, text_of
from sidecar.providers.vocabulary import (
    Access,
    Finish,
    Image,
    Message,
    Request,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["Ollama"]

_FINISH: dict[str, Finish] = {"stop": "stop", "length": "length"}

_USUAL_CONTEXT_TOKENS = 4_096
_LARGEST_CONTEXT_TOKENS = 131_072
_ANSWER_TOKENS = 2_048
_BYTES_PER_TOKEN = 3
_IMAGE_TOKENS = 1_024


class Ollama:
    """Writes chat requests and reads their replies, streamed or whole."""

    def prepare(self, request: Request, access: Access) -> Call:
        request, notes = tellable(request, access)
        names = call_names(request.messages)
        messages = [{"role": "system", "content": request.system}] if request.system else []
        messages += [written for message in request.messages for written in _messages(message, names)]
        body: dict[str, Any] = {"model": request.model_id, "messages": messages, "stream": True}
        options = _options(request)
        if options:
            body["options"] = options
        if request.schema is not None:
            body["format"] = dict(request.schema)
        if request.effort is not None:
            body["think"] = request.effort
        if request.tools and request.tool_choice != "none":
            functions = [
                {"name": tool.name, "description": tool.description, "parameters": dict(tool.schema)}
                for tool in request.tools
            ]
            body["tools"] = [{"type": "function", "function": function} for function in functions]
            if request.tool_choice != "auto":
                notes = (f"`{access.provider}` cannot be made to call a tool; it may answer without one",)
        headers = headers_for(access, "authorization", "Bearer ")
        # Configured for the compatible endpoint, the address ends with `/v1`; both are of one server.
        url = address(access.base_url.rstrip("/").removesuffix("/v1"), "/api/chat")
        return Call(url, headers, as_json(body), notes)

    def reading(self, request: Request) -> Reading:
        return _ChatReading(fenced=request.schema is not None)


def _options(request: Request) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if request.limit_tokens is not None:
        options["num_predict"] = request.limit_tokens
    if request.temperature is not None:
        options["temperature"] = request.temperature
    if request.stop:
        options["stop"] = list(request.stop)
    context = _context_tokens(request)
    if context > _USUAL_CONTEXT_TOKENS:
        options["num_ctx"] = context
    return options


def _context_tokens(request: Request) -> int:
    """Room for the request and its answer, by halves of a power of two so that the model is seldom loaded anew."""
    needed = request.limit_tokens or _ANSWER_TOKENS
    needed += len((request.system or "").encode("utf-8", "replace")) // _BYTES_PER_TOKEN
    for message in request.messages:
        for part in message.parts:
            inner = part.content if isinstance(part, ToolResult) else (part,)
            for piece in inner:
                if isinstance(piece, Image):
                    needed += _IMAGE_TOKENS
                elif isinstance(piece, Text):
                    needed += len(piece.text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN
    context = _USUAL_CONTEXT_TOKENS
    while context < needed and context < _LARGEST_CONTEXT_TOKENS:
        context *= 2
    return context


def _messages(message: Message, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One turn in as many messages as it takes: each holds one text, with the images before it (a result's: behind)."""
    written: dict[str, Any] = {}
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield from _results(part, names)
            continue
        if isinstance(part, ToolCall):
            function = {"name": part.name, "arguments": dict(part.arguments)}
            written.setdefault("tool_calls", []).append({"id": part.id, "function": function})
            continue
        is_full = "content" in written or "tool_calls" in written
        if isinstance(part, Text | Image) and is_full:
            yield _message(message.role, written)
            written = {}
        if isinstance(part, Text):
            written["content"] = part.text
        elif isinstance(part, Image):
            written.setdefault("images", []).append(base64_of(part))
        else:
            written |= own_reasoning(part, "ollama") or {}
    if written:
        yield _message(message.role, written)


def _results(result: ToolResult, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    written: dict[str, Any] = {}
    about = {"tool_name": names.get(result.call_id, ""), "tool_call_id": result.call_id}
    for part in marked(result):
        if isinstance(part, Image):
            written.setdefault("images", []).append(base64_of(part))
            continue
        if written:
            yield _message("tool", {**written, **about})
        written = {"content": part.text}
    yield _message("tool", {**written, **about})


def _message(role: str, written: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": "", **written}


class _ChatReading(Reading):
    framing = "lines"
    dialect = "ollama"

    def event(self, name: str, data: bytes) -> str | None:
        del name  # lines have none
        return self._take(parse(data))

    def whole(self, body: Any) -> None:
        self._take(body)
        if not self.done:
            raise NotTheDialect("JSON without `done`")

    def _take(self, line: Any) -> str | None:
        if is_error(line):
            raise ErrorInReply(line)
        if not isinstance(line, dict) or not ("message" in line or "done" in line):
            raise NotTheDialect("JSON without `message`")
        self.model_id = text_of(line.get("model")) or self.model_id
        message = members(line.get("message"))
        thought = text_of(message.get("thinking"))
        if thought:
            self.think("thought", thinking=thought)
        text = self.say(text_of(message.get("content")))
        calls = message.get("tool_calls")
        for call in map(members, calls if isinstance(calls, list) else ()):
            function = members(call.get("function"))
            arguments = arguments_of(function.get("arguments"))
            self.call(
                object(), call_id=text_of(call.get("id")), name=text_of(function.get("name")), arguments=arguments
            )
        if line.get("done") is True:
            self.done = True
            self.finish = _FINISH.get(text_of(line.get("done_reason")) or "stop", "other")
            if self.finish == "stop" and self.calls:
                self.finish = "tools"
            self.usage = Usage(
                input_tokens=count(line.get("prompt_eval_count")), output_tokens=count(line.get("eval_count"))
            )
        return text if text or thought or calls or self.done else None
