"""What `| tail`, `| head` and `| grep -A5` leave of a run: the end of a failure without its heading is one too."""

from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms import tests
from sidecar.compression.vocabulary import Segment


def test_the_changed_lines_of_a_failure_whose_heading_phpunit_printed_above_stay() -> None:
    changed = "".join(
        f"-         'berth {n} of the quay' => {n}\n+         'berth {n} of the quay' => {n + 1}\n" for n in range(20)
    )
    tail = (
        f" Array (\n     'log' => Array (\n{changed}     )\n )\n\n/tmp/harbor/tests/QuayTest.php:11\n\n"
        "4) QuayTest::testThrows\nFailed asserting that 3 matches expected 4.\n\n/tmp/harbor/tests/QuayTest.php:15\n\n"
        "FAILURES!\nTests: 73, Assertions: 68, Failures: 4.\n"
    )
    text = compress(tail, command="phpunit tests | tail -30", exit_code=0).text
    assert [line for line in changed.splitlines() if line not in text] == []


def test_the_end_of_a_run_of_mocha_is_read_as_one() -> None:
    failure = (
        "      AssertionError: expected +0 to equal 1\n      + expected - actual\n\n      -0\n      +1\n      \n"
        "      at Context.<anonymous> (test/quay.test.js:{0}:76)\n"
        "      at process.processImmediate (node:internal/timers:483:21)\n\n"
    )
    headings = "".join(f"  {n}) outer harbour\n       berth {n} is free:\n\n{failure.format(n)}" for n in range(28, 34))
    text = compress(failure.format(7) + headings, command="npx mocha | tail -80", exit_code=0).text
    assert "at Context.<anonymous> (test/quay.test.js:7:76)" in text
    assert "  28) outer harbour > berth 28 is free:" in text
    assert "processImmediate" not in text.partition("[... in")[0].replace("[... of", "[... in")
    assert "test/quay.test.js:33:76" in text


def test_each_of_several_failures_that_a_filter_left_no_heading_keeps_its_own_error() -> None:
    kept = "".join(
        f"  {n}) outer harbour\n       moors:\n      AssertionError: expected +0 to equal 1\n"
        f"      at Context.<anonymous> (test/quay.test.js:{n}:76)\n--\n"
        f"     TypeError: Aurora is not moored here\n      at Context.<anonymous> (test/quay.test.js:{n + 40}:97)\n--\n"
        for n in range(3, 7)
    )
    text = compress(kept, command="npx mocha | grep -A8 Error", exit_code=0).text
    for n in range(3, 7):
        assert f"test/quay.test.js:{n}:76" in text
    assert "same as 3), test/quay.test.js" not in text


def test_the_depth_of_a_changed_line_is_no_column_of_a_table() -> None:
    changed = '      -      "berth": 1\n      +      "berth": 2\n'
    compared = changed + '             "ship": "Borealis"\n             "what": "moor"\n'
    text = compress(
        f"shipping manifest differs\n\n{compared * 6}\nend of the report\n", command="./report", exit_code=1
    ).text
    assert '"berth": 2 "ship"' not in text


@pytest.mark.parametrize("capture", ["jest/red", "jest/bail", "jest/red_large", "rspec/red", "rspec/red_large"])
def test_a_run_cut_off_before_its_totals_is_known_by_its_failures(capture: str) -> None:
    """What tells it stood in lines that held none of the words a runner was looked for by."""
    run = (Path(__file__).parents[2] / "captures" / f"{capture}.txt").read_text()
    cut = Segment(run[: len(run) * 2 // 3].split("\n"), exit_code=137)
    assert "Test Suites: " not in cut.text
    assert "examples, " not in cut.text
    assert tests.FORM.recognise(cut) >= 0.9
