"""Within a bound: what is taken, in which order, and what the marks say of the rest."""

from pathlib import Path

import pytest

from sidecar.compression import compress, tokens
from sidecar.compression.budget import Bound, fit
from sidecar.compression.printing import Printed, render
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Rank

CAPTURES = Path(__file__).parents[1] / "captures"


def fitted(name: str, command: str, limit: int) -> str:
    text = (CAPTURES / f"{name}.txt").read_text("utf-8")
    short = shorten(text, shelf=load(), command=command, exit_code=2)
    result = render(fit(short.printed, Bound(tokens=limit), count=tokens.count))
    assert tokens.count(result) <= limit
    return result


def test_of_a_block_too_large_for_the_bound_the_error_is_shown() -> None:
    text = fitted("gcc/make_keep_going", "make -k all bad", 110)
    assert "bad.c:1:35: error: \N{LEFT SINGLE QUOTATION MARK}y\N{RIGHT SINGLE QUOTATION MARK} undeclared" in text
    assert "more lines of evidence" in text


def test_the_first_failure_comes_before_a_later_one_that_would_fit_whole() -> None:
    first = Printed(0, 60, (*(f"error: item {number} is wrong" for number in range(60)), "[... x]"), Rank.EVIDENCE, "x")
    second = Printed(60, 61, ("error: small",), Rank.EVIDENCE)
    text = render(fit((first, second), Bound(tokens=100), count=tokens.count))
    assert text.startswith("error: item 0 is wrong")
    assert "of evidence" in text


def test_of_a_notation_a_beginning_is_shown_so_that_no_line_loses_the_path_above_it() -> None:
    rows = tuple(f"{number}:5: error: name_{number} is not defined" for number in range(1, 60))
    block = Printed(0, 59, ("src/cart.py:", *rows), Rank.EVIDENCE)
    text = render(fit((block,), Bound(tokens=120), count=tokens.count))
    assert text.startswith("src/cart.py:\n1:5: error: name_1 is not defined\n2:5: error")
    assert "more lines of evidence" in text


def test_an_alarm_further_right_is_shown_with_the_path_and_the_rule_above_it() -> None:
    rows = (line for number in range(9) for line in (f"  {number}:5  Prefer a template", "    and more of it " * 9))
    told = ("/shop/a.js", *rows, "/shop/b.js", "  no-undef:", "    7:13  fatal error: 'x' is not defined")
    block = Printed(0, 30, (*told, "[... of lines 1-30: blank lines]"), Rank.EVIDENCE, "blank lines")
    text = render(fit([block], Bound(tokens=110), count=tokens.count))
    assert "/shop/b.js\n  no-undef:\n    7:13  fatal error: 'x' is not defined" in text


@pytest.mark.parametrize("limit", [60, 110, 150, 250, 400])
def test_what_sounds_an_alarm_is_never_called_less_urgent(limit: int) -> None:
    """An unrecognised runner's FAIL lines were left out as "less urgent output", beside a PASS."""
    text = fitted("go_test/verbose_fails", "go test -v ./...", limit)
    assert "less urgent" not in text
    assert "[... " in text
    if limit >= 110:
        assert 'b/b.go:2:23: cannot use "a" (untyped string constant)' in text


def test_one_very_long_line_shows_its_beginning_and_says_how_much_is_missing() -> None:
    line = "{" + ",".join(f'"k{number}":{number}' for number in range(3_000)) + "}"
    block = Printed(0, 1, (line,), Rank.CONTENT)
    shown, told = render(fit((block,), Bound(tokens=200), count=tokens.count)).split("\n")
    assert line.startswith(shown)
    assert told == f"[... of line 1: characters {len(shown) + 1}-{len(line)}]"


def test_of_lines_that_are_all_too_long_the_first_is_begun() -> None:
    lines = tuple(f"ERROR in chunk{number}.js: " + "a=b;" * 2_000 for number in range(3))
    text = render(fit((Printed(0, 3, lines, Rank.EVIDENCE),), Bound(tokens=150), count=tokens.count))
    shown, told = text.split("\n")
    assert lines[0].startswith(shown)
    assert shown.startswith("ERROR in chunk0.js: a=b;")
    assert told == f"[... of line 1: characters {len(shown) + 1}-{len(lines[0])} and 2 more lines (2-3)]"


def test_an_alarm_comes_before_what_surrounds_it() -> None:
    """Its neighbours are evidence with it; within 200 tokens they had pushed it out."""
    words = ("apples", "pears", "plums", "figs", "dates", "limes", "nuts")
    lines = [
        f"{number} {' '.join(words[number * step % 7] for step in (1, 2, 3))} checked" for number in range(1, 1001)
    ]
    lines[700] = "error: the cart of order 701 is empty"
    assert lines[700] in compress("\n".join(lines), exit_code=1, answer_tokens=200).text.splitlines()


def test_the_totals_at_the_end_of_findings_that_do_not_fit_are_told() -> None:
    """`ruff; mypy; pytest` in 500 tokens: mypy's 171 errors were not even counted."""
    path = max((CAPTURES / "mypy").glob("*.txt"), key=lambda path: path.stat().st_size)
    found = path.read_text("utf-8")
    total = next(line for line in reversed(found.splitlines()) if line.startswith("Found "))
    result = compress(found, command="mypy .", exit_code=1, answer_tokens=300)
    assert total in result.text


def test_what_failed_comes_before_the_names_of_all_that_passed() -> None:
    """A monorepo's two runs in 500 tokens: their lists of passed tests took the room of why one failed."""
    passed = "".join(f"    ✔ pours the tea of the {number} guests of the house\n" for number in range(24))
    green = f"\n> @shop/tea@1.0.0 test\n> mocha\n\n  tea\n{passed}\n\n  24 passing (12ms)\n\n"
    why = "     Error: the kettle of kitchen {0} is cold\n      at Context.<anonymous> (test/kettle.js:{0}:9)\n\n"
    red = "".join(f"  {n}) kettle\n       boils in kitchen {n}:\n{why.format(n)}" for n in range(1, 6))
    failing = "\n> @shop/kettle@1.0.0 test\n> mocha\n\n  0 passing (9ms)\n  5 failing\n\n" + red
    result = compress(green + failing + green, command="npm test --workspaces", exit_code=1, answer_tokens=320)
    assert all(f"the kettle of kitchen {n} is cold" in result.text for n in range(1, 6))


def test_each_kind_of_finding_is_told_before_all_the_places_of_the_first() -> None:
    places = [f"shop/cart_{number // 9}.py:{number}:80: E501 line too long" for number in range(900)]
    others = [f"shop/till.py:{number}:1: F8{number:02} name number {number} is wrong" for number in range(40)]
    text = compress(
        "\n".join((*places, *others, "Found 940 errors.")), command="ruff check", exit_code=1, answer_tokens=2_000
    ).text
    assert all(f"F8{number:02} name number {number} is wrong" in text for number in range(40))
    assert "Found 940 errors." in text
    assert "shop/cart_0.py:0:80" in text


def test_warnings_of_a_build_that_succeeds_are_shown_in_part_rather_than_not_at_all() -> None:
    text = fitted("gcc/cmake_warnings_ok", "cmake --build build", 1_000)
    assert "/tmp/kiosk2/include/kiosk/money.h:5:44: warning: unused variable 'left' [-Wunused-variable] (x49)" in text
    assert tokens.count(text) > 500


@pytest.mark.parametrize("limit", [600, 1_000, 3_000])
def test_a_complaint_below_tables_comes_before_their_rows(limit: int) -> None:
    text = fitted("big/psql_describe", "psql -c '\\dS pg_catalog.*' -c 'select * from nothing'", limit)
    assert 'ERROR:  relation "nothing" does not exist' in text


def test_how_a_command_ended_comes_before_how_it_began() -> None:
    data = (CAPTURES / "maven" / "package_ok.txt").read_bytes()
    assert "[INFO] BUILD SUCCESS" in compress(data, command="mvn package", exit_code=0, answer_tokens=1_200).text
