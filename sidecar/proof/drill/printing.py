"""The drill's table: one row a scenario, a bar for who answered, and under it what was missed and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sidecar.proof.drill.figures import Figures, Goal
from sidecar.proof.drill.rehearsal import QuotaCount, Skipped
from sidecar.routing.amounts import usd_text
from sidecar.routing.quota import told

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["document", "print_model"]

_BAR = 16
_WIDE = 120
"""From so many columns on there is room for what happens in words and for every figure."""
_FIGURES = ("answered", "p50", "p95", "p99", "tries", "in vain", "cost", "back after")
_FEWER_FIGURES = ("answered", "p50", "p95", "back after")
_STYLES = ("green", "cyan", "blue", "magenta", "yellow")
_BLOCKS = "█▓▒░▚"
"""A tier is told by its colour, and by its block where there is no colour."""
_NOBODY = "·"


def print_model(
    console: Console, model: str, *, tiers: Sequence[str], wanted: Goal, rows: Sequence[Figures | Skipped]
) -> None:
    """What the rehearsals of one model showed."""
    from rich.table import Table
    from rich.text import Text

    console.print()
    head = Text.assemble((model, "bold"), ("  answered by  ", "dim"))
    for number, tier in enumerate(tiers):
        head.append(f"{_block(number)} {tier}  ", _style(number))
    head.append(f"{_NOBODY} nobody", "red")
    console.print(head)
    console.print(_goal_text(wanted), style="dim", highlight=False)
    console.print()
    is_wide = console.width >= _WIDE
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    for name in ("", "what happens" if is_wide else "scenario", "who answered"):
        table.add_column(name, no_wrap=name != "what happens")
    for name in _FIGURES if is_wide else _FEWER_FIGURES:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        _add(table, row, tiers, is_wide=is_wide)
    console.print(table)
    for row in rows:
        if isinstance(row, Skipped):
            console.print(Text(f"- {row.scenario.name}: skipped, for {row.why}", "dim"))
        elif row.missed:
            console.print()
            console.print(Text.assemble(("✗ ", "bold red"), (row.scenario, "bold"), f": {'; '.join(row.missed)}"))
            console.print(Text(f"  {row.because}", "dim"))
        if isinstance(row, Figures) and row.quotas:
            console.print()
            console.print(Text(f"{row.scenario}: what is used of quotas at the end", "dim"))
            for one in row.quotas:
                console.print(Text(f"  {_quota_text(one)}", "dim"))


def document(row: Figures | Skipped) -> dict[str, Any]:
    """A row for machines."""
    if isinstance(row, Skipped):
        return {"model": row.model, "scenario": row.scenario.name, "skipped": row.why}
    return {
        "model": row.model,
        "scenario": row.scenario,
        "title": row.title,
        "asks": row.asks,
        "success_rate": round(row.success_rate, 6),
        **{name: _rounded(getattr(row, name), 3) for name in ("p50_s", "p95_s", "p99_s")},
        "attempts_per_answer": _rounded(row.attempts, 4),
        "attempts_in_vain": row.in_vain,
        "cost_usd": _rounded(row.cost_usd, 8),
        "share_by_tier": {tier: round(share, 6) for tier, share in row.shares.items()},
        "left_best_tier": row.left,
        "back_on_best_tier_s": _rounded(row.back_s, 3),
        "met": row.is_met,
        "missed": list(row.missed),
        "because": row.because,
        "quotas": [
            {
                "quota": one.allowance.name,
                "unit": one.allowance.unit,
                "limit": one.allowance.limit,
                "used_here": _rounded(one.here, 8),
                "used_there": _rounded(one.there, 8),
                "refused": one.refused,
            }
            for one in row.quotas
        ],
    }


def _quota_text(one: QuotaCount) -> str:
    allowance = one.allowance
    here, limit = told(one.here, allowance.unit), told(allowance.limit, allowance.unit)
    there = (
        "not enforced by its provider" if one.there is None else f"{told(one.there, allowance.unit)} by its provider"
    )
    refused = f"; {told(one.refused, 'requests')} refused for it" if one.refused else ""
    return f"{allowance.name}: {here} of {limit} by our count, {there}{refused}"


def _add(table: Table, row: Figures | Skipped, tiers: Sequence[str], *, is_wide: bool) -> None:
    from rich.text import Text

    if isinstance(row, Skipped):
        what = row.scenario.title if is_wide else row.scenario.name
        table.add_row(Text("-", "dim"), Text(what, "dim"), Text("skipped", "dim"))
        return
    figures = {
        "answered": f"{100 * row.success_rate:.1f} %",
        "p50": _seconds(row.p50_s),
        "p95": _seconds(row.p95_s),
        "p99": _seconds(row.p99_s),
        "tries": "" if row.attempts is None else f"{row.attempts:.2f}",
        "in vain": str(row.in_vain) if row.in_vain else "",
        "cost": "unknown" if row.cost_usd is None else usd_text(row.cost_usd),
        "back after": _back(row),
    }
    table.add_row(
        Text("✓", "green") if row.is_met else Text("✗", "bold red"),
        Text(row.title if is_wide else row.scenario),
        _bar(row, tiers),
        *(figures[name] for name in (_FIGURES if is_wide else _FEWER_FIGURES)),
    )


def _bar(row: Figures, tiers: Sequence[str]) -> Text:
    """Every tier that answered anything has a block at least."""
    from rich.text import Text

    shares = [*(row.shares[tier] for tier in tiers), 1 - row.success_rate]
    widths = [max(1, round(share * _BAR)) if share > 1e-9 else 0 for share in shares]
    while sum(widths) != _BAR:
        widths[widths.index(max(widths))] += 1 if sum(widths) < _BAR else -1
    bar = Text()
    for number, width in enumerate(widths[:-1]):
        bar.append(_block(number) * width, _style(number))
    return bar.append(_NOBODY * widths[-1], "red")


def _block(number: int) -> str:
    return _BLOCKS[number % len(_BLOCKS)]


def _style(number: int) -> str:
    return _STYLES[number % len(_STYLES)]


def _goal_text(wanted: Goal) -> str:
    said = f"objectives: {100 * wanted.success_rate:g} % answered, 19 of 20 within {wanted.p95_s:g} s"
    if not wanted.assumed:
        return said
    return f"{said} (assumed, for the configuration does not say: {', '.join(wanted.assumed)})"


def _back(row: Figures) -> str:
    if not row.left:
        return "never left"
    if not row.is_over:
        return ""
    return "not yet" if row.back_s is None else f"{row.back_s:.1f} s"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
