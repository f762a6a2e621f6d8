"""Running the agent's command: in its own process group, without provider keys, bounded in time and in output.

command ──> process group ──stdout and stderr together──> whole, or head and tail ──> Ran
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import ByteReceiveStream, Process

from sidecar.errors import WrongUsage
from sidecar.terminal import Terminal

__all__ = ["OUTPUT_LIMIT_BYTES", "Ran", "end_all", "run", "signal_all"]

OUTPUT_LIMIT_BYTES = 200_000_000
"""Up to here an output is kept whole; past it, its first and last ten million bytes are."""

_KEPT_END_BYTES = 10_000_000
_CHUNK_BYTES = 262_144
_TERM_GRACE_S = 0.5
"""How long a group may take to end by itself after SIGTERM."""

_DRAIN_S = 0.25
"""How long a pipe may be silent after its command ended: what holds it open then are children left behind."""

_DRAIN_LIMIT_S = 2.0
"""How long it is read at most, however much such children print."""


_WITHOUT_PAGERS = {"PAGER": "cat", "GIT_PAGER": "cat", "MANPAGER": "cat", "SYSTEMD_PAGER": ""}
"""On a terminal programs would wait in a pager for keys that nobody presses."""

_live_groups: set[int] = set()
"""The process groups that run now: a signal handler has no time to unwind, yet leaves none behind."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished command; *exit_code* is negative for a signal, as in subprocess, and None where it was ended by us.

    *dropped_bytes* are missing between the head and the tail of *output*.
    """

    output: bytes
    exit_code: int | None
    took_s: float
    is_timed_out: bool = False
    dropped_bytes: int = 0
    left_children: bool = False


class _Spool:
    """What was printed: whole up to the limit, and from there on only its two ends."""

    def __init__(self, limit_bytes: int, printed: Callable[[int], None]) -> None:
        self._limit = limit_bytes
        self._end = min(_KEPT_END_BYTES, limit_bytes // 2)
        self._printed = printed
        self._whole = bytearray()
        self._head: bytes | None = None
        self.total = 0

    def add(self, chunk: bytes) -> None:
        self.total += len(chunk)
        self._whole += chunk
        if self._head is None and self.total > self._limit:
            self._head = bytes(self._whole[: self._end])
            del self._whole[: len(self._whole) - self._end]
        elif self._head is not None and len(self._whole) > 4 * self._end:
            del self._whole[: len(self._whole) - self._end]
        self._printed(self.total)

    @property
    def dropped(self) -> int:
        return 0 if self._head is None else self.total - 2 * self._end

    @property
    def output(self) -> bytes:
        if self._head is None:
            return bytes(self._whole)
        gap = f"\n[sidecar: {self.dropped:,} bytes were printed here and not kept]\n".encode()
        return self._head + gap + bytes(self._whole[-self._end :])


def _unheard(_total_bytes: int) -> None:
    return None


async def run(
    command: str,
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    limit_bytes: int = OUTPUT_LIMIT_BYTES,
    inherits_stdin: bool = False,
    on_terminal: bool = False,
    printed: Callable[[int], None] = _unheard,
) -> Ran:
    """Run *command* in a shell and wait for it, at most *timeout_s* seconds.

    Standard input is empty unless it *inherits_stdin*; standard output and error share one pipe, so their order is
    the program's own, or *on_terminal* one pseudo-terminal, for programs that colour only there. When it ends, is
    cancelled or runs out of time, its whole process group ends too. *printed* is told after each read how many bytes
    there are by now.

    Raises WrongUsage where the command cannot be started, for instance in a directory that is gone.
    """
    shell = shutil.which("bash", path=environ.get("PATH")) or "/bin/sh"
    started = time.monotonic()
    terminal = Terminal.open() if on_terminal else None
    try:
        process = await anyio.open_process(
            [shell, "-c", command],
            cwd=cwd,
            env={**environ, **_WITHOUT_PAGERS} if terminal else dict(environ),
            stdin=None if inherits_stdin else subprocess.DEVNULL,
            stdout=terminal.inner if terminal else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        if terminal:
            terminal.close()
        raise WrongUsage(f"The command could not be started: {error}. Check the command and `cwd`.") from error
    finally:
        if terminal:
            terminal.close_inner()
    _live_groups.add(process.pid)
    spool = _Spool(limit_bytes, printed)
    left_children = False
    try:
        with anyio.move_on_after(timeout_s) as scope:
            left_children = await _follow(process, terminal or process.stdout, spool)
    finally:
        if terminal:
            terminal.close()
        with anyio.CancelScope(shield=True):
            await _end_group(process)
        _live_groups.discard(process.pid)
    return Ran(
        output=spool.output,
        exit_code=None if scope.cancelled_caught else process.returncode,
        took_s=time.monotonic() - started,
        is_timed_out=scope.cancelled_caught,
        dropped_bytes=spool.dropped,
        left_children=left_children,
    )


def signal_all(number: signal.Signals) -> bool:
    """Pass a signal on to every group that runs now, also to one that was just started; False where none does."""
    groups = {*_live_groups, *_children()}
    for group in groups:
        _signal_group(group, number)
    return bool(groups)


def end_all() -> None:
    """Kill every group that still runs; for the way out, where nothing can be awaited."""
    for group in {*_live_groups, *_children()}:
        _signal_group(group, signal.SIGKILL)


def _children() -> Iterator[int]:
    """Our direct children by Linux's own list: it also has one that was started and not yet handed to us."""
    for listing in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            yield from map(int, listing.read_text().split())


async def _follow(process: Process, stream: ByteReceiveStream | None, spool: _Spool) -> bool:
    """Read until the command has ended; True where children of it still lived then."""
    if stream is None:
        await process.wait()
        return False
    is_drained = anyio.Event()

    async def read(stream: ByteReceiveStream) -> None:
        with suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            while True:
                spool.add(await stream.receive(_CHUNK_BYTES))
        is_drained.set()

    async with anyio.create_task_group() as group:
        group.start_soon(read, stream)
        await process.wait()
        left = _group_lives(process.pid)
        # Not only for its own group: what `setsid` started is in none that we know of, and holds the pipe as well.
        with anyio.move_on_after(_DRAIN_S if left else _DRAIN_LIMIT_S):
            while not is_drained.is_set():
                before = spool.total
                with anyio.move_on_after(_DRAIN_S):
                    await is_drained.wait()
                if spool.total == before:
                    break
        group.cancel_scope.cancel()
    return left


async def _end_group(process: Process) -> None:
    """End every process of the group, kindly and then surely, and reap the shell."""
    _signal_group(process.pid, signal.SIGTERM)
    with anyio.move_on_after(_TERM_GRACE_S):
        while _group_lives(process.pid):
            if process.returncode is None:
                with anyio.move_on_after(0.02):
                    await process.wait()
            else:
                await anyio.sleep(0.02)
    _signal_group(process.pid, signal.SIGKILL)
    await process.aclose()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
