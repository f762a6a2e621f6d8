"""The figures as text: the bar, the families, the worst files with what they lost."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from tests.bench.compression.measure import Scored, Summary, summary

__all__ = ["LONG_TOKENS", "bar", "each", "families", "groups", "peers", "share", "sizes", "worst"]

SMALL_TOKENS = 150
"""Below this an output passes untouched, by design: it can be no better than 0 % and stands in every mean."""

LARGE_TOKENS = 1000
"""Below this an output is hardly a cost: half of the captures are so small, for each shows a form's corner."""

LONG_TOKENS = 5_000
"""From here on a file has 18,000 tokens on average: what an agent's context suffers from, and what others measure."""
_SIZES = (0, SMALL_TOKENS, LARGE_TOKENS, LONG_TOKENS, 20_000, math.inf)


def share(value: float) -> str:
    """A share in per cent with one digit; a dash where nothing was asked. 99.96 is not 100."""
    if math.isnan(value):
        return "-"
    return "100" if value == 1 else f"{math.floor(value * 1000) / 10:.1f}"


def bar(scored: Sequence[Scored]) -> Iterator[str]:
    """The figures of the bar over all captures, and over each group of them."""
    yield from _bar(scored, "files")
    for what, some in groups(scored).items():
        yield from _bar(some, what)


def groups(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    """The captures that are worth a look of their own, by what they are called after their number."""
    found = {
        f"files of {least:,} tokens or more": [item for item in scored if item.before >= least]
        for least in (SMALL_TOKENS, LARGE_TOKENS, LONG_TOKENS)
    }
    blind = [item for item in scored if item.capture.is_blind]
    return found | ({"files collected blind": blind} if blind else {})


def _bar(scored: Sequence[Scored], what: str) -> Iterator[str]:
    total = summary(scored)
    red = sum(item.capture.is_red for item in scored)
    yield f"\n{total.files} {what}, {total.before:,} tokens, {red} of failing commands"
    for name, value, wanted in _figures(total):
        yield f"  {name:<52} {value:>14}   {wanted}"


def _figures(total: Summary) -> Iterator[tuple[str, str, str]]:
    yield "critical recall (pieces / whole lines)", f"{share(total.recall)} / {share(total.lines)}", ">= 99.5"
    yield "saved (all tokens / mean over files)", f"{share(total.saved)} / {share(total.mean_saved)}", ">= 60 / >= 50"
    yield "failing commands (saved / recall)", f"{share(total.red_saved)} / {share(total.red_recall)}", ">= 75 / 100"
    yield "coverage recall (word / rarest word and phrase)", f"{share(total.words)} / {share(total.rarest)}", ">= 90"
    yield "    word, of commands that succeed / fail", f"{share(total.green_words)} / {share(total.red_words)}", ""
    yield "lift over head + tail of the same size", f"{100 * total.lift:+.1f}", ""
    yield "made longer, crashes", f"{total.longer}, {total.crashes}", "0, 0"
    yield "false green, wrong status", f"{total.false_green}, {total.wrong_status}", "0, 0"
    yield "differs from run to run", f"{total.unstable}", "0"
    yield "MB/s over the corpus, tokens counted; p50 ms", f"{total.mb_per_s:.1f}; {total.p50_ms:.1f}", ""


_HEAD = (
    f"{'':24}{'files':>6}{'tokens':>9}{'saved':>7}{'mean':>6} |"
    f"{'recall':>7}{'lines':>7} |{'words':>7}{'rarest':>7} |{'lift':>6}"
)


def families(scored: Sequence[Scored]) -> Iterator[str]:
    by_family: dict[str, list[Scored]] = defaultdict(list)
    for item in scored:
        by_family[item.capture.family].append(item)
    yield _HEAD
    for family in sorted(by_family):
        yield _row(family, summary(by_family[family]))
    yield _row("ALL", summary(scored))


def sizes(scored: Sequence[Scored]) -> Iterator[str]:
    """One row for each class of size: small outputs have little to leave out, and the smallest pass untouched."""
    yield _HEAD + f"{'red saved':>10}{'recall':>7}"
    for low, high in pairwise(_SIZES):
        some = [item for item in scored if low <= item.before < high]
        if some:
            total = summary(some)
            name = f"{low:,} tokens or more" if high == math.inf else f"{low:,} to {high - 1:,} tokens"
            yield _row(name, total) + f"{share(total.red_saved):>10}{share(total.red_recall):>7}"


def peers(scored: Mapping[str, Sequence[Scored]]) -> Iterator[str]:
    """One row a compressor, over the same captures."""
    yield "\n" + _HEAD + f"{'red saved':>10}{'recall':>7}{'longer':>7}{'crash':>6}{'green':>6}{'MB/s':>7}"
    for name, items in scored.items():
        total = summary(items)
        counts = f"{total.longer:>7}{total.crashes:>6}{total.false_green:>6}{total.mb_per_s:>7.1f}"
        yield _row(name, total) + f"{share(total.red_saved):>10}{share(total.red_recall):>7}" + counts


def each(scored: Sequence[Scored]) -> Iterator[str]:
    yield "\n" + _HEAD
    for item in scored:
        yield _row(item.capture.name[-24:], summary([item]))


def _row(name: str, total: Summary) -> str:
    lift = "-" if math.isnan(total.lift) else f"{100 * total.lift:+.0f}"
    return (
        f"{name:<24}{total.files:>6}{total.before:>9,}{share(total.saved):>7}{share(total.mean_saved):>6} |"
        f"{share(total.recall):>7}{share(total.lines):>7} |{share(total.words):>7}{share(total.rarest):>7} |{lift:>6}"
    )


def worst(scored: Sequence[Scored], *, count: int, missed: int) -> Iterator[str]:
    """The files that lost most critical needles, those that lost most ordinary ones, and the longest results."""
    by_facts = sorted(
        scored, key=lambda item: (-len(item.critical.missed) * (2 if item.capture.is_red else 1), item.capture.name)
    )
    yield "\nCRITICAL needles missed, worst first:"
    for item in by_facts[:count]:
        if item.critical.missed:
            yield f"  {_place(item)}: {len(item.critical.missed)} of {item.critical.asked} missed"
            yield from (f"      {needle[:160]!r}" for needle in item.critical.missed[:missed])
    yield "COVERAGE words missed, worst first:"
    for item in sorted(scored, key=lambda item: (-len(item.words.missed), item.capture.name))[:count]:
        if item.words.missed:
            lost = ", ".join(item.words.missed[:12])
            yield f"  {_place(item)}: {len(item.words.missed)} of {item.words.asked} missed: {lost}"
    yield "TOKENS still there, most first:"
    for item in sorted(scored, key=lambda item: (-item.after, item.capture.name))[:count]:
        yield f"  {_place(item)}: {item.before:,} -> {item.after:,}"
    for what, found in (
        ("FALSE GREEN", [item for item in scored if item.false_green]),
        ("WRONG STATUS", [item for item in scored if item.wrong_status]),
        ("LONGER", [item for item in scored if item.after > item.before]),
        ("UNSTABLE", [item for item in scored if not item.answer.is_stable]),
    ):
        if found:
            yield f"{what}: {', '.join(item.capture.name for item in found)}"
    by_crash: dict[str, list[str]] = defaultdict(list)
    for item in scored:
        if item.answer.failed:
            by_crash[item.answer.failed].append(item.capture.name)
    for said, names in by_crash.items():
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        yield f"CRASHED: {said}: {', '.join(names[:12])}{more}"


def _place(item: Scored) -> str:
    red = "" if not item.capture.is_red else f" (exit {item.capture.exit_code})"
    return f"{item.capture.name}{red}, saved {share(item.saved)}"
