"""Chat as Ollama serves it.

Source: docs.ollama.com, API, generate a chat message; github.com/ollama/ollama, api/types.go (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sidecar.providers.carrying import image_of, unmarked
from sidecar.providers.reading import arguments_of, members, text_of
from sidecar.providers.served.bodies import (
    as_effort,
    as_limit,
    as_number,
    as_object,
    as_objects,
    as_stops,
    as_tool,
    as_turns,
    own_parts,
    to_json,
    words_in,
)
from sidecar.providers.vocabulary import (
    Answer,
    Finish,
    Image,
    Message,
    Part,
    Reasoning,
    Request,
    Text,
    ToolCall,
    joined,
)

__all__ = ["ServedOllama"]

_FINISH: dict[Finish, str] = {"stop": "stop", "length": "length", "tools": "stop", "refused": "stop", "other": "load"}

_SIGNATURES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


class ServedOllama:
    """The `ollama` dialect, served. Its images have no type of their own; their first bytes tell it."""

    def read_request(self, body: Any, *, model_id: str = "") -> Request:
        asked = as_object(body)
        messages = as_turns(asked, "messages")
        options = members(asked.get("options"))
        wanted = asked.get("format")
        system = [text_of(each.get("content")) for each in messages if each.get("role") == "system"]
        return Request(
            model_id=text_of(asked.get("model")) or model_id,
            messages=joined(_turns(messages)),
            system="\n\n".join(system) or None,
            limit_tokens=as_limit(options.get("num_predict")),
            schema={"type": "object"} if wanted == "json" else (members(wanted) or None),
            effort="medium" if asked.get("think") is True else as_effort(asked.get("think")),
            tools=tuple(
                as_tool(members(tool.get("function")), "parameters") for tool in as_objects(asked.get("tools"))
            ),
            temperature=as_number(options.get("temperature")),
            stop=as_stops(options.get("stop")),
        )

    def whole(self, answer: Answer) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        for part in own_parts(answer, "ollama"):
            if isinstance(part, Reasoning):
                message.update(part.block)
            elif isinstance(part, ToolCall):
                message.setdefault("tool_calls", []).append(_call(part))
        return {**_line(answer, message), **_end(answer)}

    def stream(self, answer: Answer) -> Iterator[bytes]:
        for part in own_parts(answer, "ollama"):
            message: dict[str, Any] = {"role": "assistant", "content": words_in(part)}
            if isinstance(part, Reasoning):
                message.update(part.block)
            elif isinstance(part, ToolCall):
                message["tool_calls"] = [_call(part)]
            yield to_json({**_line(answer, message), "done": False}) + b"\n"
        yield to_json({**_line(answer, {"role": "assistant", "content": ""}), **_end(answer)}) + b"\n"


def _turns(messages: list[Mapping[str, Any]]) -> Iterator[Message]:
    """The turns; a result is of the call it names, else of the tool it names; messages next to each other are one."""
    call_ids: dict[str, str] = {}
    made = 0
    results: list[tuple[str, list[Text | Image]]] = []
    for message in messages:
        role = message.get("role")
        words = [Text(text_of(message.get("content")))] if message.get("content") else []
        given = message.get("images")
        pictures = [_image(data) for data in given] if isinstance(given, list) else []
        if role == "tool":
            name = text_of(message.get("tool_name"))
            call_id = text_of(message.get("tool_call_id")) or call_ids.get(name, name)
            if not results or results[-1][0] != call_id:
                results.append((call_id, []))
            results[-1][1].extend((*words, *pictures))
            continue
        yield from _told(results)
        results = []
        if role == "user":
            yield Message("user", (*pictures, *words))
        elif role == "assistant":
            thinking = text_of(message.get("thinking"))
            parts: list[Part] = [Reasoning("ollama", {"thinking": thinking})] if thinking else []
            parts += words
            for call in as_objects(message.get("tool_calls")):
                made += 1
                function = members(call.get("function"))
                name = text_of(function.get("name"))
                call_id = call_ids[name] = text_of(call.get("id")) or f"call_{made}"
                parts.append(ToolCall(call_id, name, arguments_of(function.get("arguments"))))
            yield Message("assistant", tuple(parts))
    yield from _told(results)


def _told(results: list[tuple[str, list[Text | Image]]]) -> Iterator[Message]:
    for call_id, content in results:
        yield Message("user", (unmarked(call_id, content),))


def _image(data: Any) -> Image:
    image = image_of("image/png", data)
    kind = next((kind for start, kind in _SIGNATURES if image.data.startswith(start)), "image/png")
    return Image(kind, image.data)


def _call(part: ToolCall) -> dict[str, Any]:
    return {"id": part.id, "function": {"name": part.name, "arguments": dict(part.arguments)}}


def _line(answer: Answer, message: dict[str, Any]) -> dict[str, Any]:
    return {"model": answer.model_id or "", "created_at": "1970-01-01T00:00:00Z", "message": message}


def _end(answer: Answer) -> dict[str, Any]:
    counts = {"prompt_eval_count": answer.usage.input_tokens or 0, "eval_count": answer.usage.output_tokens or 0}
    return {"done": True, "done_reason": _FINISH[answer.finish], **counts}
