"""Text without what only a screen needs: columns padded with blanks, wrapped cells, a word a line.

    Options:                                          [unpadded]
      -e, --editable <path>   Install a project  ->   Options:
                              in editable mode.        -e, --editable <path> Install a project in editable mode.
      -U, --upgrade           Upgrade all.             -U, --upgrade Upgrade all.

    Sending        docs/a.rst                         Sending docs/a.rst docs/b.rst ...
    Sending        docs/b.rst

Indentation that nests stays, and so does every blank of a file that was printed: who wants to change a line of it must
quote it exactly.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from sidecar.compression.filling import filled
from sidecar.compression.vocabulary import Block, Command, keep, note

__all__ = ["shows_a_file", "unpadded"]

_FILE_PROGRAMS = frozenset({"awk", "bat", "batcat", "cat", "head", "less", "more", "nl", "sed", "tac", "tail"})
_GAP = re.compile(r"(?<=\S)(?: {2,}|[ \t]*\t[ \t]*)(?=\S)")
_OPTION = re.compile(r"\s*--?[\w?]")
_UNDER = re.compile(r"\s*[\^~|-][\s^~|-]*$")
"""A line that points at places of the line above it: both keep their columns."""
_FRAMED = re.compile(r"\s*(?:\d+ )?[\u2502\u2503\u2551\u256d\u2570\u2575\u2577|]")
"""A line in a frame: it may show code."""
_CHANGED = re.compile(r"\s*[-+<>!] {2,}\S")
"""A line of a difference, whose depth is its text's: the next one does not go on with it."""
_WORDS = re.compile(r"[A-Za-z]{2} [A-Za-z]")
_CLOSED = (":", ">", "]", ")", ",", ";")
"""Behind one of these even a cell of several words is seen to end."""
_RUN_WORDS = 6
"""So many lines of one word each, or that say one thing of one word each, stand beside each other..."""
_WORD_LINE_CHARS = 120
_WIDTH = 300
_WORTH_TOKENS = 6
"""... and so much must be saved for the line that tells it."""
_BLOCK_LINES = 60
_DEEPEST = 8
"""What stands further right is a cell's."""
_TOLD = "[unpadded]"
_MEASURED = re.compile(r"(?:^|(?<![:\s])\s{2,}|\t)\d")
"""A cell that begins with a number, no value behind a name: such a row is a measurement, quoted as it stands."""


def shows_a_file(command: Command | None) -> bool:
    """Whether a command prints a file as it is."""
    return command is not None and command.program in _FILE_PROGRAMS


def unpadded(blocks: Iterable[Block], lines: Sequence[str], loud: Container[int]) -> list[Block]:
    """The same blocks, lines that stay without padding, wrapping and lines of one word; *loud* ones as they are."""
    found: list[Block] = []
    is_told = False
    is_flat = _is_flat(lines)
    for block in blocks:
        if block.shown is not None:
            found.append(block)
            continue
        for start in range(block.start, block.end, _BLOCK_LINES):
            end = min(start + _BLOCK_LINES, block.end)
            shown = list(_narrow(lines, start, end, loud, is_flat=is_flat))
            if _tokens(lines[start:end]) - _tokens(shown) < _WORTH_TOKENS:
                found.append(keep(start, end, block.rank, block.name))
                continue
            found.append(note(start, end, shown if is_told else (_TOLD, *shown), block.rank))
            is_told = True
    return found


def _is_flat(lines: Sequence[str]) -> bool:
    """Whether lines are indented by one depth alone, if at all: cells of the lines above and options aside."""
    depths = {_depth(line) for line in lines if line[:1].isspace() and not _OPTION.match(line)}
    return len([depth for depth in depths if depth <= _DEEPEST]) <= 1


def _tokens(lines: Sequence[str]) -> int:
    """What lines cost beside their words, about: a token for each end, each gap and each indentation."""
    return sum(1 + len(_GAP.findall(line)) + line.startswith("  ") for line in lines)


def _narrow(lines: Sequence[str], start: int, end: int, loud: Container[int], *, is_flat: bool) -> Iterable[str]:
    leads = [None if index in loud else _lead(lines[index]) for index in range(start, end)]
    held = ""
    column = -1
    """Where the cell begins that the next line may go on with."""
    index = start
    while index < end:
        line = lines[index].rstrip()
        stands = index in loud or not line or _FRAMED.match(line) is not None or _MEASURED.search(line) is not None
        stands = stands or _CHANGED.match(line) is not None
        stands = stands or (index + 1 < len(lines) and _UNDER.match(lines[index + 1]) is not None)
        if not stands and column >= 0 and _depth(line) == column:
            held += f" {line.strip()}"
            index += 1
            continue
        if held:
            yield held
            held, column = "", -1
        after = _end_of_run(leads, index - start) + start
        if after - index >= _RUN_WORDS:
            lead = f"{said} " if (said := (leads[index - start] or "").rstrip()) else ""
            for words in filled((each.split()[-1] for each in lines[index:after]), _WIDTH - len(lead)):
                yield lead + words
            index = after
            continue
        if stands or _UNDER.match(line):
            yield lines[index]
        elif (gap := _last_gap(line)) is not None:
            held, column = _row(line, is_flat=is_flat), gap
        elif _OPTION.match(line) and index + 1 < end and _depth(lines[index + 1]) > _depth(line) + 1:
            held, column = f" {line.strip()}", _depth(lines[index + 1])
        else:
            yield lines[index]
        index += 1
    if held:
        yield held


def _lead(line: str) -> str | None:
    """What stands before the only word of a line: nothing, or what is said of it ("Sending "); None for other lines."""
    if len(line) > _WORD_LINE_CHARS or not line or line[-1].isspace():
        return None
    cells = line.split()
    if len(cells) == 1:
        return "" if not line[0].isspace() else None
    return line[: len(line) - len(cells[1])] if len(cells) == 2 and cells[0].upper() != cells[0].lower() else None


def _end_of_run(leads: Sequence[str | None], start: int) -> int:
    """Up to where lines say the same of one word each."""
    end = start
    while end < len(leads) and leads[end] is not None and leads[end] == leads[start]:
        end += 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _last_gap(line: str) -> int | None:
    """Where the last cell of a padded line begins."""
    end = None
    for gap in _GAP.finditer(line):
        end = gap.end()
    return end


def _row(line: str, *, is_flat: bool) -> str:
    """A line's cells with one blank between them, two behind words; its indentation is one where it tells no depth."""
    is_option = _OPTION.match(line) is not None
    cells = _GAP.split(line.strip())
    depth = len(line) - len(line.lstrip())
    told = " " if (is_flat or is_option) and depth else line[:depth]
    for cell in cells[:-1]:
        told += cell + ("  " if not is_option and _WORDS.search(cell) and not cell.endswith(_CLOSED) else " ")
    return told + cells[-1]
