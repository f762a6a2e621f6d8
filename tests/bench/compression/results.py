"""`tests/bench/RESULTS.md` and its plot: the table a reader may check, with the command that makes it again."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from tests.bench.compression import report
from tests.bench.compression.measure import Scored, Summary, summary
from tests.bench.compression.peers import Compared
from tests.bench.compression.speed import Growth, Pace

__all__ = ["RESULTS", "write"]

RESULTS = Path(__file__).parents[1] / "RESULTS.md"
_PLOT = RESULTS.with_name("results.svg")
_METHOD = """\
Scripts that know nothing of Sidecar (`tests/bench/compression/needles`) take from each what must be seen
(*critical*: failing tests, diagnostics with their places, changed lines, statuses, error lines, outliers, totals)
and a spread sample of ordinary content (*coverage*: names, words of messages, keys, values). A needle counts where
it is an exact substring of the result, its footer included; what needs another call to be seen counts as lost.
"""
_COLUMNS = """\
*Pieces*: a place, a message, a name, each by itself; *lines*: the whole printed line unbroken. *Word*: one telling
word of a sampled line; *rarest*: its rarest word and its longest stretch without a digit. *Lift*: critical recall
above head + tail cut to the same number of tokens, file by file. *Unstable*: another result in a second process.
Our time counts tokens before and after. A crash, or over a minute for a file, counts as not shortened."""
_COMMAND = "python tests/bench/compression/run.py --peers all --write"


def write(scored: Mapping[str, Sequence[Scored]], compared: Sequence[Compared], paced: Pace, grown: Growth) -> None:
    """The page and its plot, of what each compressor scored, ours among them."""
    RESULTS.write_text("\n".join(_page(scored, compared, paced, grown)) + "\n", "utf-8")
    _PLOT.write_text("\n".join(_plot(_summaries(scored))) + "\n", "utf-8")


def _summaries(scored: Mapping[str, Sequence[Scored]], least_tokens: int = 0) -> dict[str, Summary]:
    return {name: summary([item for item in items if item.before >= least_tokens]) for name, items in scored.items()}


def _page(
    scored: Mapping[str, Sequence[Scored]], compared: Sequence[Compared], paced: Pace, grown: Growth
) -> Iterator[str]:
    ours = scored["sidecar"]
    total = summary(ours)
    red = sum(item.capture.is_red for item in ours)
    yield "# What compression saves, and what it keeps\n"
    yield f"Made by `{_COMMAND}` on {date.today().isoformat()}, Python {platform.python_version()}, two shared cores:"
    yield "compare columns, not absolute times.\n"
    blind = sum(item.capture.is_blind for item in ours)
    yield f"{total.files} real outputs, {red} of failing commands; {total.before:,} o200k tokens. {blind} of them"
    yield "(`tests/bench/captures`) were collected, and first measured, by a hand that had not read the forms; with the"
    yield "others (`tests/captures`) in sight the forms were written: small ones too, for each corner."
    yield _METHOD
    yield "![saved against critical recall](results.svg)\n"
    yield from _table(_summaries(scored), compared)
    for what, some in report.groups(ours).items():
        yield f"| **sidecar**, the {len(some)} {what} | {' | '.join(_cells(summary(some)))} |"
    yield ""
    yield _COLUMNS
    yield from _long(scored, compared)
    yield "\n## By size\n"
    yield "Outputs under about 150 tokens pass untouched, by design.\n"
    yield "```\n" + "\n".join(report.sizes(ours)) + "\n```"
    yield "\n## By family\n"
    yield "```\n" + "\n".join(report.families(ours)) + "\n```"
    yield "\n## Speed and growth\n"
    yield (
        f"Tokens apart: {paced.mb_per_s:.1f} MB/s over the captures, {paced.p50_ms:.1f} ms for the median one."
        f" A log of 20 MB: {grown.large_s:.1f} s, tokens counted, {grown.grown_mb:,.0f} MB of memory more than before;"
        f" {grown.ratio:.1f} times what 2 MB take."
    )
    yield "\n## The files that lose most\n"
    yield "```" + "\n".join(report.worst(ours, count=10, missed=3)) + "\n```"


def _long(scored: Mapping[str, Sequence[Scored]], compared: Sequence[Compared]) -> Iterator[str]:
    """The same table over long outputs alone: they are where tokens go, and no file of a few lines moves a mean."""
    points = _summaries(scored, report.LONG_TOKENS)
    total = points["sidecar"]
    if total.files:
        yield "\n## Long outputs\n"
        mean = total.before // total.files
        yield f"The {total.files} files of {report.LONG_TOKENS:,} tokens or more, {mean:,} on average.\n"
        yield from _table(points, compared)


def _table(points: Mapping[str, Summary], compared: Sequence[Compared]) -> Iterator[str]:
    heads = (
        "compressor",
        "saved: all / mean",
        "critical recall: pieces / lines",
        "failing: saved / recall",
        "coverage: word / rarest",
        "lift",
        "longer, crashed",
        "false green, wrong status",
        "unstable",
        "MB/s",
        "p50 ms",
    )
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    versions = {item.name: item.version for item in compared}
    for name, figures in points.items():
        label = "**sidecar**" if name == "sidecar" else f"{name} {versions.get(name, '')}".strip()
        yield f"| {label} | {' | '.join(_cells(figures))} |"
    for item in compared:
        if item.reason:
            yield f"| {item.name} | not installed: {item.reason} |{' |' * (len(heads) - 2)}"


def _cells(figures: Summary) -> Iterator[str]:
    pairs = (
        (figures.saved, figures.mean_saved),
        (figures.recall, figures.lines),
        (figures.red_saved, figures.red_recall),
        (figures.words, figures.rarest),
    )
    yield from (f"{report.share(one)} / {report.share(other)}" for one, other in pairs)
    yield "-" if math.isnan(figures.lift) else f"{100 * figures.lift:+.1f}"
    yield f"{figures.longer}, {figures.crashes}"
    yield f"{figures.false_green}, {figures.wrong_status}"
    yield str(figures.unstable)
    yield f"{figures.mb_per_s:.1f}"
    yield f"{figures.p50_ms:.1f}"


_WIDTH, _HEIGHT, _LEFT, _TOP = 720, 420, 60, 20


def _plot(points: Mapping[str, Summary]) -> Iterator[str]:
    """Saved tokens to the right, critical recall upward: the upper right corner is where one wants to be."""
    low = min(50.0, *(100 * figures.recall for figures in points.values()))
    low = 10 * math.floor(low / 10)
    width, height = _WIDTH - _LEFT - 20, _HEIGHT - _TOP - 50

    def right(saved: float) -> float:
        return _LEFT + width * max(0.0, min(1.0, saved))

    def down(recall: float) -> float:
        return _TOP + height * (100 - 100 * recall) / (100 - low)

    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    )
    for step in range(0, 101, 20):
        x = right(step / 100)
        yield f'<line x1="{x:.0f}" y1="{_TOP}" x2="{x:.0f}" y2="{_TOP + height}" stroke="#ddd"/>'
        yield f'<text x="{x:.0f}" y="{_TOP + height + 18}" text-anchor="middle">{step}</text>'
    for step in range(low, 101, 10):
        y = down(step / 100)
        yield f'<line x1="{_LEFT}" y1="{y:.0f}" x2="{_LEFT + width}" y2="{y:.0f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{step}</text>'
    yield f'<text x="{_LEFT + width / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">tokens saved, %</text>'
    middle = _TOP + height // 2
    turned = f'text-anchor="middle" transform="rotate(-90 16 {middle})"'
    yield f'<text x="16" y="{middle}" {turned}>critical recall, %</text>'
    taken: list[tuple[float, float]] = []
    for name, figures in points.items():
        x, y = right(figures.saved), down(figures.recall)
        colour = "#c0392b" if name == "sidecar" else "#34495e"
        label_y = y + 4
        while any(abs(label_y - other_y) < 13 and abs(x - other_x) < 130 for other_x, other_y in taken):
            label_y += 13
        taken.append((x, label_y))
        side = ' text-anchor="end"' if x > _LEFT + width - 130 else ""
        label_x = x - 9 if side else x + 9
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        yield f'<text x="{label_x:.1f}" y="{label_y:.1f}"{side} fill="{colour}">{escape(name)}</text>'
    yield "</svg>"
