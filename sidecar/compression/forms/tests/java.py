"""How Maven's surefire and failsafe read, and Gradle's test task (captured with surefire 3.2 and Gradle 4.4).

[INFO] Running com.acme.TaxTest
[INFO] Tests run: 8, Failures: 0, ... -- in com.acme.TaxTest       a list of classes, each with its count
[ERROR] com.acme.CartTest.total -- Time elapsed: ... <<< FAILURE!  as printed, what was thrown, own frames
[ERROR]   CartTest.total:7 expected: <499> but was: <500>          as printed

depot.CrateTest > puts PASSED                                      a list of names
depot.CrateTest > counts FAILED                                    as printed, what was thrown, own frames
* What went wrong:                                                 as printed
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sidecar.compression.alarms import is_alarm
from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Evidence, Segment, verbatim

__all__ = ["GRADLE", "MAVEN"]

_FRAME = r"\s+(?:at (?P<path>[\w.$/<>@-]+)\(|\.\.\. \d+ (?:more|common frames))"
_LIBRARY = (
    r"\s+\.\.\. \d+ |\s+at (?:[\w.]+/)?(?:app//)?(?:java|javax|jakarta|sun|jdk|com\.sun"
    r"|junit|kotlin|kotlinx|scala|groovy|worker"
    r"|org\.(?:junit|opentest4j|apache\.maven|apache\.groovy|codehaus|assertj|hamcrest"
    r"|mockito|gradle|testng|springframework"
    r"|jetbrains|easymock|eclipse))[./]"
)
_LEVEL = r"(?:\[(?:INFO|ERROR|WARNING|WARN)\] +)?"
_COUNTS = (
    _LEVEL
    + r"Tests run: +(?P<run>\d+), +Failures: +(?P<bad>\d+), +Errors: +(?P<worse>\d+), +Skipped: +(?P<skipped>\d+)"
)
_ELAPSED = r", Time elapsed: [\d.,]+ s(?:ec)?"
_HELP_WORDS = (
    r"(?:$|-> \[Help|To see the full|Re-run Maven|For more information"
    r"|\[Help \d|Please refer to dump|After correct|  mvn <)"
)
_HELP = re.compile(r"\[ERROR\] " + _HELP_WORDS)


def _class(found: re.Match[str]) -> str:
    skipped = found["skipped"]
    return f"{found['name']}={found['run']}" + (f"({skipped}_skipped)" if skipped != "0" else "")


def _finish_maven(run: Run) -> None:
    """Maven's advice goes, and warnings that were said before; what the application's log warns of stays once."""
    run.label = "classes passed, =tests run"
    said: set[str] = set()
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if _HELP.match(line):
            run.why[index] = "help"
        elif kind is Kind.KEPT and line.startswith("[WARN"):
            if line in said:
                run.why[index] = "repeated warnings"
            said.add(line)
        elif kind is Kind.OTHER and run.why[index] == "printed output" and (found := _WARNED.match(line[:_REACH])):
            if found["said"] not in said:
                run.why[index] = ""
            said.add(found["said"])
    _mark_compiled_again(run)
    keep_evidence(run, MAVEN.evidence(run.segment))


def _mark_compiled_again(run: Run) -> None:
    """What a compiler said is printed as it says it, and again at the end of the build: there it goes."""
    told: dict[str, int] = {}
    for first, last in _compiled(run.lines):
        earlier = told.setdefault(run.lines[first], first)
        if earlier == first:
            continue
        about = [run.lines[index].removeprefix("[ERROR]").strip() for index in range(first + 1, last)]
        if about == [line.strip() for line in run.lines[earlier + 1 : earlier + last - first]]:
            for index in range(earlier, earlier + last - first):
                run.why[index] = ""
            for index in range(first, last):
                run.why[index] = "compiler errors told above"


def _compiled(lines: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Each message of a compiler with the indented lines about it."""
    index = 0
    while index < len(lines):
        first = index
        index += 1
        if not _COMPILED.match(lines[first][:_REACH]):
            continue
        while index < len(lines) and _ABOUT.match(lines[index]):
            index += 1
        yield first, index


def _maven_evidence(segment: Segment) -> list[Evidence]:
    """What the grammar names, and a compiler's lines about its message: once, with or without Maven's level."""
    lines = segment.lines
    found: dict[int, None] = dict.fromkeys(item.line for item in _MAVEN.evidence(segment))
    told: set[tuple[str, ...]] = set()
    for first, last in _compiled(lines):
        said = tuple(line.removeprefix("[ERROR]").strip() for line in lines[first:last])
        for index in range(first, last):
            if said in told:
                found.pop(index, None)
            else:
                found[index] = None
        told.add(said)
    return verbatim(segment, sorted(found))


_WARNED = re.compile(
    r"(?:\d[\d:.T ,Z+-]{7,40} +(?:WARN|ERROR|FATAL) (?:\d+ )?|(?:OpenJDK|Java)[^:\n]{0,60} VM warning: )(?P<said>.*)"
)
"""What a tested application's own log, or its virtual machine, warns of: Spring says there why it did not start."""

_COMPILED = re.compile(r"\[ERROR\] \S+\.(?:java|kt|scala|groovy):(?:\[\d+,\d+\]|\d+:)")
_ABOUT = re.compile(r"(?:\[ERROR\])? +(?:symbol|location|required|found|reason) *:")
_COMPILED_IN_ALL = r"\[INFO\] \d+ (?:errors?|warnings?) *$"
"""How many the compiler of a module told, printed below them."""
_REACH = 2_000


_MAVEN = runner(
    Grammar(
        name="surefire",
        literals=("Tests run:",),
        sure=_COUNTS,
        rules=(
            Rule(Kind.PASSED, _COUNTS + _ELAPSED + r" -+ in (?P<name>\S+)$", name_of=_class),
            Rule(Kind.TOTAL, _LEVEL + r"Tests run:"),
            Rule(
                Kind.SECTION,
                r"(?:\[ERROR\] +)?(?P<name>[^\s\[].*?)(?<! ) +(?:-- )?Time elapsed: [\d.,]+ s(?:ec)? +<<< (?:FAILURE"
                r"|ERROR)!",
            ),
            Rule(Kind.BEGUN, _LEVEL + r"Running (?P<name>\S+)$"),
            Rule(Kind.END, r"(?:\[INFO\] )?Results ?:", what=BLANK),
            Rule(
                Kind.TOTAL,
                r"\[(?:INFO|ERROR)\] (?:BUILD (?:FAILURE|SUCCESS)|Reactor Summary|\S.* \.+ (?:SUCCESS"
                r"|FAILURE|SKIPPED))|BUILD (?:FAILURE|SUCCESS)",
            ),
            Rule(
                Kind.NOISE,
                r"\[ERROR\] " + _HELP_WORDS + r"|\[ERROR\] *$",
                what="help",
            ),
            Rule(Kind.FAILED, r"\[ERROR\]   (?P<name>[\w.$]+(?:->[\w.$:]+)?)(?::\d+)?(?:->|:\d+| |$)"),
            Rule(Kind.ALARM, r"\[ERROR\] *\S"),
            Rule(Kind.KEPT, r"\[WARN(?:ING)?\] *\S"),
            Rule(Kind.SUITE, r"\[INFO\] Building \S.*\[\d+/\d+\]$"),
            Rule(Kind.KEPT, _COMPILED_IN_ALL),
            Rule(Kind.NOISE, r"\[(?:INFO|WARNING)\]", what="build steps"),
            Rule(Kind.NOISE, r"-{40,}$| T E S T S$", what=BLANK),
        ),
        frame=_FRAME,
        library=_LIBRARY,
        message=r"((?!\s+at |\[)\S.*)",
        evidence=r"\[ERROR\] (?!" + _HELP_WORDS + r")|" + _COMPILED_IN_ALL + r"|.{0,300}<<< (?:FAILURE|ERROR)!"
        r"|(?:\[\w+\] )?Tests run: *\d+, Failures: \d+, Errors: \d+, Skipped: \d+$|(?:\[INFO\] )?BUILD FAILURE"
        r"|[\w.$]+(?:Exception|Error): ",
        compiles=False,
        finish=_finish_maven,
    )
)
MAVEN = replace(_MAVEN, evidence=_maven_evidence)


def _finish_gradle(run: Run) -> None:
    """What a test printed stays where it failed; Gradle's advice goes."""
    failed = {*run.failed.values(), *(section.name for section in run.sections)}
    owner = ""
    advising = False
    for index, kind in enumerate(run.kinds):
        line = run.lines[index]
        if kind is Kind.BEGUN:
            owner = line.rpartition(" ")[0]
        elif kind is not Kind.OTHER and kind is not Kind.BLANK:
            owner = ""
            advising = line.startswith("* Try:")
        elif advising and kind is Kind.OTHER and line.startswith(("Run with ", "> ")):
            run.why[index] = "help"
        elif owner and kind is Kind.OTHER:
            run.why[index] = "" if owner in failed or is_alarm(line) else "output of passed tests"
        if kind is Kind.BEGUN and owner in failed:
            run.why[index] = ""
    keep_evidence(run, GRADLE.evidence(run.segment))


GRADLE = runner(
    Grammar(
        name="gradle test",
        literals=(" PASSED", " FAILED", " SKIPPED", " tests completed, ", " test completed, "),
        sure=r"[\w.$]+(?: > [^>]+)* > \S.* (?:PASSED|FAILED|SKIPPED)(?: \([\d.]+m?s\))?$"
        r"|\d+ tests? completed, \d+ (?:failed|skipped)|(?:> Task )?:\S*[tT]est\S* FAILED$",
        rules=(
            Rule(Kind.PASSED, r"(?P<name>\S(?>.*? > ).+) PASSED(?: \([\d.]+m?s\))?$"),
            Rule(Kind.SKIPPED, r"(?P<name>\S(?>.*? > ).+) SKIPPED$"),
            Rule(Kind.SECTION, r"(?P<name>\S(?>.*? > ).+) FAILED(?: \([\d.]+m?s\))?$"),
            Rule(
                Kind.BEGUN,
                r"(?P<name>\S(?>.*? > ).+) STANDARD_(?:OUT|ERROR)$",
                what="output of passed tests",
            ),
            Rule(Kind.TOTAL, r"\d+ tests? completed"),
            Rule(Kind.TOTAL, r"(?:> Task )?:\S+ FAILED$"),
            Rule(
                Kind.NOISE,
                r"> Task :\S+(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$"
                r"|:[\w:-]+(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$",
                what="tasks",
            ),
            Rule(Kind.TOTAL, r"BUILD (?:FAILED|SUCCESSFUL)|\d+ actionable tasks?:|FAILURE: Build "),
            Rule(Kind.SECTION, r"\* (?P<name>What went wrong|Exception is|Where):$"),
            Rule(Kind.END, r"\* Try:$", what="help"),
            Rule(Kind.END, r"\* Get more help|> Run with |={20,}$", what="help"),
            Rule(
                Kind.NOISE,
                r"(?:OpenJDK|openjdk|Java HotSpot).*|Starting a Gradle Daemon|Daemon will be stopped"
                r"|To honour the JVM|Deprecated Gradle features|You can use '--warning-mode"
                r"|See https://docs\.gradle|For more on this, please refer|Use '--warning-mode",
                what="headers",
            ),
            Rule(Kind.ALARM, r"\S+\.(?:java|kt|groovy|scala):\d+: error: |e: ", inside=False),
        ),
        frame=_FRAME,
        library=_LIBRARY,
        message=r"(?:\s*> |\s*)((?!\s*at )\S.*)",
        evidence=r"\S.* > .+ FAILED(?: \(.*\))?$|(?:> Task )?:\S+ FAILED$|\d+ tests? completed"
        r"|BUILD FAILED|\* What went wrong|Execution failed for|\s+[\w.$]+(?:Exception"
        r"|Error)(?::| at )",
        compiles=True,
        finish=_finish_gradle,
    )
)
