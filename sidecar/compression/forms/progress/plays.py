"""What `ansible-playbook` prints: tasks, and below each what became of every host.

TASK [Make the folders] ***********************          TASK [Make the folders]
changed: [web2] => (item=bin) => {"gid": 0, ...}         changed: [web2] [web1] => (item=bin, etc)
changed: [web1] => (item=bin) => {"gid": 0, ...}
changed: [web2] => (item=etc) => {"gid": 0, ...}         fatal: [web1]: FAILED! => {..., "stderr_lines": [...], ...}

What went well is told by its hosts and items; of a failure only what its JSON says twice goes, and what the failure
before it in the same task said as well. With `-vvv` the JSON spreads over lines and stands between the steps of the
connection, which go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sidecar.compression.alarms import alarm_lines, warning_lines
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment

__all__ = ["PLAY", "evidence", "is_play", "reduce"]

_HEADING = re.compile(r"(?:PLAY|TASK|RUNNING HANDLER) (?:\[[^\n]{0,300}\]|RECAP) \*+$")
_RESULT = re.compile(
    r"(?P<status>ok|changed|skipping|included|fatal|failed): \[(?P<host>[^\]]{1,200})\]"
    r"(?P<failed>: [A-Z]+!)?(?: (?:=> )?\(item=(?P<item>[^()]{0,200})\))?(?: => (?P<said>\{.*\}))?$"
)
PLAY = "PLAY ["
_OPENS = re.compile(r"(?:ok|changed|skipping|fatal|failed): \[[^\]]{1,200}\].{0,220} => \{$")
"""JSON over many lines, up to a brace of its own: with `-vvv`, and of the debug module."""
_STEP = re.compile(
    r"<[^<>\s]{1,200}> (?:EXEC|PUT|FETCH|SSH:|ESTABLISH .{0,40}CONNECTION|\(0, )|Using module file \S|META: "
    r"|Skipping (?:callback |due to inventory)|\S+ declined parsing \S|redirecting \(type: "
    r"|Loading c(?:allback|ollection) "
)
"""What was done to reach a host; whether it went well is told by what the task returned."""
_QUIET = frozenset({"ok", "changed", "skipping", "included"})
_TOLD = re.compile(r"\S+ +: ok=\d")
_TWICE = ('"stdout_lines": ', '"stderr_lines": ', '"invocation": ')
"""Keys whose values say what another says, or what the playbook says itself."""
_TIMES = frozenset({"delta", "end", "start"})
_OF_COURSE = frozenset({*_TIMES, "ansible_loop_var", "item", "changed", "invocation", "stdout_lines", "stderr_lines"})
"""What a result that went well says besides what its task was asked to say."""
_ALIKE = 2
"""So many values must be those of the failure before, for the others to be told alone."""
_SAYS = ('"msg": ', '"stdout": ')
_CHUNK_LINES = 400


def is_play(text: str) -> bool:
    """Whether a text is of plays."""
    return PLAY in text and "\nTASK [" in text


@kept
def _told(segment: Segment) -> list[tuple[int, int, str]]:
    """Each line as (start, end, line), a result over many lines as one; kept with the segment, which is asked twice."""
    return list(_joined(segment.lines))


def _joined(lines: Sequence[str]) -> Iterable[tuple[int, int, str]]:
    index = 0
    while index < len(lines):
        start, line = index, lines[index]
        index += 1
        if line[-1:] == "{" and _OPENS.match(line):
            end = next((at + 1 for at in range(index, len(lines)) if lines[at] == "}"), index)
            said = _object("\n".join(("{", *lines[index:end])))
            index = end
            inner = (
                json.dumps(said, ensure_ascii=False)[1:] if said else " ".join(map(str.strip, lines[start + 1 : end]))
            )
            line += inner
        yield start, index, line


def evidence(segment: Segment) -> list[Evidence]:
    """The tasks, each host's result, and whatever else sounds an alarm or counts."""
    lines, text = segment.lines, segment.text
    loud = {*alarm_lines(lines, text), *warning_lines(lines, text)}
    found: list[Evidence] = []
    for index, _, line in _told(segment):
        result = _RESULT.match(line)
        if _HEADING.match(line):
            found.append(Evidence(index, (line.rstrip(" *"),)))
        elif result is None:
            if (index in loud and not _STEP.match(line)) or _TOLD.match(line):
                found.append(Evidence(index, (line.strip(),)))
        elif result["status"] in _QUIET:
            found.append(Evidence(index, (f"{result['status']}: [", f"[{result['host']}]", result["item"] or "")))
        else:
            begins = line[: result.start("said")] if result["said"] else line
            said = [value for key in ('"msg": ', '"stderr": ', '"rc": ') if (value := _value(line, key))]
            found.append(Evidence(index, (begins, *said)))
    return found


@dataclass(slots=True)
class _Results:
    """What went well in one task: the hosts of each status and item, in order."""

    hosts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    left_out: bool = False

    def told(self) -> Iterable[str]:
        """Hosts with the same status and the same items together."""
        items: dict[tuple[str, frozenset[str]], list[str]] = {}
        for (status, item), hosts in self.hosts.items():
            items.setdefault((status, frozenset(hosts)), []).append(item)
        for (status, _), each in items.items():
            names = " ".join(f"[{host}]" for host in self.hosts[status, each[0]])
            yield f"{status}: {names}" + (f" => (item={', '.join(each)})" if any(each) else "")


@dataclass(slots=True)
class _Failures:
    """What the failure before said, in the same task."""

    before: dict[str, Any] = field(default_factory=dict)

    def told(self, line: str, result: re.Match[str]) -> str:
        """A failure by what it says that the one before did not; empty where that is no shorter, or the first."""
        said = _object(result["said"] or "")
        before, self.before = self.before, said
        new = {key: value for key, value in said.items() if key not in before or before[key] != value}
        if said.keys() != before.keys() or len(said) - len(new) < _ALIKE:
            return ""
        goes = {"item", *_TIMES, *(key.strip('": ') for key in _TWICE)}
        values = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in new.items() if key not in goes]
        return f"{line[: result.start('said')]}{{{', '.join((*values, '... as above'))}}}"


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def reduce(segment: Segment) -> list[Block]:
    """Stretches of whole tasks, each with one marker for the JSON it left out."""
    blocks: list[Block] = []
    shown: list[str] = []
    results = _Results()
    failures = _Failures()
    start = 0
    for begun, _, line in _told(segment):
        result = _RESULT.match(line)
        is_quiet = result is not None and result["status"] in _QUIET
        if result is not None and is_quiet and not _says_something(line):
            results.hosts.setdefault((result["status"], result["item"] or ""), []).append(result["host"])
            results.left_out |= result["said"] is not None
            continue
        if _STEP.match(line):
            results.left_out = True
            continue
        shown += results.told()
        results.hosts.clear()
        is_heading = _HEADING.match(line) is not None
        if is_heading and begun - start >= _CHUNK_LINES:
            blocks.append(_block(start, begun, shown, left_out=results.left_out))
            start, shown, results.left_out = begun, [], False
        if is_heading:
            failures.before.clear()
        shorter = line.rstrip(" *") if is_heading else line
        if result is not None and line[-1:] == "}":
            alike = _asked(line, result) if is_quiet else failures.told(line, result)
            shorter = alike or _shorter(line)
            results.left_out |= line != shorter
        if shorter.strip():
            shown.append(shorter)
    shown += results.told()
    lines = segment.lines
    return [*blocks, _block(start, len(lines), shown, left_out=results.left_out)] if lines else []


def _asked(line: str, result: re.Match[str]) -> str:
    """What a task that went well was asked to say, and how it did that."""
    said = _object(result["said"] or "")
    told = {key: value for key, value in said.items() if key not in _OF_COURSE and value not in ("", 0)}
    return f"{line[: result.start('said')]}{json.dumps(told, ensure_ascii=False)}" if said else ""


def _block(start: int, end: int, shown: Sequence[str], *, left_out: bool) -> Block:
    return Block(
        start, end, tuple(shown), "what tasks returned and how hosts were reached" if left_out else "", Rank.EVIDENCE
    )


def _says_something(line: str) -> bool:
    """Whether a result that went well says what its task was asked to say."""
    return any(_value(line, key) not in {"", '""'} for key in _SAYS)


def _shorter(line: str) -> str:
    """A result without the values that are told twice."""
    for key in _TWICE:
        value = _value(line, key)
        if len(value) > len("[...]"):
            line = line.replace(f"{key}{value}", f"{key}[...]", 1)
    return line


def _value(line: str, key: str) -> str:
    """The JSON after *key*, as printed; empty where there is none."""
    at = line.find(key)
    if at < 0:
        return ""
    at += len(key)
    try:
        _, end = _DECODER.raw_decode(line, at)
    except ValueError:
        return ""
    return line[at:end]


_DECODER = json.JSONDecoder()
