"""The MCP surface over stdio: declares the verbs, converts arguments and errors, decides nothing.

    stdin ──SDK──> tools/call ──arguments──> verbs ──text──> SDK ──> stdout

Results are text only, for several agents replace or double the text where there is structured content.
The low-level server is used because its schemas are ours to keep small, and it starts faster.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, Literal, Self

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sidecar import __version__, shell
from sidecar.errors import SidecarError, WrongUsage
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["INSTRUCTIONS", "build", "serve", "verbs"]

INSTRUCTIONS = """\
Sidecar gives you other models and short tool output.

Prefer `run` to your own shell for commands whose output may be long (tests, builds, linters, git diff and log, \
installs, searches): you get the exit status and the output at a fraction of its tokens. Errors, failing tests, \
diagnostics, changed lines and totals are kept; every omission is marked `[... N lines (from-to): what; keywords: \
words in it]` where it happened, and the last line names a handle. Do not run a command again to see more: \
`recall(handle, lines="120-153")` or `recall(handle, find="text")` returns the original exactly. `compress` does the \
same for a file or a text that exists already.

`ask` sends a prompt to another model by a logical name (`default`, `smart`, `cheap`, or one of the user's): for a \
second opinion, a summary, or a question about something too large for you. Name what it should read in `attach` (a \
path, `path:10-80`, or a handle): it is read there, not by you. Each answer ends with a receipt: who answered, after \
which attempts, at what cost. When no model could answer, the error says why and when to try again.

`status` tells which models there are, how they do, and what was spent and saved. `focus` is a question in words; \
under a bound (`answer_tokens`) what bears on it comes first."""

_ORPHAN_CHECK_S = 5.0


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_AnswerTokens = Annotated[int | None, Field(ge=100, le=200_000, description="Upper bound of the result, in tokens")]
_Focus = Annotated[str, Field(max_length=2_000, description="What you want to know, in words")]


class AskArguments(_Arguments):
    """Ask another model. The last line of the answer is its receipt."""

    prompt: Annotated[str, Field(min_length=1)]
    model: Annotated[
        str, Field(description="Logical name, also NAME:cheap, :fast or :free; `a+b` asks both; `status` lists them")
    ] = "default"
    attach: Annotated[
        tuple[str, ...], Field(max_length=50, description="What it reads: `path`, `path:10-80`, a handle or an image")
    ] = ()
    system: str | None = None
    thread: Annotated[str | None, Field(max_length=200, description="Name of a conversation to begin or continue")] = (
        None
    )
    answer_tokens: _AnswerTokens = None
    schema_: Annotated[
        dict[str, Any] | None, Field(alias="schema", description="JSON Schema the answer must satisfy")
    ] = None


class RunArguments(_Arguments):
    """Run a shell command; returns exit status, duration and the shortened output (stdout and stderr together)."""

    command: Annotated[str, Field(min_length=1, max_length=100_000)]
    cwd: Annotated[str, Field(description="Directory inside the project")] = ""
    timeout_s: Annotated[float | None, Field(gt=0, le=86_400)] = None
    focus: _Focus = ""
    answer_tokens: _AnswerTokens = None
    since: Annotated[str, Field(description="`last` or a handle: show what changed since that output of it")] = ""


class CompressArguments(_Arguments):
    """Shorten a file, a kept output or a text. Give exactly one of path, handle, text."""

    path: str | None = None
    handle: str | None = None
    text: str | None = None
    command: Annotated[str, Field(description="The command that printed it, if known")] = ""
    focus: _Focus = ""
    answer_tokens: _AnswerTokens = None
    since: Annotated[str, Field(description="Handle of an earlier output to compare with")] = ""


class RecallArguments(_Arguments):
    """The original behind a handle, exactly, in pages."""

    handle: Annotated[str, Field(min_length=1)]
    lines: Annotated[str | None, Field(description="`120-153`, `120-` or `120`, counted from 1")] = None
    find: Annotated[str | None, Field(min_length=1, max_length=1_000, description="Regular expression")] = None
    context: Annotated[int, Field(ge=0, le=1_000, description="Lines around each match")] = 2
    block: Annotated[
        str | None, Field(min_length=1, max_length=500, description="A part by name: `3rd failure`, a test, a file")
    ] = None
    answer_tokens: _AnswerTokens = None


class StatusArguments(_Arguments):
    """Models with health and why each endpoint would or would not be tried; savings and spending."""

    about: Annotated[str, Field(description="Empty, `model NAME`, `quotas`, `savings` or `spending`")] = ""


_VERBS: dict[str, tuple[type[_Arguments], bool]] = {
    # the arguments of each verb, and whether it changes nothing
    "ask": (AskArguments, True),
    "run": (RunArguments, False),
    "compress": (CompressArguments, True),
    "recall": (RecallArguments, True),
    "status": (StatusArguments, True),
}


def verbs() -> list[Tool]:
    """The five verbs as `tools/list` tells them: small schemas, no output schema, and hints agents act on."""
    return [
        Tool(
            name=name,
            description=arguments.__doc__,
            input_schema=_schema(arguments),
            # Claude Code runs only read-only tools side by side; `ask` and `run` reach outside.
            annotations=ToolAnnotations(read_only_hint=is_read_only, open_world_hint=name in {"ask", "run"}),
        )
        for name, (arguments, is_read_only) in _VERBS.items()
    ]


def _schema(arguments: type[_Arguments]) -> dict[str, Any]:
    """The JSON Schema of a verb without what costs context and tells nothing: titles, nulls, empty defaults."""

    def lean(node: Any) -> Any:
        if isinstance(node, list):
            return [lean(item) for item in node]
        if not isinstance(node, dict):
            return node
        choices = node.get("anyOf")
        if isinstance(choices, list) and {"type": "null"} in choices:
            rest = [choice for choice in choices if choice != {"type": "null"}]
            node = {**rest[0], **{key: value for key, value in node.items() if key != "anyOf"}}
        dropped = {"title"} | ({"default"} if node.get("default") in (None, "", [], ()) else set())
        return {key: lean(value) for key, value in node.items() if key not in dropped or isinstance(value, dict)}

    schema: dict[str, Any] = lean(arguments.model_json_schema(by_alias=True))
    schema.pop("description", None)
    return schema


def build(rooms: Rooms) -> Server[Any]:
    """An SDK server whose verbs are answered over *rooms*."""
    tools = verbs()

    async def list_tools(_context: Any, _params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            arguments = _read(params)
            text = await _answer(rooms, params.name, arguments, _caller(context))
        except SidecarError as error:
            return _result(str(error), is_error=True)
        except Exception as error:  # noqa: BLE001 - the outer edge: a bug becomes a reply and a log line, the server lives
            from sidecar.log import log

            log().error("verb failed", verb=params.name, exc_info=error)
            return _result(
                f"`{params.name}` failed inside the sidecar ({type(error).__name__}); its log on stderr has the rest.",
                is_error=True,
            )
        return _result(text)

    return Server(
        "sidecar",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _result(text: str, *, is_error: bool = False) -> CallToolResult:
    # A lone surrogate cannot be written as UTF-8, and one reply must not end the connection.
    safe = text.encode("utf-8", "replace").decode("utf-8")
    return CallToolResult(content=[TextContent(type="text", text=safe)], is_error=is_error)


def _read(params: CallToolRequestParams) -> _Arguments:
    if params.name not in _VERBS:
        raise WrongUsage(f"There is no verb `{_clipped(params.name)}`: use one of {', '.join(_VERBS)}.")
    model = _VERBS[params.name][0]
    try:
        return model.model_validate(params.arguments or {})
    except ValidationError as error:
        raise WrongUsage(_sentence(params.name, model, error)) from error


def _sentence(verb: str, model: type[_Arguments], error: ValidationError) -> str:
    """The most telling complaint, as one sentence that names the argument and what it takes."""
    complaints = error.errors(include_url=False, include_context=False, include_input=False)
    # Beside a misspelt argument, that the right one is missing says nothing new.
    first = next((one for one in complaints if one["type"] == "extra_forbidden"), complaints[0])
    name = _clipped(".".join(str(part) for part in first["loc"]))
    known = [field.alias or key for key, field in model.model_fields.items()]
    if first["type"] == "extra_forbidden":
        from sidecar.config.complaints import nearest

        meant = nearest(name, known)
        hint = f"did you mean `{meant}`?" if meant else f"it takes {', '.join(f'`{key}`' for key in known)}."
        return f"`{verb}` has no argument `{name}`: {hint}"
    if first["type"] == "missing":
        return f"`{verb}` needs `{name}`."
    message = first["msg"]
    return f"`{verb}`: `{name}` is not usable: {message[:1].lower()}{message[1:]}."


def _clipped(name: str) -> str:
    """A name the client made up, short enough to be told back to it."""
    return name if len(name) <= 100 else f"{name[:100]}..."


def _caller(context: Any) -> Caller:
    """Who calls: the client's own name and a way to tell it of progress."""
    session = context.session
    params = session.client_params
    told = 0

    async def progress(message: str) -> None:
        nonlocal told
        told += 1
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await session.report_progress(float(told), None, message)

    return Caller(client=params.client_info.name if params is not None else "", progress=progress)


async def _answer(rooms: Rooms, verb: str, arguments: _Arguments, caller: Caller) -> str:
    fields = {("schema" if key == "schema_" else key): value for key, value in arguments.__dict__.items()}
    # Each verb is a module with a function of its name, loaded by the first call that needs it.
    module = import_module(f"sidecar.verbs.{verb}")
    answer: Callable[..., Awaitable[str]] = getattr(module, verb)
    return await answer(rooms, caller=caller, **fields)


class _Mended:
    """The client's messages, those mended that its JSON may hold and the SDK's strict reader drops without an answer.

    A client that cuts a text in the middle of an emoji writes half a surrogate pair (`"\\ud83d"`), which RFC 8259
    (section 8.2) lets it do; dropped, the call would never end for it.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def last_context(self) -> Any:
        return self._stream.last_context

    async def receive(self) -> Any:
        return _mended(await self._stream.receive())

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return _mended(await anext(self._stream))

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        ended: bool | None = await self._stream.__aexit__(*error)
        return ended


def _mended(message: Any) -> Any:
    """*message*, or where it is the error of a line that only the strict reader refuses, what that line says."""
    if not isinstance(message, ValidationError):
        return message
    import json

    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    from sidecar.providers.reading import well_formed

    line = message.errors(include_url=False)[0]["input"]
    try:
        said = json.loads(well_formed(json.dumps(json.loads(line), ensure_ascii=False)))
        return SessionMessage(jsonrpc_message_adapter.validate_python(said, by_name=False))
    except (TypeError, ValueError, RecursionError):  # not JSON, or no message
        return message


async def serve(rooms: Rooms) -> Literal[0]:
    """Serve over stdio until the client closes stdin, a signal arrives or the parent is gone."""
    _exit_on_signals()
    server = build(rooms)
    async with stdio_server() as (reading, writing), anyio.create_task_group() as group:
        group.start_soon(_exit_with_parent, os.getppid())
        await server.run(_Mended(reading), writing, server.create_initialization_options())
        group.cancel_scope.cancel()
    return 0


def _exit_on_signals() -> None:
    """End at once: what matters is on disk before any reply, and `sys.exit` can abort under a blocked stdin thread."""

    def leave(_number: int, _frame: object) -> None:
        shell.end_all()
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


async def _exit_with_parent(parent: int) -> None:
    """Some clients are killed without closing our stdin; an orphan has nobody to answer."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it, so it must be looked at
        await anyio.sleep(_ORPHAN_CHECK_S)
    shell.end_all()
    os._exit(0)
