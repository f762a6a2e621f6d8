"""What a failing test of a JUnit report says: every fact once, in the report's own words.

<testcase classname="..." name="..." time="0.02">       its name, without times
<failure message="expected 4" type="AssertionError">    the message goes where the text below has it word for word
AssertionError: expected 4                              stays
      3 |   const tax = rate(4)                         source around the marked line goes
 at runTest (node:internal/...)                         library frames go, and what an earlier failure shows too
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape
from itertools import pairwise

from sidecar.compression.forms.tests.node import is_long_value
from sidecar.compression.forms.tests.repeats import Repeats

__all__ = ["PROBLEM", "told"]

PROBLEM = re.compile(r"<(failure|error|rerunFailure|flakyFailure|rerunError)\b[^>]*>?")

_MESSAGE = re.compile(r'\s*\bmessage="([^"]*)"')
_NAMED = re.compile(r'\b(?:class)?name="[^"]*"')
_CLOSED = re.compile(r"(?:\]\]>)?(?:</[\w-]+>)*$")
_OPENED = re.compile(r"(?:<(?:system-out|system-err|stackTrace)>)?(?:<!\[CDATA\[)?")
_FRAME = re.compile(
    r"\s+at (?:[\w.]+/)?(?:java|javax|sun|jdk|junit|kotlin|org\.(?:junit|opentest4j"
    r"|apache\.maven|gradle|assertj|hamcrest|mockito|testng))[./]|\s+\.\.\. \d+ more"
    r"|\s+at .*(?:\bnode:|node_modules[/\\])|\S*/(?:vendor|gems)/\S*:\d+"
)
_GUTTER = re.compile(r" *\d+ *\|| *\|[ ^~]*$")
_MARKED = re.compile(r" *(?:>|&gt;) *\d+ *\|")
_SOURCE = re.compile(r"    ")
_EXPLAINED = re.compile(r"E  ")
_RAISED = re.compile(r"\s*[A-Za-z_][\w.$]*(?:Error|Exception)\b")
_RULER = frozenset("─⎯=_-")
_RULE = re.compile(r" ?[─⎯=_-]{5,}$")
_ATTACHED = re.compile(r"\[\[ATTACHMENT\|(?P<path>[^\]]+)\]\]$")
_VALUE = re.compile(r'="([^"]*)"')
_LAST = re.compile(r"[.\\\\]")
_ENDS = re.compile(r"\S|\s*(?:at |❯ |$)")
_WRAPPER = re.compile(r"\s*\[Error \[ERR_TEST_FAILURE\]: (.+?)(?:\] \{)?$")
_CAUSE = re.compile(r"\s+cause: ")
_DETAIL = re.compile(r"\s*(?:(?:code|failureType|operator): '[\w]+',?|generatedMessage: \w+,|\}?\]? ?[{}])$")
_CONTEXT = 2
_SAID_CHARS = 400
_AGAIN_CHARS = 3
_UNESCAPED_CHARS = 240
_LONG_CHARS = 360
_OPENING = 60
"""A line so long that begins like one of an earlier failure, in so many characters, is cut to as many at each end."""


def told(tag: str, body: str, repeats: Repeats) -> tuple[list[str], list[str]]:
    """Of a failing test's *tag* and *body* the lines to show, and what those are that are left out."""
    whats = ["times"]
    named = " ".join(_NAMED.findall(tag))
    tag = f"<testcase {named}>" if named else tag
    problems = [found[0] for found in PROBLEM.finditer(body)]
    lines = list(_lines(body))
    why = ["closing tags" if not line.strip() else "" for line in lines]
    _mark_messages(lines, why, problems)
    _mark_frames(lines, why)
    _mark_wrapped(lines, why)
    _mark_again(lines, why)
    _mark_unchanged(lines, why)
    repeats.mark(lines, [i for i, what in enumerate(why) if not what and lines[i] not in problems], why, stays=_is_said)
    _mark_messages(lines, why, problems)
    shown = [tag]
    said = "\n".join(line for line, what in zip(lines, why, strict=True) if not what and line not in problems)
    for line, what in zip(lines, why, strict=True):
        if line in problems:
            shown.append(_bare(line, said))
        elif what:
            whats.append(what)
        elif shown[-1][-1:] == ">" and PROBLEM.match(shown[-1]) and _joins(shown[-1], line):
            shown[-1] += line
        else:
            shown.append(_cut(line, repeats.begun))
            if shown[-1] is not line:
                whats.append("the middle of long lines")
    return shown, whats


def _cut(line: str, begun: set[str]) -> str:
    """Of a value that is dumped again on one line its ends."""
    opening = line[:_OPENING]
    if len(line) <= _LONG_CHARS or _RAISED.match(line):
        return line
    if opening not in begun:
        begun.add(opening)
        return line
    return f"{line[:_OPENING]}[... {len(line) - 2 * _OPENING} characters]{line[-_OPENING:]}"


def _lines(body: str) -> Iterable[str]:
    """The body's lines, a failure's tag by itself: Vitest's holds the line breaks of its message."""
    at = 0
    for found in PROBLEM.finditer(body):
        yield from map(_text, body[at : found.start()].split("\n"))
        yield found[0]
        at = found.end()
    yield from map(_text, body[at:].split("\n"))


def _joins(tag: str, line: str) -> bool:
    """Whether a failure's text goes on in its tag's line: not where the tag is long, nor at the cost of a margin."""
    return "message=" not in tag and not line[:1].isspace()


def _text(line: str) -> str:
    """A line without the tags that only frame it."""
    line = line.rstrip()
    line = _CLOSED.sub("", line) if line[-1:] == ">" else line
    line = _RULE.sub("", line) if line[-1:] in _RULER else line
    return line[_OPENED.match(line, len(line) - len(line.lstrip())).end() :] if "<" in line[:40] else line  # type: ignore[union-attr]


def _bare(tag: str, said: str) -> str:
    """A failure's tag without what the text below says word for word: its message, its type."""
    found = _MESSAGE.search(tag)
    if found is not None and found[1].strip():
        if found[1] not in said:
            return tag
        tag = tag.replace(found[0], "", 1)
    if all(_LAST.split(value)[-1] in said for value in _VALUE.findall(tag)):
        return f"<{tag[1:].partition(' ')[0].rstrip('>')}>"
    return tag


def _mark_messages(lines: Sequence[str], why: list[str], problems: Sequence[str]) -> None:
    """What a tag quotes need not stand below it too, nor what is raised above its own line.

    Of what it quotes in escapes (`expected: &quot;012&quot;`) a few words stay below it as they are.
    """
    text = "\n".join(line for line, what in zip(lines, why, strict=True) if not what and line not in problems)
    quoted = [message for tag in problems for message in _MESSAGE.findall(tag) if message not in text]
    words = {line.strip() for message in quoted for line in unescape(message).split("\n")} - {""}
    raised = {line.partition(": ")[2].strip() for line in lines if _RAISED.match(line)} - {""}
    room = _UNESCAPED_CHARS
    for index, line in enumerate(lines):
        if why[index] or line in problems:
            continue
        bare = line[1:].strip() if _EXPLAINED.match(line) else line.strip()
        attached = _ATTACHED.match(line.strip())
        if bare in words and bare not in raised and not any(bare in message for message in quoted):
            room -= len(bare)
            why[index] = "" if room >= 0 else "messages again"
        elif bare in words or unescape(bare) in words or bare in raised:
            why[index] = "messages again"
        elif attached and text.count(attached["path"]) > 1:
            why[index] = "attachments"


def _mark_wrapped(lines: Sequence[str], why: list[str]) -> None:
    """Of an error that Node's runner wraps in one of its own: that one, where its cause says the same, and codes."""
    causes = [line for line in lines if _CAUSE.match(line)]
    if not causes:
        return
    is_compared = any(line.strip().startswith("+ actual - expected") for line in lines)
    for index, line in enumerate(lines):
        wrapped = _WRAPPER.match(line)
        is_long = is_compared and is_long_value(line)
        if (wrapped and any(wrapped[1] in cause for cause in causes)) or _DETAIL.match(line) or is_long:
            why[index] = why[index] or "details of the error"


def _mark_frames(lines: Sequence[str], why: list[str]) -> None:
    is_python = any(_EXPLAINED.match(line) for line in lines)
    is_excerpt = any(_MARKED.match(line) for line in lines)
    for index, line in enumerate(lines):
        if why[index]:
            continue
        if _FRAME.match(line):
            why[index] = "library frames"
        elif (is_python and _SOURCE.match(line)) or (is_excerpt and _GUTTER.match(line)):
            why[index] = "source lines"


def _mark_again(lines: Sequence[str], why: list[str]) -> None:
    """Two lines or more that stand above in this very failure, perhaps less indented: a cause told a second time."""
    stays = [index for index, what in enumerate(why) if not what]
    seen: set[tuple[str, str]] = set()
    for above, below in pairwise(stays):
        pair = lines[above].strip(), lines[below].strip()
        if pair in seen and sum(map(len, pair)) > _AGAIN_CHARS:
            why[above] = why[below] = "lines said above"
        seen.add(pair)


def _mark_unchanged(lines: Sequence[str], why: list[str]) -> None:
    """Of a comparison's unchanged lines those near a changed one stay."""
    changed = [index for index, line in enumerate(lines) if line.lstrip()[:1] in {"+", "-"} and not why[index]]
    if not changed:
        return
    end = next((i for i in range(changed[-1] + 1, len(lines)) if _ENDS.match(lines[i])), len(lines))
    for above, below in pairwise([*changed, end + _CONTEXT]):
        for index in range(above + 1 + _CONTEXT, min(below - _CONTEXT, end)):
            why[index] = why[index] or "unchanged lines"


def _is_said(line: str) -> bool:
    """Whether a line is said for each failure anew: what was raised, and what differs, for half a diff misleads."""
    return len(line) <= _SAID_CHARS and (line.lstrip()[:1] in {"+", "-"} or _RAISED.match(line) is not None)
