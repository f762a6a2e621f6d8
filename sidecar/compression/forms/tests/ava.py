"""How AVA reads (captured with 8.0): a list, then each failure told below its name alone.

✔ starts empty                 a list of names
✘ [fail]: adds tax             as printed
─
adds tax                       as printed, library frames apart
av/cart.test.js:3
4 tests failed                 as printed
"""

from __future__ import annotations

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]


def _finish(run: Run) -> None:
    """Below the list all of it stays but library frames: no heading tells where one failure ends."""
    first = next((i for i, line in enumerate(run.lines) if line.rstrip() == "  ─"), len(run.lines))
    for index in range(first, len(run.lines)):
        line = run.lines[index][:2_000]
        if run.why[index] == "printed output":
            run.why[index] = ""
        if run.grammar.is_frame(line) and run.grammar.is_library(line):
            run.why[index] = "library frames"
    keep_evidence(run, RUNNER.evidence(run.segment))


RUNNER = runner(
    Grammar(
        name="ava",
        literals=(" tests passed", " test passed", " tests failed", " test failed", "✘ [fail]: "),
        sure=r"^  \d+ tests? (?:passed|failed)(?: \[.*\])?$|^  ✘ \[fail\]: ",
        rules=(
            Rule(Kind.PASSED, r"  ✔ (?P<name>\S.*?)(?: \([\d.]+m?s\))?$", "  ✔ "),
            Rule(Kind.FAILED, r"  ✘ (?:\[fail\]: )?(?P<name>\S.*?)$", "  ✘ "),
            Rule(Kind.SKIPPED, r"  - \[(?:skip|todo)\] (?P<name>\S.*)$", "  - ["),
            Rule(Kind.KEPT, r"  › \S", "  › "),
            Rule(Kind.TOTAL, r"  \d+ (?:tests? |known failure|uncaught exception|unhandled)", "  "),
            Rule(Kind.NOISE, r"  ─$", "  ─", what="rules"),
        ),
        frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
        library=r"node_modules[/\\]|\bnode:|<anonymous>|/ava/lib/|Promise\.all",
        message=r" +(\S.*)",
        evidence=r"^(?:  ✘ .*|  \d+ tests? (?:passed|failed).*|  › .*)$",
        finish=_finish,
    )
)
