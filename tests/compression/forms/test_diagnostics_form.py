"""Compilers, linters, type checkers: every diagnostic stays; what surrounds it mostly goes."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression.forms.diagnostics import FORM
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = ("cmake", "eslint", "gcc", "javac", "mypy", "ruff", "tsc")
ALL = sorted(path for family in FAMILIES for path in (CAPTURES / family).glob("*.txt"))
PLACE = re.compile(r"^(\S+?)(?::(\d+):(\d+)|:(\d+)|\((\d+),(\d+)\)): (?:fatal )?(?:error|warning)")

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


@pytest.fixture
def shortened(read: Read, printed: Printed) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_capture_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    report = read(path)
    assert FORM.recognise(report) >= 0.7
    holds(FORM, report)


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_path_and_message_is_still_there(path: Path, read: Read, printed: Printed) -> None:
    report = read(path)
    text = "\n".join(printed(FORM, report))
    for line in report.lines:
        if PLACE.match(line):
            place = PLACE.match(line)
            assert place is not None
            assert place[1] in text
            assert line[len(place[1]) :].removeprefix(":") in text


def test_gcc_output_is_diagnostics_and_keeps_errors_excerpts_and_the_failing_rule(read: Read, printed: Printed) -> None:
    report = read(CAPTURES / "gcc" / "make_j_errors.txt", hinted=False)
    assert FORM.recognise(report) >= 0.75
    text = "\n".join(printed(FORM, report))
    assert "broken/ship.c:8:12: error: 'summ' undeclared (first use in this function); did you mean 'sum'?" in text
    assert "    8 |     return summ;" in text
    assert "make: *** [Makefile:8: build/ship.o] Error 1" in text
    assert "broken/cart.c:2:10: fatal error: stdoi.h: No such file or directory" in text


def test_what_a_header_repeats_in_every_unit_is_said_once_with_its_count(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/make_success_warnings")
    assert text.count("include/money.h:5:16: warning:") == 1
    assert "[-Wsign-compare] (x" in text
    assert "-fstack-protector-strong" not in text


def test_linker_errors_stay(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/make_warnings_link_error")
    assert "undefined reference to `cart_tax'" in text
    assert "collect2: error: ld returned 1 exit status" in text
    assert "make: *** [Makefile:5: kiosk] Error 1" in text


def test_of_a_template_error_the_users_line_stays(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/cpp_templates")
    assert "tmpl.cc:9:14:   required from here" in text
    assert "predefined_ops.h:45:23: error: no match for 'operator<' (operand types are 'Item' and 'Item')" in text
    assert "what led there" in text


def test_ruff_keeps_code_message_place_and_marked_line(shortened: Callable[[str], str]) -> None:
    text = shortened("ruff/full")
    assert "F821 Undefined name `undefined_name`\n  --> shop/report.py:16:12\n16 |     return undefined_name\n" in text
    assert "Found 13 errors." in text


def test_the_same_message_at_another_place_is_not_folded(read: Read, printed: Printed) -> None:
    report = read(CAPTURES / "ruff" / "full_many.txt")
    text = "\n".join(printed(FORM, report))
    for before, arrow in zip(report.lines, report.lines[1:], strict=False):
        if arrow.lstrip().startswith("--> "):
            assert f"{before}\n{arrow}" in text


def test_two_errors_of_one_line_with_the_same_message_keep_the_symbol_that_tells_them_apart(
    shortened: Callable[[str], str],
) -> None:
    text = shortened("javac/two_symbols")
    first, second = text.index("symbol:   class List"), text.index("symbol:   method y()")
    assert "(x2)" not in text
    assert text.count("error: cannot find symbol") == 2
    assert first < text.index("error: cannot find symbol", first) < second


def test_a_path_is_written_once_above_its_diagnostics_where_that_saves(shortened: Callable[[str], str]) -> None:
    text = shortened("ruff/concise")
    assert "shop/report.py:\n1:1: E401 [*] Multiple imports on one line\n1:1: D100" in text
    text = shortened("tsc/plain")
    assert (
        "src/components/CartView.ts:\n(2,1): error TS6133: 'missing' is declared but its value is never read.\n" in text
    )
    assert "  Types of parameters 'rate' and 'rate' are incompatible." in text


def test_two_diagnostics_of_a_file_are_left_as_printed(printed: Printed) -> None:
    lines = of("src/a.c:1:2: error: x is not declared\nsrc/a.c:3:4: error: y is not declared\n")
    assert "\n".join(printed(FORM, lines)) == lines.text


def test_pretty_tsc_keeps_explanations_and_related_places(shortened: Callable[[str], str]) -> None:
    text = shortened("tsc/pretty")
    assert "src/components/CartView.ts:9:38 - error TS2322: Type 'string' is not assignable to type 'number'." in text
    assert "    The expected type comes from property 'price' which is declared here on type 'Item'" in text
    assert "  src/api/types.ts:1:39" in text
    assert "Found 60 errors in 3 files." in text
    assert "~~~~" not in text


def test_wrapped_messages_of_mypy_stay_whole(shortened: Callable[[str], str]) -> None:
    text = shortened("mypy/pretty")
    assert "error: Incompatible types in assignment\n(expression has type" in text
    assert "Found 70 errors in 7 files (checked 9 source files)" in text


def test_labels_of_rustc_are_part_of_the_message(printed: Printed) -> None:
    report = of(
        "error[E0308]: mismatched types\n --> src/main.rs:9:5\n  |\n7 | fn total() -> u32 {\n"
        "  |               --- expected `u32` because of return type\n8 |     let x = 1;\n9 |     sum\n"
        "  |     ^^^ expected `u32`, found `u64`\n\nerror: could not compile `shop` due to 1 previous error\n",
        "cargo build",
    )
    text = "\n".join(printed(FORM, report))
    assert "expected `u32`, found `u64`" in text
    assert "--- expected `u32` because of return type" in text
    assert "error: could not compile `shop`" in text


def test_a_build_without_diagnostics_is_short(shortened: Callable[[str], str]) -> None:
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


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, ALL))


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.text(alphabet=" :()|^~-0123456789.aEe/\t", max_size=30), max_size=20))
def test_any_lines_are_read_without_harm(lines: list[str], holds: Holds) -> None:
    holds(FORM, Segment(lines))
