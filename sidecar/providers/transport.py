"""One streaming POST: the connection, its limits, its errors under our names, its bytes into a dialect's reader.

No retries and no redirects: a key goes to the host it was given for and to nobody else, once.

What counts as time well spent: the first-token limit ends with the first event that is part of an
answer (text, reasoning, the reason to stop), and every later one starts the silence limit anew.
Comments (`: keep-alive`), pings, roles and white space move neither, nor does an answer in one JSON body
that comes a byte at a time: a server that only says that it is alive costs its own limit and never the
caller's deadline.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import anyio

from sidecar.errors import ConfigurationError, ProviderFailed
from sidecar.providers.calling import Call, HttpDialect
from sidecar.providers.failing import TEXT_LIMIT, error_status, failed, is_error
from sidecar.providers.framing import FrameReader, LineReader, StreamReader
from sidecar.providers.masking import secrets_of
from sidecar.providers.reading import ErrorInReply, Framing, NotTheDialect, Reading, parse, well_formed
from sidecar.providers.sse import EventReader
from sidecar.providers.unreached import host_of, proxy_sentence, unreached
from sidecar.providers.vocabulary import Access, Answer, FailureKind, Limits, Request
from sidecar.providers.watch import Watch
from sidecar.providers.wire import Reply, Wire

__all__ = ["HttpProvider", "exchange"]

OnText = Callable[[str], Awaitable[None]]

_ERROR_BYTES = 64_000
"""As much of an error's body as is read; real ones are a tenth of it."""

_ERROR_S = 5.0
"""How long an error's body is waited for once its status is known."""

_PROGRESS_BYTES = 1_024
"""So much more of an answer that is one JSON body starts the silence limit anew."""

_BLANK = b" \t\r\n"

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


class HttpProvider:
    """A provider spoken to over HTTP in one dialect."""

    def __init__(self, dialect: HttpDialect, wire: Wire) -> None:
        self._dialect = dialect
        self._wire = wire

    async def send(self, request: Request, access: Access, *, limits: Limits, on_text: OnText | None = None) -> Answer:
        """Ask once and return the whole answer, which `refused` answers are too; *on_text* gets its text as it comes.

        Raises ProviderFailed for everything that is not a whole answer. Cancelling closes the connection.
        """
        call = self._dialect.prepare(request, access)
        answer = await exchange(
            call, access, self._dialect.reading(request), self._wire, limits=limits, on_text=on_text
        )
        return replace(answer, notes=call.notes) if call.notes else answer


async def exchange(
    call: Call, access: Access, reading: Reading, wire: Wire, *, limits: Limits, on_text: OnText | None = None
) -> Answer:
    """Make *call* once and let *reading* have its reply, within *limits*; raises ProviderFailed."""
    secrets = secrets_of(access)
    try:
        await wire.ready()
    except ConfigurationError as error:
        raise failed("refused", f"`{access.provider}` was not called: {error}", secrets=secrets) from None
    secrets += wire.secrets  # known once it is ready
    attempt = _Attempt(call, reading, name=access.provider, secrets=secrets, limits=limits, on_text=on_text)
    return await attempt.run(wire)


class _Attempt:
    """One call while it lasts."""

    def __init__(
        self,
        call: Call,
        reading: Reading,
        *,
        name: str,
        secrets: tuple[str, ...],
        limits: Limits,
        on_text: OnText | None,
    ) -> None:
        self._call = call
        self._name = name
        self._secrets = secrets
        self._limits = limits
        self._reading = reading
        self._on_text = on_text
        self._watch = Watch(limits)
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._size = 0
        self._answered = False
        self._first_bytes = b""

    async def run(self, wire: Wire) -> Answer:
        with self._watch.scope:
            try:
                await self._exchange(wire)
            except ErrorInReply as error:
                raise self._error_in_reply(error.body) from None
            except NotTheDialect as wrong:
                raise self._failed("malformed", f"`{self._name}` sent {wrong}") from None
        if self._watch.scope.cancelled_caught and not self._whole:
            raise self._failed(self._watch.failure_kind, f"`{self._name}` {self._watch.sentence}")
        if not self._whole:
            raise self._failed("cut", f"`{self._name}` ended its answer in the middle")
        answer = self._reading.answer(self._headers)
        if self._reading.is_empty and answer.finish != "refused":
            why = "spent all its tokens before the first word" if answer.finish == "length" else "sent an empty answer"
            raise self._failed("empty", f"`{self._name}` {why}")
        return answer

    @property
    def _whole(self) -> bool:
        return self._reading.done or self._reading.finish is not None

    async def _exchange(self, wire: Wire) -> None:
        response = await self._send(wire)
        try:
            self._status = response.status_code
            self._headers = {name: value for name, value in response.headers.items() if name != "set-cookie"}
            if self._watch.station == "connect":  # a transport without a trace
                self._watch.reach("first_token")
            if response.status_code == 407:  # a proxy's alone to say (RFC 9110, 15.5.8)
                raise self._failed("refused", proxy_sentence(self._name, "wants a login (407)"))
            if response.status_code >= 400:
                raise await self._refused(response)
            if response.location is not None:
                raise self._redirected(response.location)
            await self._read(response)
        finally:
            # What is not read to its end is closed here, at once: a socket is aborted and not awaited.
            with anyio.CancelScope(shield=True):
                await response.aclose()

    async def _send(self, wire: Wire) -> Reply:
        import httpx2

        try:
            return await wire.send(self._call, self._watch)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError):
            raise self._failed(
                "name", f"The address of `{self._name}` is not one that can be called; correct its `base_url`"
            ) from None
        except httpx2.LocalProtocolError:  # its text may quote a header
            raise self._failed(
                "malformed", f"The request to `{self._name}` is not valid HTTP, so it was not sent"
            ) from None
        except httpx2.HTTPError as error:
            raise self._failed(*unreached(error, name=self._name, url=self._call.url, watch=self._watch)) from error

    async def _refused(self, response: Reply) -> ProviderFailed:
        import httpx2

        body = bytearray()
        self._watch.pause()
        with anyio.move_on_after(min(self._limits.silence_s, _ERROR_S)), contextlib.suppress(httpx2.HTTPError):
            async with contextlib.aclosing(response.aiter_bytes()) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) >= _ERROR_BYTES:
                        break
        sentence = f"`{self._name}` answered {response.status_code}"
        if body.lstrip().startswith(b"<"):
            sentence += " with a web page"
        return self._failed("status", sentence, text=body[:_ERROR_BYTES].decode("utf-8", "replace"))

    def _redirected(self, location: str) -> ProviderFailed:
        target = host_of(urljoin(self._call.url, location)) or "another address"
        return self._failed(
            "malformed",
            f"`{self._name}` redirects to `{target}`, which is not followed because it would receive the key; if it "
            "is to be trusted, make it the `base_url`",
        )

    async def _read(self, response: Reply) -> None:
        import httpx2

        try:
            async with contextlib.aclosing(response.aiter_bytes()) as chunks:
                first = await self._first(chunks)
                kind = self._headers.get("content-type", "")
                framing = _framing(self._reading.framing, first, kind)
                if framing is None and _is_json(first, kind):
                    await self._read_json(first, chunks)
                elif framing is not None or _is_events(first, kind):
                    await self._read_events(framing or EventReader(), first, chunks)
                    await self._drain(chunks)
                else:
                    page = first.startswith(b"<")
                    raise self._failed(
                        "malformed",
                        f"`{self._name}` sent {'a web page' if page else 'something'} where "
                        f"{self._reading.expected} was expected; check its `base_url`",
                    )
        except httpx2.DecodingError:
            raise NotTheDialect("a body that cannot be decompressed") from None
        except httpx2.HTTPError as error:
            if not self._whole:
                sentence = f"The connection to `{self._name}` broke in the middle of its answer"
                raise self._failed("cut", sentence) from error

    async def _first(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The first chunk with anything but white space in it, which some servers send to keep a connection alive."""
        async for chunk in chunks:
            self._measure(chunk)
            if chunk := chunk.lstrip(_BLANK):
                self._first_bytes = chunk[:TEXT_LIMIT]
                return chunk
        raise self._failed("empty", f"`{self._name}` sent an empty reply")

    async def _read_json(self, first: bytes, chunks: AsyncIterator[bytes]) -> None:
        body = bytearray(first)
        self._watch.reach("silence")
        news = 0
        async for chunk in chunks:
            self._measure(chunk)
            body += chunk
            news += 0 if chunk.isspace() else len(chunk)
            # No part of it can be used before the last, so that a byte a second is no sign of an answer.
            if news >= _PROGRESS_BYTES:
                news = 0
                self._watch.reach("silence")
        self._watch.pause()
        self._reading.whole(parse(bytes(body)))
        self._answered = bool(self._reading.said)
        await self._say(self._reading.said)

    async def _read_events(self, events: StreamReader, chunk: bytes, chunks: AsyncIterator[bytes]) -> None:
        strays = 0
        self._size -= len(chunk)
        while True:
            self._measure(chunk)
            await self._take(events.feed(chunk))
            if self._reading.done:
                return
            if len(events.stray) > strays:
                strays = len(events.stray)
                self._stray(events.stray[-1:])
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                break
        try:
            await self._take(events.finish())
        except NotTheDialect:  # half an event is no malformed one: the stream was cut
            return
        if not self._whole:
            self._stray(events.stray)

    async def _take(self, events: list[tuple[str, bytes]]) -> None:
        pieces: list[str] = []
        moved = False
        for name, data in events:
            piece = self._reading.event(name, data)
            if piece is not None:
                moved = self._answered = True
                if piece:
                    pieces.append(piece)
            if self._reading.done:
                break
        if pieces and self._on_text is not None:
            self._watch.pause()
            await self._say(pieces)
        if self._reading.done:
            self._watch.pause()
        elif moved:
            self._watch.reach("silence" if self._reading.finish is None else "ending")

    async def _say(self, pieces: list[str]) -> None:
        if self._on_text is not None and pieces:
            await self._on_text(well_formed("".join(pieces)))

    def _stray(self, lines: list[bytes]) -> None:
        """Find an error in lines that were no events: Ollama and Gemini put naked JSON there."""
        if lines and lines[0].startswith((b"{", b"[")):
            with contextlib.suppress(NotTheDialect):
                body = parse(b"\n".join(lines))
                if is_error(body):
                    raise ErrorInReply(body)

    async def _drain(self, chunks: AsyncIterator[bytes]) -> None:
        """Read past the end marker, so that the connection can be used again."""
        self._watch.reach("draining")
        async for _ in chunks:
            pass

    def _measure(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._limits.reply_bytes:
            raise self._failed(
                "malformed", f"`{self._name}` sent more than the {self._limits.reply_bytes:,} bytes a reply may have"
            )

    def _error_in_reply(self, body: Any) -> ProviderFailed:
        import json

        named = error_status(body)
        sentence = f"`{self._name}` answered {self._status} with an error inside{f' ({named})' if named else ''}"
        return self._failed("status", sentence, text=json.dumps(body, ensure_ascii=False))

    def _failed(self, kind: FailureKind, sentence: str, *, text: str = "") -> ProviderFailed:
        return failed(
            kind,
            sentence,
            secrets=self._secrets,
            status=self._status,
            headers=self._headers,
            text=text or "".join(self._reading.said) or self._first_bytes.decode("utf-8", "replace"),
            answered=self._answered,
        )


def _framing(framing: Framing, first: bytes, content_type: str) -> StreamReader | None:
    """The reader of a stream that is no server-sent events; None for what those, or one JSON body, could be."""
    if framing == "lines" and first[:1] == b"{":
        return LineReader()
    if framing == "frames" and ("vnd.amazon.eventstream" in content_type or first[:1] == b"\0"):
        return FrameReader()
    return None


def _is_json(first: bytes, content_type: str) -> bool:
    return first[:1] in (b"{", b"[") or ("json" in content_type and first[:1] not in (b"d", b"e", b":"))


def _is_events(first: bytes, content_type: str) -> bool:
    if first.startswith(b"<"):
        return False
    # The first chunk may be a single byte of a field's name.
    return "event-stream" in content_type or any(first.startswith(name[: len(first)]) for name in _FIELDS)
