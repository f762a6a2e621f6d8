"""What every command shares: the group itself, its options, and how a call is made and its result printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sidecar import __version__
from sidecar.errors import ConfigurationError, SidecarError, WrongUsage

if TYPE_CHECKING:
    from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["ANSWER_TOKENS", "FOCUS", "JSON", "LEVEL", "MASK", "call", "main", "read", "say", "say_json"]

Result = TypeVar("Result")

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
ANSWER_TOKENS = click.option(
    "--answer-tokens", type=click.IntRange(100, 200_000), help="Upper bound of the result, in tokens."
)
LEVEL = click.option(
    "--level", type=click.Choice(["faithful", "tight"]), help="How much stays; by default the configuration's."
)
MASK = click.option("--mask-secrets", is_flag=True, help="Mask passwords, keys and tokens before showing or keeping.")
FOCUS = click.option("--focus", default="", help="What you want to know, in words; it comes first within a bound.")


class _Sidecar(click.Group):
    """The group whose commands turn our errors into one sentence on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SidecarError as error:
            click.echo(f"sidecar: {error}", err=True)
            ctx.exit(2 if isinstance(error, (WrongUsage, ConfigurationError)) else 1)
        except BrokenPipeError:
            # The reader of our output has gone, as `head` does; python must not complain about it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=_Sidecar, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sidecar")
def main() -> None:
    """Other models through failing tiers, and tool output at a fraction of its tokens.

    Coding agents launch `sidecar serve`; register it with `sidecar install claude-code`. Every verb
    the agent has is also a command here. Try `sidecar demo`: it needs no key and no account.
    """


def call(work: Callable[[Rooms, Caller], Awaitable[Result]]) -> Result:
    """Assemble the rooms, do one thing in them for the person at the terminal, take them apart."""
    import anyio

    from sidecar.app import open_rooms
    from sidecar.verbs.rooms import Caller

    async def progress(message: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"sidecar: {message}", err=True)

    async def do() -> Result:
        async with open_rooms(cwd=Path.cwd(), environ=os.environ) as rooms:
            return await work(rooms, Caller(progress=progress, is_agent=False))

    try:
        return anyio.run(do)
    except KeyboardInterrupt:
        raise click.Abort from None


def say(text: str) -> None:
    """Write *text* to stdout as UTF-8, whatever the locale is."""
    data = text.encode("utf-8", errors="replace")
    sys.stdout.buffer.write(data if data.endswith(b"\n") or not data else data + b"\n")
    sys.stdout.flush()


def say_json(document: Any) -> None:
    say(json.dumps(document, ensure_ascii=False, indent=2))


def read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise WrongUsage(f"There is no file `{file}`: check the path.") from None
    except OSError as error:
        raise WrongUsage(f"`{file}` cannot be read: {error.strerror}.") from error
