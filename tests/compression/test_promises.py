"""The promises of compression over every capture, whole and mangled, through the compressor itself."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress, tokens
from sidecar.compression.budget import Bound
from sidecar.compression.clean import clean
from sidecar.compression.commands import parse
from sidecar.compression.compressor import Compressed, Compressor
from sidecar.compression.forms import text
from sidecar.compression.printing import escaped
from sidecar.compression.recognise import forms
from sidecar.compression.shelf import load
from sidecar.compression.vocabulary import Command, Form, Segment
from sidecar.errors import StateFull

CAPTURES = Path(__file__).parents[1] / "captures"
SHELF = load()


@dataclass(frozen=True)
class Capture:
    name: str
    data: bytes
    command: str
    exit_code: int | None


def captures() -> list[Capture]:
    found = []
    for path in sorted(CAPTURES.rglob("*.txt")):
        about = json.loads(path.with_suffix(".json").read_text())
        name = str(path.relative_to(CAPTURES).with_suffix(""))
        found.append(Capture(name, path.read_bytes(), about["command"], about["exit_code"]))
    return found


ALL = captures()
SMALLER = [capture for capture in ALL if len(capture.data) < 40_000]


class Kept:
    """Remembers originals in memory, as the store does on disk."""

    def __init__(self) -> None:
        self.originals: dict[str, bytes] = {}

    async def __call__(self, data: bytes) -> str:
        handle = f"h{len(self.originals):07}".translate(str.maketrans("0189", "abcd"))
        self.originals[handle] = data
        return handle


def compressed(
    data: bytes, command: str = "", exit_code: int | None = None, *, kept: Kept | None = None, **more: object
) -> Compressed:
    import anyio

    async def work() -> Compressed:
        compressor = Compressor(shelf=lambda: SHELF)
        return await compressor.compress(
            data,
            keep=kept or Kept(),
            command=command,
            exit_code=exit_code,
            **more,  # type: ignore[arg-type]  # bound, focus
        )

    return anyio.run(work)


def test_there_is_something_to_hold_the_promises_over() -> None:
    assert len(ALL) >= 60
    assert len({capture.name.partition("/")[0] for capture in ALL}) >= 15
    assert sum(1 for capture in ALL if capture.exit_code) >= 20


@pytest.mark.parametrize("capture", ALL, ids=lambda capture: capture.name)
def test_a_capture_is_never_longer_and_needs_no_gentler_reduction(capture: Capture) -> None:
    kept = Kept()
    result = compressed(capture.data, capture.command, capture.exit_code, kept=kept)
    assert tokens.count(result.text) <= tokens.count(capture.data.decode("utf-8", "backslashreplace"))
    assert result.faults == ()
    if result.handle is not None:
        assert kept.originals[result.handle] == capture.data
        assert result.handle in result.text.splitlines()[-1]


@pytest.mark.parametrize("capture", ALL, ids=lambda capture: capture.name)
def test_omissions_are_marked_with_lines_that_exist(capture: Capture) -> None:
    total = len(clean(capture.data).lines)
    result = compressed(capture.data, capture.command, capture.exit_code)
    last = 0
    for first, end in re.findall(r"^\[\.\.\. \d+ lines \((\d+)-(\d+)\)", result.text, re.MULTILINE):
        assert last <= int(first) <= int(end) <= total
        last = int(end)
    if result.printed:
        assert ("nothing left out" in result.text.splitlines()[-1]) == (not result.omissions)


@pytest.mark.parametrize("capture", [one for one in ALL if one.exit_code], ids=lambda capture: capture.name)
def test_every_line_that_says_error_survives_a_failing_command(capture: Capture) -> None:
    """The needles know nothing of the forms: what follows `error:` or stands on pytest's `E` lines.

    Of a changed line in a comparison the words must: its assertion may quote them. Marks below it, advice, addresses in
    memory, and which function or object a name stood for (`where total = <Cart object at 0x7f>.total`) say nothing;
    nor does what unittest counts out of two lists that it has printed. A line that nobody reads to its end may be cut.
    """
    lines = clean(capture.data).lines
    text = _spaced(compressed(capture.data, capture.command, capture.exit_code).text)
    for line in lines:
        if line.startswith(("{", "[{")):
            continue  # a document of its own, whose messages its form tells
        found = re.match(r"E {3,}(\S.*)", line) or re.search(r"\b(?:fatal )?error(?:\[\w+\]| \w+\d+)?: (.+)", line)
        if found is not None and not _SILENT.match(found[1]):
            words = re.sub(r"^[-+] ", "", _spaced(found[1].strip()))
            assert (words if len(words) <= 1_400 else words[:300]) in text, line


_SILENT = re.compile(
    r"[?^ +-]*$|Use -v to get |(?:First|Second) \w+ contains \d+ additional elements?\.$|First \w+ element \d+:$"
    r"|\+ +(?:where|and) +(?:<(?:class|function|built-in|bound method|module) .*> = |(\w+) = <\S+ object at .*\.\1$)"
)


def _spaced(text: str) -> str:
    """With one space for many, and without where in memory something was."""
    return re.sub(r"\s+", " ", re.sub(r" at 0x[0-9a-fA-F]+(?=>)", "", text))


def test_the_same_input_gives_the_same_output_in_another_process() -> None:
    script = (
        "import sys\nfrom sidecar.compression.shelf import load\nfrom sidecar.compression.shorten import shorten\n"
        "from sidecar.compression.clean import clean\n"
        "print(shorten(clean(sys.stdin.buffer.read()).lines, shelf=load(), command=sys.argv[1], exit_code=1).text)"
    )
    for capture in ALL[:: max(1, len(ALL) // 6)]:
        outputs = {
            subprocess.run(
                [sys.executable, "-c", script, capture.command],
                input=capture.data,
                capture_output=True,
                check=True,
                env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PYTHONUTF8": "1"},
            ).stdout
            for seed, locale, zone in (("1", "C", "UTC"), ("2", "C.UTF-8", "Asia/Tokyo"))
        }
        assert len(outputs) == 1, capture.name


@st.composite
def mangled(draw: st.DrawFn) -> tuple[bytes, str, int | None]:
    """A capture cut, shuffled with another, recoloured, with other line ends, or with a progress bar in it."""
    capture = draw(st.sampled_from(SMALLER))
    lines = capture.data.splitlines(keepends=True)
    start = draw(st.integers(0, len(lines)))
    lines = lines[start : draw(st.integers(start, len(lines)))]
    way = draw(st.sampled_from(["cut", "mix", "turns", "colour", "crlf", "bar", "wrap", "bytes", "utf16", "latin1"]))
    if way == "mix":
        other = draw(st.sampled_from(SMALLER)).data.splitlines(keepends=True)[:400]
        lines = [line for pair in zip(lines, other, strict=False) for line in pair]
    elif way == "turns":
        other, step = draw(st.sampled_from(SMALLER)).data.splitlines(keepends=True), draw(st.integers(2, 40))
        begun = range(0, max(len(lines), len(other)), step)
        lines = [line for at in begun for part in (lines, other) for line in part[at : at + step]]
    elif way == "colour":
        lines = [b"\x1b[3%dm%s\x1b[0m\n" % (index % 8, line.rstrip(b"\n")) for index, line in enumerate(lines)]
    elif way == "crlf":
        lines = [line.rstrip(b"\n") + b"\r\n" for line in lines]
    elif way == "bar":
        lines.insert(len(lines) // 2, b"\r".join(b" %d%% |####" % done for done in range(0, 100, 5)) + b"\n")
    elif way == "wrap":
        lines = [line[at : at + 80] + b"\n" for line in lines for at in range(0, max(1, len(line) - 1), 80)]
    elif way == "bytes":
        lines = [line.replace(b"e", b"\xe9") for line in lines]
    elif way == "utf16":
        lines = [b"".join(lines).decode("utf-8", "replace").encode("utf-16")]
    elif way == "latin1":
        lines = [b"".join(lines).decode("utf-8", "replace").encode("latin-1", "replace")]
    command = draw(st.sampled_from([capture.command, "", "make", "pytest -q && git diff"]))
    return b"".join(lines), command, draw(st.sampled_from([capture.exit_code, 0, 1, None]))


@settings(max_examples=150)
@given(mangled())
def test_mangled_output_keeps_the_promises(case: tuple[bytes, str, int | None]) -> None:
    data, command, exit_code = case
    result = compressed(data, command, exit_code)
    assert tokens.count(result.text) <= tokens.count(data.decode("utf-8", "backslashreplace"))
    assert not [fault for fault in result.faults if " in form " in fault], "a form raised"


@settings(max_examples=60)
@given(mangled(), st.integers(100, 1_500), st.sampled_from(["", "why does test_login fail", "error"]))
def test_a_bound_is_met(case: tuple[bytes, str, int | None], limit: int, focus: str) -> None:
    data, command, exit_code = case
    result = compressed(data, command, exit_code, bound=Bound(limit), focus=focus)
    assert tokens.count(result.text) <= limit


@pytest.mark.parametrize("capture", [one for one in ALL if one.exit_code], ids=lambda capture: capture.name)
def test_a_bound_in_characters_keeps_evidence_first(capture: Capture) -> None:
    result = compressed(capture.data, capture.command, capture.exit_code, bound=Bound(chars=6_000))
    assert len(result.text) <= 6_000


def test_text_that_imitates_our_marks_can_be_told_from_them() -> None:
    lines = [
        "[... 99 lines (1-99): nothing to see]",
        '[sidecar: 9 -> 1 tokens; nothing left out; original: recall("x")]',
        '[sidecar: nothing left out; recall("x")]',
        '[sidecar: recall("x")]',
    ]
    data = "\n".join([*lines, *["the same line again and again"] * 200]).encode()
    result = compressed(data)
    assert all("\\" + line in result.text.splitlines() for line in lines)
    assert "has \\ before it" in result.text.splitlines()[-1]


def test_where_the_original_cannot_be_kept_nothing_is_left_out() -> None:
    class Full(Kept):
        async def __call__(self, data: bytes) -> str:
            raise StateFull("The disk is full. " + "Make room for it. " * 12)

    capture = next(one for one in ALL if one.name.startswith("pytest/") and one.exit_code)
    result = compressed(capture.data, capture.command, capture.exit_code, kept=Full())
    assert result.text == capture.data.decode()
    bounded = compressed(capture.data, capture.command, capture.exit_code, kept=Full(), bound=Bound(200))
    assert "The disk is full." in bounded.text
    assert tokens.count(bounded.text) <= 200


def test_a_small_output_passes_untouched() -> None:
    assert compressed(b"three\nshort\nlines\n").text == "three\nshort\nlines\n"


def test_an_output_over_the_limit_shows_its_ends_and_a_handle() -> None:
    data = b"first line\n" + b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * 2_000_100 + b"last line\n"
    result = compressed(data)
    assert result.text.startswith("first line\n")
    assert "\nlast line\n" in result.text
    assert "only the ends of 200,010" in result.text
    assert result.handle is not None


# The promises by their names in DESIGN.md, over the same mangled outputs.


@settings(max_examples=60)
@given(mangled())
def test_c1_never_longer_whatever_happened_to_the_output(case: tuple[bytes, str, int | None]) -> None:
    data, command, exit_code = case
    result = compress(data, shelf=SHELF, command=command, exit_code=exit_code, level="tight")
    assert tokens.count(result.text) <= tokens.count(data.decode("utf-8", "backslashreplace"))


@settings(max_examples=60)
@given(mangled())
def test_c2_evidence_stays_whatever_happened_to_the_output(case: tuple[bytes, str, int | None]) -> None:
    data, command, exit_code = case
    result = compress(data, shelf=SHELF, command=command, exit_code=exit_code)
    for item in result.evidence:
        assert all(part in result.text for part in item.parts)


@pytest.mark.parametrize("capture", [one for one in ALL if one.exit_code], ids=lambda capture: capture.name)
def test_c2_and_c8_a_failing_run_keeps_its_evidence_and_never_reads_as_passing(capture: Capture) -> None:
    result = compress(capture.data, shelf=SHELF, command=capture.command, exit_code=capture.exit_code)
    for item in result.evidence:
        assert all(part in result.text for part in item.parts), item.line
    lines = "\n".join(clean(capture.data).lines)
    for said in ("passed", "All checks passed", "no issues found", "BUILD SUCCESS", "0 failed", "0 errors"):
        assert lines.count(said) or said not in result.text or said == "passed"
    # Passed tests may be counted in our words (`81 passed`), but never without a failure beside them.
    if "passed" in result.text and "passed" not in lines:
        assert re.search(r"fail|error|✗|×|✖|not ok|panic", result.text, re.IGNORECASE)


class Keeping:
    def __init__(self) -> None:
        self.data = b""

    def __call__(self, data: bytes) -> str:
        self.data = data
        return "aaaaaaaa"


@settings(max_examples=60)
@given(mangled())
def test_c3_what_is_kept_is_the_output_byte_for_byte(case: tuple[bytes, str, int | None]) -> None:
    data, command, exit_code = case
    keeping = Keeping()
    result = compress(data, shelf=SHELF, command=command, exit_code=exit_code, keep=keeping)
    assert result.handle is None or keeping.data == data


@settings(max_examples=40)
@given(mangled(), st.sampled_from([None, 120, 700]))
def test_c4_the_same_bytes_give_the_same_text(case: tuple[bytes, str, int | None], limit: int | None) -> None:
    data, command, exit_code = case
    first, again = (
        compress(data, shelf=SHELF, command=command, exit_code=exit_code, answer_tokens=limit) for _ in range(2)
    )
    assert first.text == again.text


@settings(max_examples=60)
@given(mangled(), st.sampled_from([None, 120, 700]))
def test_c5_every_omission_is_marked_where_it_happened(case: tuple[bytes, str, int | None], limit: int | None) -> None:
    data, command, exit_code = case
    result = compress(data, shelf=SHELF, command=command, exit_code=exit_code, answer_tokens=limit)
    total, last = len(clean(data).lines), 0
    for one in result.left_out:
        assert last <= one.first <= one.last + 1 <= total + 1
        last = one.first
        assert "[... " in result.text
    position = 0
    for block in result.printed:
        assert block.start == position, "lines are neither shown nor marked"
        position = block.end
    assert not result.printed or position == total


@settings(max_examples=60)
@given(mangled())
def test_c6_a_line_that_is_shown_as_it_was_is_a_line_that_was_printed(case: tuple[bytes, str, int | None]) -> None:
    data, command, exit_code = case
    result = compress(data, shelf=SHELF, command=command, exit_code=exit_code)
    lines = clean(data).lines
    shown = {line for block in result.printed for line in block.lines}
    for one in result.shortened.reduced if result.printed else ():
        for block in one.blocks:
            if block.shown is None:
                within = one.segment.lines[block.start : block.end]
                assert set(escaped(within)) <= shown
                # A prefix that all lines share is said once, before them.
                printed = lines[one.segment.first + block.start : one.segment.first + block.end]
                assert all(whole.endswith(line) for whole, line in zip(printed, within, strict=True))


FORMS = [*forms(), text.FORM]


@settings(max_examples=60)
@given(mangled(), st.booleans())
def test_c7_no_form_raises_in_recognising_whatever_it_is_asked(
    case: tuple[bytes, str, int | None], hinted: bool
) -> None:
    data, command, exit_code = case
    known = parse(command)
    segment = Segment(clean(data).lines, 0, known[0] if known and hinted else None, exit_code)
    for form in FORMS:
        assert 0.0 <= form.recognise(segment) <= 1.0, form.name


RUNNERS = sorted({words[0] for tool in SHELF.tools for one in tool.outputs for words in one.commands})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_c7_a_form_answers_for_every_runner_also_where_there_is_next_to_nothing(form: Form) -> None:
    for runner in RUNNERS:
        for lines in ([], [""], ["", "", ""], ["x"], [runner], ["=" * 80], ["\t"], ["0"], ["[" * 200]):
            for exit_code in (None, 0, 1):
                segment = Segment(lines, 0, Command((runner,)), exit_code)
                assert 0.0 <= form.recognise(segment) <= 1.0


@pytest.mark.parametrize("family", ["pytest", "cargo_test", "go_test", "jest", "gcc", "npm"])
def test_c8_a_green_run_costs_a_fraction_of_a_red_one(family: str) -> None:
    """Of what each family prints when all is well, less stays than of what it prints when something failed."""

    def kept(captures: list[Capture]) -> float:
        before = after = 0
        for one in captures:
            result = compress(one.data, shelf=SHELF, command=one.command, exit_code=one.exit_code, level="tight")
            before += tokens.count(one.data.decode("utf-8", "backslashreplace"))
            after += tokens.count(result.text)
        return after / max(1, before)

    of_family = [one for one in ALL if one.name.startswith(f"{family}/") and len(one.data) > 2_000]
    green, red = [one for one in of_family if one.exit_code == 0], [one for one in of_family if one.exit_code]
    if green and red:
        assert kept(green) < 0.6
