"""Stack traces: what was raised, every cause, the user's own frames and the innermost one; library frames go.

    Exception in thread "main" shop.OrderException: order 17        stays
        at shop.Shop.place(Shop.java:7)                             stays
        at java.base/java.util.stream.ReduceOps...                  goes
    Caused by: java.lang.NumberFormatException: "x4"                stays
        at java.base/java.lang.NumberFormatException.forInputString stays: where it was raised
        at shop.Shop.price(Shop.java:5)                             stays

What a program printed around its trace stays as the form for plain text leaves it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms import text as plain
from sidecar.compression.forms.above import ABOVE, printed_above
from sidecar.compression.forms.boxed import MARK, SIDE
from sidecar.compression.forms.drafting import BLANK, condensed
from sidecar.compression.forms.marking import side_by_side
from sidecar.compression.forms.trace.languages import HINTS, LOCAL, may_have_frames
from sidecar.compression.forms.trace.names import called
from sidecar.compression.forms.trace.stacks import FramesCut, Stack, frames_reduced, stacks_of, trace_spans
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Form, Part, Rank, Segment, moved, verbatim

__all__ = ["FORM"]

_MOSTLY = 0.5
"""From this share of its lines a text is a trace, below it is a program's output with a trace in it."""
_SURE, _MIXED = 0.8, 0.52
"""A log with traces in it is a log (0.55 and more), and so is a test run."""

_RECORD = re.compile(
    r"\n\[?(?:\d{4}[-/]\d\d[-/]\d\d[ T]|\d\d:\d\d:\d\d|(?:\[?(?:INFO|WARN|WARNING|ERROR|DEBUG)\b)|\w{3} \d\d, \d{4})"
)
_RUN = re.compile(
    r"\n(?:Ran \d+ tests? in |=+ .*\b(?:passed|failed|errors?)\b.* in [\d.]+s|--- FAIL: |FAIL\t|test result: "
    r"|Tests:? +(?:run: )?\d"
    r"|\d+ (?:examples?|tests|runs), |npm (?:ERR!|error) |\s+\d+ (?:passing|failing)\b|# (?:pass|fail) \d"
    r"|FAILURES!$|not ok \d)",
    re.MULTILINE,
)
"""What a test runner prints once; with the newline before it, which is found at once, where `^` is tried everywhere."""

_REPORT = ("Sanitizer", "== ", "Shadow ", "libthread_db", "Memory map:", "os_prio=")
_REPORTS = frozenset("=S_0123456789abcdef[nDw -")
_CAUGHT = "runtime error: "
"""What the sanitizer of undefined behaviour says, with or without a stack."""
_REPORT_LINE = re.compile(r"==\d+==|={20,}$|SUMMARY: \w*Sanitizer|\S*:\d+(?::\d+)?: runtime error: ")
_SHADOW = re.compile(
    r"Shadow bytes around|(?:=>| {2})0x[0-9a-f]+: [0-9a-f\[ ]|Shadow byte legend"
    r"|  (?:[A-Z][\w ()-]+: +[0-9a-f ]{2,}$|Addressable:)"
)
_MAP = re.compile(r"[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][sp] ")
_ADDRESSES = re.compile(r"_java_thread_list=|0x[0-9a-f]{16}(?:[, }]|$)")
_BANNER = re.compile(
    r"==\d+== +(?:Memcheck, a memory|Copyright \(C\)|Using Valgrind|Command: |For lists of detected|Rerun with"
    r"|Use --track-origins"
    r"|For counts of detected|If you believe this|overflow in your program|possible\), you can|--main-stacksize"
    r"|main thread stack"
    r"|The main thread stack size|AddressSanitizer can not provide"
    r"|(?:WARNING: new|Preferring higher priority) redirection|embedded gdbserver: |TO (?:CONTROL|DEBUG) THIS PROCESS"
    r"|don't want to do, unless|or are doing some strange|\S*/(?:vgdb|gdb) |and then give GDB|target remote "
    r"|--pid is optional)"
    r"|--\d+-- (?!.*(?:WARNING|[Ee]rror))"
    r"|\[Thread debugging using|Using host libthread_db|\[New Thread|\[Thread 0x|\[Inferior \d|note: (?:run with"
    r"|Some details are)"
    r"|Download failed|warning: (?:Unable to find libthread|Error disabling address)"
)
_LED = re.compile(r"==\d+==(?= {2})")
"""What valgrind puts before each of its lines, where the line goes on with what the one above began."""
_LEADS = "prefixes of indented lines"
_UNKNOWN = "= <optimized out>"
_EMPTY_REPORT = re.compile(r"==\d+==\s*$")
_RAISED = re.compile(
    r"[ \t|+]*(?:Caused by: |Exception in thread |Suppressed: |panic: |fatal error: |thread '.*' panicked at "
    r"|Unhandled [Ee]xception"
    r"|PHP Fatal |\[ERROR\] FATAL|SUMMARY: |WARNING: (?:DATA RACE|ThreadSanitizer)|Program received signal |Uncaught "
    r"|[\w.$:\\]*(?:Error|Exception)(?:: |$))"
)
_TOTAL = re.compile(
    r"==\d+== +(?:ERROR SUMMARY|definitely lost|indirectly lost|possibly lost|in use at exit|total heap usage"
    r"|Process terminat)"
)
_RAISED_BELOW = re.compile(r"\s+at (?!.*node:)\S")
_CALL = re.compile(
    r'[ \t|+]*(?:at |File "|from |#\d|\d+: |\.\.\. \d|==\d+== +(?:at|by) 0x|- )|\s.* called at |.*\[0x[0-9a-f]+\]$'
)
_FILE = re.compile(r'[ \t|+]*File "')
_GO_BELOW = re.compile(r"\s+\S.*:\d+(?: \+0x[0-9a-f]+)?")
_PYTHON_MESSAGE = re.compile(r"[ |+]*[A-Za-z_][\w.]*(?::|$)")
_SOURCE = re.compile(r"[ |+]{4,}(?:assert|await|for|if|raise|return|throw|with)\b")
_SOURCE_LINES = 4
"""So many lines below the place of a Python frame are its source and marks, ..."""
_DEEP = "    "
"""... where they are indented so."""
_LINES_A_BLOCK = 40
"""A long dump is cut into blocks that show about so many lines."""
_LIBRARY = "library frames"
_NAMED_SHARE = 0.4
"""What the library frames call is told where a trace stays shorter than this share of itself."""
_MARKER_CHARS = 80
_WORTH_CHARS = 60
_FEW_NAMES = 3
_THROUGH = "through: "
_LONG = 2_000
_BOX_CHARS = 40
"""So far from the left a box may begin that rich draws around a trace."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+|==\d+==\s*|:\d+(?::\d+)?\b|\bline \d+|\d{2,}")


def _recognise(segment: Segment) -> float:
    if not may_have_frames(segment) and _CAUGHT not in segment.text:
        return 0.0
    spans = _spans(segment)
    if not spans:
        return 0.0
    lines = segment.lines
    filled = sum(1 for line in lines if line and not line.isspace())
    covered = sum(1 for start, end in spans for line in lines[start:end] if line and not line.isspace())
    share = covered / max(1, filled)
    return _SURE if share >= _MOSTLY and not _is_of_another(segment.text) else _MIXED


def _is_of_another(text: str) -> bool:
    """Whether a log or a test run printed the traces: their forms know what else is to be kept."""
    led = f"\n{text}"
    return _RUN.search(led) is not None or sum(1 for _ in islice(_RECORD.finditer(led), 3)) == 3


@kept
def _stacks(segment: Segment) -> list[Stack]:
    """The stacks of a segment, read once however often a segment is asked for them."""
    return stacks_of(segment.lines)


@kept
def _spans(segment: Segment) -> list[tuple[int, int]]:
    """The traces, and what sanitizers and valgrind print around theirs."""
    return _with_reports(segment, trace_spans(segment.lines, None, _stacks(segment)))


def _with_reports(segment: Segment, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if not any(word in segment.text for word in _REPORT):
        return spans
    reported = [
        (index, index + 1)
        for index, line in enumerate(segment.lines)
        if line[:1] in _REPORTS and (_REPORT_LINE.match(line[:200]) or _noise(line).strip())
    ]
    joined: list[tuple[int, int]] = []
    for start, end in sorted((*spans, *reported)):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _evidence(segment: Segment) -> list[Evidence]:
    """What was raised, with the frame directly below it; totals and summaries; every alarm that is no frame."""
    return verbatim(segment, _telling(segment))


@kept
def _telling(segment: Segment) -> list[int]:
    """The lines that are evidence, read once however often a segment is asked for them."""
    return sorted(_read_telling(segment))


def _read_telling(segment: Segment) -> set[int]:
    lines = segment.lines
    found: set[int] = set()
    for start, end in _spans(segment):
        running = -1
        for index in range(start, end):
            line = lines[index][:_LONG]
            if SIDE in line[:_BOX_CHARS] and (boxed := line.lstrip()).startswith(SIDE):
                running = index if boxed.startswith(MARK) else running
                continue
            if running >= 0:
                found.add(running)
                running = -1
            if not line or line[0] == "\t" or _CALL.match(line):
                continue
            if _RAISED.match(line):
                found.add(index)
                if index + 1 < end and _RAISED_BELOW.match(lines[index + 1][:_LONG]):
                    found.add(index + 1)
            elif (line[0] == "=" and _TOTAL.match(line)) or (is_alarm(line) and _is_told(lines, index)):
                found.add(index)
    return found


def _is_told(lines: Sequence[str], index: int) -> bool:
    """Whether the line says what went wrong, rather than being a call whose name sounds like it."""
    if _SOURCE.match(lines[index][:_LONG]):
        return False
    if (local := LOCAL.match(lines[index][:_LONG])) and not is_alarm(lines[index][local.end() :]):
        return False  # a variable may be called `err`
    below = lines[index + 1] if index + 1 < len(lines) else ""
    above = (
        lines[max(0, index - _SOURCE_LINES) : index]
        if lines[index].startswith(_DEEP)
        else lines[max(0, index - 1) : index]
    )
    is_call = _GO_BELOW.match(below[:_LONG]) or any(_FILE.match(line[:_LONG]) for line in above)
    return not is_call and not _noise(lines[index])


def _reduce(segment: Segment) -> list[Block]:
    lines = segment.lines
    cut = frames_reduced(lines, stacks=_stacks(segment))
    told = frozenset(_telling(segment))
    above = {i: ABOVE for i, is_above in enumerate(printed_above(segment)) if is_above and i not in told}
    blocks: list[Block] = []
    position = 0
    for start, end in _regions(lines, [*_spans(segment), *_runs(cut.left_out)]):
        blocks += _around(segment, position, start)
        blocks += _named(segment, cut, _trace(lines, start, end, cut, above))
        position = end
    blocks += _around(segment, position, len(lines))
    return [_unled(lines, block) for block in blocks] if "\n==" in segment.text else blocks


def _unled(lines: Sequence[str], block: Block) -> Block:
    """The block without the `==1234==` of frames and of what goes on with the line above, where they are several."""
    printed = lines[block.start : block.end] if block.shown is None else block.shown
    shown = tuple(line if _TOTAL.match(line) else _LED.sub("", line, 1) for line in printed)
    if sum(map(len, printed)) - sum(map(len, shown)) < _WORTH_CHARS:
        return block
    return Block(block.start, block.end, shown, f"{block.what}, {_LEADS}" if block.what else _LEADS, block.rank)


def _regions(lines: Sequence[str], spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Traces that overlap, or that only empty lines keep apart, are reduced together."""
    regions: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if regions and start <= regions[-1][1]:
            regions[-1] = (regions[-1][0], max(end, regions[-1][1]))
        elif regions and not any(lines[index].strip() for index in range(regions[-1][1], start)):
            regions[-1] = (regions[-1][0], end)
        else:
            regions.append((start, end))
    return regions


def _runs(indexes: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Line indexes as ranges."""
    first = last = -1
    for index in sorted(indexes):
        if index != last + 1:
            if first >= 0:
                yield first, last + 1
            first = index
        last = index
    if first >= 0:
        yield first, last + 1


def _around(segment: Segment, start: int, end: int) -> Iterable[Block]:
    """What stands between traces, as plain text is shortened."""
    if start >= end:
        return
    inner = segment.part(start, end)
    printed_above.tell(inner, printed_above(segment)[start:end])
    yield from moved(plain.FORM.reduce(inner), start)


def _trace(lines: Sequence[str], start: int, end: int, cut: FramesCut, above: Mapping[int, str]) -> Iterable[Block]:
    """Blocks for one region, cut at empty lines so that a bound can cut between them."""
    inner = lines[start:end]
    whys = [cut.left_out.get(index, "") or _noise(lines[index]) or above.get(index, "") for index in range(start, end)]
    noted = {index - start: line for index, line in cut.noted.items() if start <= index and cut.pays[index] <= end}
    edges = [0]
    kept = closed = 0
    for index, why in enumerate(whys):
        kept += not why
        if index in noted:
            closed = max(closed, cut.pays[index + start] - start)
        if kept >= _LINES_A_BLOCK and index >= closed and not inner[index].strip():
            edges.append(index + 1)
            kept = 0
    if edges[-1] < len(inner):
        edges.append(len(inner))
    for first, last in pairwise(edges):
        for block in condensed(inner, whys, first, last, rank=Rank.EVIDENCE, instead=noted):
            yield Block(block.start + start, block.end + start, block.shown, block.what, block.rank)


def _named(segment: Segment, cut: FramesCut, blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks with what the library frames call that are left out, as long as that keeps most of them short."""
    lines, frames = segment.lines, [frame for stack in _stacks(segment) for frame in stack.frames]
    starts = [frame.start for frame in frames]
    told: set[str] = set()
    for block in blocks:
        if not block.is_omission or _LIBRARY not in block.what:
            yield block
            continue
        within = frames[bisect_left(starts, block.start) : bisect_left(starts, block.end)]
        left_out = (frame for frame in within if cut.left_out.get(frame.start) == _LIBRARY)
        names = [name for name in called(lines, left_out) if name not in told]
        shown = block.shown or ()
        size = sum(len(line) + 1 for line in lines[block.start : block.end])
        room = int(size * _NAMED_SHARE) - sum(len(line) + 1 for line in shown) - _MARKER_CHARS
        spread = names if sum(len(name) + 2 for name in names) <= room else _spread(names, room)
        told.update(spread)
        yield replace(block, shown=(*shown, *_told_as_names(spread)))


def _spread(names: Sequence[str], room: int) -> Sequence[str]:
    """The names that have room, from every part of the way."""
    count = len(names) * room // max(1, sum(len(name) + 2 for name in names))
    return [names[index * len(names) // count] for index in range(count)] if count >= _FEW_NAMES else ()


def _told_as_names(names: Sequence[str]) -> Sequence[str]:
    if not names:
        return ()
    first, *others = side_by_side(names)
    return (f"{_THROUGH}{first}", *others)


def _noise(line: str) -> str:
    if not line.strip() or _EMPTY_REPORT.match(line[:80]):
        return BLANK
    if _SHADOW.match(line[:200]):
        return "shadow bytes"
    if line[:1].isalnum() and _MAP.match(line):
        return "memory map"
    if line[:1] in "_0" and _ADDRESSES.match(line):
        return "addresses"
    if line.endswith(_UNKNOWN) and LOCAL.match(line):
        return "locals that were optimized out"
    return "banner" if _BANNER.match(line[:200]) else ""


def _parts(segment: Segment) -> list[Part]:
    lines = segment.lines
    found: list[Part] = []
    for start, end in trace_spans(lines, segment.text, _stacks(segment)):
        said = _said(lines, start, end)
        found.append(Part("trace", _ADDRESS.sub("", said).strip(), start, end, said))
    return found


def _said(lines: Sequence[str], start: int, end: int) -> str:
    """What was raised and where, in one line."""
    stacks = stacks_of(lines, start, end)
    if not stacks:
        return lines[start].strip()[:300]
    last = stacks[-1] if stacks[-1].frames[-1].is_inner_last else stacks[0]
    own = [frame for frame in last.frames if frame.is_own] or last.frames
    if last.frames[-1].is_inner_last:
        place = own[-1]
        told = [line for line in lines[last.end : end] if _PYTHON_MESSAGE.match(line[:200])]
    else:
        place = own[0]
        above = lines[start : last.start]
        told = [line for line in above if _RAISED.match(line[:_LONG])] or [
            line for line in reversed(above) if line.strip()
        ]
    message = told[0] if told else lines[start]
    return f"{message.strip(' |+')[:300]} ({lines[place.start].strip(' |+')[:200]})"


FORM = Form("trace", _recognise, _evidence, _reduce, _parts, literals=(*HINTS, _CAUGHT))
