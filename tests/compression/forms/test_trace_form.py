"""The form `trace`: what was raised, every cause and the user's own frames stay; library frames go, counted."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.log import FORM as LOG
from sidecar.compression.forms.trace import FORM
from sidecar.compression.forms.trace.stacks import frames_reduced, trace_spans
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FOUND = sorted((CAPTURES / "trace").glob("*.txt"))
SMALL = [path for path in FOUND if path.stat().st_size < 8_000]
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_every_capture_keeps_its_evidence(path: Path, read: Read, holds: Holds) -> None:
    holds(FORM, read(path))


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


@pytest.mark.parametrize(
    ("name", "kept", "gone"),
    [
        (
            "java_chain",
            ("Caused by: ", "shop.Shop.", "Exception in thread"),
            ("java.base/java.util.stream.ReferencePipeline",),
        ),
        ("python_pool", ("Traceback (most recent call last):", "cart.py"), ("concurrent/futures/thread.py",)),
        ("go_nil", ("panic: ", "main.price", "main.go:14"), ()),
        ("rust_index", ("panicked at ", "index out of bounds"), ("core::ops::function",)),
        ("node_cause", ("[cause]: ",), ("node:internal/modules",)),
        ("asan_overflow", ("SUMMARY: AddressSanitizer: ", "==ERROR: AddressSanitizer: "), ("Shadow byte legend",)),
        ("valgrind_segv", ("ERROR SUMMARY: ",), ()),
        ("gdb_segv", ("Program received signal SIGSEGV",), ()),
        ("ruby_chain", ("cart.rb:",), ()),
        ("php_chain", ("PHP Fatal error", "Next "), ()),
        ("perl_confess", (" called at ",), ()),
        ("mono_async", ("Unhandled Exception",), ()),
    ],
)
def test_what_happened_stays_and_libraries_go(
    name: str, kept: Sequence[str], gone: Sequence[str], read: Read, printed: Printed
) -> None:
    segment = read(CAPTURES / "trace" / f"{name}.txt")
    text = "\n".join(printed(FORM, segment))
    for piece in (*kept, *gone):
        assert piece in segment.text
    assert all(piece in text for piece in kept)
    assert not any(piece in text for piece in gone)


RAISED = re.compile(r"(?:Error|Exception): ")


def test_every_exception_of_a_chain_and_of_a_group_keeps_its_message(read: Read, printed: Printed) -> None:
    for name in ("python_chained", "python_chained_38", "python_group", "java_future", "node_aggregate"):
        segment = read(CAPTURES / "trace" / f"{name}.txt")
        shown = "\n".join(printed(FORM, segment))
        told = [line for line in segment.lines if RAISED.search(line) and "\tat " not in line and "raise " not in line]
        assert len(told) >= 3, name
        assert all(line in shown for line in told)


def test_the_innermost_own_frame_stays_with_its_source_line(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "trace" / "python_chained.txt")
    shown = printed(FORM, segment)
    raised = [line for line in segment.lines if line.strip().startswith("raise ")]
    assert raised
    assert all(line in shown for line in raised)


def test_goroutines_that_wait_alike_are_told_once_with_their_numbers(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "trace" / "go_dump.txt")
    shown = printed(FORM, segment)
    assert any("alike: also " in line for line in shown)
    assert sum(line.startswith("goroutine ") for line in shown) * 3 < sum(
        line.startswith("goroutine ") for line in segment.lines
    )


def test_parts_are_labelled_without_places_and_addresses(read: Read) -> None:
    parts = FORM.parts(read(CAPTURES / "trace" / "java_chain.txt"))
    assert {part.kind for part in parts} == {"trace"}
    assert all(part.said and part.end > part.start for part in parts)
    again = Segment(["=" * 3, *read(CAPTURES / "trace" / "java_chain.txt").lines])
    assert [part.label for part in FORM.parts(again)] == [part.label for part in parts]


def test_what_a_program_printed_around_its_trace_stays(read: Read, printed: Printed) -> None:
    trace = read(CAPTURES / "trace" / "java_chain.txt").lines
    segment = Segment(["read 17 orders", *trace, "17 orders left"])
    shown = printed(FORM, segment)
    assert shown[0] == "read 17 orders"
    assert shown[-1] == "17 orders left"


def test_only_frames_are_ever_left_out_of_a_log(read: Read) -> None:
    segment = read(CAPTURES / "trace" / "java_log.txt")
    cut = frames_reduced(segment.lines)
    assert trace_spans(segment.lines, segment.text)
    assert all(segment.lines[index].lstrip().startswith(("at ", "...")) for index in cut.left_out)


@pytest.mark.parametrize(
    "text",
    [
        "we met\n  at noon (12:00)\n  at the station\n" * 20,
        "\tat first\n\tfrom there\n" * 5,
        "#0 one\n#1 two\n",
        "goroutine pools are nice\n" * 4,
        "",
    ],
)
def test_prose_is_no_trace(text: str) -> None:
    assert FORM.recognise(Segment(text.split("\n"))) == 0.0


@pytest.mark.parametrize("family", ["grep", "diff", "git", "jq", "csv", "find", "ls", "pip", "df"])
def test_foreign_output_is_not_claimed(family: str, read: Read) -> None:
    for path in (CAPTURES / family).glob("*.txt"):
        assert FORM.recognise(read(path)) == 0.0, path.stem


def test_a_trace_inside_a_log_loses_its_library_frames(read: Read, printed: Printed, holds: Holds) -> None:
    segment = read(CAPTURES / "trace" / "java_log.txt")
    holds(LOG, segment)
    shown = printed(LOG, segment)
    assert 'Caused by: java.lang.NumberFormatException: For input string: "x4"' in shown
    assert any("shop.Shop.price(Shop.java:5)" in line for line in shown)
    assert not any("java.util.stream.AbstractPipeline" in line for line in shown)
    assert "[... library frames]" in shown


def test_a_long_way_through_a_library_is_told_by_the_names_of_its_calls(holds: Holds) -> None:
    above = [f'  File "/venv/lib/python3.11/site-packages/web/part{n}.py", line {n}, in step_{n}' for n in range(40)]
    trace = [line for frame in above for line in (frame, "    return self.following(request, timeout=timeout, **rest)")]
    lines = ["Traceback (most recent call last):", *trace, '  File "/shop/cart.py", line 3, in total', "    raise gone"]
    segment = Segment([*lines, "shop.errors.Gone: cart 17"])
    blocks = FORM.reduce(segment)
    holds(FORM, segment)
    result = [line for block in blocks for line in block.shown or ()]
    assert any(line.startswith("through: part0.py step_0, part1.py step_1") for line in result)
    assert sum(map(len, result)) * 3 < len(segment.text)


def test_valgrind_keeps_every_error_and_leaves_out_what_it_says_of_itself() -> None:
    text = (CAPTURES / "trace" / "valgrind_verbose.txt").read_text()
    result = compress(text, command="valgrind -v ./leak", exit_code=139).text
    assert len(result) < 0.35 * len(text)
    assert "REDIR: 0x" not in result
    assert "redirection conflicts" not in result
    for said in re.findall(r"==\d+== ((?:Invalid|Conditional|ERROR SUMMARY|\d+ bytes in|Process term).*)", text):
        assert said in result
    for place in set(re.findall(r"\b\w+ \(leak\.c:\d+\)", text)):
        assert place in result
    assert "prefixes of indented lines" in result


@pytest.mark.parametrize("name", ["typer", "typer_locals"])
def test_a_boxed_trace_keeps_own_calls_the_line_that_ran_and_the_innermost_call(name: str, read: Read) -> None:
    path = CAPTURES / "trace" / f"{name}.txt"
    assert FORM.recognise(read(path)) > 0.5
    text = compress(path.read_bytes(), command="python shop.py cart.json", exit_code=1).text
    assert re.search(r'│ /tmp/bodega/ty2?\.py:10 in load +│\n│ ❱ 10 │   total \+= parse\(path\)\["n"\] +│', text)
    assert "│ ❱ 118 │   │   raise mapped_exc(message) from exc" in text
    assert "_client.py _send_single_request" in text
    assert text.count("ConnectError: [Errno 111] Connection refused") == 2
    assert ("total = 0" in text) == (name == "typer_locals")
    assert "HTTPConnection [CONNECTION" not in text
    assert len(text) * 4 < len(path.read_text("utf-8"))


def test_the_line_that_ran_is_evidence_and_other_source_in_a_box_is_not(read: Read) -> None:
    segment = read(CAPTURES / "trace" / "typer.txt")
    told = {segment.lines[item.line].split("│")[1].strip() for item in FORM.evidence(segment) if "│" in item.parts[0]}
    assert told == {"❱ 14", "❱ 118"}


def test_a_table_in_a_box_is_no_trace() -> None:
    lines = ["╭────┬──────────╮", *(f"│ {number:2} │ error {number} │" for number in range(20)), "╰────┴──────────╯"]
    assert FORM.recognise(Segment(lines)) == 0.0


def test_the_backtrace_that_an_error_of_anyhow_carries_is_one(read: Read, printed: Printed) -> None:
    text = "\n".join(printed(FORM, read(CAPTURES / "trace" / "rust_anyhow.txt")))
    assert '    1: bad length "x" of Aurora' in text
    assert "   2: harbor::parse\n             at ./src/lib.rs:21:45" in text
    assert "   3: crash::main\n             at ./src/bin/crash.rs:2:370" in text
    assert "std::panicking::catch_unwind::do_call" not in text.partition("through: ")[0]


def test_the_calls_of_a_recursion_are_one_call_whatever_gdb_says_of_their_locals(read: Read, printed: Printed) -> None:
    text = "\n".join(printed(FORM, read(CAPTURES / "trace" / "gdb_full_recursion.txt")))
    assert "Program received signal SIGSEGV, Segmentation fault." in text
    assert (
        "#0  0x000055555555524d in sum (n=0x555555559340, depth=37) at inv.c:8\n        p = 0xfffffffffffffff8" in text
    )
    assert '#38 0x00005555555554c9 in main (c=1, v=0x7fffffffe7a8) at inv.c:14\n        b = "item-39"' in text
    assert "depth=20" not in text
    assert "rip            0x55555555524d      0x55555555524d <sum+58>" in text


def test_a_local_that_is_called_like_an_alarm_is_none(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "trace" / "gdb_full_threads.txt")
    assert "        err = <optimized out>" in segment.lines
    assert not any("err = " in part for item in FORM.evidence(segment) for part in item.parts)
    text = "\n".join(printed(FORM, segment))
    assert "t = {140737351829184, 140737343436480, 140737335043776}" in text
    assert "<optimized out>\n" not in text


def test_the_warnings_above_several_races_make_no_log_of_them(read: Read) -> None:
    segment = read(CAPTURES / "trace" / "go_race_five.txt")
    assert LOG.recognise(segment) == 0.0
    assert FORM.recognise(segment) > 0.5
