"""How a record of a log begins: with a time, a level, or a field that names one of them.

    2026-11-22 12:07:31,123 INFO ...    Nov 22 12:07:31 host sshd[812]: ...    web-1  | {"level":"info",...}

Also how surely a text is a log: by the lines, sampled over the whole of it, that begin so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sidecar.compression.vocabulary import Segment

__all__ = ["after_time", "begins_record", "recognise", "when"]

_LEVEL = (
    r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|CRIT(?:ICAL)?|FATAL|SEVERE|PANIC|FINE(?:R|ST)?|ALERT|EMERG)"
)
_SHORT_LEVEL = r"(?:TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d"  # logrus on a terminal: `ERRO[0012]`
_TIME = (
    r"\d{4}[-/.]\d\d[-/.]\d\d(?:[T ,_]|$)"  # 2026-11-22 12:07:31, 2026/11/22, 2026-11-22T12:07:31Z
    r"|\d\d:\d\d:\d\d\b"
    r"|\d{1,2}:\d\d[AP]M "  # Go's kitchen clock: zerolog on a terminal
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]?\d,? (?:\d{4},? )?\d{1,2}:\d\d:\d\d"  # syslog, java
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,]"
    r"|\d\d?[-/ .](?:\w{3}|\d\d)[-/ .]\d{2,4}[ :T]\d\d:\d\d"  # 22/Nov/2026:12:07, 22-Nov-2026 12:07, 22.11.26 12:07
    r"|\d\d-\d\d \d\d:\d\d:\d\d"  # logcat
    r"|[IWEFD]\d{4} \d\d:\d\d:\d\d"  # glog, klog
    r"|[IWEFD], \[\d{4}-\d\d-\d\dT"  # Ruby's Logger
    r"|\d{10}(?:\d{3})?(?:\.\d+)?[\s:]"  # seconds since 1970
    r"|\[ *\d+\.\d{3,}\]"  # the kernel's
)
_HEAD = re.compile(
    # docker compose, kubectl --prefix, gh run view, redis
    r"(?:[\w.-]{1,80} +\| +|\[?pod/\S+ |[^\t]{1,120}\t[^\t]{1,120}\t|\d{1,7}:[A-Z] "
    r"|\[?[A-Za-z][\w.-]{0,30}[\]:]? ?(?=\d{4}/\d\d/\d\d ))?"  # a program of Go: `raft2026/11/26 19:52`
    rf"(?:[\[(<\"'\ufeff]?(?:{_TIME})"
    rf"|[\[(<]? *{_LEVEL}\b *[\])>:|\s-]|{_SHORT_LEVEL}"
    r"|<\d{1,3}>"
    r"|\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}[: ]"  # nginx, apache, http.server: host, user, [time]
    r"|[\da-f.:]{7,60}+ \[\d\d/\w{3}/\d{4}:"  # haproxy: host, [time]
    r"|(?!g?make|ninja)[a-z][\w.-]{1,40}+\[\d{1,7}\]: "  # dnsmasq, cron: a daemon that leaves the time to others
    r"|(?:time|ts|t|level|lvl)=\S)"
)
_JSON_OPENS = re.compile(r"(?:[\w.-]{1,80} +\| +)?\{")
_JSON_FIELD = re.compile(
    r'"(?:time|ts|t|timestamp|@timestamp|datetime|level|lvl|severity|levelname|__REALTIME_TIMESTAMP|PRIORITY)" ?:'
)
_CALL = re.compile(
    r"(?:\[pid +\d+\] |\d+ +)? {0,12}(?:[\d:.]+ )?"
    r"(?:\w{2,40}\(.{0,500}?\) +=\s(?:-?\d|0x|\?)|\w{2,40}\(.*<unfinished|<\.\.\. \w+ resumed|\+\+\+ |--- SIG)"
)
"""A system call as strace and its like print it: a record without a time."""
_CALLS = 40
"""A trace of fewer calls is as well read whole."""
_HEAD_READ = 600
"""So much of a line, in characters, tells whether it begins a record."""
_DIGIT = re.compile(r"\d")
_WHEN = re.compile(r"(\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d/\w{3}/\d{4}[: ]|\w{3} [ \d]\d )?(\d\d:\d\d:\d\d)")
_TIMES = re.compile(
    r"(?:(?:[A-Z], )?[\[(<\"']?(?:\w{3},? )?[\w/-]{0,12}[T :]{0,2}[ \d]{0,3}\d:\d\d:\d\d"
    r"[.,\d]*(?:Z|[+-]\d\d:?\d\d)?[\])>\"']?|\d{1,2}:\d\d[AP]M)\s*"
)
_SAMPLE = 300
_GLANCE = 40
"""Of a text that is no log already so many lines tell it."""


def begins_record(line: str) -> bool:
    """Whether *line* begins a record of a log."""
    head = line[:_HEAD_READ]
    if _HEAD.match(head):
        return True
    opens = _JSON_OPENS.match(head) if "{" in head[:90] else None
    return opens is not None and _JSON_FIELD.search(head, opens.end()) is not None


def recognise(segment: Segment) -> float:
    """The share of lines, sampled over the whole text, that begin a record."""
    glance = _sample(segment, _GLANCE)
    if len(glance) < 3:
        return 0.0
    if len(segment.lines) >= _CALLS and _CALL.match(glance[1]) and _are_calls(glance):
        return 0.85
    sample = _sample(segment, _SAMPLE)
    if not any(map(begins_record, glance)):
        outside = [line for line in sample if line[0] not in " \t"] if 2 * _inside(glance) > len(glance) else ()
        if not any(map(begins_record, outside)):
            return 0.0
    heads = sum(1 for line in sample if begins_record(line))
    share = heads / len(sample)
    if share >= 0.6:
        # Levels alone head other outputs too: maven's, a linter's.
        return 0.85 if 4 * sum(1 for line in sample if _DIGIT.search(line[:30])) >= len(sample) else 0.65
    if share >= 0.3:
        return 0.65
    # Stack traces can be most of a log; what is between its records is then indented or says what it is.
    if heads < 3 or share < 0.03 or heads + _inside(sample) < 0.8 * len(sample):
        return 0.0
    # `WARNING: DATA RACE` above each of several traces is no record.
    return 0.55 if any(_DIGIT.search(line[:30]) for line in sample if begins_record(line)) else 0.0


def _sample(segment: Segment, count: int) -> list[str]:
    """About *count* lines from every part of a text, without empty ones."""
    return [line for line in segment.lines[:: max(1, len(segment.lines) // count)] if line and not line.isspace()]


def _inside(sample: Sequence[str]) -> int:
    """How many lines look like the inside of a record rather than its beginning."""
    return sum(1 for line in sample if line[0] in " \t" or line.startswith(("Traceback", "Caused by:", "goroutine")))


def _are_calls(sample: Sequence[str]) -> bool:
    return 5 * sum(1 for line in sample if _CALL.match(line[:_HEAD_READ])) >= 4 * len(sample)


def when(first: str, last: str) -> str:
    """When *last* was written, its date only where it is not *first*'s; ends with ", " where it is known."""
    found, before = _WHEN.search(last[:200]), _WHEN.search(first[:200])
    if found is None:
        return ""
    return f"{found[2] if before and before[1] == found[1] else found[0]}, "


def after_time(line: str) -> str:
    """A record without the time it begins with."""
    found = _TIMES.match(line[:80])
    return line[found.end() :] if found else line
