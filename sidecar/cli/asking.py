"""Commands about models: `ask`, `status`, `models`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from sidecar.cli.common import ANSWER_TOKENS, JSON, call, main, say, say_json
from sidecar.errors import WrongUsage

if TYPE_CHECKING:
    from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["ask", "models", "status"]


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
@ANSWER_TOKENS
@JSON
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
    answered = call(lambda rooms, caller: ask_model(rooms, caller=caller, answer_tokens=answer_tokens, **request))
    if as_json:
        say_json(answered.document)
    else:
        say(answered.text)
        click.echo(answered.receipt, err=True)


def _explain(request: dict[str, Any], *, as_json: bool) -> None:
    from sidecar.verbs.explaining import explain

    explained = call(lambda rooms, _caller: explain(rooms, **request))
    if as_json:
        say_json(
            [
                {
                    "model": model,
                    "endpoint": one.standing.endpoint.key,
                    "tier": one.standing.tier,
                    "state": one.standing.state,
                    "turn": one.turn,
                    "order": one.order,
                    "reason": one.standing.reason,
                    "until": one.standing.until,
                }
                for model, one in explained.endpoints
            ]
        )
    else:
        say("\n".join(explained.lines))


def _json_of(file: Any) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise WrongUsage(f"`{file.name}` is not JSON: {error}.") from error


@main.command()
@click.argument("about", nargs=-1)
@JSON
def status(*, about: tuple[str, ...], as_json: bool) -> None:
    """Tell how the models do, what was spent and saved."""
    from sidecar.verbs.status import status as tell

    text = call(lambda rooms, caller: tell(rooms, caller=caller, about=" ".join(about)))
    say_json({"text": text}) if as_json else say(text)


@main.command()
@click.argument("providers", nargs=-1)
@click.option("--refresh", is_flag=True, help="Ask anew, whatever was listed within the last day.")
@JSON
def models(*, providers: tuple[str, ...], refresh: bool, as_json: bool) -> None:
    """List the logical names with their tiers, and what every account really serves.

    Each provider is asked for its list, once a day. With PROVIDERS only theirs are shown, whole. A target that its
    provider does not list is marked, with the nearest one that it does.
    """
    from sidecar.verbs.models import Overview, document, overview, text

    async def tell(rooms: Rooms, _caller: Caller) -> tuple[Overview, float]:
        return await overview(rooms, providers=providers, refresh=refresh), rooms.clock()

    told, now = call(tell)
    if as_json:
        say_json(document(told))
        return
    if not told.tiers:
        click.echo("sidecar: no model is configured and none was found; `sidecar doctor` tells what to set", err=True)
    say(text(told, now=now, all_models=bool(providers)))
