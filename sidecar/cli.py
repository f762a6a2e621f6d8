"""The `sidecar` command: arguments in, one call, text out.

stdout carries the result alone, stderr the rest. Exit codes: 0 done, 1 the thing asked for failed,
2 wrong usage or configuration; `run` passes the command's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sidecar import __version__
from sidecar.errors import ConfigurationError, SidecarError, WrongUsage

if TYPE_CHECKING:
    from rich.console import Console

    from sidecar.agents.changes import Change
    from sidecar.compression.compressor import Compressed
    from sidecar.config.layers import Configuration
    from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["main"]

Result = TypeVar("Result")

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
_ANSWER_TOKENS = click.option(
    "--answer-tokens", type=click.IntRange(100, 200_000), help="Upper bound of the result, in tokens."
)
_LEVEL = click.option(
    "--level", type=click.Choice(["faithful", "tight"]), help="How much stays; by default the configuration's."
)
_MASK = click.option("--mask-secrets", is_flag=True, help="Mask passwords, keys and tokens before showing or keeping.")
_FOCUS = click.option("--focus", default="", help="What you want to know, in words; it comes first within a bound.")


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


def _call(work: Callable[[Rooms, Caller], Awaitable[Result]]) -> Result:
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


def _say(text: str) -> None:
    """Write *text* to stdout as UTF-8, whatever the locale is."""
    data = text.encode("utf-8", errors="replace")
    sys.stdout.buffer.write(data if data.endswith(b"\n") or not data else data + b"\n")
    sys.stdout.flush()


def _say_json(document: Any) -> None:
    _say(json.dumps(document, ensure_ascii=False, indent=2))


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
@click.option("--keep", is_flag=True, help="Leave the demo's folder behind for a look.")
def demo(*, keep: bool) -> None:
    """Rehearse the main job here: no key, no network."""
    import anyio

    from sidecar.proof.demo import demo as rehearse

    sys.exit(0 if anyio.run(lambda: rehearse(keep=keep)) else 1)


@main.command()
@click.argument("file", default="-")
@click.option("--command", default="", help="The command that printed it.")
@click.option("--exit-code", type=int, help="What that command exited with.")
@click.option("--since", default="", help="Handle of an earlier output: show what changed.")
@_FOCUS
@_ANSWER_TOKENS
@_LEVEL
@_MASK
@_JSON
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
    data = _read(file)
    from sidecar.compression.levels import Level
    from sidecar.verbs.compress import compressed

    result = _call(
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
        _say_json(_document(result))
    else:
        _say(result.text)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise WrongUsage(f"There is no file `{file}`: check the path.") from None
    except OSError as error:
        raise WrongUsage(f"`{file}` cannot be read: {error.strerror}.") from error


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0, 86_400, min_open=True), help="Seconds until it is ended."
)
@click.option("--since", default="", help="`last` or a handle: show what changed since that output of it.")
@_FOCUS
@_ANSWER_TOKENS
@_LEVEL
@_MASK
@_JSON
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
    done = _call(
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
        _say_json({"exit_status": done.exit_status, "headline": done.headline, **_document(done.shown)})
    else:
        if done.shown.text:
            _say(coloured(done.output, done.shown) if is_terminal else done.shown.text)
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
@_ANSWER_TOKENS
@_JSON
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
        original = _call(lambda rooms, _caller: rooms.store.original(handle))
        if as_json:
            document = {
                "handle": original.handle,
                "command": original.command,
                "exit_code": original.exit_code,
                "text": original.data.decode("utf-8", errors="backslashreplace"),
            }
            _say_json(document)
            return
        sys.stdout.buffer.write(original.data)
        sys.stdout.flush()
        return
    from sidecar.verbs.recall import recall as recall_lines

    text = _call(
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
    _say_json({"handle": handle, "text": text}) if as_json else _say(text)


@main.command()
@click.argument("prompt", required=False)
@click.option(
    "--model",
    default="default",
    show_default=True,
    help="The logical name to ask; `:cheap`, `:fast` or `:free` may follow it. `a+b` asks both.",
)
@click.option(
    "--attach", multiple=True, help="What the model reads: PATH, PATH:10-80, a handle or an image. Repeatable."
)
@click.option("--system", help="Instructions for the model.")
@click.option("--thread", help="A conversation to begin or continue.")
@click.option("--schema", type=click.File("r"), help="A file with a JSON Schema the answer must satisfy.")
@click.option("--explain", is_flag=True, help="Tell who would be tried, and why not others, without calling anyone.")
@_ANSWER_TOKENS
@_JSON
def ask(
    *,
    prompt: str | None,
    model: str,
    attach: tuple[str, ...],
    system: str | None,
    thread: str | None,
    schema: Any,
    explain: bool,
    answer_tokens: int | None,
    as_json: bool,
) -> None:
    """Ask another model (`-` reads PROMPT from stdin)."""
    from sidecar.verbs.ask import ask_model

    words = sys.stdin.read() if prompt == "-" else prompt
    if words is None and not explain:
        raise click.UsageError("Missing argument 'PROMPT'.")
    request: dict[str, Any] = {
        "prompt": "any" if words is None else words,
        "model": model,
        "attach": attach,
        "system": system,
        "thread": thread,
        "schema": _json_of(schema) if schema is not None else None,
    }
    if explain:
        _explain(request, as_json=as_json)
        return
    answered = _call(lambda rooms, caller: ask_model(rooms, caller=caller, answer_tokens=answer_tokens, **request))
    if as_json:
        _say_json(answered.document)
    else:
        _say(answered.text)
        click.echo(answered.receipt, err=True)


def _explain(request: dict[str, Any], *, as_json: bool) -> None:
    from sidecar.verbs.ask import explain

    explained = _call(lambda rooms, _caller: explain(rooms, **request))
    if as_json:
        _say_json(
            [
                {
                    "endpoint": standing.endpoint.key,
                    "tier": standing.tier,
                    "state": standing.state,
                    "reason": standing.reason,
                    "until": standing.until,
                }
                for standing in explained.standings
            ]
        )
    else:
        _say("\n".join(explained.lines))


def _json_of(file: Any) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise WrongUsage(f"`{file.name}` is not JSON: {error}.") from error


@main.command()
@click.argument("about", nargs=-1)
@_JSON
def status(*, about: tuple[str, ...], as_json: bool) -> None:
    """Tell how the models do, what was spent and saved."""
    from sidecar.verbs.status import status as tell

    text = _call(lambda rooms, caller: tell(rooms, caller=caller, about=" ".join(about)))
    _say_json({"text": text}) if as_json else _say(text)


@main.command()
@click.argument("providers", nargs=-1)
@click.option("--refresh", is_flag=True, help="Ask anew, whatever was listed within the last day.")
@_JSON
def models(*, providers: tuple[str, ...], refresh: bool, as_json: bool) -> None:
    """List the logical names with their tiers, and what every account really serves.

    Each provider is asked for its list, once a day. With PROVIDERS only theirs are shown, whole. A target that its
    provider does not list is marked, with the nearest one that it does.
    """
    from sidecar.verbs.models import Overview, document, overview, text

    async def tell(rooms: Rooms, _caller: Caller) -> tuple[Overview, float]:
        return await overview(rooms, providers=providers, refresh=refresh), rooms.clock()

    told, now = _call(tell)
    if as_json:
        _say_json(document(told))
        return
    if not told.tiers:
        click.echo("sidecar: no model is configured and none was found; `sidecar doctor` tells what to set", err=True)
    _say(text(told, now=now, all_models=bool(providers)))


@main.command()
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the configuration file.")
@_JSON
def config(*, schema: bool, as_json: bool) -> None:
    """Print every setting with where it came from."""
    from sidecar.config.render import render, values_with_origins
    from sidecar.config.schema import schema_text

    if schema:
        _say(schema_text())
        return
    configuration = _call(lambda rooms, _caller: _with_servers(rooms))
    if as_json:
        rows = values_with_origins(configuration)
        _say_json({path: {"value": json.loads(value), "origin": origin} for path, value, origin in rows})
    else:
        _say("\n".join(render(configuration)))


async def _with_servers(rooms: Rooms) -> Configuration:
    """The configuration with local model servers looked for, as `ask` sees it."""
    return (await rooms.switchboard()).configuration


@main.command()
@_JSON
def doctor(*, as_json: bool) -> None:
    """Tell what was found here, what was not, what to do."""
    import anyio

    from sidecar.app import examine

    lines = anyio.run(lambda: examine(cwd=Path.cwd(), environ=os.environ))
    if as_json:
        _say_json([{"mark": line.mark, "text": line.text, "todo": line.todo} for line in lines])
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
            _say(f"{place} is no longer trusted." if was_trusted else f"{place} was not trusted.")
        return
    asked = trusting.what_it_asks(path) if path is not None else None
    if asked is not None:
        _say("\n  ".join((f"{path} asks for:", *asked.lines)))
    if own_shelf is not None:
        _say("\n  ".join((f"{own_shelf.folder} says how output is shortened:", *_tools_told(own_shelf.texts))))
    if not yes:
        click.confirm("Trust it as it is now?", abort=True, err=True)
    if path is not None and asked is not None:
        trusting.trust(path, state_dir=state, seen=asked.sha256)
    if own_shelf is not None:
        trusting.remember(own_shelf.folder, own_shelf.sha256, state_dir=state)
    _say("Trusted.")


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
        _say(change.after if change.after is not None else f"{change.path} would be removed.")
    click.echo(f"sidecar: {change.sentence}", err=True)
    for line in change.notes:
        click.echo(f"sidecar: {line}", err=True)


@main.group()
def shelf() -> None:
    """The tools whose output is known."""


@shelf.command("check")
def shelf_check() -> None:
    """Run every tool's examples and explain what differs."""
    from sidecar.compression.shelf import check, load
    from sidecar.compression.shorten import shorten
    from sidecar.config.places import state_dir, user_file
    from sidecar.config.project_shelf import trusted_texts

    trusted = trusted_texts(Path.cwd(), state_dir=state_dir(os.environ))
    known = load((user_file(os.environ).parent / "tools",), trusted)
    count = sum(1 for _ in known.examples())
    wrong = check(
        known, lambda text, command, exit_code: shorten(text, shelf=known, command=command, exit_code=exit_code).text
    )
    for mismatch in wrong:
        _say(f"{mismatch.example} ({mismatch.origin})\n{mismatch.difference}\n")
    _say(f"{count - len(wrong)} of {count} examples of {len(known.tools)} tools hold")
    sys.exit(1 if wrong else 0)


@shelf.command("new")
@click.argument("tool")
@click.option("--from", "file", required=True, help="A file with what the tool printed (`-`: stdin).")
@click.option("--command", default="", help="The command that printed it; by default TOOL.")
@click.option("--exit-code", type=int, default=0, show_default=True, help="What that command exited with.")
@click.option("--version", default="", help="The tool's version, as it names itself.")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead of writing it.")
def shelf_new(*, tool: str, file: str, command: str, exit_code: int, version: str, only_print: bool) -> None:
    """Start a shelf file for TOOL from what it printed.

    It is written to `tools/TOOL.toml` beside your configuration, its example filled in; mend it and run
    `sidecar shelf check`.
    """
    from sidecar.compression.shelf_drafts import drafted
    from sidecar.config.places import user_file

    text = drafted(tool, _read(file), command=command or tool, exit_code=exit_code, version=version)
    if only_print:
        _say(text)
        return
    path = user_file(os.environ).parent / "tools" / f"{tool}.toml"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise WrongUsage(f"`{path}` exists already: edit it, or use `--print` and add what you need.") from None
    except OSError as error:
        raise WrongUsage(f"`{path}` cannot be written: {error.strerror}.") from error
    _say(str(path))
    click.echo("sidecar: look at what it keeps and leaves out, mend it, then run `sidecar shelf check`", err=True)


@main.command()
@click.option("--model", "models", multiple=True, help="Rehearse this model; by default every one. Repeatable.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME|FILE",
    help="A scenario of ours by its name, or a TOML file of yours; by default all of ours. Repeatable.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Decides every chance; the same gives the same.")
@click.option("--list", "only_list", is_flag=True, help="List our scenarios and rehearse nothing.")
@_JSON
def drill(*, models: tuple[str, ...], scenarios: tuple[str, ...], seed: int, only_list: bool, as_json: bool) -> None:
    """Rehearse outages on your own configuration: no provider is called, no key is read.

    Every provider of a model is replaced by a simulated one with the same dialect, accounts and prices; time is
    pushed, so an outage of an hour takes seconds. Exits with 1 when a model misses its objectives.
    """
    import anyio

    from sidecar.app import configured
    from sidecar.proof.drill.drill import drill as rehearse
    from sidecar.proof.drill.scenario import shipped
    from sidecar.providers.catalogue import catalogue

    if only_list:
        width = max(map(len, shipped()))
        found = {name: scenario.title for name, scenario in shipped().items()}
        _say_json(found) if as_json else _say("\n".join(f"{name:{width}}  {title}" for name, title in found.items()))
        return
    configuration = anyio.run(lambda: configured(cwd=Path.cwd(), environ=os.environ))
    with _drill_console(as_json=as_json) as (console, tell):
        is_met, found_all = rehearse(
            configuration,
            catalogue(),
            models=models,
            scenarios=scenarios,
            seed=seed,
            console=console,
            on_progress=tell,
        )
    if as_json:
        _say_json(found_all)
    sys.exit(0 if is_met else 1)


@contextmanager
def _drill_console(*, as_json: bool) -> Iterator[tuple[Console | None, Callable[[str], None]]]:
    """Where the table goes (nowhere with *as_json*), and how a person at a terminal sees what is being rehearsed."""
    from rich.console import Console

    notes = Console(stderr=True)
    with notes.status("") as status:
        yield (None if as_json else Console()), lambda text: status.update(f"rehearsing {text}")


@main.command()
@click.argument("file", type=click.File("r"))
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; by default the file's, else a free one."
)
def simulate(*, file: Any, port: int | None) -> None:
    """Serve the providers of FILE (JSON) on loopback.

    They answer, refuse, hang and break as the file says, until interrupted.
    """
    import anyio

    from sidecar.simulator import Simulation, serve_forever

    def ready(simulation: Simulation) -> None:
        for name in simulation.names:
            _say(f"{name} {simulation.base_url(name)}")

    text = file.read()
    try:
        anyio.run(lambda: serve_forever(text, ready, source=file.name, port=port))
    except KeyboardInterrupt:
        sys.exit(0)
