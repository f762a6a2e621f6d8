"""The `command` dialect: a vendor's own program, run as its user runs it, the prompt on its standard input.

A list of arguments without a shell, a process group of its own that ends with the call, and an
environment without anybody's keys: the program uses its own login, which we never touch.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import ByteReceiveStream, Process

from sidecar.errors import ProviderFailed
from sidecar.providers.calling import schema_in_words
from sidecar.providers.environment import is_secret_name, without_keys
from sidecar.providers.failing import failed
from sidecar.providers.masking import secrets_of
from sidecar.providers.reading import NotTheDialect, count, fenceless, members, number, parse, text_of
from sidecar.providers.vocabulary import Access, Answer, FailureKind, Finish, Limits, Request, Usage
from sidecar.providers.watch import Watch

__all__ = ["CommandProvider", "arguments_for", "prompt_of"]

OnText = Callable[[str], Awaitable[None]]

_STDERR_BYTES = 64_000

_LINGER_S = 0.5
"""How long output is awaited after the program's end, when a child of its own still holds the pipe."""

_TERM_S = 0.2
"""How long a program may tidy up between SIGTERM and SIGKILL."""


class CommandProvider:
    """Vendors' programs as providers.

    Of the limits, `first_token_s` lasts until the program prints anything at all, on either stream, and
    `silence_s` from then on between its outputs; a program that prints only when it is done needs a
    first limit of its own (`Host.first_token_s`). `Request.limit_tokens` cannot be passed on.
    """

    def __init__(self, environ: Mapping[str, str], run_dir: Path, *, key_variables: Collection[str] = ()) -> None:
        self._environ = without_keys(environ, key_variables)
        self._secrets = tuple(value for name, value in environ.items() if name in key_variables or is_secret_name(name))
        self._run_dir = run_dir

    async def send(self, request: Request, access: Access, *, limits: Limits, on_text: OnText | None = None) -> Answer:
        """Run the account's command once and return what it printed.

        Raises ProviderFailed. Cancelling ends the program and all of its group.
        """
        run = _Run(access, limits, (*secrets_of(access), *self._secrets), on_text)
        process = await run.start(
            arguments_for(access.command, request.model_id), environ=self._environ, directory=self._run_dir
        )
        await run.follow(process, prompt_of(request).encode("utf-8", "replace"))
        answer = run.answer(process.returncode)
        return _without_fence(answer) if request.schema is not None else answer


def arguments_for(command: Sequence[str], model_id: str) -> list[str]:
    """The program and its arguments for one model.

    The model `default` is the one its user has chosen there: then nothing names one, neither the option nor its value.
    """
    if model_id != "default":
        return [part.replace("{model}", model_id) for part in command]
    arguments: list[str] = []
    for part in command:
        if "{model}" not in part:
            arguments.append(part)
        elif part == "{model}" and len(arguments) > 1 and arguments[-1].startswith("-"):
            arguments.pop()
    return arguments


def prompt_of(request: Request) -> str:
    """The whole request as one text: a single message as it is, a conversation with its speakers named."""
    parts = [request.system] if request.system else []
    if len(request.messages) == 1:
        parts.append(request.messages[0].text)
    else:
        speakers = {"user": "User", "assistant": "Assistant"}
        parts += [f"{speakers[message.role]}:\n{message.text}" for message in request.messages]
        parts.append("(Answer the last message of the conversation above.)")
    if request.schema is not None:
        parts.append(schema_in_words(request.schema))
    return "\n\n".join(parts)


class _Run:
    def __init__(self, access: Access, limits: Limits, secrets: tuple[str, ...], on_text: OnText | None) -> None:
        self._name = access.provider
        self._limits = limits
        self._secrets = secrets
        self._on_text = on_text
        self._watch = Watch(limits, station="first_token")
        self._out = bytearray()
        self._err = bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = 2
        self._read = anyio.Event()

    async def start(self, arguments: list[str], *, environ: Mapping[str, str], directory: Path) -> Process:
        if not arguments:
            raise self._failed("missing", f"`{self._name}` has no command; set its `command`")
        try:
            await anyio.to_thread.run_sync(lambda: directory.mkdir(mode=0o700, parents=True, exist_ok=True))
            return await anyio.open_process(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=directory,
                env=environ,
                start_new_session=True,
            )
        except FileNotFoundError:
            what = f"`{arguments[0]}`, the program of `{self._name}`, is not installed or not on the PATH"
            raise self._failed("missing", what) from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "an argument cannot be passed"
            raise self._failed(
                "missing", f"`{arguments[0]}`, the program of `{self._name}`, cannot be run: {why}"
            ) from None

    async def follow(self, process: Process, prompt: bytes) -> None:
        """Feed *process* and read it until it ends or goes over a limit; it has ended when this returns."""
        try:
            with self._watch.scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(_feed, process, prompt)
                    group.start_soon(self._read_out, process.stdout)
                    group.start_soon(self._read_err, process.stderr)
                    await process.wait()
                    self._watch.pause()
                    with anyio.move_on_after(_LINGER_S):
                        await self._read.wait()
                    group.cancel_scope.cancel()
        except ExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process, group_may_live=self._open > 0)
        if self._watch.scope.cancelled_caught:
            raise self._failed(self._watch.failure_kind, f"`{self._name}` {self._watch.sentence}")

    def answer(self, exit_code: int | None) -> Answer:
        text = self._out.decode("utf-8", "replace")
        document = _document(text)
        wrong = bool(document and (document.get("is_error") or document.get("error")))
        if exit_code != 0 or wrong:
            how = f"ended with exit code {exit_code}" if exit_code else "answered with an error"
            if exit_code is not None and exit_code < 0:
                how = f"was ended by signal {-exit_code}"
            raise self._failed("exit", f"The program of `{self._name}` {how}", document=document)
        answer = _answer(document) if document is not None else Answer(text=text.strip())
        if not answer.text.strip() and answer.finish != "refused":
            raise self._failed("empty", f"The program of `{self._name}` printed nothing")
        return answer

    async def _read_out(self, stream: ByteReceiveStream | None) -> None:
        while chunk := await _chunk(stream):
            self._watch.pause()
            self._out += chunk
            if len(self._out) > self._limits.reply_bytes:
                raise self._failed(
                    "malformed",
                    f"`{self._name}` printed more than the {self._limits.reply_bytes:,} bytes a reply may have",
                )
            text = self._decoder.decode(chunk)
            if self._on_text is not None and text and not self._out.lstrip().startswith((b"{", b"[")):
                await self._on_text(text)
            self._watch.reach("silence")
        self._ended()

    async def _read_err(self, stream: ByteReceiveStream | None) -> None:
        while chunk := await _chunk(stream):
            self._err += chunk
            del self._err[:-_STDERR_BYTES]
            self._watch.reach("silence")
        self._ended()

    def _ended(self) -> None:
        self._open -= 1
        if not self._open:
            self._read.set()

    def _failed(self, kind: FailureKind, sentence: str, *, document: Mapping[str, Any] | None = None) -> ProviderFailed:
        # Programs say what went wrong last, so of a long text the end is kept.
        out, err = (bytes(data).decode("utf-8", "replace").strip() for data in (self._out, self._err))
        if document is not None:
            import json

            text = json.dumps(document, ensure_ascii=False)
        else:
            text = "\n".join(part for part in (out, err) if part)
            if kind == "exit" and text:
                sentence = f"{sentence}: {text.splitlines()[-1]}"
        return failed(
            kind, sentence, secrets=self._secrets, text=text, keep_end=document is None, answered=bool(self._out)
        )


async def _feed(process: Process, prompt: bytes) -> None:
    # A program may end without reading all of its input; that is its answer's business.
    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        if process.stdin is not None:
            await process.stdin.send(prompt)
            await process.stdin.aclose()


async def _chunk(stream: ByteReceiveStream | None) -> bytes:
    """What the program prints next, nothing once it has closed the stream."""
    if stream is None:
        return b""
    try:
        return await stream.receive(65_536)
    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
        return b""


async def _end(process: Process, *, group_may_live: bool) -> None:
    """End the whole process group, politely and then for certain, and collect the program."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with anyio.move_on_after(_TERM_S):
            await process.wait()
        group_may_live = True
    if group_may_live:
        _signal(process, signal.SIGKILL)
    await process.wait()
    await process.aclose()


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    error: Exception = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _document(text: str) -> Mapping[str, Any] | None:
    """The JSON a program printed about its answer, None where the output is the answer itself.

    `claude -p --output-format json` prints one object (or, verbosely, a list or lines whose last is that
    object) with `result`; `gemini --output-format json` one with `response`. Any other JSON is an answer.
    """
    text = text.strip()
    if not text.startswith(("{", "[")):
        return None
    for candidate in (text, text.splitlines()[-1]):
        try:
            value = parse(candidate.encode())
        except NotTheDialect:
            continue
        if isinstance(value, list) and value:
            value = value[-1]
        document = members(value)
        if "result" in document and document.keys() & {"is_error", "usage", "total_cost_usd"}:
            return document
        if document.get("type") == "result" and "is_error" in document:
            return document
        if ("response" in document or "error" in document) and document.keys() & {"stats", "session_id"}:
            return document
    return None


def _answer(document: Mapping[str, Any]) -> Answer:
    usage = members(document.get("usage"))
    fresh, read = count(usage.get("input_tokens")), count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    models = list(members(document.get("modelUsage")))
    finishes: dict[str, Finish] = {"refusal": "refused", "max_tokens": "length"}
    return Answer(
        text=text_of(document.get("result")) or text_of(document.get("response")),
        finish=finishes.get(text_of(document.get("stop_reason")), "stop"),
        usage=Usage(
            None if fresh is None else fresh + (read or 0) + (written or 0),
            read,
            written,
            count(usage.get("output_tokens")),
        ),
        model_id=models[0] if len(models) == 1 else None,
        cost_usd=number(document.get("total_cost_usd")),
    )


def _without_fence(answer: Answer) -> Answer:
    import dataclasses

    return dataclasses.replace(answer, text=fenceless(answer.text))
