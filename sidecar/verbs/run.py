"""`run`: a command of the agent's in the project, its exit status, and its output shortened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from sidecar import shell
from sidecar.agents.permissions import agent_rules, denied_by
from sidecar.compression import tokens
from sidecar.compression.choosing import SMALL_BYTES
from sidecar.compression.compressor import Compressed
from sidecar.compression.levels import Level
from sidecar.config.places import project_folder
from sidecar.errors import CommandRefused, SidecarError
from sidecar.verbs.compress import compressed
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["Finished", "run", "run_command"]

_PROGRESS_EVERY_S = 5.0
_TIMED_OUT_STATUS = 124
"""What `timeout` of GNU coreutils exits with; a form reads such an output as one of a failed command."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ran: *headline* tells how in one line; *exit_status* is a shell's, 128 + n for a signal n."""

    exit_status: int
    headline: str
    shown: Compressed
    output: bytes


def _headline(ran: shell.Ran, timeout_s: float) -> str:
    """Exit status, duration, and whatever else a reader must know."""
    took = f"{ran.took_s:.2f} s" if ran.took_s < 100 else f"{ran.took_s:.0f} s"
    if ran.is_timed_out:
        line = f"ended after {timeout_s:g} s unfinished (give `timeout_s` a larger number, or run it in parts)"
    elif ran.exit_code is not None and ran.exit_code < 0:
        line = f"ended by signal {-ran.exit_code} after {took}"
    else:
        line = f"exit {ran.exit_code} in {took}"
    if ran.left_children:
        line += "; it left processes running, which were ended (start servers in a terminal of your own)"
    if ran.dropped_bytes:
        line += f"; it printed too much: {ran.dropped_bytes:,} bytes from its middle are not kept"
    return line if ran.output else f"{line}; no output"


async def run(rooms: Rooms, *, caller: Caller, **request: Any) -> str:
    """The headline and, below it, the shortened output; *request* is what `run_command` takes."""
    done = await run_command(rooms, caller=caller, **request)
    return f"{done.headline}\n{done.shown.text}".removesuffix("\n") if done.output else done.headline


async def run_command(
    rooms: Rooms,
    *,
    caller: Caller,
    command: str,
    cwd: str = "",
    timeout_s: float | None = None,
    focus: str = "",
    answer_tokens: int | None = None,
    since: str = "",
    level: Level | None = None,
    mask_secrets: bool = False,
    inherits_stdin: bool = False,
    on_terminal: bool = False,
) -> Finished:
    """Run *command* unless a deny list names it.

    *since* is "last", or the handle of an earlier output of it: what changed is shown.
    Raises CommandRefused, FileRefused for a *cwd* outside the roots, WrongUsage where it cannot start.
    """
    settings = (await rooms.configuration()).settings
    home = Path(rooms.environ.get("HOME", "/nonexistent"))
    rules = (*settings.run.deny, *await anyio.to_thread.run_sync(agent_rules, _projects(rooms.cwd), home))
    rule = denied_by(command, rules)
    if rule is not None:
        raise CommandRefused(f"The rule `{rule}` denies this command: ask the user to run it or to change the rule.")
    folder = (await rooms.roots()).folder(cwd)
    limit_s = timeout_s if timeout_s is not None else settings.run.timeout_s
    environ = await rooms.child_environ()
    running = partial(
        shell.run,
        command,
        cwd=folder,
        environ=environ,
        timeout_s=limit_s,
        inherits_stdin=inherits_stdin,
        on_terminal=on_terminal,
    )
    ran = await _attended(running, caller)
    exit_status = _TIMED_OUT_STATUS if ran.exit_code is None else ran.exit_code
    exit_status = 128 - exit_status if exit_status < 0 else exit_status
    headline = _headline(ran, limit_s)
    shown = await compressed(
        rooms,
        ran.output,
        verb="run",
        caller=caller,
        command=command,
        exit_code=exit_status,
        focus=focus,
        answer_tokens=answer_tokens,
        origin=str(folder),
        beside=headline,
        since=since,
        level=level,
        mask_secrets=mask_secrets,
    )
    return Finished(exit_status, headline, shown, ran.output)


def _projects(cwd: Path) -> tuple[Path, ...]:
    """Where the agent's own settings may be: the folder it was started in, and the root of its repository."""
    return tuple(dict.fromkeys((cwd, project_folder(cwd))))


async def _attended(running: Callable[..., Awaitable[shell.Ran]], caller: Caller) -> shell.Ran:
    """Wait for a command; meanwhile its caller hears that it lives, and what counts its output is made ready."""
    will_count = anyio.Event()

    def printed(total_bytes: int) -> None:
        if total_bytes > SMALL_BYTES:
            will_count.set()

    ended: shell.Ran | SidecarError
    async with anyio.create_task_group() as group:
        group.start_soon(_tell_progress, caller)
        group.start_soon(_warm_once, will_count)
        try:
            ended = await running(printed=printed)
        except SidecarError as error:  # a task group would wrap it
            ended = error
        group.cancel_scope.cancel()
    if isinstance(ended, SidecarError):
        raise ended
    return ended


async def _warm_once(will_count: anyio.Event) -> None:
    """Load the tokenizer's ranks while the command still runs; half the time of a short command, were it for nothing.

    They hold the interpreter's lock as they load, so a small output, which is not counted, must not start them.
    """
    await will_count.wait()
    await anyio.to_thread.run_sync(tokens.warm, abandon_on_cancel=True)


async def _tell_progress(caller: Caller) -> None:
    """Long commands say that they live: it is shown to the user and resets idle watchdogs."""
    seconds = 0.0
    while True:
        await anyio.sleep(_PROGRESS_EVERY_S)
        seconds += _PROGRESS_EVERY_S
        await caller.progress(f"running for {seconds:g} s")
