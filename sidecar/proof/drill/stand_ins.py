"""The user's providers replaced by simulated ones: same names, dialects, models, accounts, prices and limits.

No secret is followed, no environment is read and no program is started: every account gets a key that only the
simulator knows, every address leads to the simulator's own socket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from sidecar.config.hosts import KnownProvider, split_target
from sidecar.proof.drill.scenario import Answers, Scenario, Trouble, troubles
from sidecar.providers.vocabulary import Access
from sidecar.simulator import Cut, Empty, Fault, Hang, Phase, Refuse, Reply, Schedule, Simulated, Simulation
from sidecar.simulator.dialect import CHARACTERS_PER_TOKEN
from sidecar.simulator.programs import SimulatedProgram
from sidecar.switchboard.lines import Line, lines

if TYPE_CHECKING:
    from sidecar.config import model as configured
    from sidecar.providers.catalogue import Host
    from sidecar.simulator.vocabulary import DialectName

__all__ = ["StandIns", "stand_ins"]

_PIECES = 3
"""In how many pieces an answer streams in; more would cost the rehearsal time and show nothing else."""

_KEY = "key-of-a-rehearsal:"

_SERVED = "as-"
"""Before the name of a simulated provider: a user may call one of theirs what the simulator keeps for itself."""

_PLAIN: Mapping[str, Fault] = {
    "hang": Hang(),
    "hang-in-reply": Hang(after_tokens=3),
    "refuse": Refuse(),
    "cut": Cut(after_tokens=3),
    "empty": Empty(),
}
"""Troubles that are the same with every vendor."""

_NEEDS_TIERS = {"second-tier": 3, "behind-the-first": 2}
"""Where a scenario shows something only with more tiers: with two, the second tier down as well is everything down."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who stands in for whom. *cannot* says why a scenario cannot happen to this model, "" where it can."""

    by_target: Mapping[str, tuple[Line, ...]]
    """Without addresses, which the simulation gives once it runs."""
    served: tuple[Simulated, ...]
    programs: Mapping[str, SimulatedProgram]
    cannot: str = ""

    def at(self, simulation: Simulation) -> dict[str, tuple[Line, ...]]:
        """The lines of every target, leading to *simulation*."""
        return {
            target: tuple(_addressed(line, simulation) for line in group) for target, group in self.by_target.items()
        }


def stand_ins(
    settings: configured.Settings, catalogue: Mapping[str, Host], *, model: str, scenario: Scenario
) -> StandIns:
    """Everybody whom the models of *settings* can ask, replaced, with what *scenario* does to the tiers of *model*."""
    by_target = {
        target: tuple(_stand_in(line) for line in group)
        for target, group in lines(settings, catalogue, {}, follow=_invented).items()
    }
    tiers = [tier.targets for tier in settings.models[model].tiers]
    providers = {line.provider.name: line.provider for group in by_target.values() for line in group}
    phases: dict[str, list[Phase]] = {name: [] for name in providers}
    cannot = ""
    for trouble in scenario.troubles:
        if len(tiers) < _NEEDS_TIERS.get(trouble.at, 1):
            cannot = cannot or f"it has {len(tiers)} tier{'s' if len(tiers) > 1 else ''}"
            continue
        met = list(_phases(trouble, tiers, providers, scenario.answers))
        if not met:
            cannot = cannot or _why_not(trouble)
        for name, phase in met:
            phases[name].append(phase)
    schedules = {name: Schedule(reply=_reply(scenario.answers), phases=tuple(phases[name])) for name in providers}
    accounts = {name: _keys(by_target, name) for name in providers}
    return StandIns(
        by_target,
        tuple(
            Simulated(
                f"{_SERVED}{name}", cast("DialectName", provider.dialect), schedules[name], accounts=accounts[name]
            )
            for name, provider in providers.items()
            if provider.dialect != "command"
        ),
        {
            name: SimulatedProgram(name, schedules[name], {key: account for account, key in accounts[name].items()})
            for name, provider in providers.items()
            if provider.dialect == "command"
        },
        cannot,
    )


def _invented(provider: KnownProvider, account: configured.Account, _environ: Mapping[str, str]) -> Access:
    return Access(
        provider=provider.name,
        key=f"{_KEY}{account.name}",
        region=provider.region,
        api_version=provider.api_version,
        command=("stand-in",),
    )


def _stand_in(line: Line) -> Line:
    """*line* with nothing in its way, and with nothing left that leads to a secret."""
    from sidecar.config.model import Account

    account = line.account or Account()
    bare = account.model_copy(update={"key": None, "key_id": None, "session_token": None})
    return replace(line, account=bare, access=line.access or _invented(line.provider, account, {}), fault="")


def _addressed(line: Line, simulation: Simulation) -> Line:
    if line.access is None or line.endpoint.dialect == "command":
        return line
    return replace(line, access=replace(line.access, base_url=simulation.base_url(f"{_SERVED}{line.provider.name}")))


def _keys(by_target: Mapping[str, tuple[Line, ...]], provider: str) -> dict[str, str]:
    found = (line for group in by_target.values() for line in group if line.provider.name == provider)
    return {line.endpoint.account: line.access.key for line in found if line.access and line.access.key}


def _phases(
    trouble: Trouble,
    tiers: list[tuple[str, ...]],
    providers: Mapping[str, KnownProvider],
    answers: Answers,
) -> Iterable[tuple[str, Phase]]:
    met = {
        "first-tier": tiers[:1],
        "second-tier": tiers[1:2],
        "behind-the-first": tiers[1:],
        "every-tier": tiers,
    }[trouble.at]
    targets = dict.fromkeys(split_target(target) for tier in met for target in tier)
    whole = trouble.reach == "provider"
    for name, model_id in dict.fromkeys((name, None if whole else model_id) for name, model_id in targets):
        provider = providers[name]
        account = None
        if trouble.account == "first":
            if len(provider.accounts) < 2:
                continue
            account = provider.accounts[0].name
        phase = Phase(
            from_s=trouble.from_s,
            until_s=trouble.until_s,
            share=trouble.share,
            model=model_id,
            account=account,
            reset_s=trouble.reset_s,
        )
        if trouble.what == "slow":
            yield name, replace(phase, reply=_reply(answers, times=trouble.times))
        elif fault := _fault(trouble.what, provider):
            yield name, replace(phase, fault=fault)


def _fault(what: str, provider: KnownProvider) -> Fault | str:
    """How *provider*'s vendor says it; "" where it cannot happen there."""
    if what in _PLAIN:
        return _PLAIN[what]
    said = troubles()[what].by_vendor
    return said.get(provider.name, said[provider.dialect])


def _why_not(trouble: Trouble) -> str:
    if trouble.account == "first":
        return "its first tier has one account"
    return "that cannot happen to its first tier"


def _reply(answers: Answers, *, times: float = 1.0) -> Reply:
    return Reply(
        text="well ".ljust(answers.output_tokens * CHARACTERS_PER_TOKEN, "."),
        first_token_s=answers.first_token_s * times,
        tokens_per_s=answers.tokens_per_s / times,
        chunk_tokens=-(-answers.output_tokens // _PIECES),
        input_tokens=answers.input_tokens,
        output_tokens=answers.output_tokens,
    )
