"""How `deno test` reads (captured with 2.9).

running 65 tests from ./cart_test.ts        as printed
starts empty ... ok (292µs)                 a list of names
adds tax ... FAILED (11ms)                  as printed
adds tax => ./cart_test.ts:3:6              name, message, own frames
FAILED | 62 passed | 2 failed (21ms)        as printed
"""

from __future__ import annotations

from sidecar.compression.forms.tests.excerpts import tell
from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.must import keep_evidence
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner

__all__ = ["RUNNER"]


def _finish(run: Run) -> None:
    keep_evidence(run, RUNNER.evidence(run.segment))


RUNNER = runner(
    Grammar(
        name="deno test",
        literals=("ok | ", "FAILED | "),
        sure=r"^(?:ok|FAILED) \| \d+ passed",
        rules=(
            Rule(Kind.PASSED, r" *(?P<name>\S.*) \.\.\. ok \([^)]*\)$"),
            Rule(Kind.FAILED, r" *(?P<name>\S.*) \.\.\. FAILED \(.*\)$"),
            Rule(Kind.SKIPPED, r" *(?P<name>\S.*) \.\.\. ignored \([^)]*\)$"),
            Rule(Kind.TOTAL, r"(?:ok|FAILED) \| \d+ passed"),
            Rule(Kind.SUITE, r"running \d+ tests? from "),
            Rule(Kind.SECTION, r"(?P<name>\S.*) => \S+:\d+:\d+$"),
            Rule(Kind.END, r" (?:ERRORS|FAILURES) $", what="headers"),
            Rule(
                Kind.NOISE,
                r"-{3,} (?:post-test |pre-test )?output -{3,}$|-{3,} (?:post-test |pre-test )?output end -{3,}$",
                what="rules",
            ),
            Rule(Kind.NOISE, r"Check (?:file:|\S+$)", what="headers"),
        ),
        frame=r" +at (?:async )?(?:\S.* \()?(?P<path>[^()]+)\)?$",
        library=r"\bext:|node_modules/|jsr\.io/@std|deno\.land/std",
        message=r"((?:error|\w*Error): .*)",
        evidence=r"^(?: *\S.* \.\.\. FAILED \(.*\)|(?:ok|FAILED) \| \d+ passed.*|\S.* => \S+:\d+:\d+|error: .*)$",
        tell=tell,
        finish=_finish,
    )
)
