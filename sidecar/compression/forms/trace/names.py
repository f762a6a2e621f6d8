"""What the frames call that are left out of a trace: the way through a library, told by names alone.

File ".../httpx/_client.py", line 914, in send       ──>   _client.py send, _client.py _send_single_request
File ".../httpx/_client.py", line 1014, in _send_single_request
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sidecar.compression.forms.trace.languages import Frame

__all__ = ["called"]

_READ = 400
_PYTHON = re.compile(r'File "(?:[^"]*[/\\])?([^"/\\]+)", line \d+, in (.+)')
_AT = re.compile(r"at (?:async |new )?(?:[\w.@$-]+/{1,2})?([\w.$<>#/ \[\]-]+?) ?\(")
_NUMBERED = re.compile(r"#\d+:? +(?:0x[0-9a-f]+ )?(?:in )?(?![\[{])([^\s(]+)")
_VALGRIND = re.compile(r"==\d+==\s+(?:at|by) 0x[0-9A-F]+: ([^\s(]+)")
_BOXED = re.compile(r"│ (?:[^│]*[/\\])?([^/\\│]+):\d+ in(?: (\S+))?")
_BY_LEAD = (('File "', _PYTHON), ("at ", _AT), ("#", _NUMBERED), ("==", _VALGRIND), ("│", _BOXED))
_RUST = re.compile(r"\d+: +(?:0x[0-9a-f]+ - )?(\S.*)$")
_RUST_HASH = re.compile(r"\[[0-9a-f]{8,}\]|::h[0-9a-f]{16}$")
_RUBY = re.compile(r"(?:\d+: )?from (?:\S*/)?(\S+?):\d+:in [`'‘](.+)['’]$")


def called(lines: Sequence[str], frames: Iterable[Frame]) -> list[str]:
    """What each of some frames calls, each once, in order; a frame without a name has none."""
    names = (_name(lines[frame.start][:_READ].strip(" \t|+")) for frame in frames)
    return list(dict.fromkeys(filter(None, names)))


def _name(told: str) -> str:
    for lead, grammar in _BY_LEAD:
        if told.startswith(lead):
            return _joined(grammar.match(told))
    if told[:1].isdigit() and (rust := _RUST.match(told)):
        name = _RUST_HASH.sub("", rust[1])
        return name if name.startswith("<") else name.partition("::<")[0]
    ruby = _RUBY.match(told)
    return _joined(ruby) if ruby is not None else _go(told)


def _go(told: str) -> str:
    call = told.removeprefix("created by ").partition(" in goroutine ")[0]
    return call.rpartition("(")[0] if call.endswith(")") else call


def _joined(found: re.Match[str] | None) -> str:
    return " ".join(filter(None, found.groups())) if found is not None else ""
