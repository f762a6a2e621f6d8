import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.alarms import is_alarm
from sidecar.compression.clean import clean
from sidecar.compression.forms.log import FORM
from sidecar.compression.shelf import Shelf
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "log"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.json"))
DENSE = frozenset(("apt_history", "caddy_debug", "go_logrus_terminal", "go_zerolog_terminal"))
"""Logs of which more is evidence: each of their errors says something else."""
Holds = Callable[[Form, Segment], None]


def capture(name: str) -> tuple[list[str], int]:
    text = clean((CAPTURES / f"{name}.txt").read_bytes()).text
    exit_code: int = json.loads((CAPTURES / f"{name}.json").read_text("utf-8"))["exit_code"]
    return text.removesuffix("\n").split("\n"), exit_code


def shown(lines: list[str]) -> str:
    blocks = FORM.reduce(Segment(lines))
    return "\n".join(
        line for block in blocks for line in (lines[block.start : block.end] if block.shown is None else block.shown)
    )


def record(number: int, message: str, level: str = "INFO") -> str:
    return f"2026-11-22 12:{number // 60 % 60:02}:{number % 60:02},{number % 1000:03} {level} shop.orders: {message}"


@pytest.mark.parametrize(
    "told",
    [
        "ERROR src/part{0}.yaml:{0}: missing key `name`",
        "[ERROR] /src/App.java:[{0},5] cannot find symbol",
        "##[error]src/cart.c:{0}:9: error: unknown type name 'item'",
        "ERROR tests/test_cart.py::test_total[{0}] - RuntimeError: database refused",
        "FAIL: test_total_{0} (tests.test_cart.TestCart)",
        "WARNING: src/cart{0}.c:3: unused variable",
    ],
)
def test_diagnostics_in_a_ci_log_keep_each_its_place(told: str, holds: Holds) -> None:
    lines = [f"2026-11-22T12:07:{number:02}.1Z {told.format(number)}" for number in range(40)]
    assert FORM.recognise(Segment(lines)) >= 0.5
    holds(FORM, Segment(lines))
    assert set(lines) <= set(shown(lines).split("\n"))


def test_an_alarm_that_comes_again_from_one_line_of_the_program_or_one_port_is_still_one_kind() -> None:
    lines = [
        record(number, f"(worker.py:88) order 9{number} failed: db{number}.lan:5432 refused") for number in range(60)
    ]
    assert "(x60 alike" in shown([line.replace("INFO", "ERROR") for line in lines])


@pytest.mark.parametrize("name", NAMES)
def test_every_capture_keeps_its_promises(name: str, holds: Holds) -> None:
    lines, exit_code = capture(name)
    holds(FORM, Segment(lines, exit_code=exit_code))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in DENSE])
def test_real_logs_are_recognised_and_get_much_shorter(name: str) -> None:
    lines, _ = capture(name)
    assert FORM.recognise(Segment(lines)) >= 0.8
    assert len(shown(lines)) * 4 < sum(map(len, lines))


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T12:07:31.123Z started",
        "Nov 22 12:07:31 host sshd[812]: Accepted publickey for deploy",
        "[2026-11-22 12:07:31] production.INFO: started",
        "E1122 12:07:31.123456   7 controller.go:12] sync failed",
        '10.0.0.7 - alice [22/Nov/2026:12:07:31 +0000] "GET / HTTP/1.1" 200 12',
        '{"level":"info","ts":1795348051.2,"msg":"started"}',
        "time=2026-11-22T12:07:31Z level=info msg=started",
        "web-1  | 2026-11-22 12:07:31 started",
        "[    1.234567] usb 1-1: new high-speed USB device",
        "WARN  [pool-1] shop.Stock - below 10",
        "INFO:root:started",
        "[Sun Nov 22 12:07:31.123456 2026] [core:notice] [pid 7] AH00094: Command line",
    ],
)
def test_the_usual_ways_to_begin_a_record_are_known(line: str) -> None:
    assert FORM.recognise(Segment([line] * 5)) >= 0.6


@pytest.mark.parametrize(
    "lines",
    [
        ["src/app.py:12:31: E501 line too long"] * 9,
        ["-rw-r--r-- 1 me me 120 Nov 22 12:07 app.py"] * 9,
        ["diff --git a/x b/x", "+2026-11-22 12:07:31 INFO x"] * 9,
        ["def main():", "    return 3"] * 9,
        [],
        ["", "  "],
    ],
)
def test_what_is_no_log_is_not_taken_for_one(lines: list[str]) -> None:
    assert FORM.recognise(Segment(lines)) < 0.5


def test_damage_1_the_only_traceback_of_a_log_that_begins_with_times_stays() -> None:
    lines, _ = capture("python_logging")
    result = shown(lines)
    assert "Traceback (most recent call last):" in result
    assert '  File "/tmp/shop/pylog.py", line 8, in charge' in result
    assert "ValueError: amount 101873 is over the limit of 99000" in result
    assert shorten(lines, shelf=Shelf(()), command="python3 app.py").reduced[0].form == "log"


def test_damage_6_an_error_after_the_first_kilobyte_and_the_tail_both_stay() -> None:
    lines = [record(n, f"order {n} paid") for n in range(5_000)]
    lines.insert(4_321, record(4_321, "order 17 could not be charged: card declined", "ERROR"))
    result = shown([*lines, record(5_000, "shutting down")])
    assert "card declined" in result
    assert result.rstrip().endswith("]") or "shutting down" in result
    assert "shutting down" in result


def test_records_of_one_kind_are_shown_once_with_their_count_and_their_last_place() -> None:
    result = shown([record(n, f"order {n} paid in {n % 7} ms") for n in range(1_000)])
    assert result.splitlines() == [
        f"{record(0, 'order 0 paid in 0 ms')} (x1000 alike, last 12:16:39, line 1000)",
        '[alike "INFO shop.orders: order 0 paid in 0 ms": 0..999; 0..6]',
    ]


def test_what_varies_in_a_log_of_moderate_size_is_told_row_by_row() -> None:
    names = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan")
    lines = [record(n, f"order {4000 + n * 7} paid by {names[n % 9]} in {n % 70} ms") for n in range(120)]
    result = shown(lines)
    assert all(f"{4000 + n * 7} {names[n % 9]} {n % 70}" in result for n in range(1, 120))
    assert len(result) * 3 < sum(map(len, lines))


def test_names_that_combine_do_not_make_a_kind_of_each_pair() -> None:
    fruits, users = ("apple", "pear", "plum", "fig", "lime"), ("alice", "bob", "carol", "dave")
    lines = [record(n, f"{users[n % 4]} bought one {fruits[n % 5]} at the corner") for n in range(200)]
    result = shown(lines)
    assert result.count(" alike, last ") == len(users)
    assert all(name in result for name in (*fruits, *users))


def test_the_values_of_an_error_that_came_often_are_told() -> None:
    lines = [record(n, "idle") for n in range(200)]
    for number in range(30):
        lines.insert(number * 5, record(number, f"order {9000 + number * 3} could not be charged", "ERROR"))
    result = shown(lines)
    assert "(x30 alike" in result
    assert all(str(9000 + number * 3) in result for number in range(30))


@pytest.mark.parametrize("varied", ["user {0} signed in", '{{"level":"info","msg":"done","user":"{0}"}}'])
def test_a_large_log_of_which_every_line_has_another_name_is_still_of_one_kind(varied: str) -> None:
    names = [f"{a}{b}{c}{d}" for a in "bghklm" for b in "aeiou" for c in "nrstvwz" for d in "xyjqo"]
    lines = [record(n, varied.format(names[n * 7 % len(names)] + names[n % 900])) for n in range(40_000)]
    lines[31_111] = record(31_111, varied.format("zed") + " panic: out of memory")
    result = shown(lines)
    assert "panic: out of memory" in result
    assert len(result) < 6_000


def test_a_log_gives_its_errors_as_parts() -> None:
    lines = [record(n, "idle") for n in range(50)]
    lines[20:20] = [record(20, "order 7 failed", "ERROR"), "Traceback (most recent call last):", "KeyError: 'sku'"]
    (part,) = FORM.parts(Segment(lines))
    assert (part.kind, part.start, part.end) == ("error", 20, 23)
    assert part.said == lines[20]


def test_every_distinct_error_message_stays() -> None:
    lines = [record(n, "idle") for n in range(200)]
    words = ("alpha", "beta", "gamma", "delta")
    for number in range(40):
        lines.insert(number * 4, record(number, f"cannot reach {words[number % 4]}: refused", "ERROR"))
    result = shown(lines)
    assert all(f"cannot reach {word}: refused" in result for word in words)


def test_a_counter_of_failures_that_leaves_zero_is_seen() -> None:
    lines = [record(n, f"batch {n}: 100 ok, failed=0") for n in range(300)]
    lines[150] = record(150, "batch 150: 97 ok, failed=3")
    assert "failed=3" in shown(lines)


def test_the_one_slow_request_among_thousands_stays() -> None:
    lines = [record(n, f"GET /cart took {n % 90} ms") for n in range(2_000)]
    lines[777] = record(777, "GET /cart took 48213 ms")
    assert "48213 ms" in shown(lines)


def test_a_server_error_in_an_access_log_is_an_alarm_and_a_status_is_no_mere_number() -> None:
    def request(number: int, status: int) -> str:
        return f'10.0.0.{number % 9} - - [22/Nov/2026:12:00:{number % 60:02} +0000] "GET /cart HTTP/1.1" {status} 512'

    lines = [request(n, 200) for n in range(500)]
    lines[100], lines[200], lines[300] = request(100, 404), request(200, 503), request(300, 301)
    result = shown(lines)
    assert all(f'" {status} ' in result for status in (200, 301, 404, 503))


def test_every_address_that_failed_is_named_while_those_that_worked_are_counted() -> None:
    names = [f"{a}{b}{c}" for a in "bcdfgk" for b in "aeiou" for c in "lmnrst"]
    request = '10.0.0.7 - - [22/Nov/2026:12:00:00 +0000] "GET /p/{} HTTP/1.1" {} 512'
    lines = [request.format(name, 200) for name in names] + [request.format(name, 502) for name in names[:40]]
    result = shown(lines)
    assert all(request.format(name, 502) in result for name in names[:40])
    assert result.count('" 200 ') <= 3


def test_names_that_vary_do_not_make_kinds_but_rare_words_do() -> None:
    names = [f"{a}{b}{c}" for a in "bcdfgk" for b in "aeiou" for c in "lmnrst"]
    lines = [record(n, f"user {names[n % len(names)]} signed in") for n in range(900)]
    lines[444] = record(444, "user bal signed out for good")
    result = shown(lines)
    assert "signed out for good" in result
    assert len(result) < 400


def test_distinct_stack_traces_of_one_error_both_stay() -> None:
    def failed(number: int, place: int) -> list[str]:
        frame = f'  File "/srv/shop/pay.py", line {place}, in charge'
        return [
            record(number, f"order {number + 1} went astray", "ERROR"),
            "Traceback (most recent call last):",
            frame,
            "KeyError: 'sku'",
        ]

    lines = [line for n in range(60) for line in failed(n, 10 if n != 37 else 99)]
    result = shown(lines)
    assert "line 10, in charge" in result
    assert "line 99, in charge" in result
    assert result.count("KeyError") == 2


def test_warnings_are_counted_by_kind() -> None:
    lines = [record(n, f"slow query {n} ms", "WARNING") for n in range(50)]
    lines += [record(n, "stock below 10", "WARNING") for n in range(50)]
    result = shown(lines)
    assert result.count("ms (x50 alike") == 1
    assert result.count("stock below") == 1


PIECES = [line for name in NAMES if name != "apt_history" for line in capture(name)[0][:60]]
PIECES += [
    "",
    "    at x.Y(Z.java:3)",
    "Traceback (most recent call last):",
    "\ufffd\x0b",
    record(3, "boom", "FATAL"),
    "{",
]


@settings(max_examples=80, deadline=None)
@given(lines=st.lists(st.sampled_from(PIECES), max_size=120), exit_code=st.sampled_from([0, 1, None]))
def test_any_mixture_of_log_lines_keeps_its_promises(lines: list[str], exit_code: int | None, holds: Holds) -> None:
    holds(FORM, Segment(lines, exit_code=exit_code))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=120))
def test_every_alarm_is_shown_or_counted_under_its_kind(lines: list[str]) -> None:
    def kind(line: str) -> str:
        return "".join(character for character in line if not character.isdigit() and character not in "abcdef")

    kinds = {kind(line.partition(" (x")[0]) for line in shown(lines).split("\n")}
    assert all(kind(line.partition(" (x")[0]) in kinds for line in lines if is_alarm(line))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400))
def test_no_text_makes_it_raise(text: str) -> None:
    segment = Segment(text.split("\n"))
    FORM.recognise(segment)
    assert sum(block.end - block.start for block in FORM.reduce(segment)) == len(segment.lines)
    FORM.evidence(segment)


def test_a_long_trace_of_system_calls_is_told_by_its_kinds_of_calls(read: Callable[..., Segment]) -> None:
    segment = read(CAPTURES.parent / "strace" / "follow_git.txt", hinted=False)
    assert FORM.recognise(segment) >= 0.8
    result = shown(list(segment.lines))
    assert len(result) * 2 < len(segment.text)
    assert 'execve("/usr/bin/git", ["git", "-C", "/tmp/depot/shop", "status", "--short"]' in result
    failed = 'access("/etc/ld.so.preload", R_OK)      = -1 ENOENT (No such file or directory)'
    assert failed in result


def test_calls_in_a_program_are_no_system_calls() -> None:
    lines = [f"paint(canvas, {number}) += {number};" for number in range(200)]
    assert FORM.recognise(Segment(lines)) == 0.0


def test_a_log_of_redis_is_known_behind_its_process_and_role(read: Callable[..., Segment]) -> None:
    lines = list(read(CAPTURES.parent / "big" / "redis_verbose.txt", hinted=False).lines)
    assert FORM.recognise(Segment(lines)) >= 0.8
    result = shown(lines)
    assert len(result) * 3 < len("\n".join(lines))
    assert "# WARNING Memory overcommit must be enabled!" in result


def test_a_long_debug_report_keeps_its_ends_and_its_alarms() -> None:
    report = [f"   Configuration{number} matched: class found" for number in range(400)]
    report[200] = "   Configuration200: ERROR the class is broken"
    lines = [
        *(record(number, f"step {number} of the start") for number in range(20)),
        record(21, "CONDITIONS EVALUATION REPORT", "DEBUG"),
        *report,
        record(30, "Application run failed", "ERROR"),
    ]
    text = shown(lines)
    assert "Configuration0 matched" in text
    assert "Configuration399 matched" in text
    assert "ERROR the class is broken" in text
    assert "Application run failed" in text
    assert "Configuration100 matched" not in text


def test_what_a_build_printed_under_a_record_of_its_own_stays_whole() -> None:
    printed = [f"   line {number} of the tests that the build ran" for number in range(100)]
    kinds = [f"{line} {chr(97 + number % 26)}" for number, line in enumerate(printed)]
    text = shown([*(record(number, f"step {number}") for number in range(9)), record(21, "running tests"), *kinds])
    assert "line 50 of the tests" in text


def test_of_an_access_log_the_paths_are_told_and_not_the_ports_of_its_clients() -> None:
    lines = [
        f'INFO:     127.0.0.1:{38000 + 14 * n} - "GET /orders/{n * n} HTTP/1.1" 404 Not Found' for n in range(1, 9)
    ]
    text = shown(lines)
    assert '[alike "GET /orders/1 HTTP/1.1": 4, 9, 16, 25, 36, 49, 64]' in text
    assert "38028" not in text


def test_alarms_that_differ_in_a_name_with_a_number_are_all_said() -> None:
    """Two backends are two facts; haproxy, 2.6."""
    lines = [
        f'[WARNING]  (397) : Server app/a{n % 4} is DOWN, info: "Connection refused", check duration: {n}ms.'
        for n in range(8)
    ]
    lines += [f"[NOTICE]   (397) : proxy web has stopped after {n} requests." for n in range(40)]
    text = shown(lines)
    assert all(f"Server app/a{n} is DOWN" in text for n in range(4))


def test_what_a_server_says_of_each_request_that_failed_is_said_within_a_share_of_its_log() -> None:
    """Apache names the client of each; in a log of this size sixteen were told as numbers of one."""
    lines = (CAPTURES.parent / "access_log" / "apache_error_trace.txt").read_text("utf-8").splitlines()
    text = shown(lines)
    failed = [line.partition("] [pid ")[2] for line in lines if "AH01114" in line]
    assert len(failed) > 15
    assert all(said in text for said in failed)
    missing = [line.partition("] [pid ")[2] for line in lines if "File does not exist" in line]
    assert len(missing) == 5
    assert all(said in text for said in missing)
    assert len(text) * 2 < sum(map(len, lines))


def test_each_failure_below_a_record_is_said_and_the_trace_of_the_first_only() -> None:
    """Django prints what failed and its trace without a time, below the request before."""
    lines: list[str] = []
    for n in range(1, 60):
        lines.append(f'[26/Nov/2026 10:36:{n:02}] "GET /items/{n} HTTP/1.1" 200 8')
        if n % 6 == 0:
            lines += [
                f"Internal Server Error: /items/{n}",
                "Traceback (most recent call last):",
                '  File "/srv/shop/urls.py", line 7, in item',
                f"KeyError: {n}",
            ]
    text = shown(lines)
    assert all(f"Internal Server Error: /items/{n}" in text for n in range(6, 60, 6))
    assert text.count("Traceback") <= 3


def test_what_haproxy_logs_is_a_log_with_its_failed_requests() -> None:
    lines = [
        f"127.0.0.1:{42710 + n} [26/Nov/2026:10:33:{n % 60:02}.563] web app/a1 0/0/1/6/7"
        f' {503 if n == 33 else 200} {n * 37} - - ---- 1/1/0/0/0 0/0 "GET /orders/{n} HTTP/1.1"'
        for n in range(120)
    ]
    assert FORM.recognise(Segment(lines)) >= 0.8
    assert lines[33] in shown(lines)
    assert len(shown(lines)) * 2 < sum(map(len, lines))


def test_what_different_records_in_a_row_begin_with_is_told_once_and_alarms_stay_whole() -> None:
    said = (
        "CPU topology: 2 cores in a package",
        "Booting paravirtualized kernel on KVM",
        "Allowing present and hotplugged processors",
        "clocksource: refined-jiffies: mask in use",
        "KVM setup pv remote TLB flush",
        "audit: type policy loaded",
        "Kernel is locked down from its configuration; see the manual",
        "random: crng init done (trusting the seed of the boot loader)",
    )
    failed = "Nov 26 10:13:42 web-1 kernel: device theta failed to start"
    text = shown([*(f"Nov 26 10:13:42 web-1 kernel: {line}" for line in said), failed])
    head = '[the next 8 lines begin with "Nov 26 10:13:42 web-1 kernel: "]'
    assert text == "\n".join((head, *said, failed))


def test_identifiers_made_by_chance_are_neither_told_one_by_one_nor_out_of_line() -> None:
    """Celery, 5.7: of fifty tasks, fifty UUIDs were told, and those that begin with large numbers shown."""
    task = (
        "[2026-11-26 10:37:{:02},516: INFO/MainProcess] Task shop.mail[{:08x}-0ca9-4ab8-a80a-{:012x}] sent {} letters"
    )
    lines = [task.format(n, n * 2654435761 % 2**32, n**5, n % 7) for n in range(1, 55)]
    text = shown(lines)
    assert "(x54 alike" in text
    assert text.count("-0ca9-4ab8-a80a-") == 1


def test_what_records_say_after_their_time_is_told_once_and_alarms_keep_it(
    holds: Holds, printed: Callable[[Form, Segment], list[str]]
) -> None:
    head = "2026-11-26 03:16:{:02}.052  INFO 11486 --- [           main] "
    words = ["alpha", "bravo", "delta", "hotel", "india", "kilo", "lima", "oscar", "papa", "quebec", "romeo", "sierra"]
    lines = [
        f"{head.format(n)}shop.{word}       : Started {word}" for n, word in enumerate([*words, "tango", "victor"])
    ]
    lines[7] = lines[7].replace(" INFO", "ERROR").replace("Started", "Could not start")
    segment = Segment(lines)
    holds(FORM, segment)
    shown = printed(FORM, segment)
    told = [line for line in shown if line.startswith("[the next")]
    assert told[0].endswith('"2026-11-26 03:16:", after their time with "INFO 11486 --- [           main] "]'), shown
    assert "01.052  shop.bravo : Started bravo" in shown
    assert lines[7] in shown


@pytest.mark.parametrize("name", ["go_logrus_terminal", "go_zerolog_terminal"])
def test_logs_that_go_writes_to_a_terminal_are_logs_with_their_errors(name: str) -> None:
    lines, exit_code = capture(name)
    result = compress((CAPTURES / f"{name}.txt").read_bytes(), command="./orders", exit_code=exit_code)
    assert result.shortened is not None
    assert [one.form for one in result.shortened.reduced] == ["log"]
    errors = [line for line in lines if re.match(r"ERRO\[|\d+:\d\d[AP]M ERR ", line)]
    assert len(errors) > 20
    assert all(line in result.text for line in errors)
    assert len(result.text) * 2 < sum(map(len, lines))


@pytest.mark.parametrize("line", ["ERRO[0003] order 17 declined", "FATA[0003] no database", "4:36PM FTL no database"])
def test_levels_of_a_few_letters_are_alarms(line: str) -> None:
    assert is_alarm(line)
    assert FORM.recognise(Segment([line, *[line.replace("17", str(number)) for number in range(9)]])) > 0.5


def test_a_trace_of_calls_with_the_time_since_the_last_one_is_a_log() -> None:
    calls = [f'     0.0000{number:02} openat(AT_FDCWD, "/lib/part{number}.so", O_RDONLY) = 3' for number in range(60)]
    assert FORM.recognise(Segment(calls)) > 0.5


def test_short_identifiers_made_by_chance_are_not_told_but_dates_are() -> None:
    ids = [f"{(number * 2654435761) % 2**32:08x}" for number in range(1, 400)]
    chance = shown([record(n, f"request {id_} answered") for n, id_ in enumerate(ids)])
    assert not [id_ for id_ in ids[1:] if id_ in chance]
    dates = [f"2026{1 + number // 28:02}{1 + number % 28:02}" for number in range(300)]
    assert "20260301-20260328" in shown([record(n, f"rolled partition {date} away") for n, date in enumerate(dates)])


@pytest.mark.parametrize(("exit_code", "is_told"), [(0, True), (1, False)])
def test_in_a_long_log_of_a_failed_command_ordinary_values_are_summed_up(exit_code: int, is_told: bool) -> None:
    names = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan")
    lines = [
        record(n, f"order {5000 + 7 * n} of the shop by the harbour was placed by {names[n % 9]} and goes out soon")
        for n in range(400)
    ]
    lines[300] = record(300, "payment of order 17 declined", "ERROR")
    blocks = FORM.reduce(Segment(lines, exit_code=exit_code))
    text = "\n".join(line for block in blocks for line in (block.shown or ()))
    assert ("6400" in text) is is_told
    assert all(name in text for name in names)
    assert "order 17 declined" in "\n".join(lines[b.start] if b.shown is None else "\n".join(b.shown) for b in blocks)


def test_of_alike_errors_with_long_traces_the_first_stands_for_the_others_without_its_library_frames() -> None:
    lines, exit_code = capture("python_loguru")
    result = compress((CAPTURES / "python_loguru.txt").read_bytes(), command="python worker.py", exit_code=exit_code)
    heads = [
        line for line in result.text.splitlines() if line.endswith(" - task failed (x3 alike, last 16:52:42, line 289)")
    ]
    assert len(heads) == 1
    assert sum(line.startswith("Traceback") for line in lines) == 6
    assert sum(line.startswith("Traceback") for line in result.text.splitlines()) == 2
    assert '> File "/tmp/bodega/pylog.py", line 40, in <module>' in result.text
    assert "_execute_clauseelement" not in re.sub(r"\[\.\.\. [^\n]*", "", result.text)
    assert "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) CHECK constraint failed: qty >= 0" in result.text
    assert "library frames" in result.text


def with_a_stack(number: int, *, library: str, frame: str, tail: str) -> str:
    frames = [frame.format(f"{library}.step{at}") for at in range(8)]
    own = frame.format("shop.Cart.total")
    stack = "\\n".join([f"IllegalStateException: no cart {number}", frames[0], own, *frames[1:]])
    return f'{{"time":"2026-11-22T12:07:{number % 60:02}Z","level":"ERROR","stack":"{stack}"{tail}'


@pytest.mark.parametrize(
    ("library", "frame"),
    [
        ("org.springframework.web.Dispatcher", "\\tat {0}(App.java:12)"),
        ("Layer", "    at {0} (/srv/node_modules/router/lib/layer.js:169:33)"),
    ],
)
def test_a_trace_in_a_text_of_json_keeps_its_message_its_innermost_and_its_own_frames(
    library: str, frame: str, holds: Holds
) -> None:
    lines = [
        with_a_stack(1, library=library, frame=frame, tail=',"msg":"failed"}'),
        *(f'{{"time":"2026-11-22T12:08:{at:02}Z","level":"INFO","msg":"order {at} paid"}}' for at in range(40)),
    ]
    holds(FORM, Segment(lines))
    text = shown(lines)
    assert "no cart 1" in text
    assert frame.format(f"{library}.step0") in text
    assert '"msg":"failed"}' in text
    assert frame.format("shop.Cart.total") in text
    assert f"{library}.step5" not in text
    assert re.search(r"\\n\[\d frames\]", text)


def test_a_few_frames_in_a_text_stay() -> None:
    line = '{"level":"error","time":"2026-11-22T12:07:01Z","stack":"Error: no\\n    at a (/x/node_modules/b.js:1:1)"}'
    assert line in shown([line, *(record(at, f"order {at} paid") for at in range(60))])


def test_records_of_one_kind_are_alike_in_whatever_order_their_members_come() -> None:
    told = []
    for number in range(90):
        headers = {"Accept": ["*/*"], "Host": [f"shop-{number}"], "User-Agent": ["curl/8.5.0"]}
        names = sorted(headers, key=lambda name: hash_of(name, number))
        said = {"level": "info", "ts": 1795723160.0 + number, "msg": "handled request", "status": 200}
        told.append(json.dumps({**said, "headers": {name: headers[name] for name in names}}, separators=(",", ":")))
    told[40] = told[40].replace('"level":"info"', '"level":"error"').replace("handled request", "dial tcp: refused")
    text = shown(told)
    assert "(x89 alike, last line 90)" in text
    assert told[40] in text
    assert len(text) * 6 < sum(map(len, told))


def hash_of(name: str, number: int) -> int:
    """A number that puts names in another order for each record, the same in every run."""
    return sum(map(ord, name)) * (number * 7 + 3) % 101


def test_a_program_of_go_may_say_its_name_before_the_time() -> None:
    told = [
        f"raft2026/11/26 19:52:{second:02} INFO: 2e1259d415f2a040 became candidate at term {second}"
        for second in range(30)
    ]
    assert FORM.recognise(Segment(told)) > 0.8
    assert "(x30 alike, last 19:52:29, line 30)" in shown(told)
    assert FORM.recognise(Segment([f"see docs/2026/11/26 for part {number}" for number in range(30)])) == 0.0


def test_lines_between_many_omissions_share_a_marker_and_what_they_begin_with() -> None:
    words = ("boot", "cache", "queue", "shard", "index", "vault", "relay", "probe", "merge", "drain", "flush", "audit")
    told = []
    for number in range(len(words)):
        told.append(f"2026-11-26 19:53:41.8{number:02}967+00:00 [info] ready: {' '.join(words[: number + 1])}")
        told += [record(number * 10 + other, f"heartbeat {other} of node {number}") for other in range(3)]
    told.insert(22, "2026-11-26 19:53:41.899967+00:00 [error] <0.288.0> vault is sealed, cannot mount")
    text = shown(told)
    assert "2026-11-26 19:53:41.899967+00:00 [error] <0.288.0> vault is sealed, cannot mount" in text
    assert all(f"{' '.join(words[: number + 1])}\n" in f"{text}\n" for number in range(len(words)))
    assert text.count("like lines shown above") < len(words) // 2
    assert 'lines begin with "2026-11-26 19:53:41.' in text
    assert text.count("2026-11-26 19:53:41") < len(words)


def test_a_request_that_failed_keeps_its_time_where_lines_share_what_they_begin_with() -> None:
    path = CAPTURES.parents[1] / "bench" / "captures" / "nginx_log" / "access.txt"
    result = compress(path.read_bytes(), command="cat access.log", exit_code=0)
    assert not result.faults
    assert '127.0.0.1 - - [26/Nov/2026:03:12:10 +0000] "GET /api/orders/38 HTTP/1.1" 502 157' in result.text


def test_an_error_in_json_is_not_another_for_when_it_was_and_how_long_it_took() -> None:
    told = [
        json.dumps(
            {
                "level": "error" if number % 100 == 0 else "info",
                "ts": 1795723160.25 + number,
                "msg": "dial tcp 127.0.0.1:9: connect: connection refused" if number % 100 == 0 else "handled request",
                "duration": 0.0004 + number / 10_000_000,
                "uri": "/orders",
            }
        )
        for number in range(1_200)
    ]
    text = shown(told)
    assert text.count("connection refused") == 1
    assert "(x12 alike, last line 1101)" in text
