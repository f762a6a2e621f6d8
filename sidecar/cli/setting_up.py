"""Commands that set the sidecar up: `serve`, `install`, `uninstall`, `config`, `doctor`, `trust`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidecar.cli.common import JSON, call, main, say, say_json
from sidecar.errors import WrongUsage

if TYPE_CHECKING:
    from sidecar.agents.changes import Change
    from sidecar.config.layers import Configuration
    from sidecar.verbs.rooms import Rooms

__all__ = ["config", "doctor", "install", "serve", "trust", "uninstall"]


@main.command()
def serve() -> None:
    """Serve the five verbs over stdio: agents launch this."""
    import anyio

    from sidecar.app import open_rooms
    from sidecar.server import serve as serve_rooms

    async def do() -> None:
        async with open_rooms(cwd=Path.cwd(), environ=os.environ) as rooms:
            await serve_rooms(rooms)

    anyio.run(do)
    # Threads that cannot be interrupted (a blocked stdin, a long parse) must not delay the exit.
    sys.stderr.flush()
    os._exit(0)


@main.command()
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the configuration file.")
@JSON
def config(*, schema: bool, as_json: bool) -> None:
    """Print every setting with where it came from."""
    from sidecar.config.render import render, values_with_origins
    from sidecar.config.schema import schema_text

    if schema:
        say(schema_text())
        return
    configuration = call(lambda rooms, _caller: _with_servers(rooms))
    if as_json:
        rows = values_with_origins(configuration)
        say_json({path: {"value": json.loads(value), "origin": origin} for path, value, origin in rows})
    else:
        say("\n".join(render(configuration)))


async def _with_servers(rooms: Rooms) -> Configuration:
    """The configuration with local model servers looked for, as `ask` sees it."""
    return (await rooms.switchboard()).configuration


@main.command()
@JSON
def doctor(*, as_json: bool) -> None:
    """Tell what was found here, what was not, what to do."""
    import anyio

    from sidecar.app import examine

    lines = anyio.run(lambda: examine(cwd=Path.cwd(), environ=os.environ))
    if as_json:
        say_json([{"mark": line.mark, "text": line.text, "todo": line.todo} for line in lines])
    else:
        for line in lines:
            click.secho(f"{line.mark:8}", fg=_COLOURS[line.mark], nl=False)
            click.echo(f" {line.text}" + (f"\n         -> {line.todo}" if line.todo else ""))
    sys.exit(1 if any(line.mark == "problem" for line in lines) else 0)


_COLOURS = {"found": "green", "missing": "bright_black", "note": "yellow", "problem": "red"}


@main.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Take the trust back.")
def trust(*, yes: bool, undo: bool) -> None:
    """Let the project's files use hosts, keys and programs, and its shelf shorten output.

    Shows what it asks for first. Any change of the file needs it again.
    """
    from sidecar.config import trust as trusting
    from sidecar.config.places import project_file, state_dir
    from sidecar.config.project_shelf import project_shelf

    path, own_shelf = project_file(Path.cwd()), project_shelf(Path.cwd())
    found = [place for place in (path, own_shelf.folder if own_shelf else None) if place is not None]
    if not found:
        raise WrongUsage(
            "There is no `.sidecar/config.json` and no `.sidecar/tools` in this project, so there is nothing to trust."
        )
    state = state_dir(os.environ)
    if undo:
        for place in found:
            was_trusted = trusting.untrust(place, state_dir=state)
            say(f"{place} is no longer trusted." if was_trusted else f"{place} was not trusted.")
        return
    asked = trusting.what_it_asks(path) if path is not None else None
    if asked is not None:
        say("\n  ".join((f"{path} asks for:", *asked.lines)))
    if own_shelf is not None:
        say("\n  ".join((f"{own_shelf.folder} says how output is shortened:", *_tools_told(own_shelf.texts))))
    if not yes:
        click.confirm("Trust it as it is now?", abort=True, err=True)
    if path is not None and asked is not None:
        trusting.trust(path, state_dir=state, seen=asked.sha256)
    if own_shelf is not None:
        trusting.remember(own_shelf.folder, own_shelf.sha256, state_dir=state)
    say("Trusted.")


def _tools_told(texts: Iterable[tuple[str, str]]) -> list[str]:
    """The tools of a shelf with the commands they are for; raises ConfigurationError for a file that is wrong."""
    from sidecar.compression.shelf import load

    ours = {tool.origin for tool in load().tools}
    theirs = [tool for tool in load((), texts).tools if tool.origin not in ours]
    return [
        f"{tool.name}: {', '.join(' '.join(words) for output in tool.outputs for words in output.commands)}"
        for tool in theirs
    ]


@main.command()
@click.argument("agent")
@click.option("--print", "only_print", is_flag=True, help="Show what would be written, and write nothing.")
def install(*, agent: str, only_print: bool) -> None:
    """Register the sidecar with AGENT: claude-code."""
    from sidecar.agents.registry import agent as agent_called

    known = agent_called(agent)
    do = known.preview if only_print else known.install
    _tell_change(do(Path.cwd(), command=[_own_path()], environ=os.environ), only_print=only_print)


@main.command()
@click.argument("agent")
@click.option("--print", "only_print", is_flag=True, help="Show what would be written, and write nothing.")
def uninstall(*, agent: str, only_print: bool) -> None:
    """Take the registration with AGENT back."""
    from sidecar.agents.registry import agent as agent_called

    known = agent_called(agent)
    _tell_change((known.preview_uninstall if only_print else known.uninstall)(Path.cwd()), only_print=only_print)


def _own_path() -> str:
    """The console script that runs now, by its absolute path: an agent's PATH may lack the environment it is in."""
    import shutil

    return shutil.which(sys.argv[0]) or shutil.which("sidecar") or "sidecar"


def _tell_change(change: Change, *, only_print: bool) -> None:
    if only_print:
        say(change.after if change.after is not None else f"{change.path} would be removed.")
    click.echo(f"sidecar: {change.sentence}", err=True)
    for line in change.notes:
        click.echo(f"sidecar: {line}", err=True)
