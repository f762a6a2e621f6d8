"""The captures as the bench reads them: bytes, the command that printed them, and how it ended.

    tests/captures/<family>/<name>.txt + .json         ->  Capture("git/log_patch", ..., "git log -p", 0)
    tests/bench/captures/<family>/<name>.txt + .json   ->  the same, collected blind

Those collected blind were chosen and first measured by a hand that had not read the forms. A judge of another
house has other files, so a figure here is worth as much as the captures are varied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["BLIND", "CAPTURES", "Capture", "captures", "plain"]

CAPTURES = Path(__file__).parents[2] / "captures"
BLIND = Path(__file__).parents[1] / "captures"

_ANSWERS_BY_STATUS = re.compile(
    r"(?:cd \S+ && )?(?:diff|cmp|[ef]?grep|rg|ag|ack|ugrep|git (?:-\S+ )*(?:grep|diff --no-index|diff --exit-code))\b"
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]")


@dataclass(frozen=True)
class Capture:
    """One real output; *name* is its family and its file's name without the ending."""

    name: str
    data: bytes
    command: str
    exit_code: int | None
    is_blind: bool = False
    """Whether it was collected without sight of the forms."""

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    @property
    def kind(self) -> str:
        """Whose output it is: the family, or in the mixed folder of large ones the first word of the name."""
        return self.name.partition("/")[2].partition("_")[0] if self.family == "big" else self.family

    @property
    def is_red(self) -> bool:
        """Whether the command failed; 1 of a comparison or a search is its answer: they differ, nothing found."""
        return bool(self.exit_code) and not (self.exit_code == 1 and _ANSWERS_BY_STATUS.match(self.command))

    @cached_property
    def raw(self) -> str:
        """The text as an agent would be shown it; bytes that are not UTF-8 are written as `\\xNN`."""
        return self.data.decode("utf-8", errors="backslashreplace")

    @cached_property
    def text(self) -> str:
        """The text as a person saw it on a terminal: needles are looked for here."""
        return plain(self.raw)


def plain(text: str) -> str:
    """*text* without colours, and of each line that was written over its last state."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(_last_state(line) for line in text.split("\n"))
    return text


def _last_state(line: str) -> str:
    states = [state for state in line.split("\r") if state.strip()]
    return states[-1] if states else ""


def captures(families: Iterable[str] = (), folders: Sequence[Path] = (CAPTURES, BLIND)) -> list[Capture]:
    """All captures, or those of some families, in the order of their names, without empty ones."""
    wanted = set(families)
    found = (capture for folder in folders for capture in _of(folder, wanted))
    return sorted(found, key=lambda capture: capture.name)


def _of(folder: Path, wanted: Set[str]) -> Iterator[Capture]:
    for path in sorted(folder.rglob("*.txt")):
        beside = path.with_suffix(".json")
        name = path.relative_to(folder).with_suffix("").as_posix()
        if not beside.exists() or (wanted and name.partition("/")[0] not in wanted and name not in wanted):
            continue
        told = json.loads(beside.read_text("utf-8"))
        capture = Capture(name, path.read_bytes(), told.get("command") or "", told.get("exit_code"), folder == BLIND)
        if capture.data.strip():
            yield capture
