"""Facts any program may print: errors, exceptions with their places, exit statuses, what installers and shells say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.bench.compression.needles.fact import Fact

__all__ = ["ADVICE", "counts", "errors", "traces"]

_PATTERNS = (
    r"^(?P<a>(?:ERROR|FATAL|CRITICAL|Error|Fatal|fatal|error|E): .+)$",
    r"^(?:npm|yarn|pnpm) (?:error|ERR!) (?:code |errno |syscall |path )?(?P<a>\S.{4,})$",
    r"^\[ERROR\] (?P<a>\S.{7,}?)(?: -> \[Help \d+\])?$",
    r"^\[INFO\] (?P<a>BUILD (?:SUCCESS|FAILURE))$",
    r"^(?P<a>make(?:\[\d+\])?: \*\*\* .+)$",
    r"^(?P<a>ninja: build stopped: .+|ninja: error: .+|FAILED: .+)$",
    r"^(?P<a>CMake (?:Error|Warning)(?: \(dev\))? at .+?):?$",
    (
        r"^(?P<a>(?:[\w./-]+: )+(?:No such file or directory|Permission denied|command not found"
        r"|cannot access .+|not found|Connection refused))$"
    ),
    r"^(?P<a>\w+: (?:cannot|can't|could not|unable to|failed to|unrecognized|invalid|illegal|unknown) .+)$",
    r"^(?P<a>.*\b(?:exit(?:ed)?(?: with)?(?: status| code)?|returned (?:status|code))[ :=]+[1-9]\d?\d?\b.*)$",
    (
        r"^(?P<a>.*\b(?:Segmentation fault|core dumped|Killed|Out of memory|OOMKilled"
        r"|CrashLoopBackOff|ImagePullBackOff|ErrImagePull|Evicted)\b.*)$"
    ),
    r"^(?P<a>(?:\w+ )?(?:FAILURE|FAILED|Aborted|aborted): .+)$",
    r"^(?P<a>(?:curl|ping|rsync|wget|zip|unzip|tar)(?: error)?: .+)$",
    r"^(?:PHP )?(?:Parse|Fatal|Warning) error: +(?:Uncaught )?(?P<a>.+)$",
    r"^(?P<a>.+ at \S+ line \d+[.,].*)$",
    r"^(?P<a>\S+\.rb:\d+:(?:in .*?:)? .+)$",
    r"^\[(?:warn|error)\] (?P<a>.+)$",
    r"^go: (?P<a>.+(?:disabled|not found|cannot|missing|no required).*)$",
    r"^(?:==\d+==)?(?P<a>(?:ERROR|WARNING|SUMMARY): (?:\w+Sanitizer|DATA RACE).*)$",
    r"^(?P<a>(?:free|malloc|munmap_chunk|corrupted)\b.*(?:invalid|double free|corruption|detected).*)$",
    r"^(?P<a>.+, exiting with code \d+)$",
    r"^(?P<a>CONFLICT \(.+)$",
    r"^\s*(?P<a>(?:both (?:modified|added|deleted)|deleted by (?:us|them)|added by (?:us|them)):\s+\S.*)$",
    r"^(?P<a>Err:\d+ .+)$",
    # a suite may be called "when the file does not exist"
    r"^(?P<a>.*[\"'`:/].*\bdoes not exist\b.*|.+\bNot Found\b.*|.+\bunresolved\b.*)$",
)
_ERRORS = [re.compile(pattern, re.MULTILINE) for pattern in _PATTERNS]

ADVICE = re.compile(
    r"\[Help|To see the full stack trace|Re-run Maven|For more information|Please refer to|After correcting the"
    r"|A complete log of this run|Try '.*--help|^\[ERROR\] +mvn <args> -rf "
)
"""What a tool says to everybody at its end."""

_UNHARMED = re.compile(r"\s*(?:✔|✓|√|ok \d|PASS\b|INFO\b|DEBUG\b|:\w+ \w+: )")
"""Lines that say themselves that nothing is wrong: a passed test's name, a record of a server answering 404, a
docstring that promises `:raise KeyError: if the key does not exist.`"""

_COUNTS = re.compile(
    r"^(?:(?:added|removed|changed|audited|up to date)\b.*\bpackages?\b.*|\d+ packages are looking for funding"
    r"|found \d+ vulnerabilit.*|\d+ upgraded, \d+ newly installed.*|Successfully (?:built|tagged) .*"
    r"|Plan: \d.*|Apply complete!.*|No changes\..*|Total reclaimed space: .*"
    r"|\(\d+ rows?\)|\d+ director(?:y|ies)(?:, \d+ files?)?|(?:==\d+== )?(?:ERROR|HEAP|LEAK) SUMMARY: .*)$",
    re.MULTILINE,
)
_INSTALLED = re.compile(r"^Successfully installed (?P<a>.+)$", re.MULTILINE)

_PYTHON = re.compile(r'^\s*(?:\S+ +)?File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in .+)?$', re.MULTILINE)
_RAISED = re.compile(
    r"^(?:E  +|\s*(?:Exception in thread .+? |Caused by: )|Uncaught |Unhandled )?"
    r"(?P<a>(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception|Exit|Warning|Interrupt|Iteration)(?:: .+)?)$",
    re.MULTILINE,
)
_THROWN = re.compile(
    r"^(?P<a>panic: .+|goroutine \d+ \[running\]:|fatal error: .+|thread '.+' .*panicked at .+)$", re.MULTILINE
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|node_modules|node:internal|/usr/(?:lib|share|local/lib)|<frozen"
    r"|\.cargo/registry|/rustc/|go/pkg/mod|/lib/python\d"
)


def errors(text: str) -> Iterator[Fact]:
    for pattern in _ERRORS:
        for match in pattern.finditer(text):
            line = match.group()
            if len(line) < 500 and not ADVICE.search(line) and not _UNHARMED.match(line):
                yield Fact.of(line, *(piece for piece in match.groups() if piece), kind="error")


def _distinct(pattern: re.Pattern[str], text: str) -> Iterator[Fact]:
    """All of a few, and the first of many that differ only in numbers: a thousand declined orders are one fact."""
    by_template: dict[str, list[re.Match[str]]] = {}
    for match in pattern.finditer(text):
        by_template.setdefault(re.sub(r"\d+", "#", match["a"]), []).append(match)
    for matches in by_template.values():
        for match in matches if len(matches) <= 3 else matches[:1]:
            yield Fact.of(match.group(), match["a"], kind="raised")


def counts(text: str) -> Iterator[Fact]:
    """The lines in which installers, planners and databases tell how much they did; without how long it took."""
    for match in _COUNTS.finditer(text):
        yield Fact.of(match.group(), re.sub(r" in [\d.]+ ?m?s$", "", match.group()), kind="totals")
    for match in _INSTALLED.finditer(text):
        packages = match["a"].split()
        yield Fact.of(match.group(), *packages[:: len(packages) // 8 + 1], kind="totals")


def traces(text: str) -> Iterator[Fact]:
    """What was raised, and where in the program's own files (a library's frames help nobody)."""
    if any(word in text for word in ("Error", "Exception", "panic", "Traceback", "fatal error")):
        for pattern in (_RAISED, _THROWN):
            yield from _distinct(pattern, text)
    frames = [
        match for match in _PYTHON.finditer(text) if not _LIBRARY.search(match["path"]) and match["path"][0] != "<"
    ]
    for match in frames:
        yield Fact.of(match.group(), match["path"].split("/")[-1], f"line {match['line']}", kind="frame")
