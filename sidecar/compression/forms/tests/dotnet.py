"""How `dotnet test` and VSTest read: the console logger, and the terminal logger of .NET 9 and later.

Written from Microsoft's documentation and the source of VSTest's console logger (17.x), not from captures.

  Passed Shop.Tests.CartTests.StartsEmpty [1 ms]      a list of names
  Failed Shop.Tests.CartTests.AddsTax [12 ms]         name, message, own frames
  Error Message:
   Assert.Equal() Failure
  Stack Trace:
     at Shop.Tests.CartTests.AddsTax() in /src/CartTests.cs:line 14
Failed!  - Failed:     1, Passed:     3, ...          as printed
"""

from __future__ import annotations

import re

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import Must
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]

_TIME = r"(?: \[[^\]]*\])?"
_LIBRARY = r"   at (?:System\.|Xunit\.|NUnit\.|Microsoft\.|Moq\.|FluentAssertions\.)|--- End of stack trace"
_TOTALS = (
    r"(?:Passed|Failed|Skipped)!  - Failed: |Test Run (?:Failed|Successful|Aborted)\.|Test summary: |Total tests: "
)


_MUST = Must(
    heading=r"  (?:Failed|X) \S.*$",
    anywhere=rf"(?:{_TOTALS}).*$|.*: error (?:[A-Z]+\d+|TESTERROR): .*$|\[xUnit\.net .* \[FAIL\]$",
    leaves=re.compile(r"  (?:Passed|Skipped) |[A-Z]\w+!  - |Total tests"),
    message_lines=1,
    always=re.compile(r" *(?:Expected|Actual|But was): "),
    place=re.compile(rf" +at (?!{_LIBRARY}).* in .*:line \d+"),
    advice=re.compile(r"  (?:Error Message|Stack Trace):$"),
)

_GRAMMAR = Grammar(
    name="dotnet test",
    literals=(
        "!  - Failed: ",
        "Test Run ",
        "Total tests: ",
        "Starting test execution",
        "Test summary: total: ",
        "TESTERROR",
    ),
    sure=r"^(?:Passed|Failed|Skipped)!  - Failed: +\d+|^Starting test execution, please wait"
    r"|^Test Run (?:Failed|Successful|Aborted)\."
    r"|^Test summary: total: \d+|^Total tests: \d+|: error TESTERROR: ",
    rules=(
        Rule(Kind.PASSED, rf"  +Passed (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.PASSED, rf"  +✓ (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.SECTION, rf"  Failed (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.SECTION, rf"  [Xx✗] (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.SKIPPED, rf"  +(?:Skipped|!) (?P<name>\S.*?)(?!\S){_TIME}$"),
        Rule(Kind.ALARM, r"\[xUnit\.net [\d:.]+\] +(?P<name>.*) \[FAIL\]$"),
        Rule(Kind.NOISE, r"\[xUnit\.net [\d:.]+\]", what="what xUnit says of the same"),
        Rule(Kind.TOTAL, _TOTALS),
        Rule(Kind.TOTAL, r" +(?:Passed|Failed|Skipped): +\d+$"),
        Rule(Kind.NOISE, r" Total time: ", what="timing"),
        Rule(Kind.END, r"Results File: |Attachments:", what="headers"),
        Rule(
            Kind.ALARM,
            r".*(?:: error (?:[A-Z]+\d+|TESTERROR): |The active test run was aborted|Test host process crashed)",
        ),
        Rule(Kind.KEPT, r".*: warning [A-Z]+\d+: "),
        Rule(Kind.SUITE, r"Test run for .*"),
        Rule(
            Kind.NOISE,
            r"(?:VSTest version|Microsoft \(R\) Test|Copyright \(C\)|Starting test execution"
            r"|A total of \d+ test files?)",
            what="headers",
        ),
        Rule(
            Kind.NOISE,
            r"  (?:Determining projects to restore|All projects are up-to-date"
            r"|Restored |Restore complete)|  \S.* -> \S",
            what="build progress",
        ),
        Rule(Kind.NOISE, r"(?:Restore complete|Build succeeded|    \d+ Warning\(s\)$)", what="build progress"),
        Rule(Kind.NOISE, r"  (?:Error Message|Stack Trace|Standard Output Messages):$", inside=True, what="headers"),
    ),
    frame=r" +at (?P<path>.*)|--- End of stack trace",
    library=_LIBRARY,
    message=r" *(?!Error Message:|Stack Trace:)(\S.*)",
    evidence=_MUST.evidence,
    tell=tell,
    compiles=True,
)


RUNNER = runner(_GRAMMAR)
