"""What a runner of programs prints before each of their lines: a CI's time and job, a monorepo's package.

    2026-11-22T12:07:31.1234567Z FAILED tests/test_a.py::test_x     GitHub Actions, GitLab
    test (3.11)<TAB>Run tests<TAB>2026-11-22T12:07:31.12Z FAILED    `gh run view --log`
    @shop/cart:test: FAIL src/cart.test.ts                          turbo, nx, lerna, npm-run-all
    @shop/cart: FAIL src/cart.test.ts                               lerna run --stream
    packages/cart test: FAIL src/cart.test.ts                       pnpm -r
    [cart] FAIL src/cart.test.ts                                    concurrently
    web-1  | FAIL src/cart.test.ts                                  docker compose, foreman
    #9 2.312 FAIL src/cart.test.ts                                  docker build
    npm error ../src/cart.cc:12:3: error: 'x' was not declared      npm, of a package that it could not compile
    |  src/cart.test.ts | 4 ++--                                    git log --graph, of one line of history
        FAIL src/cart.test.ts                                       what is printed inside somebody's report
    Nov 26 17:00:12 FAIL src/cart.test.ts                           `npm test | ts`
    [2026-11-26T17:00:12.345Z] FAIL src/cart.test.ts                Jenkins
    Nov 26 17:00:12 ci-7 build[4123]: FAIL src/cart.test.ts         journald

A test run under such a prefix is a test run all the same, so it is read without it, and each long stretch that one of
several programs printed by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

__all__ = ["Unwrapped", "dedented", "unstamped", "unwrapped"]

_SAMPLE = 100
_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A *prefix* with a group `name`: whose line it is; *kind* tells a reader what was left out.

    *opens* is how the first line of such an output begins. With *proof* among the lines, *proven_share* of them with
    the prefix is enough. Lines that are *whole* keep it. *is_terse*: the short stretches keep it too. *is_on_each*: who
    prints it does so before indented lines as well.
    """

    prefix: re.Pattern[str]
    kind: str
    opens: re.Pattern[str] | None = None
    proof: re.Pattern[str] | None = None
    proven_share: float = _SHARE
    whole: re.Pattern[str] | None = None
    is_terse: bool = False
    is_on_each: bool = False

    def share_of(self, sample: Sequence[str]) -> float:
        """The share of lines that must have the prefix."""
        return self.proven_share if self.proof is not None and any(map(self.proof.match, sample)) else _SHARE

    def without(self, line: str, found: re.Match[str] | None) -> str:
        """*line* as it is read, where its prefix was *found*."""
        if found is None or (self.whole is not None and self.whole.match(line)) or _ENDED.match(line, found.end()):
            return line
        return line[found.end() :]


def _wrappers(*told: tuple[str, str]) -> tuple[_Wrapper, ...]:
    """Wrappers by their prefix and what it is."""
    return tuple(_Wrapper(re.compile(prefix), kind) for prefix, kind in told)


_ENDED = re.compile(
    r".{1,200} exited with code (?:\d+|SIG[A-Z]+)$|(?:Failed|Done)$|command finished with error"
    r"|error Command failed with exit code \d+\.$"
)
"""How concurrently, pnpm, turbo and yarn say that a program has ended: whose end it was, only the prefix tells."""

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?: \d\d[OE]\+?)?"
_LEVEL = r"(?i:info|errors?|warn(?:ing)?|debug|trace|fatal|notice|success|critical|failed|passed|ok)\]"
_WRAPPERS = (
    *_wrappers((rf"(?P<name>[^\t\n]{{1,80}}\t[^\t\n]{{1,120}}\t)(?:\ufeff?{_TIME}(?: |$))?", "job, step and time")),
    # A CI times the frames of a trace one by one. A program's own log times the error above them, and is read as a log.
    _Wrapper(re.compile(rf"(?P<name>){_TIME}(?: |$)"), "a time", is_on_each=True),
    *_wrappers(
        (r"(?P<name>(?:@[\w.-]+/)?[\w.-]+:[\w.:-]+: |(?:@[\w.-]+/)?[\w.-]+:[\w.:-]+:$)", "a package and task"),
        (r"(?P<name>@[\w.-]+/[\w.-]+:)(?: |$)", "a package"),
        (r"(?P<name>(?:[\w@.-]+/)+[\w@.-]+ [\w:.-]+(?:: |:$|\$ ))", "a package and task"),
        (r"(?:\d\d:\d\d:\d\d +)?(?P<name>(?:@?[\w./-]+ +\| ?))", "a service"),
        (rf"(?P<name>\[(?!{_LEVEL})@?[A-Za-z][\w@/.:-]{{0,40}}\])(?: |$)", "a program"),
    ),
)
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_STAMP = rf"(?:\d{{4}}-\d\d-\d\d[T ]|[A-Z][a-z]{{2}} [ \d]\d )?{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?"
_STAMPS = _wrappers(
    (rf"{_STAMP} [\w.-]+ (?P<name>[\w@./-]+(?:\[\d+\])?:)(?: |$)", "a time, a host and a unit"),
    (rf"(?P<name>)\[{_STAMP}\](?: |$)", "a time"),
    (rf"(?P<name>){_STAMP}(?:  |$)", "a time"),
    (rf"(?P<name>){_STAMP}(?: |$)", "a time"),
    (r"(?P<name>) *\d+\t", "its number"),
)
"""What a log's lines begin with as well: they are read without it only where a run of something stands behind."""
_ANY_WRAPPER = re.compile("|".join(one.prefix.pattern.replace("(?P<name>", "(?:") for one in _WRAPPERS))
"""One look instead of six at the lines of a text that has none, which nearly all are."""
_DOCKER = _Wrapper(
    re.compile(r"(?P<name>#\d+)(?: \d+\.\d+)?(?: |$)"),
    "a step and time",
    # It says what failed, the last lines before that and the steps of its file without a prefix.
    proof=re.compile(r"#\d+ (?:\[|DONE |CACHED$)"),
    proven_share=0.5,
    # What it says of a step itself, without a time: `#9 ERROR: process ...`. Such lines are few.
    whole=re.compile(r"#\d+ (?!\d+\.\d+(?: |$))"),
    # Short steps tell how far it is, and are read as they are printed.
    is_terse=True,
)
_NPM = _Wrapper(
    re.compile(r"(?P<name>)npm (?:error|ERR!)(?: |$)"),
    "npm's name",
    # Only what compilers say is read without it: `npm error code ERESOLVE` is searched for as it is.
    proof=re.compile(r"npm (?:error|ERR!) (?:gyp info |node-pre-gyp info |make(?:\[\d\])?: | +CXX\()"),
    proven_share=0.5,
    whole=re.compile(r"npm \w+!? (?:code|path|command|errno|signal|A complete log|.{0,40}ERR! )"),
)
_GRAPHS = tuple(
    _Wrapper(re.compile(prefix), "the graph of one line", opens=re.compile(opens))
    for opens, prefix in (
        (r"\* (?:commit )?[0-9a-f]{7,40}\b", r"(?P<name>)(?:\* |\| ?|  |$)"),
        (r"[@o] {2}changeset: ", r"(?P<name>)(?:[@o] {2}|\| {0,2}| {3}|$)"),
    )
)
"""What `git log --graph` and `hg log -G` draw, by how their first line begins; where lines branch, it says how."""
_BRANCHED = re.compile(r"\|[\\/]|[|*@o] [|*@o](?!@)")  # `| @@ -1,2 +1,2 @@` is a hunk's header
_BRANCH = "|*\\/_ "
_COMMIT = re.compile(r"(?P<graph>[|*\\/_ ]{0,80}\* {1,80})commit [0-9a-f]{7,64}\b")
_HUNK = re.compile(r"[|*\\/_ ]{1,80}@@ -\d")
_RUN_LINES = 4
"""Lines of several sources taking turns faster than this are one log, not several outputs."""
_OWN_LINES = 20
"""So many lines of one source in a row are read by themselves."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The lines without their prefix; *told* says, by the first line of each stretch, what was left out before its.

    Lines of several sources take turns in the stretches that are *shared*.
    """

    lines: list[str]
    told: dict[int, str]
    shared: frozenset[int] = frozenset()

    @property
    def stretches(self) -> list[tuple[int, int]]:
        return list(pairwise([*self.told, len(self.lines)]))


def unwrapped(lines: Sequence[str]) -> Unwrapped | None:
    """*lines* without the prefix that a runner put before nearly all of them; None where there is none."""
    if len(lines) < _RUN_LINES:
        return None
    graphs = [graph for graph in _GRAPHS if graph.opens is not None and graph.opens.match(lines[0])]
    if (graphs or _COMMIT.match(lines[0])) and any(map(_BRANCHED.match, lines)):
        return _without_branches(lines)
    sample = _sample(lines)
    wrappers = _WRAPPERS if _is_before_nearly_all(_ANY_WRAPPER, sample, _SHARE) else ()
    npm = [_NPM] if _NPM.proof is not None and any(map(_NPM.proof.match, sample)) else []
    return _without_first((*graphs, *wrappers, _DOCKER, *npm), lines, sample)


def unstamped(lines: Sequence[str]) -> Unwrapped | None:
    """*lines* without the time or the number before nearly all of them; None where there is none."""
    return _without_first(_STAMPS, lines, _sample(lines)) if len(lines) >= _RUN_LINES else None


def _sample(lines: Sequence[str]) -> list[str]:
    return [line for line in lines[:: 1 + len(lines) // _SAMPLE] if line.strip()]


def _without_first(wrappers: Iterable[_Wrapper], lines: Sequence[str], sample: Sequence[str]) -> Unwrapped | None:
    """*lines* without the prefix of the first of *wrappers* that is before nearly all of a *sample* of them."""
    for wrapper in wrappers if sample else ():
        share = wrapper.share_of(sample)
        if _is_before_nearly_all(wrapper.prefix, sample, share):
            return _without(wrapper, lines, share)
    return None


def _without_branches(lines: Sequence[str]) -> Unwrapped | None:
    """A history that branches without its graph, where it shows what was changed; else the graph is what was asked for.

    The lines of a commit stand as far to the right as its name does.
    """
    if not any(map(_HUNK.match, lines)):
        return None
    width = 0
    bare: list[str] = []
    for line in lines:
        if found := _COMMIT.match(line):
            width = found.end("graph")
        bare.append(line if line[:width].strip(_BRANCH) else line[width:])
    return Unwrapped(bare, {0: "[... each line begins with the graph of the history, left out here]"})


def dedented(lines: Sequence[str], least: int) -> Unwrapped | None:
    """*lines* without the blanks that begin all of them; None where these are fewer than *least*."""
    if not all(line[:1].isspace() for line in lines if line):
        return None
    filled = [line for line in lines if line and not line.isspace()]
    if len(filled) < _RUN_LINES:
        return None
    blanks = min((line[: len(line) - len(line.lstrip())] for line in filled), key=len)
    if len(blanks) < least or not all(line.startswith(blanks) for line in filled):
        return None
    told = f"[... each line begins with {len(blanks)} blanks, left out here]"
    return Unwrapped([line.removeprefix(blanks) for line in lines], {0: told})


def _without(wrapper: _Wrapper, lines: Sequence[str], share: float) -> Unwrapped | None:
    """*lines* without the prefix of *wrapper*; None where fewer than *share* have it, or their sources take turns."""
    found = [wrapper.prefix.match(line) for line in lines]
    if sum(1 for one in found if one) < share * sum(1 for line in lines if line.strip()):
        return None
    if wrapper.is_on_each and any(
        one is None and line[:1].isspace() and line.strip() for one, line in zip(found, lines, strict=True)
    ):
        return None
    first, last = _ends(lines, found)
    # A line on a program's end is the runner's own: read among a program's it would be something that this printed.
    owners = ("" if one and _ENDED.match(one.string, one.end()) else one and one["name"].strip() for one in found)
    runs = _runs(list(owners)[first:last], first)
    if len(runs) * _RUN_LINES > len(lines):
        return None
    bare = [wrapper.without(line, one) for line, one in zip(lines, found, strict=True)]
    told: dict[int, str] = {0: ""} if first else {}
    shared: set[int] = set()
    for start, end, is_alone in _stretches(runs):
        if not is_alone:
            shared.add(start)
        if wrapper.is_terse and not (is_alone and end - start >= _OWN_LINES):
            bare[start:end] = lines[start:end]
            told[start] = ""
        else:
            at = next((i for i in range(start, end) if found[i] and bare[i] != lines[i]), None)
            told[start] = "" if at is None else _told(lines[at], bare[at], wrapper.kind, is_alone=is_alone)
    if last < len(lines):
        told[last] = ""
    return Unwrapped(bare, told, frozenset(shared))


def _ends(lines: Sequence[str], found: Sequence[re.Match[str] | None]) -> tuple[int, int]:
    """Where what a runner says of itself before and behind the programs ends and begins: nobody's who has a prefix."""
    led = [index for index, one in enumerate(found) if one is not None]
    first, last = led[0], led[-1] + 1
    return (
        first if any(line.strip() for line in lines[:first]) else 0,
        last if any(line.strip() for line in lines[last:]) else len(lines),
    )


def _runs(names: Sequence[str | None], first: int) -> list[tuple[int, int]]:
    """Lines [start, end) of the same name after one another; those without one belong to what is above them.

    *first* is the line of the first name.
    """
    starts = [first]
    current = next((name for name in names if name is not None), None)
    for index, name in enumerate(names, first):
        if name is not None and name != current:
            starts.append(index)
            current = name
    return list(pairwise([*starts, first + len(names)]))


def _stretches(runs: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int, bool]]:
    """Each long run by itself, and the short ones between two of them together: with whether it is of one name."""
    for is_own, group in groupby(runs, lambda run: run[1] - run[0] >= _OWN_LINES):
        within = list(group)
        if is_own or len(within) == 1:
            yield from ((start, end, True) for start, end in within)
        else:
            yield within[0][0], within[-1][1], False


def _is_before_nearly_all(pattern: re.Pattern[str], lines: Sequence[str], share: float) -> bool:
    """Whether *pattern* begins such a *share* of all *lines*; decided by the first few where it does not."""
    left = len(lines) * (1 - share)
    for line in lines:
        if not pattern.match(line):
            left -= 1
            if left < 0:
                return False
    return True


def _told(line: str, bare: str, kind: str, *, is_alone: bool) -> str:
    shown = line[: len(line) - len(bare)].strip()
    return f"[... each line begins with {kind}, left out here: {shown!r}{'' if is_alone else ' and its like'}]"
