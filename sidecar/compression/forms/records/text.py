"""What must survive of YAML and XML, read from the printed lines.

phase: Failed                      a status of failure
message: back-off 5m0s restarting   what is said of it
"""

from __future__ import annotations

import re

from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["evidence", "parts"]

_STATUS = re.compile(
    r"^[ -]*(?:status|state|phase|reason|conclusion|health|type): *[\"']?"
    r"(Failed|Error|CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|Evicted|NotReady|Unhealthy|unhealthy|failed|error|failure|degraded)[\"']?$",
    re.MULTILINE,
)
_ERROR = re.compile(r"^[ -]*(?:error|errors|failure|exception): *([^\s|>{\[\"'][^\n]{0,200})$", re.MULTILINE)
_PROMISED_CHARS = 120
_TOP = re.compile(r"([A-Za-z_][\w.-]*):")


def evidence(segment: Segment, start: int, end: int) -> list[Evidence]:
    """The stray lines around the document [start, end), statuses of failure, and what stands under `error`."""
    found = [Evidence(at, (line,)) for at, line in enumerate(segment.lines) if line.strip() and not start <= at < end]
    told = dict.fromkeys(
        match[1][:_PROMISED_CHARS].strip() for grammar in (_STATUS, _ERROR) for match in grammar.finditer(segment.text)
    )
    told.pop("", None)
    return [*found, Evidence(start, tuple(told))] if told else found


def parts(segment: Segment) -> list[Part]:
    """The keys of the first level, with the lines below each."""
    begins = [
        (at, match[1]) for at, line in enumerate(segment.lines) if line[:1].isalpha() and (match := _TOP.match(line))
    ]
    ends = [at for at, _ in begins[1:]] + [len(segment.lines)]
    return [
        Part("section", key, at, end, segment.lines[at].strip()[:200])
        for (at, key), end in zip(begins, ends, strict=True)
    ]
