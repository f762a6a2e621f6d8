"""`status`: which models there are and how each endpoint stands, what was saved, what was spent; nobody is called."""

from __future__ import annotations

from sidecar.errors import ConfigurationError, WrongUsage
from sidecar.verbs.rooms import Caller, Rooms

__all__ = ["status"]

_DAY_S = 86_400.0
_HELD_BACK = 10
_TOPICS = ("model NAME", "quotas", "savings", "spending")


async def status(rooms: Rooms, *, caller: Caller, about: str = "") -> str:  # noqa: ARG001 - every verb is told who asks
    """Lines for a reader: everything in short, or one topic in full."""
    topic, _, name = about.strip().partition(" ")
    match topic:
        case "":
            parts = [await _models(rooms, None), await _quotas(rooms), await _savings(rooms), await _spending(rooms)]
            warnings = [f"warning: {warning}" for warning in rooms.store.warnings]
            return "\n\n".join("\n".join(lines) for lines in (*parts, warnings) if lines)
        case "model" | "models":
            return "\n".join(await _models(rooms, name.strip() or None))
        case "quotas":
            return "\n".join(
                await _quotas(rooms) or ["quotas: none; neither a budget nor an account's quota is configured"]
            )
        case "savings":
            return "\n".join(await _savings(rooms))
        case "spending":
            return "\n".join(await _spending(rooms))
        case _:
            raise WrongUsage(f"`status` knows nothing about `{about}`: leave it empty or use {', '.join(_TOPICS)}.")


async def _models(rooms: Rooms, name: str | None) -> list[str]:
    from sidecar.config.panels import panel_line
    from sidecar.routing.explaining import explain

    try:
        switchboard = await rooms.switchboard()
    except ConfigurationError as error:
        return [
            "models: none, for the configuration cannot be used:",
            *(f"  {line}" for line in str(error).splitlines()),
        ]
    if name is None and not switchboard.models:
        return ["models: none; `sidecar doctor` tells what was looked for and what to set"]
    healths = await rooms.store.health()
    lines: list[str] = []
    notes: list[str] = []
    for model in switchboard.models if name is None else (name,):
        panel = switchboard.panel(model)
        asked = (model,)
        if panel is not None:
            lines.append(panel_line(panel))
            # who is listed anyway is not told twice
            judge = () if panel.judge is None else (panel.judge,)
            asked = () if name is None else tuple(dict.fromkeys((*panel.members, *judge)))
        for each in asked:
            route = await switchboard.usual_route(each)
            lines.append(f"model {each} (deadline {route.deadline_s:g} s)")
            spent = await switchboard.allowances.spent(route, notes)
            lines.extend(f"  {line}" for line in explain(route, healths, rooms.clock(), spent))
    lines.extend(notes)
    held_back = switchboard.configuration.held_back
    lines.extend(f"held back until `sidecar trust`: {held.sentence}" for held in held_back[:_HELD_BACK])
    if len(held_back) > _HELD_BACK:
        lines.append(f"held back: {len(held_back) - _HELD_BACK:,} more; `sidecar config` lists them")
    return lines


async def _quotas(rooms: Rooms) -> list[str]:
    """Budgets and quotas with what is used of them; nothing where there are none."""
    try:
        found = await (await rooms.switchboard()).allowances.lines()
    except ConfigurationError:
        return ["budgets and quotas: none known, for the configuration cannot be used"]
    return ["budgets and quotas", *(f"  {line}" for line in found)] if found else []


async def _savings(rooms: Rooms) -> list[str]:
    found = await rooms.store.savings_by_form(rooms.clock() - 30 * _DAY_S)
    if not found:
        return ["savings: nothing shortened yet"]
    before = sum(item.before_tokens for item in found)
    after = sum(item.after_tokens for item in found)
    lines = [f"savings, last 30 days: {before:,} -> {after:,} tokens ({_percent(before, after)} saved)"]
    for item in sorted(found, key=lambda item: item.after_tokens - item.before_tokens):
        share = _percent(item.before_tokens, item.after_tokens)
        total = f"{item.before_tokens:,} -> {item.after_tokens:,}"
        lines.append(f"  {item.form or 'text'}: {total} ({share}), {item.outputs} outputs")
    return lines


async def _spending(rooms: Rooms) -> list[str]:
    from sidecar.routing.amounts import usd_text

    found = await rooms.store.spending(rooms.clock() - 30 * _DAY_S)
    if not found:
        return ["spending: nobody was asked yet"]
    lines = ["spending, last 30 days"]
    for item in found:
        unpriced = f" and {item.unpriced} calls of unknown price" if item.unpriced else ""
        cached = f" ({item.cached_tokens:,} cached)" if item.cached_tokens else ""
        tokens = f"{item.input_tokens:,} tokens in{cached}, {item.output_tokens:,} out"
        answered = f"{item.answered} of {item.calls} calls answered"
        lines.append(f"  {item.endpoint}: {answered}, {tokens}, {usd_text(item.cost_usd)}{unpriced}")
    for panel in await rooms.store.panels(rooms.clock() - 30 * _DAY_S):
        unpriced = f" and {panel.unpriced} of unknown price" if panel.unpriced else ""
        lines.append(f"  of it for the panel {panel.panel}: {panel.calls} calls, {usd_text(panel.cost_usd)}{unpriced}")
    return lines


def _percent(before: int, after: int) -> str:
    return f"{100 * (before - after) / before:.0f} %" if before else "0 %"
