"""One scenario played on one model: the real switchboard, router, dialects and store, in pushed time.

    asks at a steady pace ──> ask ──> router ──> dialects ──HTTP over a Unix socket──> simulated providers
                               └───> store in a folder that is gone afterwards

Calls arrive whether earlier ones are answered or not, as they do from several agents; each takes what it takes.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from sidecar.errors import AskFailed
from sidecar.proof.drill.scenario import EPOCH, Scenario
from sidecar.proof.drill.stand_ins import StandIns, stand_ins
from sidecar.simulator import simulate
from sidecar.simulator.programs import SimulatedPrograms
from sidecar.simulator.pushed import run_pushed
from sidecar.store.lane import Inline
from sidecar.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sidecar.config.layers import Configuration
    from sidecar.providers.catalogue import Host
    from sidecar.routing.quota import Allowance
    from sidecar.simulator.counting import Counted
    from sidecar.switchboard.switchboard import Switchboard
    from sidecar.verbs.rooms import Rooms

__all__ = ["Asked", "QuotaCount", "Rehearsal", "Skipped", "rehearse"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask: when (seconds from the start), how it ended, what it took and cost.

    *tier* and *endpoint* are who answered, "" for nobody; *cost_usd* None is unknown; *told* is the receipt, or why
    nobody answered.
    """

    at_s: float
    took_s: float
    tier: str
    endpoint: str
    attempts: int
    cost_usd: float | None
    told: str


@dataclass(frozen=True, slots=True)
class QuotaCount:
    """One quota of an account at the end: what we believe is used of it, and what its provider has counted.

    *there* is None where the provider is none that would enforce it. *refused* calls were turned down for it.
    """

    allowance: Allowance
    here: float
    there: float | None
    refused: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every ask in the order in which they were made; *in_vain* counts the attempts that met a trouble."""

    model: str
    scenario: Scenario
    asks: tuple[Asked, ...]
    in_vain: int
    quotas: tuple[QuotaCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A scenario that cannot happen to this model, and why."""

    model: str
    scenario: Scenario
    why: str


def rehearse(
    configuration: Configuration, catalogue: Mapping[str, Host], *, model: str, scenario: Scenario, seed: int
) -> Rehearsal | Skipped:
    """Play *scenario* on *model*; the same *seed* gives the same result. Not to be called inside an event loop."""
    parts = stand_ins(configuration.settings, catalogue, model=model, scenario=scenario)
    if parts.cannot:
        return Skipped(model, scenario, parts.cannot)
    with tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as folder:
        return run_pushed(partial(_play, configuration, parts, model=model, scenario=scenario, seed=seed), Path(folder))


def _clock() -> float:
    return EPOCH + anyio.current_time()


async def _play(
    configuration: Configuration, parts: StandIns, folder: Path, *, model: str, scenario: Scenario, seed: int
) -> Rehearsal:
    from sidecar.providers.opening import open_providers
    from sidecar.switchboard.switchboard import Switchboard

    # A Unix socket: bytes are there once they are sent, and no address of the outside can be reached through it.
    path = folder / "simulator"
    programs = SimulatedPrograms(parts.programs, clock=_clock, seed=seed)
    async with (
        simulate(parts.served, clock=_clock, seed=seed, socket_path=path) as simulation,
        open_providers(environ={}, run_dir=folder / "run", socket_path=path, programs=programs) as providers,
        Store.open(folder / "state", clock=_clock, lane=Inline) as store,
    ):
        switchboard = Switchboard(
            configuration,
            parts.at(simulation),
            providers=providers,
            store=store,
            clock=_clock,
            session_start=EPOCH,
            random=random.Random(seed).random,  # noqa: S311 - chance that can be repeated, not a secret
        )
        rooms = _rooms(configuration, switchboard, store, folder)
        asks = await _ask_steadily(rooms, model, scenario, parts.prompt)
        counted = [one for name in simulation.names for one in simulation.counted(name)]
        counted += [one for name in parts.programs for one in programs.counted(name)]
        quotas = _quotas(await switchboard.allowances.used([]), parts, counted)
        outcomes = [simulation.outcomes(name) for name in simulation.names]
        outcomes += [programs.outcomes(name) for name in parts.programs]
    in_vain = sum(count for counted in outcomes for name, count in counted.items() if name != "answered")
    return Rehearsal(model, scenario, tuple(sorted(asks, key=lambda ask: ask.at_s)), in_vain, quotas)


def _quotas(
    used: Iterable[tuple[Allowance, float]], parts: StandIns, counted: Iterable[Counted]
) -> tuple[QuotaCount, ...]:
    """The quotas of the model's accounts, our count of each beside its provider's."""
    found = {one.quota.name: one for one in counted}
    schedules = [*(one.schedule for one in parts.served), *(one.schedule for one in parts.programs.values())]
    kept = {quota.name for schedule in schedules for quota in schedule.quotas}
    rows = []
    for allowance, here in used:
        one = found.get(allowance.key)
        there = one.used if one is not None else 0.0 if allowance.key in kept else None
        if allowance.account in parts.accounts:
            rows.append(QuotaCount(allowance, here, there, one.refused if one is not None else 0))
    return tuple(rows)


def _rooms(configuration: Configuration, switchboard: Switchboard, store: Store, folder: Path) -> Rooms:
    from sidecar.compression.compressor import Compressor
    from sidecar.compression.shelf import load
    from sidecar.verbs.rooms import Rooms

    async def configured() -> Configuration:
        return configuration

    async def connected() -> Switchboard:
        return switchboard

    return Rooms(
        cwd=folder,
        clock=_clock,
        environ={},
        store=store,
        compressor=Compressor(shelf=load),
        configuration=configured,
        switchboard=connected,
    )


async def _ask_steadily(rooms: Rooms, model: str, scenario: Scenario, prompt: str) -> list[Asked]:
    asks: list[Asked] = []

    async def ask(at_s: float) -> None:
        asks.append(await _ask(rooms, model, prompt, at_s))

    async with anyio.create_task_group() as group:
        for number in range(scenario.calls):
            at_s = number / scenario.calls_per_s
            await anyio.sleep(at_s - anyio.current_time())
            group.start_soon(ask, at_s)
    return asks


async def _ask(rooms: Rooms, model: str, prompt: str, at_s: float) -> Asked:
    from sidecar.verbs.ask import ask_model
    from sidecar.verbs.rooms import Caller

    try:
        answered = await ask_model(rooms, caller=Caller(is_agent=False), prompt=prompt, model=model)
    except AskFailed as nobody:
        took_s = anyio.current_time() - at_s
        return Asked(at_s, took_s, "", "", 0, 0.0, nobody.sentence)
    reply = answered.replies[0]
    return Asked(
        at_s,
        anyio.current_time() - at_s,
        reply.tier,
        reply.endpoint.name,
        len(reply.attempts),
        reply.cost_usd,
        answered.receipt,
    )
