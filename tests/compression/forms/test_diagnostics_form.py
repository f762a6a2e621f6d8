"""Compilers, linters, type checkers: every diagnostic stays; what surrounds it mostly goes."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.diagnostics import FORM
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FAMILIES = (
    "bandit", "biome", "black", "clang", "cmake", "cpplint", "cspell", "eslint", "flake8", "gcc", "golangci_lint",
    "hadolint", "isort", "javac", "jshint", "mypy", "ninja", "oxlint", "phpcs", "prettier", "pydocstyle", "pylint",
    "pyright", "refurb", "ruff", "sarif", "shellcheck", "sphinx", "standard", "staticcheck", "stylelint",
    "svelte_check", "tsc", "ty", "yamllint",
)  # fmt: skip
NOT_OURS = {"cmake/configure_errors", "biome/clean", "oxlint/clean", "prettier/clean", "ruff/github"}
"""Too little to recognise, or another form's: they are kept whole or read as text."""
ALL = sorted(
    path for family in FAMILIES for path in (CAPTURES / family).glob("*.txt") if f"{family}/{path.stem}" not in NOT_OURS
) + [CAPTURES / "maven" / f"{name}.txt" for name in ("compile_fails", "compile_many_errors")]
PLACE = re.compile(
    r" *(?P<place>[^\s(:]+(?::\d+(?::\d+)?|\(\d+,\d+\)))(?:: | - )(?P<said>(?:fatal )?(?:error|warning).*)"
)

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
def test_every_place_is_whole_and_every_message_is_still_there(path: Path, read: Read, printed: Printed) -> None:
    report = read(path)
    text = "\n".join(printed(FORM, report))
    for line in report.lines:
        found = PLACE.match(line)
        if found is not None:
            assert found["place"] in text
            assert found["said"] in text


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


def test_the_compilers_command_lines_that_a_verbose_build_runs_are_steps(shortened: Callable[[str], str]) -> None:
    """In `cargo build --verbose` four of them were two thirds of what remained of a failing build."""
    text = shortened("cargo/build_verbose_fails")
    assert "Running `" not in text
    assert "--> src/status.rs:241:14" in text
    assert "process didn't exit successfully: `" in text


def test_of_a_template_error_the_users_line_stays(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/cpp_templates")
    assert "tmpl.cc:9:14:   required from here" in text
    assert "predefined_ops.h:45:23: error: no match for 'operator<' (operand types are 'Item' and 'Item')" in text
    assert "what led there" in text


def test_ruff_keeps_code_message_place_and_marked_line(shortened: Callable[[str], str]) -> None:
    text = shortened("ruff/full")
    assert "F821 Undefined name `undefined_name`\n  --> shop/report.py:16:12\n16 |     return undefined_name\n" in text
    assert "Found 13 errors." in text


def test_the_same_message_at_another_place_is_said_once_with_every_place(read: Read, printed: Printed) -> None:
    report = read(CAPTURES / "ruff" / "full_many.txt")
    text = "\n".join(printed(FORM, report))
    for before, arrow in zip(report.lines, report.lines[1:], strict=False):
        if arrow.lstrip().startswith("--> "):
            assert before in text
            assert arrow.lstrip().removeprefix("--> ") in text


def test_two_errors_of_one_line_with_the_same_message_keep_the_symbol_that_tells_them_apart(
    shortened: Callable[[str], str],
) -> None:
    text = shortened("javac/two_symbols")
    first, second = text.index("symbol:   class List"), text.index("symbol:   method y()")
    assert "(x2)" not in text
    assert text.count("error: cannot find symbol") == 2
    assert first < text.index("error: cannot find symbol", first) < second


def test_a_message_of_many_places_is_written_once_and_each_place_stays_whole(shortened: Callable[[str], str]) -> None:
    text = shortened("flake8/default")
    assert "\nshop/api/basket.py:26:5: E722 do not use bare 'except'\n  again: shop/api/basket.py:58:5 " in text
    assert "shop/api/basket.py:1:1 shop/api/customer.py:1:1 " in text
    text = shortened("tsc/plain")
    places = "src/components/CartView.ts(2,1) src/components/OrderList.ts(2,1) src/components/StockTable.ts(2,1)"
    assert f"{places}: error TS6133: 'missing' is declared but its value is never read.\n" in text
    assert "  Types of parameters 'rate' and 'rate' are incompatible." in text


def test_what_explains_a_shared_message_is_written_below_it(shortened: Callable[[str], str]) -> None:
    text = shortened("pyright/default")
    assert "  /tmp/shop/shop/api/basket.py:79:16 /tmp/shop/shop/api/customer.py:74:16 " in text
    said = '/tmp/shop/shop/tax.py:83:16 - error: Type "str" is not assignable to return type "int"\n'
    assert said in text
    assert text.partition(said)[2].strip().startswith('"str" is not assignable to "int" (reportReturnType)')
    assert text.count('"str" is not assignable to "int" (reportReturnType)') < 4


def test_few_rows_under_a_path_stay_as_printed(read: Read, shortened: Callable[[str], str]) -> None:
    assert shortened("yamllint/default") == read(CAPTURES / "yamllint" / "default.txt").text


def test_a_message_of_rows_in_several_files_is_said_once_with_their_names(shortened: Callable[[str], str]) -> None:
    text = shortened("eslint/stylish_many")
    assert text.startswith("several files:\n")
    assert "/tmp/shopweb/src/basket.js\n" in text
    assert "  error  Unexpected var, use let or const instead  no-var: [A] 2:1 5:3 13:3 21:3 29:3\n" in text
    unused = "    4:10  'countBasket' is defined but never used\n    12:10  'mergeBasket' is defined but never used\n"
    assert f"  error  no-unused-vars:\n{unused}" in text


def test_rows_that_begin_with_a_sign_are_read_as_rows(shortened: Callable[[str], str]) -> None:
    """xo's, whose files stand further right with the place of their first finding."""
    text = shortened("xo/default")
    assert text.startswith("every row: ✖\n")
    assert "  Missing semicolon.  @stylistic/semi: ship.js 1:29 2:39 4:47" in text
    assert "\n  source/cart.js:1:1\n" in text
    assert "  ✖    " not in text


def test_a_message_of_rows_that_goes_on_below_stays_with_its_end(printed: Printed) -> None:
    row = "  {0}:5  error  Unexpected var in the {0}th line  no-var\n"
    rows = "".join(row.format(line) for line in range(1, 18))
    text = "\n".join(printed(FORM, of(f"/shop/a.js\n{rows}  19:1  error  Do not\nuse it.  no-use\n", "eslint")))
    assert "  19:1  error  Do not\nuse it.  no-use" in text
    assert "  no-var:\n    1:5  Unexpected var in the 1th line\n    2:5  Unexpected var in the 2th line\n" in text


def test_files_of_the_same_name_are_told_apart_by_their_folders(printed: Printed) -> None:
    row = "  {}:1  error  Unexpected console statement in code that is shipped  no-console\n"
    rows = "".join(row.format(line) for line in range(1, 9))
    text = "\n".join(
        printed(FORM, of(f"/shop/a/index.js\n{rows}\n/shop/b/index.js\n{rows}\n/shop/c.js\n{rows}", "eslint"))
    )
    assert ": a/index.js b/index.js c.js 1:1 2:1" in text
    assert text.count("Unexpected console") == 1


def test_a_row_with_a_second_line_keeps_both(printed: Printed) -> None:
    rows = "".join(f"  {line}:1  error  Unexpected var  no-var\n" for line in range(1, 30))
    report = of(f"/shop/a.js\n{rows}  30:1  error  Parsing error: no\n    such thing\n{rows}", "eslint")
    assert "  30:1  error  Parsing error: no\n    such thing" in "\n".join(printed(FORM, report))


def test_messages_of_the_very_same_places_share_them(shortened: Callable[[str], str]) -> None:
    text = shortened("flake8/default")
    assert "shop/api/basket.py:1:1 shop/api/customer.py:1:1 " in text
    assert ":1:1: F401 'os' imported but unused\n  also: F401 'sys' imported but unused\n" in text


def test_annotations_for_github_are_told_without_their_properties(
    printed: Printed, shortened: Callable[[str], str]
) -> None:
    text = shortened("ruff/github")
    assert "shop/store/coupon.py:1:8: F401 `os` imported but unused  file=/tmp/shop/shop/store/coupon.py\n" in text
    assert "shop/store/coupon.py:1:12: F401 `sys` imported but unused\n" in text
    assert "endColumn" not in text
    report = of(
        "::error file=src/a.js,line=3,col=7,title=no-undef::'x' is not defined\n"
        "::warning file=src/a.js,line=9::Unexpected console statement\n::error::The build failed\n",
        "eslint",
    )
    assert FORM.recognise(report) >= 0.5
    assert printed(FORM, report)[:3] == [
        "src/a.js:3:7: error: 'x' is not defined  no-undef",
        "src/a.js:9: warning: Unexpected console statement",
        "error: The build failed",
    ]


def test_an_annotation_without_a_file_keeps_its_title(printed: Printed) -> None:
    """What says that a step of a CI failed names it there."""
    report = of(
        "::error file=src/a.js,line=3,col=7,title=no-undef::'x' is not defined\n"
        "::error title=Lint the sources::step failed with exit code 1\n",
        "eslint",
    )
    assert "error: step failed with exit code 1  Lint the sources" in "\n".join(printed(FORM, report))


def test_a_note_with_a_code_of_its_own_is_a_finding_that_shares_its_message(shortened: Callable[[str], str]) -> None:
    text = shortened("shellcheck/gcc")
    said = "note: Double quote to prevent globbing and word splitting. [SC2086]"
    assert "stock.sh:3:7 stock.sh:4:8 " in text
    assert f": {said}\n" in text


def test_the_source_line_of_the_first_stands_for_those_that_share_its_message(shortened: Callable[[str], str]) -> None:
    text = shortened("javac/lint")
    assert "src/main/java/kiosk/Cart.java:4 src/main/java/kiosk/Invoice.java:4 " in text
    assert ".java:4: error: package com.missing does not exist\nimport com.missing.Thing;\n" in text
    assert text.count("import com.missing.Thing;") == 1
    assert "source excerpts" in text


def test_a_report_in_json_is_told_as_lines_with_their_places(shortened: Callable[[str], str]) -> None:
    text = shortened("pylint/json")
    assert "error: Undefined variable 'undefined_coupon'" in text
    assert "shop/store/coupon.py:57:17" in text
    assert "the same in JSON" in text


def test_sarif_keeps_rule_message_and_place(shortened: Callable[[str], str]) -> None:
    text = shortened("sarif/ruff")
    assert "`os` imported but unused" in text
    assert "F401" in text


def test_json_that_reports_nothing_is_not_ours() -> None:
    assert FORM.recognise(of('{"message": "hello", "line": "A4"}')) < 0.5
    assert FORM.recognise(of('[{"name": "tea", "text": "green", "line": 3}]')) < 0.5


def test_maven_tells_each_error_once(shortened: Callable[[str], str]) -> None:
    text = shortened("maven/compile_fails")
    assert "/tmp/mvnshop/src/main/java/shop/Cart.java:[4,33] cannot find symbol" in text
    assert text.count("symbol:   variable cents") == 1
    assert "BUILD FAILURE" in text
    assert "re-run Maven" not in text


def test_a_verbose_build_keeps_the_names_of_what_it_built(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/cmake_verbose_errors")
    assert "building CMakeFiles/kiosk.dir/src/core/: basket_count.cpp.o basket_save.cpp.o " in text
    assert "-fstack-protector-strong" not in text
    assert "make: *** [Makefile:91: all] Error 2" in text
    assert "'undeclared_stock_save' was not declared in this scope" in text


def test_files_that_a_formatter_would_change_share_its_words(shortened: Callable[[str], str]) -> None:
    text = shortened("black/check")
    assert "would reformat /tmp/shop/shop/api/basket.py /tmp/shop/shop/api/customer.py " in text
    assert "error: cannot format" in text or "error: cannot parse" in text


def test_a_suggestion_of_rustc_stays_with_its_error(read: Read, printed: Printed) -> None:
    text = "\n".join(printed(FORM, read(CAPTURES / "cargo" / "build_fails.txt")))
    assert "help: you can convert a `u64` to a `u32`" in text
    assert "9 |     sum.try_into().unwrap()" in text
    assert "/rustc/" not in text


def test_a_part_is_named_without_its_line_number() -> None:
    report = of("src/a.c:3:5: error: 'x' undeclared\n    3 | x;\n      | ^\nsrc/b.c:9:1: warning: no y\n")
    parts = FORM.parts(report)
    assert [(part.kind, part.label, part.start, part.end) for part in parts] == [
        ("error", "src/a.c error: 'x' undeclared", 0, 3),
        ("warning", "src/b.c warning: no y", 3, 4),
    ]
    assert parts[0].said == "src/a.c:3:5: error: 'x' undeclared"


def test_a_part_below_a_path_or_above_an_arrow_is_told_with_its_place() -> None:
    rows = of("\n/src/a.js\n  3:5  error  'x' is not defined  no-undef\n\n✖ 1 problem (1 error, 0 warnings)\n")
    assert [part.said for part in FORM.parts(rows)] == ["/src/a.js:3:5: error 'x' is not defined no-undef"]
    arrows = of("error[E0425]: cannot find value `x`\n --> src/main.rs:3:5\n  |\n3 |     x\n  |     ^\n")
    assert [part.label for part in FORM.parts(arrows)] == ["src/main.rs error[E0425]: cannot find value `x`"]


def test_two_diagnostics_of_a_file_are_left_as_printed(printed: Printed) -> None:
    lines = of("src/a.c:1:2: error: x is not declared\nsrc/a.c:3:4: error: y is not declared\n")
    assert "\n".join(printed(FORM, lines)) == lines.text


def test_pretty_tsc_keeps_explanations_and_related_places(shortened: Callable[[str], str]) -> None:
    text = shortened("tsc/pretty")
    places = "src/components/CartView.ts:9:38 src/components/OrderList.ts:9:38 src/components/StockTable.ts:9:38"
    assert f"{places} - error TS2322: Type 'string' is not assignable to type 'number'.\n" in text
    assert "    The expected type comes from property 'price' which is declared here on type 'Item'" in text
    assert "  src/api/types.ts:1:39" in text
    assert "Found 60 errors in 3 files." in text
    assert "~~~~" not in text


def test_wrapped_messages_of_mypy_stay_whole(shortened: Callable[[str], str]) -> None:
    text = shortened("mypy/pretty")
    assert "error: Incompatible types in assignment (expression has type" in text
    assert "Found 70 errors in 7 files (checked 9 source files)" in text


def test_a_message_of_mypy_is_the_same_wherever_it_was_wrapped(printed: Printed) -> None:
    quoted = "    from tornado.web import Application\n    ^\n"
    report = of(
        "".join(
            f"shop/a.py:{line}:1:{line}:9: error: Cannot find implementation or library stub for module\n"
            f'named "tornado.web"  [import-not-found]\n{quoted}'
            f"shop/services/kernels/views.py:{line}:1:{line}:9: error: Cannot find implementation or\n"
            f'library stub for module named "tornado.web"  [import-not-found]\n{quoted}'
            for line in range(1, 9)
        )
        + "Found 16 errors in 2 files (checked 9 source files)\n",
        "mypy --pretty shop",
    )
    text = "\n".join(printed(FORM, report))
    said = 'error: Cannot find implementation or library stub for module named "tornado.web"  [import-not-found]'
    assert text.startswith("shop/a.py:1:1:1:9 shop/services/kernels/views.py:1:1:1:9 shop/a.py:2:1:2:9 ")
    assert text.count(said) == text.count("Cannot find") == 1
    assert text.count("    from tornado.web import Application") == 1


def test_a_few_errors_stay_as_printed_though_they_share_their_message(printed: Printed) -> None:
    errors = [f"src/cart.c:{line}:5: error: 'total' undeclared (first use in this function)" for line in range(3, 9)]
    assert printed(FORM, of("\n".join(errors), "gcc -c src/cart.c")) == errors
    many = [line.replace("cart", f"cart{number}") for number in range(4) for line in errors]
    assert len(printed(FORM, of("\n".join(many), "gcc -c src/*.c"))) < 4


def test_a_few_errors_of_go_stay_as_printed_too(printed: Printed) -> None:
    errors = [f"./cart.go:{line}:10: undefined: totalOf" for line in range(3, 9)]
    assert printed(FORM, of("\n".join(["# shop/cart", *errors]), "go build ./..."))[1:] == errors


def test_what_svelte_check_quotes_goes_but_for_the_line_that_an_error_is_about(printed: Printed) -> None:
    report = of(
        "Loading svelte-check in workspace: /shop\nGetting Svelte diagnostics...\n\n"
        "/shop/src/cart.svelte.js:20:17\nError: Parameter 'opts' implicitly has an 'any' type. \n"
        "    attachment;\n    constructor(opts) {\n        this.opts = opts;\n\n"
        "/shop/src/cart.svelte.js:42:17\nError: Parameter 'opts' implicitly has an 'any' type. \n"
        "    isMulti = false;\n    constructor(opts) {\n        super(opts);\n\n"
        "/shop/src/cart.svelte.js:58:17\nError: Parameter 'opts' implicitly has an 'any' type. \n"
        "    isMulti = true;\n    constructor(opts) {\n        super(opts);\n\n"
        "/shop/src/Tax.svelte:1:9\nError: Type '{ id: string; }' is not assignable to type 'Tax'.\n"
        "  Property 'rate' is missing. (ts)\n<script>let tax: Tax = {id: ''}\n</script>\n\n"
        '/shop/src/Tax.svelte:9:2\nWarn: Unused CSS selector ".unused"\n'
        "https://svelte.dev/e/css_unused_selector (svelte)\n<style>\n  .unused {}\n</style>\n\n"
        "====================================\nsvelte-check found 4 errors and 1 warnings in 2 files\n",
        "svelte-check",
    )
    assert FORM.recognise(report) >= 0.9
    assert printed(FORM, report)[2:-2] == [
        "/shop/src/cart.svelte.js:20:17 /shop/src/cart.svelte.js:42:17 /shop/src/cart.svelte.js:58:17",
        "Error: Parameter 'opts' implicitly has an 'any' type. ",
        "    constructor(opts) {",
        "/shop/src/Tax.svelte:1:9",
        "Error: Type '{ id: string; }' is not assignable to type 'Tax'.",
        "  Property 'rate' is missing. (ts)",
        "<script>let tax: Tax = {id: ''}",
        "/shop/src/Tax.svelte:9:2",
        'Warn: Unused CSS selector ".unused"',
        "====================================",
    ]


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
    assert shortened("gcc/make_clean_build").startswith("building src/: audit.c cart.c lib.c ")
    assert len(shortened("gcc/make_clean_build")) < 120
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


def test_findings_without_a_column_are_no_hits_of_a_search(read: Read, shortened: Callable[[str], str]) -> None:
    assert FORM.recognise(read(CAPTURES / "cpplint" / "default.txt")) > 0.92
    text = shortened("cpplint/default")
    said = "Found C system header after other header. Should be: alloc-aligned.h, c system, c++ system, other."
    assert f"mimalloc/v2/src/alloc-aligned.c:12:  {said}  [build/include_order] [4]" in text
    long = "Lines should be <= 80 characters long  [whitespace/line_length] [2]"
    assert text.count(long) == 1
    for line in (28, 40, 49, 54):
        assert f" mimalloc/v2/src/alloc-aligned.c:{line} " in text


def test_what_grep_finds_is_indented_now_this_far_now_that() -> None:
    found = of("a/x.yml:3: name: tea\na/x.yml:9:   price: 3\na/y.yml:2:tea: 1\na/y.yml:8: name: cup\n")
    assert FORM.recognise(found) < 0.5


def test_indented_findings_and_those_with_line_and_column_in_words_share_their_messages(
    shortened: Callable[[str], str],
) -> None:
    text = shortened("standard/default")
    assert text.count("Unexpected var, use let or const instead. (no-var) (warning)") == 1
    assert "  /tmp/kiosk/web/lib/add.js:1:1 /tmp/kiosk/web/lib/" in text
    text = shortened("jshint/default")
    assert "lib/express/application.js: line 25, col 27, Missing semicolon.\n" in text
    assert " lib/express/application.js: line 97, col 37 " in text


def test_a_statement_quoted_whole_goes_whole(read: Read, shortened: Callable[[str], str]) -> None:
    text = shortened("flake8/show_source")
    assert len(text) < 0.5 * len(read(CAPTURES / "flake8" / "show_source.txt").text)
    assert text.count(":param timeout: (optional)") < 6


def test_the_notes_in_the_users_own_file_all_stay(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/cpp20_constraints")
    assert "orders.cpp:34:26: note:   ‘Order’ is not derived from ‘std::basic_string_view<_CharT, _Traits>’" in text
    assert "notes in libraries" in text


def test_gccs_report_in_json_is_told_as_gcc_prints_it(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/json")
    assert "ship.cpp:10:63: error: 3 names provided for structured binding\n" in text
    assert "ship.cpp:10:63: note: while ‘std::tuple<int, int>’ decomposes into 2 elements\n" in text
    assert "its fields: kind " in text


def test_context_of_many_errors_does_not_keep_their_messages_apart(shortened: Callable[[str], str]) -> None:
    text = shortened("mypy/strict_context")
    assert text.count("error: Function is missing a return type annotation  [no-untyped-def]") < 10
    assert 'yamllint/parser.py: note: In member "__init__" of class "Line":\n' in text


def test_pyreflys_findings_share_their_messages(printed: Printed) -> None:
    one = "ERROR Could not resolve relative import `..` [missing-import]\n  --> flask/app.py:{}:1\n"
    source = "   |\n{} | from .. import typing as ft\n   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
    report = of("".join((one + source).format(line, line) for line in range(20, 26)), "pyrefly check")
    text = "\n".join(printed(FORM, report))
    assert text.count("Could not resolve") == 1
    assert "  --> flask/app.py:20:1 flask/app.py:21:1 flask/app.py:22:1 " in text


def test_compilers_we_know_from_their_documentation_are_read() -> None:
    """kotlinc, sbt and MSBuild, as their documentation prints them."""
    report = of(
        "e: file:///src/Cart.kt:3:5 Unresolved reference 'total'.\n"
        "w: file:///src/Cart.kt:9:7 Variable 'left' is never used\n"
        "e: /src/Ship.kt: (4, 2): Expecting a top level declaration\n"
        "[error] /src/A.scala:3:5: not found: value x\n"
        "src\\Cart.cs(12,5): error CS0103: The name 'x' does not exist [C:\\shop\\shop.csproj]\n"
        "LINK : fatal error LNK1104: cannot open file 'x.lib'\n"
    )
    assert FORM.recognise(report) >= 0.5
    assert [item.parts for item in FORM.evidence(report)] == [
        ("file:///src/Cart.kt:3:5", "Unresolved reference 'total'."),
        ("file:///src/Cart.kt:9:7", "Variable 'left' is never used"),
        ("/src/Ship.kt: (4, 2)", "Expecting a top level declaration"),
        ("/src/A.scala:3:5", "not found: value x"),
        ("src\\Cart.cs(12,5)", "error CS0103: The name 'x' does not exist [C:\\shop\\shop.csproj]"),
        ("LINK : fatal error LNK1104: cannot open file 'x.lib'",),
    ]
    assert [part.kind for part in FORM.parts(report)] == ["error", "warning", *["error"] * 4]


def test_two_rows_of_eslint_that_ran_into_one_line_are_told_and_break_no_promise() -> None:
    """Found by fuzzing: the columns of the second row are told closer together too."""
    rows = "".join(f"  {line}:3   error    Unexpected var, use let or const instead  no-var\n" for line in range(1, 30))
    mixed = "  15:65  warning  Unexpected con   error    Unexpected var, use let instead          no-var\n"
    result = compress(f"/srv/shop/src/order.js\n{rows}{mixed}\n", command="eslint", exit_code=1)
    assert result.faults == ()
    assert "15:65" in result.text


def test_the_way_an_analyzer_tells_to_an_error_stays() -> None:
    capture = (Path(__file__).parents[2] / "captures" / "gcc" / "analyzer.txt").read_bytes()
    result = compress(capture, command="gcc -fanalyzer -c leak.c", exit_code=1)
    for event in ("(1) this call could return NULL", "(2) calling ‘make’ from ‘main’", "(9) entry to ‘drop’"):
        assert event in result.text
    assert result.after_tokens is not None
    assert result.before_tokens is not None
    assert 2 * result.after_tokens < result.before_tokens


def test_the_whole_of_a_quoted_statement_goes_whatever_its_lines_look_like(shortened: Callable[[str], str]) -> None:
    text = shortened("flake8/show_source")
    lines = (CAPTURES / "flake8" / "show_source.txt").read_text().split("\n")
    places = [line.split(": ")[0] for line in lines if re.match(r"[\w/.]+\.py:\d+:\d+: ", line)]
    assert places
    assert all(place in text for place in places)
    assert len(text.split("\n")) < len(places)


def test_of_similar_lines_only_their_places_stay(shortened: Callable[[str], str]) -> None:
    text = shortened("pylint/default")
    assert "R0801: Similar lines in 2 files (x75)\n==shop.order:[22:34]\n==shop.store.coupon:[55:67]\n" in text
    assert "(duplicate-code)" not in text


def test_a_place_in_a_line_of_its_own_goes_with_the_message_below_it(printed: Printed) -> None:
    one = "/shop/src/{}.ts:{}:7\nError: Type 'string' is not assignable to type 'number'. (ts)\n\n"
    link = "/shop/src/A.svelte:1:1\nWarn: an image needs an alt attribute\nhttps://svelte.dev/e/a11y (svelte)\n\n"
    report = of(link + "".join(one.format(name, line) for name in "abc" for line in range(1, 30)), "npm run check")
    assert FORM.recognise(report) >= 0.9
    text = "\n".join(printed(FORM, report))
    assert text.count("Error: Type 'string'") == 1
    assert all(f"/shop/src/{name}.ts:{line}:7" in text for name in "abc" for line in range(1, 30))
    assert "/shop/src/A.svelte:1:1\nWarn: an image needs an alt attribute\n" in text


def test_pydocstyles_places_share_the_messages_below_them(printed: Printed) -> None:
    one = "shop/cart.py:{} in public function `load{}`:\n        D103: Missing docstring in public function\n"
    text = "\n".join(printed(FORM, of("".join(one.format(at, at) for at in range(20)), "pydocstyle shop")))
    assert text.count("D103: Missing docstring") == 1
    assert all(f"shop/cart.py:{at}" in text for at in range(20))
    assert "shop/cart.py:0 shop/cart.py:1 in" not in text


def test_notes_in_libraries_are_few_and_the_users_instantiation_stays(shortened: Callable[[str], str]) -> None:
    text = shortened("gcc/cpp_templates")
    assert re.search(r"^tmpl\.cc:\d+:\d+:   required from here$", text, re.MULTILINE)
    assert not re.search(r"^/usr/\S+: +required from", text, re.MULTILINE)


def test_a_note_below_several_errors_is_told_once(printed: Printed) -> None:
    error = "error[bad-argument]: Argument {} is incorrect\n  --> shop/cart.py:{}:1\n"
    note = "info:   (self, other: SupportsKeysAndGetItem[str, int], /) -> None\n\n"
    text = "\n".join(printed(FORM, of("".join((error + note).format(at, at) for at in range(9)), "ty check")))
    assert text.count("SupportsKeysAndGetItem") == 1
    assert all(f"Argument {at} is incorrect\n  --> shop/cart.py:{at}:1" in text for at in range(9))
    assert "repeated notes" in text


def test_what_a_message_says_of_its_types_in_other_words_goes(printed: Printed) -> None:
    said = '  /shop/a.py:{}:1 - error: Argument of type "Config{}" cannot be assigned to "x" of type "int | str"\n'
    below = '    Type "Config{}" is not assignable to type "int | str"\n'
    below += '      "Config{}" is not assignable to "int" (reportArgumentType)\n'
    text = "\n".join(printed(FORM, of("".join((said + below).format(*[at] * 4) for at in range(9)), "pyright")))
    assert 'Type "Config3" is not assignable to type "int | str"' not in text
    assert '"Config3" is not assignable to "int" (reportArgumentType)' in text


def test_what_make_says_of_its_search_for_rules_is_a_step_of_the_build(printed: Printed) -> None:
    search = "Trying pattern rule with stem 'all'.\n Trying implicit prerequisite 'all.{}'.\n"
    text = "".join(f" {search.format(number)}" for number in range(30))
    failed = "   File 'b.c' does not exist.\nmake: *** [Makefile:5: b.c] Error 1\n"
    report = of(f"GNU Make 4.3\n{text}{failed}", "make -d")
    assert FORM.recognise(report) >= 0.7
    shown = "\n".join(printed(FORM, report))
    assert "Trying" not in shown
    assert failed.rstrip() in shown


def test_what_maven_debugs_is_a_step_of_the_build(shortened: Callable[[str], str]) -> None:
    text = shortened("big/mvn_x")
    assert "Populating class realm" not in text
    assert "<failOnError" not in text
    assert "at org.apache.maven.lifecycle" not in text
    assert "[ERROR] /tmp/market/java/src/main/java/market/Stock.java:[10,149] cannot find symbol\n" in text


def test_files_with_the_same_messages_at_the_same_places_go_by_a_letter(printed: Printed) -> None:
    rows = "   1:1  error  Unexpected var  no-var\n  9:5  error  'x' is not defined  no-undef\n\n"
    text = "".join(f"/shop/src/part{number}.js\n{rows}" for number in range(12))
    shown = "\n".join(printed(FORM, of(f"{text}✖ 24 problems (24 errors, 0 warnings)\n", "eslint src")))
    names = " ".join(f"part{number}.js" for number in range(12))
    assert f"  [A]: {names}\n" in shown
    assert shown.startswith("every row: error\n")
    assert "  Unexpected var  no-var: [A] 1:1\n" in shown
    assert "  'x' is not defined  no-undef: [A] 9:5\n" in shown
    assert all(f"/shop/src/part{number}.js" in shown for number in range(12))


def test_all_lines_that_golangci_lint_quotes_go_and_an_issue_without_a_column_stays(printed: Printed) -> None:
    issue = "shop/cart_test.go:{}: {}-{} lines are duplicate of `shop/order_test.go:9-20` (dupl)\n"
    quoted = "func TestLoad(t *testing.T) {\n\tbody := new(bytes.Buffer)\n\tassert.NoError(t, load(body))\n"
    text = "".join(issue.format(at, at, at + 12) + quoted for at in range(9, 90, 9))
    report = of(f"{text}9 issues:\n* dupl: 9\n", "golangci-lint run")
    shown = "\n".join(printed(FORM, report))
    assert all(f"shop/cart_test.go:{at}: {at}-{at + 12} lines are duplicate of" in shown for at in range(9, 90, 9))
    assert "assert.NoError" not in shown
    assert "* dupl: 9" in shown


def test_of_a_span_of_several_lines_its_last_brace_is_no_source_line_worth_showing(printed: Printed) -> None:
    place = "error: this could be a `const fn`\n  --> src/bits.rs:{}:5\n   |\n"
    source = "30 | /     pub(crate) fn invert(self) -> Self {\n...  |\n32 | |     }\n   | |_____^\n\n"
    shown = "\n".join(printed(FORM, of("".join(place.format(at) + source for at in (30, 40, 50)), "cargo clippy")))
    assert "src/bits.rs:30:5 src/bits.rs:40:5" in shown.replace("\n  again: ", " ")
    assert "32 | |" not in shown
    assert "..." not in shown.split("[", 1)[0]


def test_bandits_issues_share_their_message_and_keep_their_places(shortened: Callable[[str], str]) -> None:
    text = shortened("bandit/default")
    assert text.count("[B110:try_except_pass]") == 1
    lines = (CAPTURES / "bandit" / "default.txt").read_text().split("\n")
    places = [line.removeprefix("   Location: ") for line in lines if line.startswith("   Location: ")]
    assert len(places) == 56
    assert all(place in text for place in places)
    assert "   Severity: Low   Confidence: High\n" in text
    assert "More Info" not in text
    assert "\n--------" not in text
    assert "shop/broken.py (syntax error while parsing AST from file)" in text


def test_of_the_steps_of_an_instantiation_the_users_own_stays_once(shortened: Callable[[str], str]) -> None:
    text = shortened("clang/errors")
    steps = [line for line in text.split("\n") if line.endswith(" requested here")]
    assert len(steps) == 1
    assert steps[0].startswith("src/net/refund_render.cpp:14:52: note: in instantiation of function template")
    assert "bits/stl_heap.h:232:8: error: no matching function for call" in text


def test_shellcheck_tells_each_message_once_with_all_its_places(holds: Holds, printed: Printed) -> None:
    quote = "SC2086 (info): Double quote to prevent globbing and word splitting."
    legacy = "SC2006 (style): Use $(...) notation instead of legacy backticks `...`."
    units = "".join(
        f"\nIn /tmp/shop/build.sh line {number}:\necho ${number} > log\n     ^-- {quote}\n\n"
        f'Did you mean:\necho "${number}" > log\n\n'
        for number in range(2, 7)
    )
    both = f"\nIn /tmp/shop/build.sh line 9:\nA=`dirname $0`\n  ^-- {legacy}\n             ^-- {quote}\n\n"
    more = "For more information:\n  https://www.shellcheck.net/wiki/SC2086 -- Double quote to prevent globbing ..."
    segment = of(units + both + more, "shellcheck build.sh")
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        quote,
        "  In /tmp/shop/build.sh line 2: echo $2 > log",
        "  In /tmp/shop/build.sh line 3: echo $3 > log",
        *(f"  In /tmp/shop/build.sh line {number}" for number in (4, 5, 6)),
        legacy,
        "SC2086 (as above)",
        "  In /tmp/shop/build.sh line 9: A=`dirname $0`",
        "[... source lines, marks, suggested lines]",
    ]


def test_statistics_of_rules_are_told_without_padding_and_equal_counts_together(holds: Holds, printed: Printed) -> None:
    rows = "1473\tQ000   \t[*] bad-quotes-inline-string\n  12\tE501   \t[ ] line-too-long"
    rare = "   1\tPLW0120\t[-] useless-else-on-loop\n   1\tRUF007 \t[ ] zip-instead-of-pairwise"
    total = "Found 1487 errors."
    segment = of(f"{rows}\n{rare}\n{total}", "ruff check --statistics")
    assert FORM.recognise(segment) >= 0.95
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "1473 Q000 [*] bad-quotes-inline-string",
        "12 E501 line-too-long",
        "1 each: PLW0120 [-] useless-else-on-loop, RUF007 zip-instead-of-pairwise",
        total,
    ]


def test_esbuild_tells_a_place_with_its_source_and_its_advice_once(holds: Holds, printed: Printed) -> None:
    errors = "".join(
        f'✘ [ERROR] Could not resolve "{name}"\n\n    app/page.js:{number}:18:\n'
        f"      {number} │ import {name} from '{name}';\n        ╵                   ~~~~~~~~~~\n\n"
        f'  You can mark the path "{name}" as external to exclude it from the bundle.\n\n'
        for number, name in enumerate(("chart", "table", "stall"), 4)
    )
    segment = of(f"{errors}3 errors", "esbuild app/page.js --bundle")
    assert FORM.recognise(segment) >= 0.5
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        '✘ [ERROR] Could not resolve "chart"',
        "    app/page.js:4:18: import chart from 'chart';",
        '  You can mark the path "chart" as external to exclude it from the bundle.',
        '✘ [ERROR] Could not resolve "table"',
        "    app/page.js:5:18: import table from 'table';",
        '✘ [ERROR] Could not resolve "stall"',
        "    app/page.js:6:18: import stall from 'stall';",
        "3 errors",
        "[... marks, repeated advice]",
    ]


def test_esbuilds_errors_below_a_banner_are_told_once_with_all_their_places(holds: Holds, printed: Printed) -> None:
    said, source = '✘ [ERROR] Expected ")" but found "}"', "export const P = () => <li>{a}</li>)}"
    errors = "".join(f"{said}\n\n    src/p{at}.tsx:3:64:\n      3 │ {source}\n        ╵ ~\n\n" for at in range(4))
    frame = "    at failureErrorWithLog (/shop/node_modules/esbuild/lib/main.js:1748:15)\n"
    segment = of(
        f"CLI tsup v8.5.1\nCJS Build start\n{errors}CJS Build failed\nError: Build failed with 4 errors:\n"
        f"{frame}    at build (/shop/build.mjs:3:1)",
        "tsup src/main.tsx",
    )
    assert FORM.recognise(segment) >= 0.9
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "CLI tsup v8.5.1",
        "CJS Build start",
        said,
        *(f"    src/p{at}.tsx:3:64: {source}" for at in range(4)),
        "CJS Build failed",
        "Error: Build failed with 4 errors:",
        "    at build (/shop/build.mjs:3:1)",
        "[... marks, repeated advice, frames in libraries]",
    ]


def test_rustcs_errors_of_one_missing_import_share_what_it_says_under_the_first(
    shortened: Callable[[str], str],
) -> None:
    told = shortened("cargo/build_imports_gone")
    assert "--> src/builder/arg.rs:1399:35 src/builder/arg.rs:4372:37 src/builder/arg.rs:4374:24" in told
    assert told.count("   6 + use crate::ValueHint;") == 2  # as a type that is not found, and as one that is undeclared


def test_what_javac_says_of_a_type_variable_stays_where_an_error_may_be_about_its_bound(printed: Printed) -> None:
    below = ["  where T is a type-variable:", "    T extends {} declared in class Box"]
    report = [
        "src/Box.java:3: warning: [unchecked] unchecked cast",
        *(line.format("Shop") for line in below),
        "src/Box.java:9: error: incompatible types: Cart cannot be converted to T",
        *(line.format("Shop") for line in below),
        "src/Box.java:19: error: incompatible types: Cart cannot be converted to T[]",
        *(line.format("Object") for line in below),
        *(f"src/Crate.java:{number}: warning: [rawtypes] found raw type: Box" for number in range(9)),
    ]
    told = "\n".join(printed(FORM, of("\n".join(report))))
    assert told.count("T extends Shop declared in class Box") == 1
    assert "T extends Object" not in told


def test_webpack_tells_each_message_of_a_type_checker_once_with_its_places() -> None:
    text = (CAPTURES / "web_build" / "webpack_types_checked_apart.txt").read_text()
    result = compress(text, command="webpack -c webpack.fork.js", exit_code=1)
    for place in re.findall(r"^ERROR in (\S+)$", text, re.MULTILINE):
        assert place in result.text
    assert "TS6133: 'unused' is declared but its value is never read." in result.text
    assert result.text.count("TS6133: 'unused'") == 1
    assert "webpack 5.113.0 compiled with" in result.text
    assert len(result.text) < 0.3 * len(text)


def test_webpack_leaves_out_the_frames_of_a_loader_and_keeps_what_it_said() -> None:
    text = (CAPTURES / "web_build" / "webpack_babel_fails.txt").read_text()
    result = compress(text, command="webpack -c webpack.bad.js", exit_code=1).text
    assert "SyntaxError: /tmp/wharf/bad/p1.jsx: Unexpected token" in result
    assert "> 4 |   <li>{x.map(y => <b>{y}</b>}</li>" in result
    assert "Module not found: Error: Can't resolve 'lost1'" in result
    assert "    at JSXParserMixin" not in result


def test_the_place_that_ts_loader_says_last_is_the_one_that_is_shown() -> None:
    text = (CAPTURES / "web_build" / "webpack_types_fail.txt").read_text()
    result = compress(text, command="webpack -c webpack.config.js", exit_code=1).text
    for place in re.findall(r"^\[tsl\] ERROR in (\S+)$", text, re.MULTILINE):
        assert place in result


@pytest.mark.parametrize("name", ["warnings_as_errors", "quiet", "succeeds"])
def test_sphinx_is_read_as_diagnostics_however_many_traces_it_quotes(name: str) -> None:
    text = (CAPTURES / "sphinx" / f"{name}.txt").read_text()
    assert FORM.recognise(Segment(text.split("\n"))) >= 0.9 or name == "quiet"
    result = compress(text, command="sphinx-build docs out", exit_code=0).text
    for place, said in re.findall(r"^(\S+:\d+): ((?:WARNING|ERROR): .*)", text, re.MULTILINE):
        assert place in result
        assert said in result


def test_a_summary_of_files_with_their_counts_is_no_suggested_change() -> None:
    rows = [f"  - lib/module_{number}.js ({number} warnings)" for number in range(2, 30)]
    text = "\n".join(
        ["  i The following files have violations:", "  ", *rows, "Checked 28 files in 2s.", "Found 434 warnings."]
    )
    result = compress(text, command="biome lint --reporter=summary lib", exit_code=1).text
    assert all(row.strip(" -") in result for row in rows)


def test_a_code_frame_keeps_its_place_though_it_stands_last() -> None:
    frames = [
        f"error: Unexpected var, use let or const instead (no-var) at src/cart_{number}.js:{number}:1:\n"
        f"  {number - 1} | // what stood above it in the file, a comment of some length\n"
        f"> {number} | var total_{number} = 0;\n"
        f"     | ^\n  {number + 1} | module.exports = total_{number};\n\n"
        for number in range(2, 20)
    ]
    text = "\n".join(frames) + "\n18 errors found."
    result = compress(text, command="eslint -f codeframe src", exit_code=1)
    assert all(f"src/cart_{number}.js:{number}:1" in result.text for number in range(2, 20))
    assert result.text.count("Unexpected var") < 3
    assert "18 errors found." in result.text


def test_what_a_compiler_said_is_read_as_such_behind_a_search() -> None:
    said = (
        "only safe (?.) or non-null asserted (!!.) calls are allowed on a nullable receiver of type 'kotlin.String?'."
    )
    lines = [f"src/main/kotlin/depot/Shelf{number}.kt:{number}:24: error: {said}" for number in range(1, 20)]
    result = compress("\n".join(lines), command="gradle build 2>&1 | grep error:", exit_code=0).text
    assert all(f"src/main/kotlin/depot/Shelf{number}.kt:{number}:24" in result for number in range(1, 20))
    assert result.count(said) == 1


def test_the_compiler_of_a_package_that_does_not_build_is_read_though_npm_ran_it() -> None:
    compiled = (CAPTURES / "gcc" / "make_j_errors.txt").read_text()
    gyp = [f"gyp info spawn args '-Dmodule_root_dir_{number}=/tmp/wharf/node_modules/bcrypt'" for number in range(30)]
    failed = "gyp ERR! build error\nnpm error code 1\nnpm error path /tmp/wharf/node_modules/bcrypt\n"
    text = "\n".join(("gyp info it worked if it ends with ok", *gyp, compiled, failed))
    result = compress(text, command="npm install bcrypt", exit_code=1).text
    assert len(result) < 0.6 * len(text)
    assert "npm error path /tmp/wharf/node_modules/bcrypt" in result
    assert "gyp info spawn args" not in result


def test_phpcs_says_a_message_of_several_files_once_with_their_lines() -> None:
    text = (CAPTURES / "phpcs" / "full.txt").read_text()
    result = compress(text, command="phpcs --standard=PEAR src", exit_code=2).text
    assert len(result) < 0.6 * len(text)
    for line in text.split("\n"):
        if line.startswith(("FILE: ", "FOUND ", "PHPCBF ", "Time: ")):
            assert line in result
        elif (row := re.match(r" *\d+ \| (?:ERROR|WARNING) *\| (.*)", line)) is not None:
            assert row[1].strip() in result
    assert result.count("Missing @category tag in class comment") <= 2


def test_a_finding_of_webpack_whose_heading_was_cut_off_is_one_of_its_own() -> None:
    """It took the place of the one above it, which was gone."""
    text = (CAPTURES / "web_build" / "webpack_types_fail.txt").read_text()
    headings = [match.start() for match in re.finditer(r"^ERROR in .*\n.*\n(?=\[tsl\])", text, re.MULTILINE)]
    cut = re.compile(r"ERROR in .*\n.*\n").sub("", text[headings[4] :], count=1)
    result = compress(text[: headings[4]] + cut, command="webpack", exit_code=1)
    assert result.faults == ()
    places = re.findall(r"^\[tsl\] ERROR in (\S+)$", text, re.MULTILINE)
    assert [place for place in places if place not in result.text] == []


def test_webpack_tells_the_same_words_apart_as_a_warning_and_as_an_error() -> None:
    said = "export 'gone' (imported as 'gone') was not found in './lib.js' (possible exports: a, b, c, d, e, f)"
    sections = [
        f"{kind} in ./src/{kind.lower()}_{number}.js 1:{number}-9\n{said}\n"
        for number in range(1, 9)
        for kind in ("ERROR", "WARNING")
    ]
    text = "\n".join([*sections, "webpack 5.113.0 compiled with 8 errors and 8 warnings in 12 ms"])
    result = compress(text, command="webpack", exit_code=1).text
    errors, _, warnings = result.partition("WARNING in ")
    assert errors.count("./src/error_") == 8
    assert warnings.count("./src/warning_") == 8
    assert "./src/warning_" not in errors


def test_a_message_above_its_place_is_said_once_above_all_of_its_places(printed: Printed) -> None:
    errors = "".join(
        f"error: unneeded `return` statement\n  --> src/cart.rs:{line}:5\n   |\n{line} |     return {name};\n"
        f"   |     ^^^^^^^^^^^^^ help: write `{name}`\n\n"
        for line, name in ((12, "total"), (40, "rate"), (77, "weight"))
    )
    text = "\n".join(
        printed(FORM, of(f"{errors}error: could not compile `shop` (lib) due to 3 previous errors\n", "cargo build"))
    )
    assert text.count("error: unneeded `return` statement") == 1
    assert "12 |     return total;\n   |     ^^^^^^^^^^^^^ help: write `total`\n  --> src/cart.rs:40:5\n" in text
    assert text.index("src/cart.rs:77:5") < text.index("could not compile")


def test_a_message_with_a_second_place_in_a_note_keeps_its_places_together(printed: Printed) -> None:
    errors = "".join(
        f"error: name is too similar\n  --> src/cart.rs:{line}:5\n   |\n{line} |     let tax{line} = 1;\n"
        f"   |     ^^^^^\n   |\nnote: the other is here\n  --> src/cart.rs:{line - 1}:5\n   |\n"
        f"{line - 1} |     let tax = 1;\n   |     ^^^\n\n"
        for line in (12, 40, 77)
    )
    text = "\n".join(
        printed(FORM, of(f"{errors}error: could not compile `shop` (lib) due to 3 previous errors\n", "cargo build"))
    )
    assert text.count("error: name is too similar") == 3


def test_places_told_in_full_are_told_again_by_their_files_names(printed: Printed) -> None:
    paths = ("shop/server/basket/cart.py", "shop/server/basket/ship.py")
    found = "".join(
        f"{path}:{line}:1: {said}\n"
        for line in range(1, 16)
        for path in paths
        for said in ("D212 Summary should start at the first line", "D415 Summary should end with a period")
        if said.startswith("D212") or line > 3
    )
    text = "\n".join(printed(FORM, of(found, "ruff check --output-format concise")))
    ended = "shop/server/basket/cart.py:4:1: D415 Summary should end with a period\n"
    assert f"{ended}  again, at places above: ship.py 4:1 5:1" in text
    assert ", cart.py 5:1 6:1 7:1" in text
    assert all(f"{path}:{line}:1" in text for path in paths for line in range(1, 16))


def test_an_advice_that_quotes_what_the_message_quotes_is_given_once(printed: Printed) -> None:
    found = "".join(
        f"  x eslint(no-underscore-dangle): Unexpected dangling '_' in '{name}'.\n   ,-[src/cart.js:{line}:7]\n"
        f" {line} |   this.{name} = 1;\n   :   ^^^^^\n   `----\n"
        f"  help: Remove the dangling '_' or add `{name}` to the 'allow' configuration.\n\n"
        for line, name in ((12, "_tax"), (40, "_rate"), (77, "_weight"))
    )
    text = "\n".join(printed(FORM, of(f"{found}Found 0 warnings and 3 errors.\n", "oxlint")))
    assert "in '_weight'" in text
    assert text.count("to the 'allow' configuration.") == 1


def test_the_table_of_files_that_tsc_ends_with_is_told_by_their_names(shortened: Callable[[str], str]) -> None:
    text = shortened("tsc/pretty_many")
    assert "\nErrors  Files\n" in text
    table = text.partition("\nErrors  Files\n")[2]
    assert " each: " in table
    assert ".ts:" not in table.partition("[... ")[0]


def test_the_generic_class_that_a_java_file_is_named_after_is_not_told_of_its_errors(printed: Printed) -> None:
    errors = "".join(
        f"src/shop/{name}.java:{line}: error: cannot find symbol\n    public Iterator<E> iterator() {{\n"
        f"           ^\n  symbol:   class Iterator\n  location: class {name}<{variables}>\n"
        for name, line, variables in (("Cart", 12, "E"), ("Stock", 40, "K,V"), ("Order", 7, "? extends E"))
    )
    text = "\n".join(printed(FORM, of(f"{errors}3 errors\n", "javac")))
    assert "src/shop/Cart.java:12 src/shop/Stock.java:40 src/shop/Order.java:7: error: cannot find symbol" in text
    assert text.count("symbol:   class Iterator") == 1
    assert "location:" not in text


def test_files_of_the_same_findings_go_by_a_letter_however_long_their_names_are(printed: Printed) -> None:
    files = [f"/shop/report_of_all_the_sales_in_the_year_202{year}.js" for year in range(6)]
    found = "".join(f"  {line}:1  error  Use something else here, not that  rule-{line}\n" for line in range(1, 5))
    text = "\n".join(printed(FORM, of("".join(f"{file}\n{found}\n" for file in files), "eslint")))
    assert "  [A]: report_of_all_the_sales_in_the_year_2020.js" in text
    assert "  Use something else here, not that  rule-3: [A] 3:1\n" in text


def test_what_joins_the_exceptions_that_sphinx_quotes_is_told_once(shortened: Callable[[str], str]) -> None:
    text = shortened("sphinx/warnings_as_errors")
    assert text.count("The above exception was the direct cause of the following exception:") == 1
    assert "AttributeError: xparse_options_header\n" in text


def test_the_source_of_a_library_is_not_shown_under_its_errors(printed: Printed) -> None:
    output = (
        "shop/cart.cpp:25:35: error: use of deleted function 'Stock::Stock()'\n"
        "   25 |     std::unordered_map<Item, int> stock;\n      |                                   ^~~~~\n"
        "/usr/include/c++/12/bits/hashtable.h:531:7: error: use of deleted function 'std::hash<Item>::hash()'\n"
        "  531 |       _Hashtable() = default;\n      |       ^~~~~~~~~~\n"
    )
    text = "\n".join(printed(FORM, of(output, "g++ shop/cart.cpp")))
    assert "   25 |     std::unordered_map<Item, int> stock;" in text
    assert (
        "/usr/include/c++/12/bits/hashtable.h:531:7: error: use of deleted function 'std::hash<Item>::hash()'" in text
    )
    assert "_Hashtable() = default" not in text


def test_a_symbol_that_is_missing_is_told_once_with_how_often_it_is(printed: Printed) -> None:
    """A test program without its library: 30,000 tokens of the same forty symbols, of which nothing was left out."""
    calls = "".join(
        f"/usr/bin/ld: cart.cpp:(.text+0x{at:x}): undefined reference to `tax(int)'\n" for at in range(20, 26)
    )
    report = of(
        "/usr/bin/ld: /tmp/cc8A.o: in function `total(int)':\n"
        "cart.cpp:(.text+0x9): undefined reference to `rate()'\n"
        f"/usr/bin/ld: /tmp/cc8A.o: in function `main':\n{calls}"
        "/usr/bin/ld: /tmp/cc8A.o: in function `again()':\ncart.cpp:(.text+0x99): undefined reference to `rate()'\n"
        "collect2: error: ld returned 1 exit status\n",
        "g++ cart.cpp",
    )
    assert printed(FORM, report)[:-1] == [
        "/usr/bin/ld: /tmp/cc8A.o: in function `total(int)':",
        "cart.cpp:(.text+0x9): undefined reference to `rate()' (x2)",
        "/usr/bin/ld: /tmp/cc8A.o: in function `main':",
        "/usr/bin/ld: cart.cpp:(.text+0x14): undefined reference to `tax(int)' (x6)",
        "collect2: error: ld returned 1 exit status",
    ]


def test_of_symbols_that_two_files_define_the_first_stays_as_printed(printed: Printed) -> None:
    report = of(
        "".join(
            f"/usr/bin/ld: /tmp/b.o: in function `{name}()':\n"
            f"b.cpp:(.text+0xc): multiple definition of `{name}()'; /tmp/a.o:a.cpp:(.text+0xc): first defined here\n"
            for name in ("add", "remove", "total", "tax", "rate", "clear")
        )
        + "collect2: error: ld returned 1 exit status\n",
        "g++ a.cpp b.cpp",
    )
    assert printed(FORM, report)[:-1] == [
        "b.cpp:(.text+0xc): multiple definition of `add()'; /tmp/a.o:a.cpp:(.text+0xc): first defined here",
        *(f"  also: multiple definition of `{name}()'" for name in ("remove", "total", "tax", "rate", "clear")),
        "collect2: error: ld returned 1 exit status",
    ]


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        (
            "docs/Guides/{0}.md:37:1 - Unknown word (branchcmp)",
            "docs/Guides/{0}.md:37:1",
            "Unknown word (branchcmp)",
        ),
        (
            "shop/{0}.py:62:9 [FURB126]: Replace `else: return x` with `return x`",
            "shop/{0}.py:62:9",
            "[FURB126]: Replace `else: return x` with `return x`",
        ),
        (
            "##vso[task.logissue type=error;sourcepath=/shop/{0}.py;linenumber=2;columnnumber=8;code=F401;]`os` unused",
            "/shop/{0}.py:2:8",
            "F401 `os` unused",
        ),
        (
            '1795712263869 ERROR "src/{0}.svelte" 1:65 "Cannot find module \'runed\'."',
            '"src/{0}.svelte" 1:65',
            "\"Cannot find module 'runed'.\"",
        ),
    ],
)
def test_findings_of_further_linters_keep_their_place_whole(line: str, place: str, said: str) -> None:
    """Two of them were taken for grep, which tells a path once and the numbers of several lines together."""
    files = [f"cart{number}" for number in range(40)]
    begins = ['1795712263838 START "/shop"'] * line[0].isdigit()
    text = compress("\n".join([*begins, *(line.format(file) for file in files)]).encode(), exit_code=1).text
    assert said in text
    assert [file for file in files if place.format(file) not in text] == []


def test_a_rule_with_its_name_behind_a_line_alone_is_a_finding() -> None:
    """Markdownlint before 0.44, whose command nobody told, was taken for grep: its places lost their paths."""
    text = (CAPTURES / "markdownlint" / "without_severity.txt").read_text()
    found = compress(text, exit_code=1)
    assert found.forms == ("diagnostics",)
    places = [line.partition(" MD")[0] for line in text.splitlines()]
    assert [place for place in places if place not in found.text] == []
    assert len(found.evidence) == len(places)


def test_an_error_of_a_header_that_two_files_reach_names_where_each_did() -> None:
    unit = """In file included from /src/part{n}.cpp:1:
/src/shop.hpp: In instantiation of ‘auto shop::total(It, It, F) [with It = shop::Line*; F = run{n}()::<lambda(L)>]’:
/src/part{n}.cpp:1{n}:17:   required from here
/src/shop.hpp:15:103: error: no match for ‘operator+=’ (operand types are ‘shop::Sku’ and ‘shop::Sku’)
   15 | template <class It, class F> auto total(It b, It e, F f) {{ for (; b != e; ++b) s += f(*b); return s; }}
      |                                                                                 ~~^~~~~~~~
/src/part{n}.cpp:20:3: error: ‘undeclared_{n}’ was not declared in this scope
   20 |   undeclared_{n}();
      |   ^~~~~~~~~~~~
"""
    text = compress("".join(unit.format(n=n) for n in range(1, 4)), command="make -k", exit_code=2).text
    error = "/src/shop.hpp:15:103: error: no match for ‘operator+=’ (operand types are ‘shop::Sku’ and ‘shop::Sku’)"
    assert (
        f"/src/part1.cpp:11:17:   required from here\n{error} (x3, also from /src/part2.cpp:12:17 /src/part3.cpp:13:17)"
        in text
    )


@pytest.mark.parametrize(("words", "most"), [(1, 20), (60, 12)])
def test_the_larger_an_output_the_fewer_of_its_errors_keep_their_marked_line(words: int, most: int) -> None:
    errors = [
        f"src/cart{n}.c:{n}:5: error: unknown type name 'item{n}'{' of the shop' * words}\n"
        f"    {n} |     item{n} left_over_{n};\n      |     ^~~~~"
        for n in range(1, 41)
    ]
    text = compress("\n".join(errors), command="gcc -c cart.c", exit_code=1).text
    assert sum(f"left_over_{n};" in text for n in range(1, 41)) == most
    assert all(f"src/cart{n}.c:{n}:5: error: unknown type name 'item{n}'" in text for n in range(1, 41))


def test_of_the_reasons_that_ty_gives_one_below_the_other_the_first_levels_stay(
    read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]
) -> None:
    path = Path(__file__).parents[2] / "captures" / "ty" / "full.txt"
    text = "\n".join(printed(FORM, read(path)))
    assert "info:     ├── protocol member `__iter__` is incompatible" in text or "info: └── type `Sequence[" in text
    assert "protocol member `__next__` is incompatible" not in text
    assert "deeper reasons" in text
