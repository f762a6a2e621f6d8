"""How often each rule was broken (`ruff check --statistics`): without padding, rules of the same count together.

2<tab>D300   <tab>[*] triple-single-quotes              2 D300 [*] triple-single-quotes
1<tab>RUF007 <tab>[ ] zip-instead-of-pairwise    ->     1 each: RUF007 zip-instead-of-pairwise, RUF059 ...
1<tab>RUF059 <tab>[ ] unused-unpacked-variable
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from sidecar.compression.kept import kept
from sidecar.compression.literals import literals_in
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep, note

__all__ = ["LITERAL", "evidence", "is_statistics", "reduce"]

_ROW = re.compile(
    r" *(?P<count>\d+)\t(?P<code>[A-Z]{1,9}\d{1,5}|invalid-syntax) *\t(?:\[(?P<fix>[ *-])\] )?(?P<name>\S.*)"
)
LITERAL = "\t["
_FEWEST = 3


def is_statistics(segment: Segment) -> bool:
    """Whether most of a text is such rows."""
    if LITERAL not in literals_in(segment) or segment.text.count(LITERAL) < _FEWEST:
        return False
    rows = sum(row is not None for row in _rows(segment))
    return rows >= _FEWEST and rows > len(segment.lines) / 2


@kept
def _rows(segment: Segment) -> Sequence[re.Match[str] | None]:
    """Each line as a row."""
    return list(map(_ROW.match, segment.lines))


def evidence(segment: Segment) -> list[Evidence]:
    """Every rule with its count; every other line as it is."""
    return [
        Evidence(index, (line,) if row is None else (row["count"], row["code"], row["name"]))
        for index, (line, row) in enumerate(zip(segment.lines, _rows(segment), strict=True))
        if line
    ]


def reduce(segment: Segment) -> list[Block]:
    """Rows that follow each other with the same count on one line."""
    rows = _rows(segment)
    blocks: list[Block] = []
    for count, indexes in groupby(range(len(rows)), key=lambda index: (row := rows[index]) and row["count"]):
        run = list(indexes)
        if count is None:
            blocks.append(keep(run[0], run[-1] + 1, Rank.EVIDENCE))
            continue
        rules = [_rule(row) for index in run if (row := rows[index]) is not None]
        said = f"{count} each: {', '.join(rules)}" if len(rules) > 1 else f"{count} {rules[0]}"
        blocks.append(note(run[0], run[-1] + 1, (said,), Rank.EVIDENCE))
    return blocks


def _rule(row: re.Match[str]) -> str:
    fix = f"[{row['fix']}] " if row["fix"] and row["fix"] != " " else ""
    return f"{row['code']} {fix}{row['name']}"
