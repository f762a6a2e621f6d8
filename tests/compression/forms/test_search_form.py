"""The form `search`: nothing found is lost, the path is written once, and neither logs nor compilers are searches."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.search import FORM
from sidecar.compression.forms.search.lines import found_in
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FOUND = sorted(
    path
    for pattern in ("grep/*.txt", "rg/*.txt", "ag/*.txt", "ack/*.txt", "ugrep/*.txt", "git/grep*.txt")
    for path in CAPTURES.glob(pattern)
    if path.stem not in {"files", "files_with_matches", "no_match", "error", "binary", "without"}
    and (path.parent.name, path.stem) != ("ack", "missing")
)
NUMBERED = [
    path
    for path in FOUND
    if path.parent.name != "ag" and path.stem in {"rn", "rn_word", "context", "future", "plain", "column", "grep"}
]
WITHOUT_INVERSE = {"count", "only_counts", "plain", "crowd", "grep_function_context"}
"""Counts, crowds, and lines with a third separator."""
SMALL = [path for path in FOUND if path.stat().st_size < 8_000]
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


def written_out(segment: Segment) -> list[tuple[str, str]]:
    """The inverse of the notation: path and what follows it, of every line found, sorted."""
    paths = sorted({hit.path for hit in found_in(segment).hits if hit is not None}, key=len, reverse=True)
    again: list[tuple[str, str]] = []
    for block in FORM.reduce(segment):
        shown = list(segment.lines[block.start : block.end] if block.shown is None else block.shown)
        path = ""
        while shown:
            line = shown.pop(0)
            if shown and (told := re.fullmatch(r"\^ in (\d+) files:", shown[0])):
                places: list[str] = []
                shown.pop(0)
                while len(places) < int(told[1]):
                    places += _places(shown.pop(0))
                again += [_apart(f"{place}:{line}", paths) for place in places]
            elif line in paths and line:
                path = line
            elif match := re.match(r"(\d+(?:,\d+)*)([:-])", line):
                again += [(path, f"{number}{match[2]}{line[match.end() :]}") for number in match[1].split(",")]
            elif line[:1] in {":", "-"} and path and line != "--":
                again.append((path, line[1:]))
            elif line and line != "--" and any(line.startswith(path) for path in paths if path):
                again.append(_apart(line, paths))
    return sorted(again)


def _apart(line: str, paths: Sequence[str]) -> tuple[str, str]:
    path = next(path for path in paths if path and line.startswith(path) and line[len(path)] in ":-")
    return path, line[len(path) + 1 :]


def _places(line: str) -> list[str]:
    folder, colon, names = line.partition("/: ")
    return [f"{folder}/{name}" for name in names.split(" ")] if colon else [line]


def read_as(segment: Segment) -> list[tuple[str, str]]:
    return sorted((hit.path, hit.rest) for hit in found_in(segment).hits if hit is not None)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_real_search_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    assert FORM.recognise(read(path)) > 0.8
    holds(FORM, read(path))


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_numbered_search_is_recognised_by_its_text_alone(path: Path, holds: Holds, read: Read) -> None:
    assert FORM.recognise(read(path, hinted=False)) > 0.8
    holds(FORM, read(path, hinted=False))


@pytest.mark.parametrize(
    "path",
    [path for path in FOUND if path.stem not in WITHOUT_INVERSE],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_each_line_found_can_be_written_out_again(path: Path, read: Read) -> None:
    segment = read(path)
    assert len(read_as(segment)) > 0
    assert written_out(segment) == read_as(segment)


def test_the_path_is_written_once_above_its_lines(printed: Printed) -> None:
    segment = of("src/app.py:3:import os\nsrc/app.py:40:    os.exit()\nsrc/b.py:1:import os", "grep -rn os src")
    assert printed(FORM, segment) == ["src/app.py", "3:import os", "40:    os.exit()", "src/b.py:1:import os"]


def test_context_keeps_its_dash_and_gaps_are_told_by_the_numbers(printed: Printed) -> None:
    segment = of("a.py-1-x\na.py:2:hit\n--\na.py:9:hit\na.py-10-y", "grep -n -C1 hit a.py b.py")
    assert printed(FORM, segment) == ["a.py", "1-x", "2:hit", "9:hit", "10-y"]


def test_separators_that_the_numbers_do_not_tell_stay(printed: Printed) -> None:
    segment = of("a.py:2:hit\na.py:9:hit\n--\na.py:10:hit", "grep -n hit a.py b.py")
    assert "--" in printed(FORM, segment)


def test_one_text_in_many_files_is_printed_once_with_every_place(printed: Printed) -> None:
    text = "\n".join(f"src/shop/{name}.py:1:from __future__ import annotations" for name in ("cart", "order", "user"))
    assert printed(FORM, of(text, "grep -rn __future__ src")) == [
        "from __future__ import annotations",
        "^ in 3 files:",
        "src/shop/: cart.py:1 order.py:1 user.py:1",
    ]


def test_counts_share_their_folder(printed: Printed) -> None:
    assert printed(FORM, of("src/a.py:3\nsrc/b.py:0\nc.py:12", "grep -c x -r .")) == ["src/: a.py:3 b.py:0", "c.py:12"]


def test_what_a_searcher_says_beside_its_finds_stays(printed: Printed) -> None:
    text = "grep: nowhere: No such file or directory\nsrc/a.py:1:x\nsrc/a.py:2:x\nBinary file src/b.bin matches"
    shown = printed(FORM, of(text, "grep -rn x src nowhere"))
    assert shown[0] == "grep: nowhere: No such file or directory"
    assert shown[-1] == "Binary file src/b.bin matches"


def test_a_thousand_matches_are_all_printed(holds: Holds) -> None:
    lines = [
        f"src/module_{number // 50}.py:{number % 50 + 1}:call_of_that_name({number}, {number})"
        for number in range(1_000)
    ]
    segment = Segment(lines)
    holds(FORM, segment)
    assert written_out(segment) == read_as(segment)


def test_of_a_crowd_each_file_keeps_its_total_its_first_matches_and_a_spread(holds: Holds, printed: Printed) -> None:
    lines = [f"src/module_{number // 500}.py:{number % 500 + 1}:call({number})" for number in range(5_000)]
    lines += ["src/only.py:7:call(7)", "grep: src/locked: Permission denied"]
    segment = Segment(lines, command=Command(("grep", "-rn", "call", "src")))
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert [line for line in shown if line.endswith(" (500)")] == [f"src/module_{at}.py (500)" for at in range(10)]
    assert {"1:call(0)", "2:call(1)", "500:call(499)", "src/only.py", "7:call(7)"} <= set(shown)
    assert "grep: src/locked: Permission denied" in shown
    assert any(line.startswith("[... more matches") for line in shown)
    assert len("\n".join(shown)) < 30_000


def test_a_minified_line_is_cut_around_the_pattern_and_says_so(holds: Holds, printed: Printed) -> None:
    long = "x=1;" * 3_000 + "checkout(cart);" + "y=2;" * 3_000
    segment = of(f"src/a.js:3:checkout()\ndist/app.min.js:1:{long}", "grep -rn checkout .")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert "checkout(cart);" in shown[2]
    assert shown[1] == "dist/app.min.js:1:"
    assert shown[3] == f"[... all but this part of {len(long) + 18} characters]"


def test_json_is_read_as_the_search_it_tells(read: Read, holds: Holds, printed: Printed) -> None:
    segment = read(CAPTURES / "rg" / "json.txt", hinted=False)
    assert FORM.recognise(segment) > 0.9
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert shown[0] == "src/click/utils.py"
    assert any(line.startswith("[... offsets, submatches") for line in shown)
    assert any('"type":"summary"' in line for line in shown)


def test_headings_lose_their_empty_lines_and_equal_lines_are_written_once(printed: Printed) -> None:
    text = "src/a.py\n3:import os\n9:    run(os)\n12:    run(os)\n\nsrc/b.py\n1:import os\n2-x = 1"
    assert printed(FORM, of(text, "rg --heading -n os")) == [
        "src/a.py",
        "3:import os",
        "9,12:    run(os)",
        "src/b.py",
        "1:import os",
        "2-x = 1",
    ]
    assert printed(FORM, of(text.removesuffix("\n2-x = 1"), "rg --heading -n os")) == [
        "src/a.py",
        "3:import os",
        "9,12:    run(os)",
        "src/b.py:1:import os",
    ]


def test_the_files_of_a_search_can_be_asked_for(read: Read) -> None:
    segment = of("src/app.py:3:import os\nsrc/app.py:40:    os.exit()\nsrc/b.py:1:import os", "grep -rn os src")
    assert [(part.kind, part.label, part.said) for part in FORM.parts(segment)] == [
        ("file", "src/app.py", "src/app.py (2 matches)"),
        ("file", "src/b.py", "src/b.py (1 match)"),
    ]


def test_paths_with_colons_dashes_and_drives_are_read_whole(printed: Printed) -> None:
    segment = of("C:\\shop\\a-1-b.py:12:x = 1\nC:\\shop\\a-1-b.py-13-y\nC:\\shop\\a-1-b.py:14:z", "rg -n -C1 x")
    assert printed(FORM, segment) == ["C:\\shop\\a-1-b.py", "12:x = 1", "13-y", "14:z"]
    assert printed(FORM, of("HEAD:src/a.py:1:x\nHEAD:src/a.py:2:x", "git grep -n x HEAD"))[0] == "HEAD:src/a.py"


def test_a_text_with_a_slice_is_not_read_as_a_number_when_there_are_none(printed: Printed) -> None:
    segment = of("src/a.py:x = y[1:10:2]\nsrc/a.py:z = 1\nsrc/a.py:w = 2", "grep -r = src")
    assert printed(FORM, segment) == ["src/a.py", ":x = y[1:10:2]", ":z = 1", ":w = 2"]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 12:07:{n} INFO shop.order: processed",
        "2026-11-22T12:07:{n}Z order 12:30:15 done",
        "12:07:{n} starting worker",
        "[12:07:{n}] building",
        "Nov 22 12:07:{n} host sshd[{n}]: session opened",
        "src/cart.c:{n}:5: error: expected ';' before '}}' token",
        "src/cart.c:{n}:5: warning: unused variable 'x' [-Wunused]",
        "src/cart.py:{n}:1: F401 `os` imported but unused",
        'src/cart.py:{n}: error: Name "x" is not defined  [name-defined]',
        "src/cart.go:{n}:2: undefined: total",
        "shop/tax.py:{n}:18:33:32: error: Name 'stock' is not defined  [name-defined]",
        "src/cart.ts({n},5): error TS2304: Cannot find name 'x'.",
        "tests/test_cart.py:{n}: AssertionError",
        '  File "/srv/shop/cart.py", line {n}, in total',
        "    at total (/srv/shop/cart.js:{n}:5)",
        "http://shop.example:{n}:/cart",
        "http://shop.example:8080/cart/{n}",
        "key_{n}: value",
        "user{n}:x:{n}:{n}:User:/home/user{n}:/bin/bash",
    ],
)
def test_what_only_looks_like_a_place_is_no_search(line: str) -> None:
    assert FORM.recognise(of("\n".join(line.format(n=number) for number in range(10, 60)))) == 0.0


def test_a_log_whose_lines_begin_with_a_time_is_not_taken_for_grep() -> None:
    log = [f"2026-11-22 12:07:{second:02} INFO order {second} stored" for second in range(60)] * 20
    log[600:600] = [
        "Traceback (most recent call last):",
        '  File "/srv/shop/app.py", line 3, in <module>',
        "KeyError: 'cart'",
    ]
    assert FORM.recognise(Segment(log)) == 0.0


def test_gcc_output_is_not_taken_for_grep() -> None:
    text = (
        "cart.c: In function 'total':\ncart.c:12:5: error: 'x' undeclared (first use in this function)\n"
        "   12 |     x = 1;\n      |     ^\ncart.c:12:5: note: each undeclared identifier is reported only once\n"
        "make: *** [Makefile:3: cart.o] Error 1"
    )
    assert FORM.recognise(of(text * 5)) == 0.0


def test_what_comes_after_the_first_thousand_characters_counts() -> None:
    noise = [f"step {number} of the build went well" for number in range(100)]
    assert FORM.recognise(Segment([*[f"src/a.py:{n}:x" for n in range(1, 20)], *noise, *noise])) == 0.0


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


@given(
    hits=st.lists(
        st.tuples(
            st.sampled_from(["a.py", "src/a.py", "src/b-1-c.py", "src/x/d.py", "C:\\e.py"]),
            st.integers(1, 99),
            st.sampled_from([":", "-"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_search_can_be_written_out_again(hits: list[tuple[str, int, str, str]], holds: Holds) -> None:
    lines = [f"{path}{mark}{number}{mark}{text}" for path, number, mark, text in hits]
    segment = Segment(lines, command=Command(("grep", "-rn", "x")))
    holds(FORM, segment)
    if all(hit.rest.isprintable() for hit in found_in(segment).hits if hit is not None):
        assert written_out(segment) == read_as(segment)


def test_the_function_that_git_grep_tells_of_a_match_stands_with_it_below_their_file() -> None:
    told = []
    for file in ("lib/reply.js", "test/404s.test.js"):
        for number in range(1, 9):
            told.append(f"{file}={number * 100}=function handler{number} (request, reply) {{")
            told.append(f"{file}:{number * 100 + 7}:  reply.code({number}00).send()")
    result = compress("\n".join(told).encode(), command="git grep -n -p 'reply.code'", exit_code=0)
    assert result.forms == ("search",)
    assert "lib/reply.js\n100=function handler1 (request, reply) {\n107:  reply.code(100).send()\n" in result.text
    assert result.text.count("lib/reply.js") == 1
