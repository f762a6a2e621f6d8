"""No pattern of ours can take more than linear time by its own shape (C7): its tree is walked for what backtracks.

Two shapes do: an unbounded repeat inside another whose rounds can be divided in several ways, `(a+b?)+`, and two
unbounded repeats side by side over common characters, `\\w*\\d+`; the latter may stay where what it reads is bounded.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]  # the parser the engine itself uses
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import sidecar.compression
from sidecar.compression.shelf import load

ALPHABET = frozenset(map(chr, range(128))) | frozenset("é·│─●✓✗»日")
UNBOUNDED = 1_000
"""A repeat that may go on for longer than this counts as one that never ends."""

ALLOWED: dict[str, str] = dict.fromkeys(
    (
        "_TIMED",
        "_LOOKS",
        "_STEP",
        "_ANNOTATED",
        "_CHANGE",
        "_NUMBERS",
        "STAT_LINE",
        "BRANCH",
        "_LED_PATH",
        "_HEAD",
        "_BADGES",
        "FAMILIES",
        "_SUBJECTS",
        "_KEY",
        "_BORDER",
        "_CARET",
        "_SKIPPED",
        "_CAPTURED",
        "_MUST",
        "_SURE",
        "_SHADOW",
        "_VALGRIND_LIBRARY",
        "_JVM",
        "_MARKS",
        "_TASK",
        "_QUANTIFIER",
    ),
    "two repeats share a character within one line: at worst quadratic in a line that its reader cuts",
)
"""The names of patterns that may take more than one pass over a line, each with why that stays small.

A repeat within a repeat, which may take exponential time, is allowed nowhere.
"""


def patterns() -> dict[str, re.Pattern[str]]:
    """Every compiled pattern of sidecar.compression and of the shelf, by where it stands."""
    found: dict[str, re.Pattern[str]] = {}
    for info in pkgutil.walk_packages(sidecar.compression.__path__, "sidecar.compression."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            for pattern in _within(value, set()):
                found.setdefault(pattern.pattern, pattern)
                WHERE.setdefault(pattern.pattern, f"{info.name.removeprefix('sidecar.compression.')}:{name}")
    for tool in load().tools:
        for pattern in _within(tool, set()):
            found.setdefault(pattern.pattern, pattern)
            WHERE.setdefault(pattern.pattern, f"tools/{tool.name}.toml")
    return found


WHERE: dict[str, str] = {}


def _within(value: object, seen: set[int]) -> Iterator[re.Pattern[str]]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _within(one, seen)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from _within(one, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _within(getattr(value, field.name, None), seen)


@cache
def _one(item: str, flags: int) -> frozenset[str]:
    pattern = re.compile(item, flags)
    return frozenset(character for character in ALPHABET if pattern.fullmatch(character))


class Faults:
    """What may backtrack in one pattern."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.flags = pattern.flags
        self.found: list[str] = []
        self._sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))

    def _single(self, op: Any, argument: Any) -> frozenset[str] | None:
        """The characters one item matches, where it matches exactly one; else None."""
        ignoring = bool(self.flags & re.IGNORECASE)
        if op is sre.LITERAL or op is sre.NOT_LITERAL:
            character = chr(argument)
            same = {character.lower(), character.upper()} if ignoring else {character}
            return ALPHABET - same if op is sre.NOT_LITERAL else frozenset(same)
        if op is sre.ANY:
            return ALPHABET if self.flags & re.DOTALL else ALPHABET - {"\n"}
        if op is sre.IN:
            return self._class(argument, ignoring=ignoring)
        return None

    def _class(self, items: Any, *, ignoring: bool) -> frozenset[str]:
        negated, chosen = False, set[str]()
        for op, argument in items:
            if op is sre.NEGATE:
                negated = True
            elif op is sre.LITERAL:
                chosen.add(chr(argument))
            elif op is sre.RANGE:
                chosen |= {character for character in ALPHABET if argument[0] <= ord(character) <= argument[1]}
            elif op is sre.CATEGORY:
                chosen |= _one(CATEGORIES[str(argument)], 0)
        if ignoring:
            chosen |= {swapped for one in chosen for swapped in (one.lower(), one.upper())}
        return ALPHABET - chosen if negated else frozenset(chosen)

    def _reach(self, tree: Any) -> frozenset[str]:
        """Every character that anything in the tree may match."""
        reach: frozenset[str] = frozenset()
        for op, argument in tree:
            single = self._single(op, argument)
            if single is not None:
                reach |= single
            elif op in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
                reach |= self._reach(argument[2])
            elif op is sre.SUBPATTERN:
                reach |= self._reach(argument[-1])
            elif op is sre.ATOMIC_GROUP:
                reach |= self._reach(argument)
            elif op is sre.BRANCH:
                for branch in argument[1]:
                    reach |= self._reach(branch)
        return reach

    def _edges(self, tree: Any, *, first: bool) -> list[tuple[frozenset[str], bool]]:
        """The unbounded repeats that may stand at the beginning (or the end) of the tree, as (characters, inner)."""
        edges: list[tuple[frozenset[str], bool]] = []
        items = list(tree)
        for op, argument in items if first else reversed(items):
            edges += self._edge(op, argument, first=first)
            if not self._is_nullable([(op, argument)]):
                break
        return edges

    def _edge(self, op: Any, argument: Any, *, first: bool) -> list[tuple[frozenset[str], bool]]:
        if op is sre.POSSESSIVE_REPEAT or op is sre.ATOMIC_GROUP:
            return []
        if op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            inner = self._edges(argument[2], first=first)
            return [(self._reach(argument[2]), True)] if argument[1] >= UNBOUNDED and len(argument[2]) == 1 else inner
        if op is sre.SUBPATTERN:
            return self._edges(argument[-1], first=first)
        if op is sre.BRANCH:
            return [edge for branch in argument[1] for edge in self._edges(branch, first=first)]
        return []

    def _is_nullable(self, tree: Any) -> bool:
        for op, argument in tree:
            if op in {sre.AT, sre.ASSERT, sre.ASSERT_NOT}:
                continue
            if op in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
                if argument[0] and not self._is_nullable(argument[2]):
                    return False
            elif op is sre.SUBPATTERN:
                if not self._is_nullable(argument[-1]):
                    return False
            elif op is sre.BRANCH:
                if not any(self._is_nullable(branch) for branch in argument[1]):
                    return False
            elif op is not sre.ATOMIC_GROUP or not self._is_nullable(argument):
                return False
        return True

    def _sequence(self, tree: Any) -> None:
        items = list(tree)
        for index, (op, argument) in enumerate(items):
            self._item(op, argument)
            for later in range(index + 1, len(items)):
                if not self._is_nullable(items[index + 1 : later]):
                    break
                self._beside(items[index], items[later])

    def _beside(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> None:
        for before, _ in self._edge(*left, first=False):
            for after, _ in self._edge(*right, first=True):
                if common := before & after:
                    self.found.append(f"two repeats side by side share {sample(common)}")

    def _item(self, op: Any, argument: Any) -> None:
        if op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            self._sequence(argument[2])
            if argument[1] >= UNBOUNDED:
                self._round(argument[2])
        elif op is sre.SUBPATTERN:
            self._sequence(argument[-1])
        elif op is sre.BRANCH:
            for branch in argument[1]:
                self._sequence(branch)
        elif op in {sre.ASSERT, sre.ASSERT_NOT}:
            self._sequence(argument[1])
        elif op is sre.ATOMIC_GROUP:
            self._sequence(argument)

    def _round(self, body: Any) -> None:
        """The body of an unbounded repeat: a round's end must not be mistakable for the beginning of the next."""
        for end, _ in self._edges(body, first=False):
            if common := end & self._beginning(body):
                self.found.append(f"a repeat within a repeat: its rounds share {sample(common)}")
        for begin, _ in self._edges(body, first=True):
            if self._is_nullable(body) and begin:
                self.found.append("a repeat of what may be empty")

    def _beginning(self, tree: Any) -> frozenset[str]:
        """The characters something in the tree may begin with."""
        result: frozenset[str] = frozenset()
        for op, argument in tree:
            single = self._single(op, argument)
            if single is not None:
                result |= single
            elif op in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
                result |= self._beginning(argument[2])
            elif op is sre.SUBPATTERN:
                result |= self._beginning(argument[-1])
            elif op is sre.ATOMIC_GROUP:
                result |= self._beginning(argument)
            elif op is sre.BRANCH:
                result = result.union(*(self._beginning(branch) for branch in argument[1]))
            if not self._is_nullable([(op, argument)]):
                break
        return result


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


def sample(characters: frozenset[str]) -> str:
    return repr("".join(sorted(characters))[:12])


EVERY = patterns()


def test_there_are_patterns_to_look_at() -> None:
    assert len(EVERY) > 300


@pytest.mark.parametrize(
    "source",
    [
        r"(a+)+",
        r"(?:\w+\s*)+x",
        r"\w*\d+",
        r"(?:a|b+)*c+b+b*",
        r"(?:x*)*",
        r"\s+(?:\s*)y",
        r"[ab]+(?:c|b+)",
    ],
)
def test_the_walker_sees_what_backtracks(source: str) -> None:
    assert Faults(re.compile(source)).found


@pytest.mark.parametrize(
    "source", [r"(?:\w+\.)+\w+", r"\w+ \d+", r"(?:[^,]*,)+z", r"a{1,9}a{1,9}", r"\S+\s+\S+", r"(?:a|b)+c", r"\w++\d+"]
)
def test_the_walker_lets_pass_what_does_not(source: str) -> None:
    assert Faults(re.compile(source)).found == []


@pytest.mark.parametrize("source", EVERY, ids=lambda source: f"{WHERE[source]}-{abs(hash(source)) % 10_000}")
def test_a_pattern_cannot_backtrack_over_a_long_line(source: str) -> None:
    found = Faults(EVERY[source]).found
    if WHERE[source].rpartition(":")[2] in ALLOWED:
        found = [fault for fault in found if "within a repeat" in fault]
    assert found == [], source
