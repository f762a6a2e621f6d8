"""A source as its outline: which of its lines are bodies, long comments and long lists, and may go.

    @cached                                   stays
    def total(items: list[Item]) -> int:      stays
        \"\"\"The sum in cents.\"\"\"               stays
        result = 0                            body
        for item in items:                    body
            if item.price < 0:                body
                raise ValueError(item)        stays
            result += item.price              body
        return result                         body

Nothing is parsed: indentation and braces say where a body ends, strings and comments are only recognised so that
their braces do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sidecar.compression.forms.code.languages import DEFINITION, Language, is_loud

__all__ = ["BODY", "outline"]

BODY = "body"
_COMMENT = "comment"
_ENTRIES = "entries"
_IMPORTS = "imports"
_PARAMETERS = "what is said of parameters"
_BRACKETS = frozenset({"", ")", "),", "],", "}"})

_SHORT_BODY = 4
"""A body of so many lines says more than its marker."""
_COMMENT_LINES = 3
"""Of a longer comment the first lines stay."""
_IMPORT_LINES = 14
_ENTRY_LINES = 40
"""Of a longer list of values so many lines stay."""
_LONG = 1_000

_PYTHON_TOKEN = re.compile(r"(\"{3}|'{3})|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#|[()\[\]{}]")
_TOP_LEVEL = ("def ", "class ", "async def ")
_PYTHON_HEAD = re.compile(r"\s*(?:async )?def \w")
_PYTHON_IMPORT = re.compile(r"(?:from \S+ )?import ")
_END_HEAD = re.compile(
    r"\s*(?:(?:private|protected|public|local) )*(?:def[p]?|defmacro|function|macro)\b|\s*(?:it|test|specify"
    r"|before|after)\b.*\bdo\b"
)
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\\n]){1,80}'|`[^`]*`|//|/\*|\*/|[{}]")
_CONTAINER = re.compile(
    r"\s*(?:@\w+(?:\([^)]{0,80}\))? +)?(?:[a-z_]+(?:\([a-z]+\))? +){0,6}"
    r"(?:class|interface|struct|enum|trait|impl|namespace|module|mod|union|object|record|protocol|extension"
    r"|message|service)\b"
    r"|\s*(?:export +)?type \w+ (?:struct|interface)|\s*(?:export +)?type \w+[^={]{0,80}= \{|\s*extern \"C\""
    r"|\s*(?:describe|context|suite)(?:\.\w+)?\("
)
_RETURNS_A_STRUCT = re.compile(r"\s*(?:static |inline |const ){0,3}(?:struct|enum|union)\b.*\)\s*\{$")
_DATA = re.compile(r"(?:=|:|return|default|\[|\(|,) *[\w.:*&]{0,60} ?(?:\[[^\]]{0,40}\] ?[\w.*]{0,60})?\{$|= ?\{$")
_TAIL = 160
"""So much of the end of a head tells whether its brace opens a list of values."""
_ARROW = re.compile(r"=>\s*\{$|\bfunction\b")
_IMPORT = re.compile(r"(?:import|use|using|#include|require|from|open)\b")


def outline(lines: Sequence[str], language: Language, bodies: Sequence[tuple[int, int]] | None = None) -> list[str]:
    """For each line what it is left out as, "" where it stays; *lines* are without line numbers.

    *bodies* are those of its functions, where somebody parsed it.
    """
    why = [""] * len(lines)
    if language.bodies == "indent":
        _python(lines, why)
    elif language.bodies == "end":
        _ended(lines, why)
    else:
        _braced(lines, why, language)
    if bodies is not None:
        _exactly(lines, why, bodies)
    for index, what in enumerate(why):
        if what and what != _IMPORTS and _stays(lines[index]):
            why[index] = ""
    return why


def _exactly(lines: Sequence[str], why: list[str], bodies: Sequence[tuple[int, int]]) -> None:
    """Puts parsed bodies in the place of those guessed."""
    why[:] = ["" if what == BODY else what for what in why]
    for start, end in bodies:
        first = start
        if first < end and lines[first].lstrip().startswith(('"""', "'''", 'r"""')):
            # The first line of what it says stays.
            first += 1 if lines[first].strip(" \"'r") else 2
        _leave_out(why, first, end, BODY, unless=_SHORT_BODY)


def _stays(line: str) -> bool:
    told = line[:_LONG]
    return is_loud(told) or DEFINITION.match(told) is not None


def _leave_out(why: list[str], start: int, end: int, what: str, *, unless: int) -> None:
    """Mark [start, end) unless it is of at most *unless* lines."""
    if end - start > unless:
        why[start:end] = [what] * (end - start)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@dataclass(slots=True)
class _Python:
    """Where a scan of Python stands: inside which string, and how deep in brackets."""

    quote: str = ""
    depth: int = 0

    def step(self, line: str) -> None:
        position = 0
        if line.startswith(_TOP_LEVEL):
            self.quote, self.depth = "", 0  # a file printed from its middle begins inside of something
        if self.quote:
            end = line.find(self.quote)
            if end < 0:
                return
            position = end + 3
            self.quote = ""
        while (token := _PYTHON_TOKEN.search(line, position)) is not None:
            position = token.end()
            what = token[0]
            if what == "#":
                return
            if token[1]:
                end = line.find(what, position)
                if end < 0:
                    self.quote = what
                    return
                position = end + 3
            elif what in "([{":
                self.depth += 1
            elif what in ")]}":
                self.depth = max(0, self.depth - 1)

    @property
    def is_open(self) -> bool:
        return bool(self.quote) or self.depth > 0


def _python(lines: Sequence[str], why: list[str]) -> None:
    scan = _Python()
    logical: list[tuple[int, int]] = []  # statements as [start, end)
    index = 0
    while index < len(lines):
        start = index
        scan.step(lines[index][:_LONG])
        index += 1
        while scan.is_open and index < len(lines):
            scan.step(lines[index][:_LONG])
            index += 1
        logical.append((start, index))
    _python_bodies(lines, logical, why)
    _import_run([i for i, (start, _) in enumerate(logical) if _PYTHON_IMPORT.match(lines[start])], logical, why)
    for start, end in logical:
        told = lines[start].strip()
        if end - start > _COMMENT_LINES and told.startswith(('"""', "'''", 'r"""')) and not any(why[start:end]):
            _leave_out(why, start + 2, end - 1, _COMMENT, unless=2)
        elif end - start > _ENTRY_LINES and "=" in told and not any(why[start:end]):
            _leave_out(why, start + _ENTRY_LINES // 2, end - 3, _ENTRIES, unless=3)


def _python_bodies(lines: Sequence[str], logical: Sequence[tuple[int, int]], why: list[str]) -> None:
    number = 0
    while number < len(logical):
        start, end = logical[number]
        number += 1
        if not _PYTHON_HEAD.match(lines[start]) or not lines[end - 1].rstrip().endswith(":"):
            continue
        if end - start > _ENTRY_LINES:
            named = _indent(lines[start + 1])
            for inner in range(start + _ENTRY_LINES // 2, end - 3):
                if _indent(lines[inner]) > named or lines[inner].strip() in _BRACKETS:
                    why[inner] = _PARAMETERS
        indent = _indent(lines[start])
        first = number
        while number < len(logical) and (
            not lines[logical[number][0]].strip() or _indent(lines[logical[number][0]]) > indent
        ):
            number += 1
        body = list(logical[first:number])
        while body and not lines[body[-1][0]].strip():
            body.pop()
        if body and lines[body[0][0]].lstrip().startswith(('"', "'", 'r"')):
            doc_start, doc_end = body.pop(0)
            # The first line of what it says stays.
            keep = doc_start + (1 if lines[doc_start].strip(" \"'r") else 2)
            if body:
                _leave_out(why, keep, body[-1][1], BODY, unless=_SHORT_BODY)
            else:
                _leave_out(why, keep, doc_end - 1, _COMMENT, unless=_COMMENT_LINES)
        elif body:
            _leave_out(why, body[0][0], body[-1][1], BODY, unless=_SHORT_BODY)


def _import_run(numbers: Sequence[int], logical: Sequence[tuple[int, int]], why: list[str]) -> None:
    imports = [logical[number] for number in numbers]
    total = sum(end - start for start, end in imports)
    if total <= _IMPORT_LINES:
        return
    shown = 0
    for start, end in imports:
        shown += end - start
        if shown > _IMPORT_LINES - 4:
            _leave_out(why, start, end, _IMPORTS, unless=0)


def _ended(lines: Sequence[str], why: list[str]) -> None:
    """Bodies that `end` closes at their head's indentation."""
    index = 0
    while index < len(lines):
        line = lines[index][:_LONG]
        index += 1
        if (
            not _END_HEAD.match(line)
            or re.search(r"\bend\b\s*$", line)
            or re.search(r"\)?\s*=\s", line.partition(")")[2][:4])
        ):
            continue
        indent = _indent(line)
        after = index
        while after < len(lines) and (not lines[after].strip() or _indent(lines[after]) > indent):
            after += 1
        if after < len(lines) and lines[after].strip().startswith("end"):
            _leave_out(why, index, after, BODY, unless=_SHORT_BODY)
            index = after
    _comment_runs(lines, why, ("#", "--"))


@dataclass(slots=True)
class _Open:
    """An open brace: the line it stands on, and whether what it opens is looked into."""

    line: int
    is_container: bool
    is_data: bool = False


def _braced(lines: Sequence[str], why: list[str], language: Language) -> None:
    stack: list[_Open] = []
    hidden = -1  # how deep the outermost body is that is not looked into
    for index, opened in _braces(lines, language):
        if opened:
            header = _header(lines, index)
            is_data = bool(_DATA.search(header[-_TAIL:])) and not _ARROW.search(header[-_TAIL:])
            is_container = hidden < 0 and bool(_CONTAINER.match(header)) and not _RETURNS_A_STRUCT.match(header)
            is_data = is_data and not is_container
            stack.append(_Open(index, is_container, is_data))
            if hidden < 0 and not is_container:
                hidden = len(stack)
        elif stack:
            begun = stack.pop()
            if hidden == len(stack) + 1:
                hidden = -1
                if begun.is_data:
                    _leave_out(why, begun.line + _ENTRY_LINES // 2, index - 2, _ENTRIES, unless=_ENTRY_LINES // 2)
                else:
                    _leave_out(why, begun.line + 1, index, BODY, unless=_SHORT_BODY)
    _comment_runs(lines, why, ("///", "//!", "//", "*", "/*") if language.comment == "//" else ("#",))
    imports = [(index, index + 1) for index, line in enumerate(lines) if line[:1] in "iu#rfo" and _IMPORT.match(line)]
    _import_run(range(len(imports)), imports, why)


def _header(lines: Sequence[str], index: int) -> str:
    """The line that opens a brace; with those above where the brace, or the end of a signature, stands alone."""
    header = lines[index][:_LONG].rstrip()
    above = index - 1
    while above >= 0 and index - above <= 8 and (header.lstrip()[:1] in "{)" or header.lstrip().startswith("where")):
        header = lines[above][:_LONG].strip() + " " + header.lstrip()
        above -= 1
    return header


def _braces(lines: Sequence[str], language: Language) -> Iterator[tuple[int, bool]]:
    """Each brace outside strings and comments, with whether it opens."""
    is_comment = False
    is_shell = language.comment == "#"
    for index, line in enumerate(lines):
        if "{" not in line and "}" not in line and "/*" not in line and "*/" not in line:
            continue
        if is_shell and line.lstrip().startswith("#"):
            continue
        for token in _TOKEN.finditer(line[: 10 * _LONG]):
            what = token[0]
            if is_comment:
                is_comment = what != "*/"
            elif what == "/*" and not is_shell:
                is_comment = True
            elif what == "//" and not is_shell:
                break
            elif what in "{}":
                if is_shell and token.start() and line[token.start() - 1] == "$":
                    continue
                yield index, what == "{"


def _comment_runs(lines: Sequence[str], why: list[str], signs: tuple[str, ...]) -> None:
    """Of comments of many lines the first ones stay."""
    start = -1
    is_block = False
    for index in range(len(lines) + 1):
        is_comment = False
        if index < len(lines):
            line = lines[index]
            is_comment = is_block or (line.lstrip().startswith(signs) and not line.startswith("#include"))
            if is_block or ("/*" in signs and line.lstrip().startswith("/*")):
                is_block = "*/" not in line[:_LONG]
        if is_comment and start < 0:
            start = index
        elif not is_comment and start >= 0:
            if not any(why[start:index]):
                _leave_out(why, start + _COMMENT_LINES, index - (lines[index - 1].strip() == "*/"), _COMMENT, unless=2)
            start = -1
