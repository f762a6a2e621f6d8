import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.alarms import is_alarm
from sidecar.compression.commands import parse
from sidecar.compression.forms.text import FORM
from sidecar.compression.vocabulary import Form, Segment

Holds = Callable[[Form, Segment], None]
Printed = Callable[[Form, Segment], list[str]]
WORDS = ["quince", "mallow", "harbour", "lantern", "copper", "willow", "saddle", "meadow", "kettle", "anchor"]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.split("\n"), command=next(iter(parse(command)), None))


def prose(count: int) -> list[str]:
    """Lines of which no two neighbours are alike."""
    return [
        f"{WORDS[n % 10]} {WORDS[n // 10 % 10]} beside the {WORDS[n * 3 % 7]} of {'o' * (n % 13)}" for n in range(count)
    ]


def test_it_is_the_least_sure_of_all_forms_and_never_sure_of_nothing() -> None:
    assert FORM.recognise(Segment(["hello"])) == 0.05
    assert FORM.recognise(Segment([])) == 0.0


def test_a_moderate_text_without_repeats_stays_as_it_is(printed: Printed) -> None:
    lines = prose(400)
    assert printed(FORM, Segment(lines)) == lines


def test_equal_lines_and_empty_lines_after_one_another_are_told_once(printed: Printed) -> None:
    lines = ["start", *["waiting for the harbour"] * 9, "", "", "", "end"]
    assert printed(FORM, Segment(lines)) == ["start", "waiting for the harbour (x9)", "", "end"]


def test_a_run_of_similar_lines_keeps_its_ends_and_what_varies(printed: Printed) -> None:
    lines = [f"part {n} of 60 copied to the harbour" for n in range(1, 61)]
    assert printed(FORM, Segment([*lines, "done"])) == [
        lines[0],
        "[alike: 2-59]",
        lines[-1],
        "[... similar lines]",
        "done",
    ]


def test_three_similar_lines_stay(printed: Printed) -> None:
    lines = [f"part {n} of 3 copied to the harbour and back again" for n in range(3)]
    assert printed(FORM, Segment(lines)) == lines


def test_a_very_long_text_keeps_its_ends_its_alarms_and_at_least_half_of_the_rest(printed: Printed) -> None:
    lines = prose(2_000)
    lines[901] = "error: the anchor is lost"
    lines[1203] = "warning: the kettle boils"
    result = printed(FORM, Segment(lines, exit_code=0))
    assert result[:100] == lines[:100]
    assert result[-60:] == lines[-60:]
    assert all(line in result for line in (lines[899], lines[901], lines[903], lines[1203]))
    assert 1_000 <= len(result) < 1_500


def test_a_failing_text_keeps_more_around_what_went_wrong(printed: Printed) -> None:
    lines = prose(2_000)
    lines[901] = "error: the anchor is lost"
    result = printed(FORM, Segment(lines, exit_code=1))
    assert result[-120:] == lines[-120:]
    assert all(line in result for line in lines[896:907])


def test_headings_stay_and_are_parts(printed: Printed) -> None:
    lines = prose(1_500)
    for number in range(0, 1_500, 100):
        lines[number] = f"## Chapter {number}"
    result = printed(FORM, Segment(lines))
    assert all(lines[number] in result for number in range(0, 1_500, 100))
    assert [part.label for part in FORM.parts(Segment(lines))][:2] == ["Chapter 0", "Chapter 100"]


PIECES = [
    *prose(30),
    "",
    "",
    "error: it failed",
    "part 1 of 2",
    "part 2 of 2",
    "part 3 of 2",
    "====",
    "\ufffd\x0b",
    "x" * 3_000,
]


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(st.sampled_from(PIECES), max_size=700), exit_code=st.sampled_from([0, 1, None]))
def test_any_mixture_keeps_its_promises_and_its_alarms(
    lines: list[str], exit_code: int | None, holds: Holds, printed: Printed
) -> None:
    segment = Segment(lines, exit_code=exit_code)
    holds(FORM, segment)
    result = "\n".join(printed(FORM, segment))
    assert all(line in result for line in lines if is_alarm(line))
    FORM.parts(segment)


def test_what_is_said_of_one_file_after_another_is_said_once_with_every_name(holds: Holds, printed: Printed) -> None:
    # vite 5 over @mui/material prints 256 of these, and each has the word of an alarm.
    said = '{0} (1:0): Module level directives cause errors when bundled, "use client" in "{0}" was ignored.'
    paths = [f"node_modules/mui/{word}/{word}.mjs" for word in WORDS]
    lines = ["transforming...", *map(said.format, paths), "done"]
    holds(FORM, Segment(lines))
    result = printed(FORM, Segment(lines))
    assert result[:3] == ["transforming...", lines[1], "[the same 9 times more, of the following]"]
    assert result[3].split(", ") == paths[1:]
    assert result[-1] == "done"


def test_lines_that_differ_in_more_than_names_stay(printed: Printed) -> None:
    lines = [f"{word} reads shop/{word}.py and is {WORDS[n - 3]}ed by it" for n, word in enumerate(WORDS)]
    assert printed(FORM, Segment(lines)) == lines


def test_numbers_of_similar_lines_are_told_in_sum_where_the_command_failed() -> None:
    lines = [
        f"order {number}: {number * 37 % 91} items, shipped to customer c{number * 7 % 50}" for number in range(90)
    ]
    succeeded = "\n".join(line for block in FORM.reduce(Segment(lines, exit_code=0)) for line in block.shown or ())
    failed = "\n".join(line for block in FORM.reduce(Segment(lines, exit_code=1)) for line in block.shown or ())
    assert "40 24 30" in succeeded
    assert "40 24 30" not in failed
    assert lines[0] in failed
    assert lines[-1] in failed


def test_several_lines_that_were_printed_above_stay_out_and_alarms_among_them_do_not() -> None:
    steps = [
        "   given a cart of the shop in the old town of Bergen   steps/cart.py:2",
        "   when I add two pounds of tea and one pot to the cart   steps/cart.py:3",
        "   then fatal: the till is closed on sundays, so that nobody pays",
        "   then I pay by card and get a receipt with the total on it   steps/till.py:4",
        "   and the receipt has the address of the shop at its foot   steps/till.py:5",
    ]
    lines = [line for number in range(12) for line in (f"scenario {'abcdefghijkl'[number]}", *steps)]
    result = compress("\n".join(lines), command="./check.sh", exit_code=1)
    assert result.forms == ("text",)
    for step in steps:
        assert result.text.count(step) == (12 if "fatal" in step else 1)
    assert all(line in result.text for line in lines if line.startswith("scenario "))
    assert "lines printed above" in result.text


def test_two_lines_that_were_printed_above_are_shown_again() -> None:
    lines = [
        line for number in range(12) for line in (f"case {'abcdefghijkl'[number]}", "  runs the first of all", "  done")
    ]
    assert compress("\n".join(lines)).text.count("runs the first of all") == 12


def test_the_bytes_of_keys_go_and_what_a_certificate_says_stays() -> None:
    """OpenSSL 3.0: a modulus and a signature are 31 lines of hex, which nobody compares by eye."""
    text = (Path(__file__).parents[2] / "captures" / "openssl" / "x509_text.txt").read_text("utf-8")
    printed = compress(text, command="openssl x509 -in c.pem -noout -text", exit_code=0)
    assert len(printed.text) * 3 < len(text) * 2
    assert "[... 17 lines (16-32): bytes]" in printed.text
    for said in ("DNS:shop.test, DNS:www.shop.test", "Not After : Dec 26 10:39:23 2026 GMT", "CA:TRUE"):
        assert said in printed.text


def test_instructions_stay_without_their_bytes() -> None:
    text = (Path(__file__).parents[2] / "captures" / "objdump" / "small.txt").read_text("utf-8")
    printed = compress(text, command="objdump -d -M intel hot", exit_code=0)
    assert len(printed.text) * 3 < len(text) * 2
    for line in text.splitlines():
        *_, said = line.split("\t")
        assert said.strip() in printed.text or not line.count("\t") > 1
    assert not printed.faults


_HELP = """Usage: shop [OPTIONS]

Options:
  -e, --editable <path>   Install a project in
                          editable mode.
      --only              Take only these.
  -U, --upgrade           Upgrade all packages.
      --fix
          Apply what is safe to apply, and tell what
          is not
      --quiet             Say less.
      --verbose           Say more.
      --dry-run           Say what would be done.
"""


def test_options_lose_their_padding_and_wrapped_texts_their_ends(printed: Printed, holds: Holds) -> None:
    segment = of(_HELP, "shop --help")
    holds(FORM, segment)
    assert printed(FORM, segment)[4:9] == [
        " -e, --editable <path> Install a project in editable mode.",
        " --only Take only these.",
        " -U, --upgrade Upgrade all packages.",
        " --fix Apply what is safe to apply, and tell what is not",
        " --quiet Say less.",
    ]


def test_a_file_that_is_printed_keeps_every_blank(printed: Printed) -> None:
    assert printed(FORM, of(_HELP, "cat help.txt")) == _HELP.split("\n")


def test_what_is_pointed_at_and_what_stands_in_a_frame_keeps_its_columns(printed: Printed) -> None:
    pointed = ["x =  1", "     ^", " │ y  =  2"]
    shown = printed(FORM, of("\n".join([*pointed, *_HELP.splitlines()]), "shop"))
    assert shown[:4] == ["[unpadded]", *pointed]


def test_a_measurement_keeps_its_columns_and_a_value_behind_its_name_does_not(printed: Printed) -> None:
    """Who looks for `57      page-faults` must find it."""
    measured = ["             3.01 msec task-clock", "                57      page-faults"]
    shown = printed(FORM, of("\n".join([*measured, "Model:        16", *_HELP.splitlines()]), "perf stat"))
    assert shown[:4] == ["[unpadded]", *measured, "Model: 16"]


def test_many_lines_of_one_word_stand_beside_each_other(printed: Printed, holds: Holds) -> None:
    names = [f"word{chr(97 + number)}x" for number in range(26)]
    segment = of("\n".join(names), "shop list")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert len(shown) <= 3
    assert " ".join(shown).split()[1:] == names


def test_digests_are_cut_to_what_git_takes_for_one_but_not_where_they_were_asked_for(
    holds: Holds, printed: Printed
) -> None:
    digests = [hashlib.sha256(str(n).encode()).hexdigest()[:40] for n in range(5)]
    text = "\n".join([*(f"{digest}\trefs/tags/{name}" for digest, name in zip(digests, WORDS, strict=False))])
    segment = of(text, "git ls-remote")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert [line.split()[0] for line in shown if "refs/" in line] == [digest[:12] for digest in digests]
    assert shown[-1] == "[... the rest of each digest]"
    assert printed(FORM, of(text, "sha1sum a b c d e")) == text.split("\n")
    alarm = "error: object file " + digests[0] + " is empty"
    assert alarm in printed(FORM, of(f"{text}\n{alarm}", "git fsck"))


def test_long_numbers_and_words_of_hex_letters_are_no_digests(printed: Printed) -> None:
    lines = [*("1234567890" * 4 for _ in range(4)), *("deadbeef" * 5 for _ in range(4))]
    assert "rest of each digest" not in "\n".join(printed(FORM, of("\n".join(lines))))


def test_what_nests_keeps_its_depth_and_words_are_told_from_the_next_cell(printed: Printed) -> None:
    nested = "\n".join(f"  part {n} {{\n      name{n}   = {n * 7}\n      size{n}    = {n * 5}\n  }}" for n in range(6))
    shown = printed(FORM, of(nested, "shop plan"))
    assert shown[:4] == ["[unpadded]", "  part 0 {", "      name0 = 0", "      size0 = 0"]
    usage = "\n".join(f"shop {verb}  {verb} all the {noun}" for verb, noun in zip(WORDS, reversed(WORDS), strict=True))
    assert printed(FORM, of(usage, "shop help")) == usage.split("\n")


def test_what_is_said_of_many_names_is_said_once_before_them(printed: Printed, holds: Holds) -> None:
    sent = [f"Sending        docs/{word}.rst" for word in WORDS]
    segment = of("\n".join([*sent, "Adding         a.py", "Transmitting file data ..done"]), "svn commit")
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "[unpadded]",
        f"Sending {' '.join(f'docs/{word}.rst' for word in WORDS)}",
        "Adding a.py",
        "Transmitting file data ..done",
    ]


@pytest.mark.parametrize(("count", "are_whole"), [(12, True), (41, False)])
def test_a_few_like_errors_of_a_command_that_failed_stay_as_they_were_printed(count: int, *, are_whole: bool) -> None:
    lines = [f"find: ‘/var/lib/part{chr(97 + at % 26)}{at}/data’: Permission denied" for at in range(count)]
    text = "\n".join(["/etc/shop.conf", *lines, "/etc/cart.conf"])
    result = compress(text, command="find / -name '*.conf'", exit_code=1).text
    assert all(line in result for line in lines) == are_whole


def test_lines_that_take_turns_in_one_word_are_told_as_one_run() -> None:
    """A report of records, booked or open in turn, was told as so many runs of a few lines each."""
    rows = [
        f"  record {n:03}: customer {n % 7}, amount {n * 17 % 230}, is {'booked' if n % 9 else 'open'}"
        for n in range(90)
    ]
    failed = "ERROR: record 044 is locked"
    told = compress("\n".join([*rows, failed]), command="./book", exit_code=2)
    lines = told.text.split("\n")
    assert rows[0] in lines
    assert rows[-1] in lines
    assert failed in lines
    assert "open x10 booked x79" in told.text
    assert (told.after_tokens or 0) * 5 < (told.before_tokens or 0)


def test_a_word_that_comes_once_or_twice_is_no_turn() -> None:
    rows = [f"step {n} of the migration is {'skipped' if n in {11, 25, 40, 51} else 'done'}" for n in range(60)]
    told = compress("\n".join(rows), command="./migrate", exit_code=1).text.split("\n")
    assert rows[11] in told
    assert rows[40] in told


def test_rows_of_a_table_are_no_turns() -> None:
    rows = [f"{n:4}  {('north', 'south', 'west')[n % 3]:6}  {n * 7:5}" for n in range(30)]
    told = compress("\n".join([*rows, "AssertionError: 3 != 4"]), command="python a.py", exit_code=1).text
    assert all(" ".join(row.split()) in " ".join(told.split()) for row in rows)


def test_the_workers_of_a_pool_are_counted_and_not_told_line_by_line() -> None:
    rows = [f"[worker-{n % 4}] polled the queue, got 0 messages (attempt {n})" for n in range(200)]
    told = compress("\n".join(rows), command="timeout 4 ./worker", exit_code=124).text
    assert "worker-0 x50 worker-1 x50 worker-2 x50" in told
