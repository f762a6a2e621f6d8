"""Tables without their padding, rules and borders, and with what most rows share said once.

    NAME    READY   STATUS             AGE          [table, rewritten: ...]
    web-1   1/1     Running            5d           (4 rows) NAME READY=1/1 STATUS=Running AGE=5d
    web-2   1/1     Running            5d     ->    web-1
    web-3   0/1     CrashLoopBackOff   5d           web-2
    web-4   1/1     Running            5d           web-3   0/1     CrashLoopBackOff   5d
                                                    web-4

A row with a status of failure stays the line that was printed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sidecar.compression.forms.records.grid import Grid
from sidecar.compression.forms.records.notation import Line
from sidecar.compression.forms.records.outliers import counted, outliers, row_names
from sidecar.compression.forms.records.room import fitted, has_room, row_room_chars
from sidecar.compression.literals import Literals
from sidecar.compression.vocabulary import Block, Evidence, Part, Rank, Segment, keep

__all__ = ["evidence", "parts", "reduce"]

_GROUPED = 1.5
"""Rows grouped by what they share have so much more room: nothing is left out of them, and they are dense."""

_USUAL_SHARE = 0.8
_CHUNK = 50
_CHANGES_SHARE = 0.2
"""A column that changes no more often from row to row is said where it changes."""

_MANY = 8
_ROW_CHARS = 200
_PROSE = re.compile(r"(?:description|summary|comment|about|homepage|url)s?$", re.IGNORECASE)
"""Columns of text, which go before rows do where those would not even be named."""

_STATUS_CHARS = 40
_READ_CHARS = 2_000
_LOUD_SHARE = 0.3
"""A status that so many rows have is the common one."""

_LOUD = re.compile(
    r"(?<![\w.-])(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|Evicted|NotReady|Error|Failed|failed|FAILED"
    r"|ERROR|error|errored|fail|FAIL|unhealthy|Unhealthy|UNHEALTHY|dead|Dead|Init:\w{1,40}|Terminating|Unknown|UNKNOWN"
    r"|degraded|DEGRADED|Degraded|fatal|FATAL|CRITICAL|critical|Critical|Warning|Lost|Offline|offline|refused|denied"
    r"|timeout|timed out|rejected|cancelled|conflict|MISSING|missing|UNMET|not-found|masked|bad|Exited \([1-9]\d*\)"
    r"|Create\w{1,40}Error|Run\w{1,40}Error|<defunct>|Z\+?)(?=\s|$|[|,\"'│║;:)])"
)
_WORDS = Literals((
    "BackOff", "ErrImage", "OOM", "Evict", "NotReady", "rror", "ERR", "ail", "FAIL", "ealthy", "HEALTHY", "ead",
    "Init:", "Terminating", "nknown", "UNKNOWN", "egraded", "DEGRADED", "atal", "FATAL", "ritical", "CRITICAL", "Lost",
    "ffline", "refused", "denied", "timeout", "timed out", "rejected", "cancelled", "conflict", "issing", "arning",
    "MISSING", "UNMET", "not-found", "masked", "bad", "Exited", "defunct", "Z",
))  # fmt: skip
"""One of these is in every line that `_LOUD` finds something in."""


@dataclass(frozen=True, slots=True)
class _Column:
    path: str
    cells: list[str | None]


def reduce(segment: Segment, found: Sequence[Grid]) -> list[Block]:
    lines = segment.lines
    blocks: list[Block] = []
    at = 0
    explained: set[str] = set()
    for grid in found:
        if at < grid.start:
            blocks.append(keep(at, grid.start, Rank.STRUCTURE))
        blocks.extend(_blocks(lines, grid, explained))
        at = grid.end
    if at < len(lines):
        blocks.append(keep(at, len(lines), Rank.STRUCTURE))
    return blocks


def _blocks(lines: Sequence[str], grid: Grid, explained: set[str]) -> list[Block]:
    """*explained* is what earlier tables of the output said about how they are read."""
    squeezed = sum(len(" ".join(lines[at].split())) + 1 for at in range(grid.start, grid.end))
    padded = sum(len(lines[at]) + 1 for at in range(grid.start, grid.end))
    limit = row_room_chars((squeezed + padded) // 2)
    loud = _loud(lines, grid)
    sheet = _arranged(grid, left_out=())
    if sheet.is_grouped:
        shown = _grouped(lines, grid, sheet, loud, explained)
        if sum(map(len, shown)) <= _GROUPED * limit:
            return [Block(grid.start, grid.end, tuple(shown), "", Rank.EVIDENCE)]
    rows = _written(lines, grid, sheet, loud)
    names = row_names([None if row is None else row[sheet.shown[0]] for row in grid.rows], rows)
    limit = row_room_chars((squeezed + padded) // 2, named=names is not None)
    whats: list[str] = []
    whole_sheet, all_rows = sheet, rows

    def entire() -> tuple[str, ...]:
        heading = _heading(grid, whole_sheet, bool(loud), set())
        return (heading, *_with_shared(grid, whole_sheet, all_rows, 0, len(all_rows)))

    if not has_room(_size(rows), limit):
        prose = [at for at, name in enumerate(grid.headings) if _PROSE.match(name) and at]
        if prose and names is None:
            whats += [f"column {grid.headings[at]}" for at in prose]
            sheet = _arranged(grid, left_out=prose)
            rows = _written(lines, grid, sheet, loud)
        if any(len(row) > _ROW_CHARS for row in rows):
            whats.append("ends of long rows")
            rows = [_begun(row) if at not in loud else row for at, row in enumerate(rows)]
    heading = _heading(grid, sheet, bool(loud), explained)
    if has_room(_size(rows), limit):
        return _whole(lines, grid, _Written(sheet, heading, rows, ", ".join(whats), entire))
    if sheet.shared:
        # What rows share is said above them: where some go, each says it itself.
        sheet = replace(sheet, shared=(), shown=tuple(sorted((*sheet.shown, *sheet.shared))))
        rows = [_begun(row) if at not in loud else row for at, row in enumerate(_written(lines, grid, sheet, loud))]
        heading = _heading(grid, sheet, bool(loud), set())
    columns = [
        _Column(name, [None if row is None else row[at] for row in grid.rows]) for at, name in enumerate(grid.headings)
    ]
    kept = loud | outliers(columns, len(rows))
    told = [Line(0, heading, is_loud=True)]
    told += [Line(0, f"[all rows by {counts}]", is_loud=True) for counts in counted(columns, len(rows))]
    told += [
        Line(1, row, "rows", is_row=True, is_loud=at in kept, name=names[at] if names is not None else "")
        for at, row in enumerate(rows)
    ]
    shown, gone = fitted(told, limit)
    texts = tuple(line.removeprefix(" ") for line in shown)
    what = ", ".join((f"{gone} of {len(rows)} rows", *whats))
    return [Block(grid.start, grid.end, texts, what, Rank.EVIDENCE, entire=entire)]


def _size(rows: Sequence[str]) -> int:
    return sum(map(len, rows)) + len(rows)


def _begun(row: str) -> str:
    return row if len(row) <= _ROW_CHARS else f"{row[:_ROW_CHARS]} ...(+{len(row) - _ROW_CHARS} characters)"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Which columns stand in each row, which in the heading, which in lines between rows."""

    usual: dict[int, str]
    shared: tuple[int, ...]
    shown: tuple[int, ...]
    wide: bool
    is_grouped: bool = False

    @property
    def between(self) -> str:
        return "  " if self.wide else " "


def _arranged(grid: Grid, *, left_out: Sequence[int]) -> _Sheet:
    full = [row for row in grid.rows if row is not None]
    usual: dict[int, str] = {}
    shared: list[int] = []
    kinds: dict[int, int] = {}
    for at in range(len(grid.headings)):
        if at in left_out or len(full) < 4:
            continue
        cells = [row[at] for row in full]
        counts = Counter(cells)
        value, times = counts.most_common(1)[0]
        kinds[at] = len(counts)
        if times >= (_USUAL_SHARE if at else 1.0) * len(full):
            usual[at] = value
        elif sum(one != other for one, other in pairwise(cells)) <= len(full) * _CHANGES_SHARE:
            shared.append(at)
    rest = [at for at in range(len(grid.headings)) if at not in left_out and at not in usual and at not in shared]
    if not rest:
        last = len(grid.headings) - 1
        usual.pop(last, None)
        shared = [at for at in shared if at != last]
        rest = [last]
    keys = [at for at in range(len(grid.headings)) if at not in usual and at not in left_out]
    others = keys[1:]
    is_grouped = (
        bool(others)
        and len(full) >= _MANY
        and max(kinds.get(at, 0) for at in others) * 6 <= len(full)
        and len({tuple(row[at] for at in others) for row in full}) * 6 <= len(full)
        and all(row[keys[0]] and " " not in row[keys[0]] for row in full)
        and kinds.get(keys[0], 0) * 10 >= len(full) * 9
    )
    spaced = sum(" " in row[at] or not row[at] for row in full for at in rest[:-1])
    wide = spaced * 4 > len(full) * max(1, len(rest) - 1)
    return _Sheet(usual, tuple(shared), tuple(keys if is_grouped else rest), wide, is_grouped)


def _heading(grid: Grid, sheet: _Sheet, has_loud: bool, explained: set[str]) -> str:
    names = [_name(name) for name in grid.headings]
    told = "unpadded"
    if sheet.usual:
        rows = [row for row in grid.rows if row is not None]
        is_everywhere = all(row[at] == value for row in rows for at, value in sheet.usual.items())
        told += f"; COLUMN=value holds for {'every row' if is_everywhere else 'rows without a COLUMN:value'}"
    if sheet.shared and not sheet.is_grouped:
        told += "; a line ending in : for the rows below it"
    if sheet.is_grouped:
        told += "; grouped by what is equal"
    if has_loud and (sheet.usual or sheet.shared or sheet.is_grouped):
        told += "; padded rows are whole"
    count = f"[{grid.kind} of {len(grid.rows)} rows, {told}]"
    if told in explained:
        count = f"[{len(grid.rows)} rows as above]"
    explained.add(told)
    usual = [f"{names[at]}={_cell(value, sheet.wide)}" for at, value in sheet.usual.items()]
    return f"{count} {sheet.between.join([*(names[at] for at in sheet.shown), *usual])}"


def _grouped(lines: Sequence[str], grid: Grid, sheet: _Sheet, loud: frozenset[int], explained: set[str]) -> list[str]:
    """Rows that differ in their first cell alone, on one line."""
    groups: dict[str, list[str]] = {}
    whole: list[str] = []
    first, *others = sheet.shown
    names = [_name(name) for name in grid.headings]
    for at, row in enumerate(grid.rows):
        if row is None or at in loud:
            whole.append(lines[grid.lines[at]])
            continue
        cells = [_cell(row[place], wide=False) for place in others]
        cells += [
            f"{names[place]}:{_cell(row[place], False)}" for place, value in sheet.usual.items() if row[place] != value
        ]
        groups.setdefault(" ".join(cells), []).append(row[first])
    shown = [_heading(grid, sheet, bool(loud), explained)]
    for told, held in groups.items():
        shown.append(f"{told}: {' '.join(held)}")
    return shown + whole


@dataclass(frozen=True, slots=True)
class _Written:
    """A table as it is shown, and what of it is not."""

    sheet: _Sheet
    heading: str
    rows: Sequence[str]
    what: str
    entire: Callable[[], tuple[str, ...]]
    """The same with nothing left out."""


def _whole(lines: Sequence[str], grid: Grid, written_as: _Written) -> list[Block]:
    """All rows, in handfuls that a bound can choose from."""
    sheet, heading, rows, what = written_as.sheet, written_as.heading, written_as.rows, written_as.what
    written = _with_shared(grid, sheet, rows, 0, len(rows))
    if len(heading) + 1 + _size(written) >= sum(len(lines[at]) + 1 for at in range(grid.start, grid.end)):
        return [keep(grid.start, grid.end, Rank.STRUCTURE)]
    entire = written_as.entire if what else None
    together = [Block(grid.start, grid.end, (heading, *written), what, Rank.EVIDENCE, entire=entire)]
    if what or len(rows) <= _CHUNK:
        return together
    blocks: list[Block] = []
    for at in range(0, len(rows), _CHUNK):
        until = min(at + _CHUNK, len(rows))
        end = grid.lines[until] if until < len(rows) else grid.end
        start = grid.lines[at] if at else grid.start
        shown = _with_shared(grid, sheet, rows, at, until)
        blocks.append(Block(start, end, (heading, *shown) if not at else tuple(shown), "", Rank.CONTENT))
    # A handful that is longer than its lines would be put back without the others: then they are one block.
    return together if any(_longer(lines, block) for block in blocks) else blocks


def _longer(lines: Sequence[str], block: Block) -> bool:
    return _size(block.shown or ()) >= sum(len(lines[at]) + 1 for at in range(block.start, block.end))


def _with_shared(grid: Grid, sheet: _Sheet, rows: Sequence[str], start: int, end: int) -> list[str]:
    """The rows [start, end), each run under a line that says what its rows share."""
    if not sheet.shared:
        return list(rows[start:end])
    names = [_name(grid.headings[at]) for at in sheet.shared]
    shown: list[str] = []
    before: tuple[str, ...] | None = None
    for at in range(start, end):
        row = grid.rows[at]
        if row is not None:
            told = tuple(row[place] for place in sheet.shared)
            if told != before:
                shown.append(
                    " ".join(f"{name}={_cell(cell, False)}" for name, cell in zip(names, told, strict=True)) + ":"
                )
                before = told
        shown.append(rows[at])
    return shown


def _written(lines: Sequence[str], grid: Grid, sheet: _Sheet, loud: frozenset[int]) -> list[str]:
    names = [_name(name) for name in grid.headings]
    wide = sheet.wide
    rows: list[str] = []
    *leading, last = sheet.shown
    usual = list(sheet.usual.items())
    for at, row in enumerate(grid.rows):
        if row is None or at in loud:
            rows.append(lines[grid.lines[at]])
            continue
        cells = [_cell(row[place], wide) for place in leading]
        others = [f"{names[place]}:{_cell(row[place], wide)}" for place, value in usual if row[place] != value]
        # What stands last on its line may have spaces.
        cells.append(row[last] if row[last] and not others else _cell(row[last], wide))
        cells += others
        rows.append(sheet.between.join(cells))
    return rows


def _name(name: str) -> str:
    return name.replace(" ", "_") if name else "-"


def _cell(cell: str, wide: bool) -> str:
    if wide:
        return cell or "-"
    return f'"{cell}"' if not cell or " " in cell else cell


def _loud(lines: Sequence[str], grid: Grid) -> frozenset[int]:
    """The rows that tell of a trouble in a short cell; of too many only the failures; none where those are usual."""
    spoken = _speaking(lines, grid)
    if not spoken:
        return frozenset()
    found = {at for at in spoken if _tells(_LOUD, lines[grid.lines[at]], grid.rows[at])}
    if not _are_usual(len(found), grid):
        return frozenset(found)
    found = {at for at in spoken if _PROMISED.search(lines[grid.lines[at]][:_READ_CHARS])}
    return frozenset() if _are_usual(len(found), grid) else frozenset(found)


def _speaking(lines: Sequence[str], grid: Grid) -> list[int]:
    """The rows with one of the words in them."""
    return [at for at, index in enumerate(grid.lines) if _WORDS.places(lines[index])]


def _tells(grammar: re.Pattern[str], line: str, row: tuple[str, ...] | None) -> bool:
    if grammar.search(line[:_READ_CHARS]) is None:
        return False
    return row is None or any(len(cell) <= _STATUS_CHARS and grammar.search(cell) for cell in row)


def _are_usual(count: int, grid: Grid) -> bool:
    return count > max(2, _LOUD_SHARE * len(grid.lines))


_PROMISED = re.compile(
    r"(?:^|\s{2}|\t|[|│║,;\"] ?)(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|Evicted|NotReady"
    r"|[Ee]rror|ERROR|[Ff]ailed|FAILED|[Uu]nhealthy|UNHEALTHY|[Ff]atal|FATAL|[Cc]ritical|CRITICAL|[Dd]egraded|DEGRADED"
    r"|dead|Exited \([1-9]\d*\)[^|│,]{0,40})(?=\s\s|\s?$|\t| ?[|│║,;\"])"
)
"""A cell that says nothing but a failure."""


def evidence(segment: Segment, found: Sequence[Grid]) -> list[Evidence]:
    """What stands around the tables, and the rows whose status is a failure where that is not what rows usually say."""
    told: list[Evidence] = []
    lines = segment.lines
    inside = bytearray(len(lines))
    for grid in found:
        inside[grid.start : grid.end] = b"\1" * (grid.end - grid.start)
        spoken = _speaking(lines, grid)
        loud = [at for at in spoken if _PROMISED.search(lines[grid.lines[at]][:_READ_CHARS])]
        if not _are_usual(len(loud), grid):
            told += [Evidence(grid.lines[at], (lines[grid.lines[at]],)) for at in loud]
    told += [Evidence(at, (line,)) for at, line in enumerate(lines) if not inside[at] and line.strip()]
    return told


def parts(found: Sequence[Grid], lines: Sequence[str]) -> list[Part]:
    return [
        Part(
            "table",
            " ".join(grid.headings),
            grid.start,
            grid.end,
            lines[grid.start].strip()[:200] or lines[grid.lines[0]][:200],
        )
        for grid in found
    ]
