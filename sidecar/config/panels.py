"""Panels: several models that are asked side by side, and perhaps one that makes their answers one.

model "review", kind "panel"      members and judge as configured
model="smart+cheap:free"          the same without a judge, made for one ask
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sidecar.config.complaints import dotted, unheard
from sidecar.config.located import Path
from sidecar.config.model import Model
from sidecar.config.words import FOCUS, without_suffix
from sidecar.errors import WrongUsage

__all__ = ["FEWEST", "MOST", "Panel", "panel_called", "panel_line", "wrong_panel"]

FEWEST, MOST = 2, 8
"""So many members; each is a call to be paid for."""

_OF_A_PANEL = frozenset({"kind", "members", "judge", "deadline_s"})


@dataclass(frozen=True, slots=True)
class Panel:
    """*members* are logical names, a suffix perhaps behind them; *deadline_s* None is the longest of theirs."""

    name: str
    members: tuple[str, ...]
    judge: str | None = None
    deadline_s: float | None = None


def panel_called(name: str, models: Mapping[str, Model]) -> Panel | None:
    """The panel that *name* is, or that it makes of models with `+` between them; None where it is no panel.

    Raises WrongUsage for members that cannot sit together. Whether they exist is seen when they are asked.
    """
    if name in models:
        model = models[name]
        return Panel(name, model.members, model.judge, model.deadline_s) if model.kind == "panel" else None
    if "+" not in name:
        return None
    members = tuple(part.strip() for part in name.split("+"))
    problem = _number_problem(members) or next(
        (f"`{member}` is a panel itself; name its members instead" for member in members if _is_panel(member, models)),
        "",
    )
    if problem:
        raise WrongUsage(f"`{name}` cannot be asked: {problem}.")
    return Panel("+".join(members), members)


def panel_line(panel: Panel) -> str:
    """A panel for a reader: whom it asks, and who judges."""
    judged = f", judged by {panel.judge}" if panel.judge is not None else ", answered side by side"
    deadline = f" (deadline {panel.deadline_s:g} s)" if panel.deadline_s is not None else ""
    return f"panel {panel.name}{deadline}: {', '.join(panel.members)}{judged}"


def wrong_panel(name: str, model: Model, models: Mapping[str, Model]) -> Iterable[tuple[Path, str]]:
    """What is wrong with a configured panel, as (path, sentence)."""
    path: Path = ("models", name)
    if name == FOCUS:
        yield path, f"`{dotted(path)}`: one model names the lines of a focus, so it cannot be a panel; give it `tiers`"
    for key in sorted(model.model_fields_set - _OF_A_PANEL):
        yield (*path, key), f"`{dotted((*path, key))}` says nothing of a panel: say it of its members, or remove it"
    if problem := _number_problem(model.members):
        yield (*path, "members"), f"`{dotted((*path, 'members'))}`: {problem}"
    judge = [] if model.judge is None else [(("judge",), model.judge)]
    for place, member in [*((("members", index), each) for index, each in enumerate(model.members)), *judge]:
        where: Path = (*path, *place)
        base = without_suffix(member, models)
        if base not in models:
            yield where, unheard(where, member, models, "model")
        elif _is_panel(member, models):
            yield where, f"`{dotted(where)}`: `{base}` is a panel itself; name its members instead"


def _number_problem(members: tuple[str, ...]) -> str:
    twice = next((member for index, member in enumerate(members) if member in members[:index]), None)
    if not all(members):
        return "there is no name on one side of a `+`"
    if twice is not None:
        return f"`{twice}` is in it twice, and would say the same"
    if not FEWEST <= len(members) <= MOST:
        return f"a panel has {FEWEST} to {MOST} members, and this one has {len(members)}"
    return ""


def _is_panel(member: str, models: Mapping[str, Model]) -> bool:
    model = models.get(without_suffix(member, models))
    return model is not None and model.kind == "panel"
