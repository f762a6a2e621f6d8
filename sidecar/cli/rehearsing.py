"""Commands that rehearse: `demo`, `drill`, `simulate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sidecar.cli.common import JSON, main, say, say_json

if TYPE_CHECKING:
    from rich.console import Console


__all__ = ["demo", "drill", "simulate"]


@main.command()
@click.option("--keep", is_flag=True, help="Leave the demo's folder behind for a look.")
def demo(*, keep: bool) -> None:
    """Rehearse the main job here: no key, no network."""
    import anyio

    from sidecar.proof.demo import demo as rehearse

    sys.exit(0 if anyio.run(lambda: rehearse(keep=keep)) else 1)


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
@JSON
def drill(*, models: tuple[str, ...], scenarios: tuple[str, ...], seed: int, only_list: bool, as_json: bool) -> None:
    """Rehearse outages on your own configuration: no provider is called, no key is read.

    Every provider of a model is replaced by a simulated one with the same dialect, accounts, prices and limits; time
    is pushed, so an outage of an hour takes seconds. Exits with 1 when a model misses its objectives.
    """
    import anyio

    from sidecar.app import configured
    from sidecar.proof.drill.drill import drill as rehearse
    from sidecar.proof.drill.scenario import shipped
    from sidecar.providers.catalogue import catalogue

    if only_list:
        width = max(map(len, shipped()))
        found = {name: scenario.title for name, scenario in shipped().items()}
        say_json(found) if as_json else say("\n".join(f"{name:{width}}  {title}" for name, title in found.items()))
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
        say_json(found_all)
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
            say(f"{name} {simulation.base_url(name)}")

    text = file.read()
    try:
        anyio.run(lambda: serve_forever(text, ready, source=file.name, port=port))
    except KeyboardInterrupt:
        sys.exit(0)
