"""Where the stack traces of a text are, and which of their frames may go.

    Traceback (most recent call last):       head      stays
      File ".../site-packages/x.py", ...     library   goes
      File "/shop/cart.py", line 12, ...     own       stays, once
      File "/usr/lib/python3/json.py", ...   innermost stays
    KeyError: 'sku'                          message   stays: only frames are ever left out

A stack is a run of frames that nothing but blank lines interrupts; a span is what belongs to one trace: its head,
its stacks, the causes between them and the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sidecar.compression.forms.boxed import SIDE, left_out_of
from sidecar.compression.forms.trace.languages import HINTS, Frame, frames_of

__all__ = ["FramesCut", "Stack", "frames_reduced", "stacks_of", "trace_spans"]

_OWN_AT_EACH_END = 12
"""Of a deep stack of the user's own calls so many stay at each end."""
_LIBRARY_AT_INNER_END = 2
"""Where a stack has no own frame, so many of the innermost stay."""
_GAP = 12
"""At most so many lines between two stacks of one trace."""
_HEAD = 8
"""At most so many lines above a stack are its head and message."""
_MESSAGE = 30
"""At most so many lines after Python's frames are its message."""
_IDS = 100
"""So many goroutines with one stack are named."""

_HEADED = re.compile(
    r"[ \t|+]*(?:Traceback \(|\+ Exception Group|Exception in thread|Caused by:|Suppressed:|goroutine \d+|panic: "
    r"|fatal error:"
    r"|thread '|WARNING: (?:DATA RACE|ThreadSan)|==\d+==|Thread \d+ \(|Stack trace:|[Ss]tack backtrace:|PHP (?:Fatal"
    r"|Warning)"
    r"|(?:Previous |Atomic )?(?:[Rr]ead|[Ww]rite)(?: of size \d+)? at |\[cause\]:|Unhandled [Ee]xception"
    r"|\"[^\"]*\" #\d+"
    r"|[\w.$:/\\]*(?:Error|Exception|Failure|Throwable|Warning|Fault)\b(?:[: \[(]|$))"
)
_GLUE = re.compile(
    r"[ \t|+]*(?:During handling of|The above exception|Traceback \(|Caused by:|Suppressed:"
    r"|\[Previous line repeated|--- End of"
    r"|---> |\[cause\]:|Wrapped by:|\[CIRCULAR|\+-|\+---------|Exception Group|Next \w|thrown in|\{main\}|\.\.\. )"
)
_NEVER = re.compile(
    r"[ \t|+]*(?:Caused by: |Suppressed: |The above exception|During handling of|==\d+== ERROR |SUMMARY: )"
)
"""Lines that stay even where two programs printed into one another."""
_REPEATED = re.compile(r"[ \t|+]*\[Previous line repeated \d+ more times?\]")
_TASK = re.compile(r"(?P<what>goroutine|Thread|\".*\") #?(?P<id>\d+)(?P<rest>.*)")
_RUNTIME = re.compile(r"(?:created by )?runtime[./]")
_JVM = re.compile(
    r'"(?:Signal Dispatcher|Service Thread|Monitor Deflation Thread|C[12] CompilerThread\d+|Sweeper thread'
    r"|Notification Thread"
    r"|Attach Listener|VM Periodic Task Thread|VM Thread|G1 [\w# ]+|GC Thread#\d+|Common-Cleaner|Reference Handler"
    r"|Finalizer"
    r'|Z[A-Z]\w*[\w# ]*|Shenandoah [\w# ]+|Concurrent [\w# ]+|ParGC Thread#\d+|Cleaner-\d+)" (?:#\d+ |daemon |os_prio)'
)
_PLUMBING = re.compile(r"0x[0-9a-f]+|nid=\w+|\d[\d.]*(?:ms|s)?(?: minutes?)?")
_MARKS = re.compile(r"[ \t|]*[~^]+[ ~^]*$")


@dataclass(slots=True)
class Stack:
    """Frames in a row, and the index of the line above the first."""

    frames: list[Frame]
    head: int = -1

    @property
    def start(self) -> int:
        return self.frames[0].start

    @property
    def end(self) -> int:
        return self.frames[-1].end

    @property
    def innermost(self) -> int:
        return len(self.frames) - 1 if self.frames[-1].is_inner_last else 0


@dataclass(frozen=True, slots=True)
class FramesCut:
    """What of some stacks may go: by line what it is left out as, and by line how a kept one is printed instead."""

    left_out: dict[int, str] = field(default_factory=dict)
    noted: dict[int, str] = field(default_factory=dict)
    pays: dict[int, int] = field(default_factory=dict)
    """By noted line the end of the first lines left out for it: a note is longer than its line, both share a block."""


def stacks_of(lines: Sequence[str], start: int = 0, end: int | None = None) -> list[Stack]:
    """The stacks in the lines [start, end): at least two frames, or one below a head that can only be a trace's."""
    end = len(lines) if end is None else end
    stacks: list[Stack] = []
    for frame in frames_of(lines, start, end):
        last = stacks[-1] if stacks else None
        if last is not None and (
            frame.start == last.end or (frame.start == last.end + 1 and _REPEATED.match(lines[last.end][:200]))
        ):
            last.frames.append(frame)
            continue
        head = frame.start - 1
        while head > start and frame.start - head < 3 and not _tells(lines[head]):
            head -= 1
        stacks.append(Stack([frame], head if head >= start else -1))
    return [stack for stack in stacks if _is_stack(lines, stack)]


def _tells(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("   java.lang.Thread.State")


def _is_stack(lines: Sequence[str], stack: Stack) -> bool:
    if len(stack.frames) > 1 or stack.frames[0].is_inner_last:
        return True
    return stack.head >= 0 and bool(_HEADED.match(lines[stack.head][:200]) or _GLUE.match(lines[stack.head][:200]))


def trace_spans(
    lines: Sequence[str], text: str | None = None, stacks: Sequence[Stack] | None = None
) -> list[tuple[int, int]]:
    """The traces of a text as line ranges [start, end), in order, apart: head, stacks, causes and message.

    *text* is the same lines joined; a text without a trace costs a few `str.find`. *stacks* are those of these
    lines, where the caller knows them.
    """
    if stacks is None and text is not None and not any(hint in text for hint in HINTS):
        return []
    spans: list[tuple[int, int]] = []
    for stack in stacks_of(lines) if stacks is None else stacks:
        floor = spans[-1][1] if spans else 0
        start, end = _head(lines, stack, floor), _message(lines, stack)
        if spans and start <= spans[-1][1] + _GAP and _are_glued(lines, spans[-1][1], stack.start):
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif end > floor:
            spans.append((max(start, floor), end))
    return spans


def _head(lines: Sequence[str], stack: Stack, floor: int) -> int:
    """The first line of the head and message above *stack*."""
    start = max(floor, min(stack.start, stack.head if stack.head >= 0 else stack.start))
    for index in range(stack.start - 1, max(floor, stack.start - _HEAD) - 1, -1):
        line = lines[index][:200]
        if _HEADED.match(line):
            start = index
        # Go has an empty line between its panic and the goroutine.
        elif not line.strip() and index + 1 < stack.start and not lines[index + 1].startswith("goroutine "):
            break
    return start


def _message(lines: Sequence[str], stack: Stack) -> int:
    """The end of what is said below *stack*: Python and PHP tell the message or the place there."""
    end = stack.end
    last = stack.frames[-1]
    if end < len(lines) and _REPEATED.match(lines[end][:200]):
        end += 1
    if not last.is_inner_last:
        while end < len(lines) and lines[end].startswith(("  thrown in ", "\t... ", "   --- End")):
            end += 1
        return end
    first = end
    while end < len(lines) and end - first < _MESSAGE and lines[end].strip(" |"):
        if (
            end > first
            and not lines[end][:1].isspace()
            and lines[end][:1] not in "|+"
            and not _GLUE.match(lines[end][:200])
        ):
            break
        end += 1
    return end


def _are_glued(lines: Sequence[str], start: int, end: int) -> bool:
    """Whether the lines between two stacks make them one trace."""
    if end - start > _GAP:
        return False
    between = [line for line in lines[start:end] if line.strip()]
    return any(_GLUE.match(line[:200]) for line in between) or (
        bool(between) and all(line[0] in " \t|+" for line in between)
    )


def frames_reduced(
    lines: Sequence[str], start: int = 0, end: int | None = None, stacks: Sequence[Stack] | None = None
) -> FramesCut:
    """Which lines of the traces in [start, end) may go, and as what; nothing but frames ever goes.

    Of each stack the user's own frames stay, each once, and the innermost; a stack that was already shown
    (another goroutine's, another thread's) goes whole, and the first says how many there are. *stacks* are those
    of these lines, where the caller knows them.
    """
    cut = FramesCut()
    stacks = stacks_of(lines, start, end) if stacks is None else stacks
    first_by_key: dict[tuple[str, ...], Stack] = {}
    tasks: dict[int, list[int]] = {}
    shown: set[str] = set()
    for stack in stacks:
        task = _task(lines, stack)
        if task is not None:
            key = (task, *(frame.key for frame in stack.frames))
            leader = first_by_key.setdefault(key, stack)
            if leader is not stack:
                tasks.setdefault(leader.head, []).append(stack.head)
                cut.pays.setdefault(leader.head, stack.end)
                _leave_out(cut, stack.head, _after_blanks(lines, stack.end), "tasks with the stack of one shown above")
                continue
            if lines[stack.head].startswith("goroutine ") and all(_RUNTIME.match(frame.key) for frame in stack.frames):
                _leave_out(cut, stack.head, _after_blanks(lines, stack.end), "goroutines of the runtime")
                continue
        _cut_stack(lines, stack, cut, shown)
    _leave_out_jvm(lines, start, len(lines) if end is None else end, cut)
    for index in [index for index in cut.left_out if _NEVER.match(lines[index][:200])]:
        del cut.left_out[index]
    for leader_head, followers in tasks.items():
        ids = [_name(lines[head]) for head in followers[:_IDS]]
        more = f" and {len(followers) - _IDS} more" if len(followers) > _IDS else ""
        cut.noted[leader_head] = f"{lines[leader_head]} (x{len(followers) + 1} alike: also {' '.join(ids)}{more})"
    return cut


def _leave_out_jvm(lines: Sequence[str], start: int, end: int, cut: FramesCut) -> None:
    """Of a dump of Java's threads the machine's own, which every program has, go with their frames."""
    index = start
    while index < end:
        if lines[index][:1] == '"' and _JVM.match(lines[index][:200]):
            first = index
            while index < end and lines[index].strip():
                index += 1
            index = min(end, _after_blanks(lines, index))
            _leave_out(cut, first, index, "the JVM's own threads")
        else:
            index += 1


def _after_blanks(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index


def _task(lines: Sequence[str], stack: Stack) -> str | None:
    """What a goroutine or a thread is doing, without its number; None where *stack* is no task's."""
    if stack.head < 0 or not (found := _TASK.match(lines[stack.head][:200])):
        return None
    what = found["what"] if found["what"][0] != '"' else lines[stack.start - 1]
    return _PLUMBING.sub("", found["rest"]) + what


def _name(head: str) -> str:
    """A goroutine's or gdb thread's number, a Java thread's name."""
    found = _TASK.match(head[:200])
    if found is None:
        return ""
    return found["what"] if found["what"][0] == '"' else found["id"]


def _leave_out(cut: FramesCut, start: int, end: int, what: str) -> None:
    for index in range(start, end):
        cut.left_out[index] = what


def _cut_stack(lines: Sequence[str], stack: Stack, cut: FramesCut, shown: set[str]) -> None:
    frames = stack.frames
    innermost = stack.innermost
    latest = {frame.key: number for number, frame in enumerate(frames) if frame.is_own}
    first = {frame.key: number for number, frame in reversed(list(enumerate(frames))) if frame.is_own}
    own = sorted((latest if innermost else first).values())  # of a recursion the call next to the innermost
    if len(own) > 2 * _OWN_AT_EACH_END:
        own = own[:_OWN_AT_EACH_END] + own[-_OWN_AT_EACH_END:]
    before = frozenset(shown)
    kept = {number for number in own if frames[number].key not in before}
    if own:
        kept.add(own[-1] if innermost else own[0])
    if not (own and frames[innermost].is_machinery):
        kept.add(innermost)
    if not own:
        nearest = range(len(frames) - _LIBRARY_AT_INNER_END, len(frames)) if innermost else range(_LIBRARY_AT_INNER_END)
        kept.update(number for number in nearest if 0 <= number < len(frames))
    for number, frame in enumerate(frames):
        if number in kept:
            shown.add(frame.key)
            if lines[frame.start].lstrip().startswith(SIDE):
                cut.left_out.update(left_out_of(lines, frame.start, frame.end, is_own=frame.is_own))
            if number != innermost and frame.is_inner_last:
                _leave_out_marks(lines, frame, cut)
        else:
            what = (
                "library frames"
                if not frame.is_own
                else "frames shown above"
                if frame.key in before
                else "repeated frames"
            )
            _leave_out(cut, frame.start, frame.end, what)
            for index in range(frame.start + 1, frame.end):
                if _HEADED.match(lines[index][:200]):
                    # A message that another program printed between, and its innermost frame.
                    cut.left_out.pop(index, None)
                    cut.left_out.pop(index + 1, None)
            above = frames[number - 1] if number else None
            if above is not None and frame.start - 1 > above.start and _HEADED.match(lines[frame.start - 1][:200]):
                cut.left_out.pop(frame.start, None)


def _leave_out_marks(lines: Sequence[str], frame: Frame, cut: FramesCut) -> None:
    for index in range(frame.start + 1, frame.end):
        if _MARKS.match(lines[index][:200]):
            cut.left_out[index] = "marks"
