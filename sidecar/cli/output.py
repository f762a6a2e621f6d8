"""Commands about output: `compress`, `run`, `recall`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from sidecar.cli.common import ANSWER_TOKENS, FOCUS, JSON, LEVEL, MASK, call, main, read, say, say_json

if TYPE_CHECKING:
    from sidecar.compression.compressor import Compressed

__all__ = ["compress", "recall", "run"]


def _document(result: Compressed) -> dict[str, Any]:
    return {
        "text": result.text,
        "handle": result.handle,
        "before_tokens": result.before_tokens,
        "after_tokens": result.after_tokens,
        "segments": [{"lines": [one.first, one.last], "form": one.form} for one in result.segments],
        "evidence": [{"line": one.line, "parts": list(one.parts)} for one in result.evidence],
        "left_out": [{"lines": [one.first, one.last], "what": one.what} for one in result.left_out],
    }


@main.command()
@click.argument("file", default="-")
@click.option("--command", default="", help="The command that printed it.")
@click.option("--exit-code", type=int, help="What that command exited with.")
@click.option("--since", default="", help="Handle of an earlier output: show what changed.")
@FOCUS
@ANSWER_TOKENS
@LEVEL
@MASK
@JSON
def compress(
    *,
    file: str,
    command: str,
    exit_code: int | None,
    since: str,
    focus: str,
    answer_tokens: int | None,
    level: str | None,
    mask_secrets: bool,
    as_json: bool,
) -> None:
    """Shorten FILE (or stdin), print only the result."""
    data = read(file)
    from sidecar.compression.levels import Level
    from sidecar.verbs.compress import compressed

    result = call(
        lambda rooms, caller: compressed(
            rooms,
            data,
            verb="compress",
            caller=caller,
            command=command,
            exit_code=exit_code,
            focus=focus,
            answer_tokens=answer_tokens,
            since=since,
            level=Level(level) if level else None,
            mask_secrets=mask_secrets,
        )
    )
    if as_json:
        say_json(_document(result))
    else:
        say(result.text)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0, 86_400, min_open=True), help="Seconds until it is ended."
)
@click.option("--since", default="", help="`last` or a handle: show what changed since that output of it.")
@FOCUS
@ANSWER_TOKENS
@LEVEL
@MASK
@JSON
def run(
    *,
    command: tuple[str, ...],
    timeout_s: float | None,
    since: str,
    focus: str,
    answer_tokens: int | None,
    level: str | None,
    mask_secrets: bool,
    as_json: bool,
) -> None:
    """Run COMMAND, print its output shortened, exit as it did.

    Several words are one argument list; one word with spaces is a line for the shell:
    `sidecar run -- pytest -q` or `sidecar run -- 'make && make test'`.
    """
    import shlex

    from sidecar.compression.colours import coloured
    from sidecar.compression.levels import Level
    from sidecar.verbs.run import run_command

    line = command[0] if len(command) == 1 else shlex.join(command)
    is_terminal = sys.stdout.isatty() and not as_json
    _pass_signals_on()
    done = call(
        lambda rooms, caller: run_command(
            rooms,
            caller=caller,
            command=line,
            timeout_s=timeout_s,
            focus=focus,
            answer_tokens=answer_tokens,
            since=since,
            level=Level(level) if level else None,
            mask_secrets=mask_secrets,
            inherits_stdin=True,
            on_terminal=is_terminal,
        )
    )
    if as_json:
        say_json({"exit_status": done.exit_status, "headline": done.headline, **_document(done.shown)})
    else:
        if done.shown.text:
            say(coloured(done.output, done.shown) if is_terminal else done.shown.text)
        click.echo(f"sidecar: {done.headline}", err=True)
    sys.exit(done.exit_status)


def _pass_signals_on() -> None:
    """The command gets what we are sent; when it has ended by it, what it printed is shown and its status is ours."""
    import signal

    from sidecar.shell import signal_all

    def pass_on(number: int, _frame: object) -> None:
        if not signal_all(signal.Signals(number)):  # nothing runs yet, or any more
            os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, pass_on)


@main.command()
@click.argument("handle")
@click.option("--lines", help="`120-153`, `120-` or `120`, counted from 1.")
@click.option("--find", help="A regular expression.")
@click.option("--context", type=click.IntRange(0, 1_000), default=2, show_default=True, help="Lines around each match.")
@click.option("--block", help="A part by its name: `3rd failure`, a test, a file.")
@ANSWER_TOKENS
@JSON
def recall(
    *,
    handle: str,
    lines: str | None,
    find: str | None,
    context: int,
    block: str | None,
    answer_tokens: int | None,
    as_json: bool,
) -> None:
    """Print the original behind HANDLE, byte for byte.

    With --lines, --find, --block or --answer-tokens, print those lines under a heading that names them.
    """
    if lines is None and find is None and block is None and answer_tokens is None:
        original = call(lambda rooms, _caller: rooms.store.original(handle))
        if as_json:
            document = {
                "handle": original.handle,
                "command": original.command,
                "exit_code": original.exit_code,
                "text": original.data.decode("utf-8", errors="backslashreplace"),
            }
            say_json(document)
            return
        sys.stdout.buffer.write(original.data)
        sys.stdout.flush()
        return
    from sidecar.verbs.recall import recall as recall_lines

    text = call(
        lambda rooms, caller: recall_lines(
            rooms,
            caller=caller,
            handle=handle,
            lines=lines,
            find=find,
            context=context,
            block=block,
            answer_tokens=answer_tokens,
        )
    )
    say_json({"handle": handle, "text": text}) if as_json else say(text)
