"""The drill as one call: which models and scenarios, each rehearsed, each judged, all told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sidecar.config.complaints import nearest
from sidecar.config.panels import panel_called
from sidecar.errors import WrongUsage
from sidecar.proof.drill.figures import Figures, figures, goal
from sidecar.proof.drill.printing import document, print_model
from sidecar.proof.drill.rehearsal import Skipped, rehearse
from sidecar.proof.drill.scenario import Scenario, scenario_called, shipped

if TYPE_CHECKING:
    from rich.console import Console

    from sidecar.config.layers import Configuration
    from sidecar.providers.catalogue import Host

__all__ = ["drill"]


def drill(
    configuration: Configuration,
    catalogue: Mapping[str, Host],
    *,
    models: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    seed: int = 0,
    console: Console | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> tuple[bool, dict[str, Any]]:
    """Rehearse *scenarios* (all of ours by default) on *models* (all by default): whether every objective was met, and
    the same for machines.

    Prints to *console*, where there is one, model by model. Raises WrongUsage or ConfigurationError. Not to be
    called inside an event loop.
    """
    from sidecar.providers import pricing

    chosen = [scenario_called(word) for word in scenarios] or list(shipped().values())
    names = _models(configuration, models)
    pricing.load()
    rows: list[Figures | Skipped] = []
    for name in names:
        model = configuration.settings.models[name]
        tiers = [tier.name for tier in model.tiers]
        wanted = goal(model.objectives)
        own = []
        for scenario in chosen:
            on_progress(f"{name}: {scenario.title}")
            own.append(_row(configuration, catalogue, name, scenario, seed=seed))
        if console is not None:
            print_model(console, name, tiers=tiers, wanted=wanted, rows=own)
        rows += own
    judged = [row for row in rows if isinstance(row, Figures)]
    met = sum(row.is_met for row in judged)
    if console is not None:
        console.print()
        console.print(
            f"{met} of {len(judged)} rehearsals met the objectives (seed {seed}); nobody was called, no key was read",
            style="bold green" if met == len(judged) else "bold red",
            highlight=False,
        )
    return met == len(judged), {
        "seed": seed,
        "met": met,
        "judged": len(judged),
        "assumed": {name: list(goal(configuration.settings.models[name].objectives).assumed) for name in names},
        "rehearsals": [document(row) for row in rows],
    }


def _row(
    configuration: Configuration, catalogue: Mapping[str, Host], model: str, scenario: Scenario, *, seed: int
) -> Figures | Skipped:
    result = rehearse(configuration, catalogue, model=model, scenario=scenario, seed=seed)
    if isinstance(result, Skipped):
        return result
    configured = configuration.settings.models[model]
    return figures(result, tiers=[tier.name for tier in configured.tiers], wanted=goal(configured.objectives))


def _models(configuration: Configuration, asked: Sequence[str]) -> list[str]:
    models = configuration.settings.models
    for name in asked:
        if (panel := panel_called(name, models)) is not None:
            words = " ".join(f"--model {member}" for member in panel.members)
            raise WrongUsage(f"`{name}` is a panel; rehearse its models: `sidecar drill {words}`.")
    known = sorted(
        (name for name in models if models[name].kind != "panel"), key=lambda name: (name != "default", name)
    )
    if not known:
        raise WrongUsage("There is no model to rehearse: none is configured and none was found; see `sidecar doctor`.")
    for name in asked:
        if name not in known:
            meant = nearest(name, known)
            hint = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{one}`' for one in known)}."
            raise WrongUsage(f"There is no model `{name}`: {hint}")
    return list(dict.fromkeys(asked)) or known
