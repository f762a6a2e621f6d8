"""JSON: one document, several in a row, or one on each line, with a few other lines before and after.

    text --scan--> documents --Sheet--> lines of a notation --room--> what is shown

A document is read by the C scanner of `json` with two precautions: numbers stay the text they were, and a
backslash is hidden from it, so that every string keeps the escapes it was printed with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sidecar.compression.forms.records.cut import closed
from sidecar.compression.forms.records.notation import Line, Sheet
from sidecar.compression.forms.records.room import fitted, has_room, room_chars, row_room_chars, size
from sidecar.compression.forms.records.values import Doubled, Literal, Value
from sidecar.compression.vocabulary import Block, Evidence, Part, Rank, Segment, keep

__all__ = ["Documents", "evidence", "explained", "parts", "read", "reduce", "shown"]

_ESCAPES = (("\\\\", "\x80"), ('\\"', "\x81"), ("\\", "\x82"))
"""Cleaned text has no C1 controls: they stand for what a backslash begins while the scanner runs."""

_BEGINS = re.compile(
    r' {0,80}(?:\{ *(?:"|\}|$)|\[ *(?:["{\[\]]|-?\d[\d.eE+-]{0,40} *(?:[,\]]|$)|(?:true|false|null)\b|$))'
)
"""How a document begins; `[1/20] Building` and `[main] INFO` do not."""

_BEGINS_CHARS = 200
_STARTS = 6
"""So many lines that begin like a document are tried, before an output is none."""

_JUDGED = 20
"""So many documents tell whose lines they are."""

_STRAY_LINES = 60
_BEHIND_LINES = 5
"""So many lines may follow where a document breaks off: what the reader of the pipe, or its writer, said of that."""
_HALF_CHARS = 2_000
"""A longer half of a document is read as far as it goes; a shorter one, behind whole ones, is shown as it is."""
_STREAM = "json lines"
_READ_TOGETHER_CHARS = 500_000
"""Lines of a stream are read in one go up to so many characters, which the scanner holds twice."""
_PARTED = ",null,"
_WORTH_CHARS = 200
_WORTH_SHARE = 0.8
_LONG_CHARS = 30_000
_FAILED_SHARE = 0.6

_LOG_KEYS = (
    {"time", "ts", "timestamp", "@timestamp", "datetime", "date"},
    {"level", "lvl", "severity", "levelname", "msg", "message", "log.level"},
)
_CARGO = {"reason", "package_id"}
_CARGO_SAYS = "compiler-message"
"""Cargo's lines without one tell what was built, and nothing of it: no other form reads them."""
_FOREIGN = ({"Action", "Package"}, _CARGO, {"reason", "message", "target"}, {"type", "testID"})
"""Keys of lines that test runners and compilers print: their own forms read them."""


@dataclass(frozen=True, slots=True)
class Documents:
    """What was found: the documents between the lines [start, end), and the stray lines around them."""

    values: list[Value]
    start: int
    end: int
    escaped: bool
    rest: str | None = None
    """Where the last document breaks off: what its last line still holds, as it was printed."""

    @property
    def is_stream(self) -> bool:
        return len(self.values) > 1


def _paired(pairs: list[tuple[str, Value]]) -> Value:
    value = dict(pairs)
    return value if len(value) == len(pairs) else Doubled(pairs)


_SCANNER = json.JSONDecoder(object_pairs_hook=_paired, parse_float=Literal, parse_int=Literal, parse_constant=Literal)


def read(segment: Segment) -> Documents | None:
    """The documents of a segment; None where it is no JSON, or broken, or mostly something else."""
    text = segment.text
    if "{" not in text and "[" not in text:
        return None
    lines = segment.lines
    # One that breaks off in a long list or text has no bracket near its end.
    opens = text[:1] in ("{", "[")
    if not opens and not any(
        line.rstrip(" ,")[-1:] in ("}", "]") or line[:1] in ("{", "[") for line in lines[-_STRAY_LINES:]
    ):
        return None
    tried = 0
    for start, line in enumerate(lines[:_STRAY_LINES]):
        if line[:1] not in ("{", "[", " ") or not _BEGINS.match(line[:_BEGINS_CHARS]):
            continue
        tried += 1
        if tried > _STARTS:
            return None
        if _is_foreign(list(_whole_lines(lines[start : start + _JUDGED])), text):
            return None
        found = _documents(lines, start, text if start == 0 else "\n".join(lines[start:]))
        if found is not None:
            return found
    return None


def _whole_lines(lines: Sequence[str]) -> Iterable[Value]:
    """The documents that a few lines hold, one on each."""
    for line in lines:
        if line[:1] != "{" or line[-1:] != "}":
            return
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            return


def _documents(lines: Sequence[str], first: int, text: str) -> Documents | None:
    if any(mark in text for _, mark in _ESCAPES):
        return None
    escaped = "\\" in text
    if escaped:
        for printed, mark in _ESCAPES:
            text = text.replace(printed, mark)
    values, end, broken_at = _whole_documents(text)
    breaks_off = broken_at >= 0 and text.count("\n", broken_at) <= _BEHIND_LINES
    rest: str | None = None
    if breaks_off and (not values or broken_at - end > _HALF_CHARS):
        cut = _cut(text, len(text) - len(text[end:].lstrip()), broken_at)
        if cut is not None:
            values.append(cut[0])
            end = cut[1]
            rest = _with_escapes(text[end:].partition("\n")[0]).strip()
    if not values or not any(values):
        return None
    covered = text.count("\n", 0, end) + 1
    behind = lines[first + covered :] if rest is None else lines[first + covered + 1 :]
    stray = [line for line in (*lines[:first], *behind) if line.strip()]
    if sum(map(len, stray)) > end or len(stray) > _STRAY_LINES:
        return None
    # What begins like a further document and is broken in its middle is read as text, not passed over.
    if not breaks_off and any(map(_begins_another, lines[first + covered :])):
        return None
    if _is_foreign(values, text):
        return None
    return Documents(values, first, first + covered, escaped, rest)


def _whole_documents(text: str) -> tuple[list[Value], int, int]:
    """The documents at the beginning of *text*, where the last ends, and where reading a further one failed, or -1."""
    values: list[Value] = []
    at = len(text) - len(text.lstrip())
    end = at
    together = _one_on_each_line(text, at)
    while at < len(text) and text[at] in "{[":
        if together is not None:
            found, until = together
            values += found
            together = _one_on_each_line(text, until + 1)
        else:
            try:
                value, until = _SCANNER.raw_decode(text, at)
            except json.JSONDecodeError as error:
                return values, end, error.pos
            except RecursionError:
                break
            # A document ends its line; `[main] INFO` and `{a} is` do not.
            newline = text.find("\n", until)
            if text[until : newline if newline >= 0 else len(text)].strip():
                break
            values.append(value)
        end = at = until
        while at < len(text) and text[at] in " \n\t\r":
            at += 1
    return values, end, -1


def _one_on_each_line(text: str, at: int) -> tuple[list[Value], int] | None:
    """The objects on the next lines of *text*, where each is one, and where the last ends; None where it must be seen.

    Read as one list they share the names of their fields, which are half of what they hold: 20 MB of them took 60 MB
    more one by one. What is put between them tells whether each was whole.
    """
    end = text.find("\n", at + _READ_TOGETHER_CHARS)
    end = len(text.rstrip("\n")) if end < 0 else end
    count = text.count("\n", at, end)
    if count == 0 or text.count("}\n{", at, end) != count or text[at] != "{" or text[end - 1] != "}":
        return None
    try:
        listed = text[at:end].replace("\n", _PARTED)
        found = _SCANNER.decode(f"[{listed}]")
    except (ValueError, RecursionError):
        return None
    values = found[::2]
    is_whole = len(values) == count + 1 and found[1::2] == [None] * count and None not in values
    return (values, end) if is_whole else None


def _cut(text: str, at: int, broken_at: int) -> tuple[Value, int] | None:
    """What a document that breaks off holds, and where what is whole of it ends."""
    found = closed(text, at, broken_at)
    if found is None:
        return None
    try:
        return _SCANNER.raw_decode(found[0])[0], found[1] + 1
    except (ValueError, RecursionError):
        return None


def _begins_another(line: str) -> bool:
    return line[:1] in ("{", "[") and line[1:2] in ("", '"', "{")


def _is_foreign(values: Sequence[Value], text: str) -> bool:
    """Whether the lines are a log's, a test runner's or a compiler's; *text* is all that was printed."""
    if len(values) < 2:
        return False
    held = [set(value) for value in values[:_JUDGED] if isinstance(value, dict)]
    logged = sum(1 for keys in held if all(keys & group for group in _LOG_KEYS))
    groups = [group for group in _FOREIGN if group is not _CARGO or _CARGO_SAYS in text]
    foreign = sum(1 for keys in held if any(group <= keys for group in groups))
    return (logged + foreign) * 2 > len(held) > 0


# What is shown.


def reduce(segment: Segment, documents: Documents) -> list[Block]:
    lines = segment.lines
    body = lines[documents.start : documents.end]
    blocks: list[Block] = []
    if documents.start:
        blocks.append(keep(0, documents.start, Rank.STRUCTURE))
    blocks.append(_shown(documents, body, failed=bool(segment.exit_code)))
    if documents.end < len(lines):
        blocks.append(keep(documents.end, len(lines), Rank.STRUCTURE))
    return blocks


def _shown(documents: Documents, body: Sequence[str], *, failed: bool) -> Block:
    kind = _STREAM if documents.is_stream else "json"
    value = list(documents.values) if documents.is_stream else documents.values[0]
    block = shown(kind, value, body, documents.start, documents.end, escaped=documents.escaped, failed=failed)
    return block if documents.rest is None else _broken_off(block, documents.rest)


def _broken_off(block: Block, rest: str) -> Block:
    """*block* with what stands behind the last comma, of which nobody can say what it would have been."""
    if block.shown is None:
        return block
    tail = ("[here it breaks off, in the middle of]", rest) if rest else ("[here it breaks off]",)
    entire = block.entire
    return replace(
        block, shown=(*block.shown, *tail), entire=(lambda: (*entire(), *tail)) if entire is not None else None
    )


def shown(
    kind: str,
    value: Value,
    body: Sequence[str],
    start: int,
    end: int,
    *,
    escaped: bool,
    what: str = "",
    is_written: bool = False,
    failed: bool = False,
) -> Block:
    """The block for the lines [start, end), which hold *value*: all of it, or, where that is long, what stands out.

    *is_written*: a person wrote it, and each of its rows says something of its own; they have the room of entries.
    *failed*: the command did, so that what stands out is asked for, and of a long value less of the rest is told.
    """
    original = sum(len(line.lstrip()) + 1 for line in body)
    if original < _WORTH_CHARS:
        return keep(start, end, Rank.EVIDENCE)
    whole = partial(_whole, kind, value, escaped=escaped)
    if _tells_diagnostics(body):
        return Block(start, end, whole()[0], what, Rank.EVIDENCE)
    sheet = Sheet(terse=True, is_stream=kind == _STREAM)
    lines = list(sheet.lines(value))
    room = room_chars(original) if is_written else _room(lines, original)
    if failed and original > _LONG_CHARS:
        room = int(room * _FAILED_SHARE)
    if has_room(size(lines), room):
        told, length = whole()
        # Links to more of the same are left out even of a small document where they are much of it.
        is_mostly_links = sheet.left_out["links"] and size(lines) <= _WORTH_SHARE * length
        if has_room(length, room) and not is_mostly_links:
            return Block(start, end, told, what, Rank.EVIDENCE)
    kept, gone = fitted(lines, room)
    reasons = [f"{count} {what}" for what, count in sheet.left_out.items() if count][:6]
    if gone:
        reasons.insert(0, f"{gone} entries of the notation")
    if what:
        reasons.append(what)
    shown = _restored(explained(kind, sheet, kept), escaped)
    # Without remarks and declarations, which the notation has no place for, it is not the whole.
    entire = None if what else lambda: whole()[0]
    return Block(start, end, shown, ", ".join(reasons), Rank.EVIDENCE, entire=entire)


def _whole(kind: str, value: Value, *, escaped: bool) -> tuple[tuple[str, ...], int]:
    """The notation with nothing left out, and how long it is."""
    sheet = Sheet(is_stream=kind == _STREAM)
    lines = list(sheet.lines(value))
    told = explained(kind, sheet, [line.printed for line in lines])
    return _restored(told, escaped), size(lines)


def _room(lines: Sequence[Line], original: int) -> int:
    """How long the notation may be: entries have more room than the rows of tables."""
    rows = size([line for line in lines if line.is_row])
    if rows * 2 < size(lines):
        return room_chars(original)
    return row_room_chars(original, named=any(line.name for line in lines))


_PLACES = ('"line"', '"startLine"', '"row"', '"line_number"', '"lineno"')


def _tells_diagnostics(body: Sequence[str]) -> bool:
    """Whether the records are a compiler's or a linter's findings: none of those may go."""
    head = "\n".join(body[:400])[:40_000]
    return '"message"' in head and any(place in head for place in _PLACES)


def explained(kind: str, sheet: Sheet, lines: Iterable[str]) -> list[str]:
    """The notation under a line that says how it is read: only what is used in it."""
    told = [f"{kind}, rewritten: indent nests"]
    if "path" in sheet.words:
        told.append("a.b is b in a")
    if "single" in sheet.words:
        told.append("a[0].b is b of a's only item")
    if "usual" in sheet.words:
        told.append("key=value in a heading holds for each row that has no key:value of its own")
    elif "named" in sheet.words:
        told.append("key:value adds a key to a row")
    if "kinds" in sheet.words:
        told.append("#1-3 are the first to third row")
    if "absent" in sheet.words or "usual" in sheet.words:
        told.append("- is absent")
    if "str" in sheet.words:
        told.append("key:str holds strings")
    if "inline" in sheet.words:
        told.append("(a b : 1 2; 3 4) are rows")
    return [f"[{'; '.join(told)}]", *lines]


def _restored(lines: Sequence[str], escaped: bool) -> tuple[str, ...]:
    return tuple(_with_escapes("\n".join(lines)).split("\n")) if escaped else tuple(lines)


def _with_escapes(text: str) -> str:
    for printed, mark in _ESCAPES:
        text = text.replace(mark, printed)
    return text


# What must survive.

_TROUBLE = re.compile(
    r'"(?:error|errors|err|errorMessage|error_message|error_description|failure|failures|exception|fatal|stderr)"\s*:\s*'
    r'(?:"((?:[^"\\\n]|\\.){1,4000})"|(-?[1-9]\d*)(?=\s*[,}\n]))'
)
_SAID = re.compile(
    r'"(?:status|state|phase|conclusion|result|severity|outcome|health|kind|code)"\s*:\s*"([^"\\\n]{1,60})"'
)
_BAD = re.compile(
    r"(?:error|failed|failure|fatal|crashloopbackoff|imagepullbackoff|errimagepull|oomkilled|unhealthy|critical|degraded"
    r"|evicted|notready|timed_out|dead)$", re.IGNORECASE
)  # fmt: skip
_PROMISED_CHARS = 120
_PROMISED_PARTS = 60
"""Where more different errors are told than that, they are the ordinary content of the document."""


def evidence(segment: Segment, documents: Documents) -> list[Evidence]:
    """Errors that are told, and statuses of failure; read from the text, not from the parsed documents."""
    found: list[Evidence] = []
    for index in range(len(segment.lines)):
        if documents.start <= index < documents.end:
            continue
        if segment.lines[index]:
            found.append(Evidence(index, (segment.lines[index],)))
    if len(segment.lines) < documents.end:
        return found
    if documents.rest:
        found.append(Evidence(documents.end - 1, (documents.rest,)))
    body = segment.text if not documents.start else "\n".join(segment.lines[documents.start : documents.end])
    parts: dict[str, None] = {}
    for match in _TROUBLE.finditer(body):
        parts.setdefault((match[1] or match[2])[:_PROMISED_CHARS].rstrip("\\"))
    for match in _SAID.finditer(body):
        if _BAD.match(match[1]):
            parts.setdefault(match[1])
    if 0 < len(parts) <= _PROMISED_PARTS:
        found.append(Evidence(documents.start, tuple(parts)))
    return found


_TOP_KEY = re.compile(r'(\s+)"([^"\\\n]+)":')


def parts(segment: Segment, documents: Documents) -> list[Part]:
    """The keys of a printed document's first level, with the lines of their values."""
    lines = segment.lines[documents.start : documents.end]
    if len(lines) < 3 or documents.is_stream or (first := _TOP_KEY.match(lines[1])) is None:
        return []
    lead = first[1] + '"'
    begins = [
        (at, match[2]) for at, line in enumerate(lines) if line.startswith(lead) and (match := _TOP_KEY.match(line))
    ]
    ends = [at for at, _ in begins[1:]] + [len(lines) - 1]
    return [
        Part("section", key, documents.start + at, documents.start + end, lines[at].strip()[:200])
        for (at, key), end in zip(begins, ends, strict=True)
    ]
