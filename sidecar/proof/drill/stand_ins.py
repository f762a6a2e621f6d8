"""The user's providers replaced by simulated ones: same names, dialects, models, accounts, prices and limits.

No secret is followed, no environment is read and no program is started: every account gets a key that only the
simulator knows, every address leads to the simulator's own socket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from sidecar.config.hosts import KnownProvider, split_target
from sidecar.proof.drill.limits import lessened, quotas_of, windows_of
from sidecar.proof.drill.scenario import Scenario, Trouble, troubles
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

_SHORT = "What does this rehearsal show?"
_WORD = " the"
"""One token by anybody's count: four characters, as the simulator counts, and one of ours."""

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
    accounts: frozenset[tuple[str, str]]
    """Whose the endpoints of the model that is rehearsed are: provider's name, account's name."""
    served: tuple[Simulated, ...]
    programs: Mapping[str, SimulatedProgram]
    prompt: str
    """What is asked."""
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
    tiers = [tier.targets for tier in settings.models[model].tiers]
    real = lines(settings, catalogue, {}, follow=_invented)
    lessened = _lessened(real, tiers[0], scenario)
    by_target = {
        target: tuple(_stand_in(line, lessened.get(_account(line))) for line in group) for target, group in real.items()
    }
    by_provider: dict[str, list[Line]] = {}
    for line in (line for group in by_target.values() for line in group):
        by_provider.setdefault(line.provider.name, []).append(line)
    prompt, cannot = _question(scenario, tiers, by_target)
    if scenario.quota_calls is not None and not any(lessened.values()):
        cannot = cannot or "none of its first tier's accounts has a quota"
    providers = {name: group[0].provider for name, group in by_provider.items()}
    phases, why_not = _all_phases(scenario, tiers, providers)
    schedules = {name: _schedule(group, phases[name], scenario) for name, group in by_provider.items()}
    accounts = {
        name: {line.endpoint.account: line.access.key for line in group if line.access and line.access.key}
        for name, group in by_provider.items()
    }
    return StandIns(
        by_target,
        frozenset(_account(line) for tier in tiers for target in tier for line in by_target[target]),
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
        prompt,
        cannot or why_not,
    )


def _schedule(group: Sequence[Line], phases: Sequence[Phase], scenario: Scenario) -> Schedule:
    """How one provider behaves to all who call it."""
    provider = group[0].provider
    spent = _fault("quota", provider)
    return Schedule(
        reply=_reply(scenario),
        phases=tuple(phases),
        quotas=quotas_of(group, scenario, spent) if spent else (),
        context_tokens=windows_of(provider, dict.fromkeys(line.endpoint.model_id for line in group)),
    )


def _question(
    scenario: Scenario, tiers: Sequence[tuple[str, ...]], by_target: Mapping[str, tuple[Line, ...]]
) -> tuple[str, str]:
    """What is asked; and why a question of that length shows nothing, "" where it does."""
    if scenario.question is None:
        return _SHORT, ""
    windows = {}
    for target in dict.fromkeys(target for tier in tiers for target in tier):
        provider, model_id = by_target[target][0].provider, split_target(target)[1]
        windows[target] = windows_of(provider, [model_id]).get(model_id)
    first = [window for target in tiers[0] if (window := windows[target]) is not None]
    if not first:
        return _SHORT, "nobody says how much its first tier reads"
    asked = int(min(first) * scenario.question.of_window)
    if all(window is not None and window < asked for window in windows.values()):
        return _SHORT, "nobody in it reads more than its first tier"
    return _WORD * asked, ""


def _lessened(
    by_target: Mapping[str, tuple[Line, ...]], targets: Iterable[str], scenario: Scenario
) -> dict[tuple[str, str], tuple[configured.Quota, ...]]:
    """The quotas of the accounts behind *targets*, by account, as *scenario* has them."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in (line for target in targets for line in by_target[target]):
        groups.setdefault(_account(line), []).append(line)
    return {account: lessened(group, scenario) for account, group in groups.items()}


def _account(line: Line) -> tuple[str, str]:
    return line.endpoint.provider, line.endpoint.account


def _all_phases(
    scenario: Scenario, tiers: list[tuple[str, ...]], providers: Mapping[str, KnownProvider]
) -> tuple[dict[str, list[Phase]], str]:
    """What goes wrong at each provider; and why a trouble cannot happen, "" where all can."""
    phases: dict[str, list[Phase]] = {name: [] for name in providers}
    cannot = ""
    for trouble in scenario.troubles:
        if len(tiers) < _NEEDS_TIERS.get(trouble.at, 1):
            cannot = cannot or f"it has {len(tiers)} tier{'s' if len(tiers) > 1 else ''}"
            continue
        met = list(_phases(trouble, tiers, providers, scenario))
        if not met:
            cannot = cannot or _why_not(trouble)
        for name, phase in met:
            phases[name].append(phase)
    return phases, cannot


def _invented(provider: KnownProvider, account: configured.Account, _environ: Mapping[str, str]) -> Access:
    return Access(
        provider=provider.name,
        key=f"{_KEY}{account.name}",
        region=provider.region,
        api_version=provider.api_version,
        command=("stand-in",),
    )


def _stand_in(line: Line, quotas: tuple[configured.Quota, ...] | None) -> Line:
    """*line* with nothing in its way, and nothing left that leads to a secret; *quotas*, if any, are its account's."""
    from sidecar.config.model import Account

    account = line.account or Account()
    no_secrets = {"key": None, "key_id": None, "session_token": None}
    bare = account.model_copy(update={**no_secrets, "quotas": account.quotas if quotas is None else quotas})
    return replace(line, account=bare, access=line.access or _invented(line.provider, account, {}), fault="")


def _addressed(line: Line, simulation: Simulation) -> Line:
    if line.access is None or line.endpoint.dialect == "command":
        return line
    return replace(line, access=replace(line.access, base_url=simulation.base_url(f"{_SERVED}{line.provider.name}")))


def _phases(
    trouble: Trouble,
    tiers: list[tuple[str, ...]],
    providers: Mapping[str, KnownProvider],
    scenario: Scenario,
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
            yield name, replace(phase, reply=_reply(scenario, times=trouble.times))
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


def _reply(scenario: Scenario, *, times: float = 1.0) -> Reply:
    answers = scenario.answers
    return Reply(
        text="well ".ljust(answers.output_tokens * CHARACTERS_PER_TOKEN, "."),
        first_token_s=answers.first_token_s * times,
        tokens_per_s=answers.tokens_per_s / times,
        chunk_tokens=-(-answers.output_tokens // _PIECES),
        input_tokens=answers.input_tokens if scenario.question is None else None,
        output_tokens=answers.output_tokens,
    )
