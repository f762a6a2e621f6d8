"""Compilers, linters, type checkers: every diagnostic stays; what surrounds it mostly goes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression.clean import clean
from sidecar.compression.forms.diagnostics import FORM
from sidecar.compression.vocabulary import Block, Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = ("cmake", "eslint", "gcc", "mypy", "ruff", "tsc")
ALL = sorted(path for family in FAMILIES for path in (CAPTURES / family).glob("*.txt"))
PLACE = re.compile(r"^(\S+?)(?::(\d+):(\d+)|:(\d+)|\((\d+),(\d+)\)): (?:fatal )?(?:error|warning)")

Holds = Callable[[Form, Segment], None]


def segment(path: Path, *, hint: bool = True) -> Segment:
    told = json.loads(path.with_suffix(".json").read_text())
    command = Command(tuple(told["command"].split())) if hint else None
    return Segment(clean(path.read_bytes()).lines, command=command, exit_code=told["exit_code"])


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


def printed(blocks: list[Block], lines: Segment) -> str:
    shown: list[str] = []
    for block in blocks:
        shown.extend(lines.lines[block.start : block.end] if block.shown is None else block.shown)
        if block.what:
            shown.append(f"[... {block.what}]")
    return "\n".join(shown)


def shortened(name: str) -> str:
    report = segment(CAPTURES / f"{name}.txt")
    return printed(FORM.reduce(report), report)


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_capture_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds) -> None:
    report = segment(path)
    assert FORM.recognise(report) >= 0.7
    holds(FORM, report)


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_path_and_message_is_still_there(path: Path) -> None:
    report = segment(path)
    text = printed(FORM.reduce(report), report)
    for line in report.lines:
        if PLACE.match(line):
            place = PLACE.match(line)
            assert place is not None
            assert place[1] in text
            assert line[len(place[1]) :].removeprefix(":") in text


def test_gcc_output_is_diagnostics_and_keeps_errors_excerpts_and_the_failing_rule() -> None:
    report = segment(CAPTURES / "gcc" / "make_j_errors.txt", hint=False)
    assert FORM.recognise(report) >= 0.75
    text = printed(FORM.reduce(report), report)
    assert "broken/ship.c:8:12: error: 'summ' undeclared (first use in this function); did you mean 'sum'?" in text
    assert "    8 |     return summ;" in text
    assert "make: *** [Makefile:8: build/ship.o] Error 1" in text
    assert "broken/cart.c:2:10: fatal error: stdoi.h: No such file or directory" in text


def test_what_a_header_repeats_in_every_unit_is_said_once_with_its_count() -> None:
    text = shortened("gcc/make_success_warnings")
    assert text.count("include/money.h:5:16: warning:") == 1
    assert "[-Wsign-compare] (x" in text
    assert "-fstack-protector-strong" not in text


def test_linker_errors_stay() -> None:
    text = shortened("gcc/make_warnings_link_error")
    assert "undefined reference to `cart_tax'" in text
    assert "collect2: error: ld returned 1 exit status" in text
    assert "make: *** [Makefile:5: kiosk] Error 1" in text


def test_of_a_template_error_the_users_line_stays() -> None:
    text = shortened("gcc/cpp_templates")
    assert "tmpl.cc:9:14:   required from here" in text
    assert "predefined_ops.h:45:23: error: no match for 'operator<' (operand types are 'Item' and 'Item')" in text
    assert "what led there" in text


def test_ruff_keeps_code_message_place_and_marked_line() -> None:
    text = shortened("ruff/full")
    assert "F821 Undefined name `undefined_name`\n  --> shop/report.py:16:12\n16 |     return undefined_name\n" in text
    assert "Found 13 errors." in text


def test_the_same_message_at_another_place_is_not_folded() -> None:
    report = segment(CAPTURES / "ruff" / "full_many.txt")
    text = printed(FORM.reduce(report), report)
    for before, arrow in zip(report.lines, report.lines[1:], strict=False):
        if arrow.lstrip().startswith("--> "):
            assert f"{before}\n{arrow}" in text


def test_a_path_is_written_once_above_its_diagnostics_where_that_saves() -> None:
    text = shortened("ruff/concise")
    assert "shop/report.py:\n1:1: E401 [*] Multiple imports on one line\n1:1: D100" in text
    text = shortened("tsc/plain")
    assert (
        "src/components/CartView.ts:\n(2,1): error TS6133: 'missing' is declared but its value is never read.\n" in text
    )
    assert "  Types of parameters 'rate' and 'rate' are incompatible." in text


def test_two_diagnostics_of_a_file_are_left_as_printed() -> None:
    lines = of("src/a.c:1:2: error: x is not declared\nsrc/a.c:3:4: error: y is not declared\n")
    assert printed(FORM.reduce(lines), lines) == lines.text


def test_pretty_tsc_keeps_explanations_and_related_places() -> None:
    text = shortened("tsc/pretty")
    assert "src/components/CartView.ts:9:38 - error TS2322: Type 'string' is not assignable to type 'number'." in text
    assert "    The expected type comes from property 'price' which is declared here on type 'Item'" in text
    assert "  src/api/types.ts:1:39" in text
    assert "Found 60 errors in 3 files." in text
    assert "~~~~" not in text


def test_wrapped_messages_of_mypy_stay_whole() -> None:
    text = shortened("mypy/pretty")
    assert "error: Incompatible types in assignment\n(expression has type" in text
    assert "Found 70 errors in 7 files (checked 9 source files)" in text


def test_labels_of_rustc_are_part_of_the_message() -> None:
    report = of(
        "error[E0308]: mismatched types\n --> src/main.rs:9:5\n  |\n7 | fn total() -> u32 {\n"
        "  |               --- expected `u32` because of return type\n8 |     let x = 1;\n9 |     sum\n"
        "  |     ^^^ expected `u32`, found `u64`\n\nerror: could not compile `shop` due to 1 previous error\n",
        "cargo build",
    )
    text = printed(FORM.reduce(report), report)
    assert "expected `u32`, found `u64`" in text
    assert "--- expected `u32` because of return type" in text
    assert "error: could not compile `shop`" in text


def test_a_build_without_diagnostics_is_short() -> None:
    assert len(shortened("gcc/make_clean_build")) < 60
    assert shortened("mypy/clean") == "Success: no issues found in 1 source file"


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"2026-11-22 12:07:{n:02} ERROR db.example.com refused the connection\n" for n in range(50)),
        "".join(f"2026-11-22T12:07:{n:02}: error: connection refused\n" for n in range(50)),
        "".join(f"src/shop/cart.py:{n}:    return total + {n}\n" for n in range(50)),
        "".join(f"src/shop/cart.py:{n}:{n}:return total + {n}\n" for n in range(50)),
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    x()\nValueError: no\n',
        "total 12\n-rw-r--r-- 1 root root 10 Nov 22 12:07 a.c\n",
        "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-x\n+y\n",
        "",
    ],
)
def test_what_no_compiler_printed_is_not_taken_for_diagnostics(text: str) -> None:
    assert FORM.recognise(of(text)) < 0.5


def test_a_search_for_errors_is_not_diagnostics() -> None:
    assert FORM.recognise(of("a.c:3:1: error: x\nb.c:4:1: error: y\n", "grep -rn error: .")) == 0.0


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(ALL), data=st.data())
def test_a_report_cut_anywhere_keeps_its_evidence(path: Path, data: st.DataObject, holds: Holds) -> None:
    lines = segment(path).lines
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    holds(FORM, Segment(lines[start:end]))


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(ALL), seed=st.integers(0, 10_000), share=st.floats(0.02, 0.7))
def test_a_report_with_lines_missing_keeps_its_evidence(path: Path, seed: int, share: float, holds: Holds) -> None:
    toss = Random(seed)  # noqa: S311 - a test must be the same every time
    lines = [line for line in segment(path).lines if toss.random() > share]
    holds(FORM, Segment(lines))


@settings(max_examples=40, deadline=None)
@given(first=st.sampled_from(ALL), second=st.sampled_from(ALL), step=st.integers(1, 40))
def test_two_reports_that_wrote_at_once_keep_their_evidence(first: Path, second: Path, step: int, holds: Holds) -> None:
    one, other = segment(first).lines, segment(second).lines
    lines: list[str] = []
    for begun in range(0, max(len(one), len(other)), step):
        lines.extend(one[begun : begun + step])
        lines.extend(other[begun : begun + step])
    holds(FORM, Segment(lines))


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.text(alphabet=" :()|^~-0123456789.aEe/\t", max_size=30), max_size=20))
def test_any_lines_are_read_without_harm(lines: list[str], holds: Holds) -> None:
    holds(FORM, Segment(lines))
