"""Two runners of JavaScript that few others look like: karma in a browser, @hapi/lab."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress

CAPTURES = Path(__file__).parents[2] / "captures"


def _told(path: str, command: str) -> tuple[str, str]:
    printed = (CAPTURES / f"{path}.txt").read_text()
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", printed)
    return plain, compress(printed, command=command, exit_code=1).text


@pytest.mark.parametrize("reporter", ["dots", "progress"])
def test_every_failure_of_karma_keeps_its_name_and_place(reporter: str) -> None:
    printed, told = _told(f"karma/{reporter}", "npx karma start --single-run")
    headings = re.findall(r"^\S.* FAILED$", printed, re.MULTILINE)
    assert len(headings) == 32
    assert [heading for heading in headings if heading not in told] == []
    places = re.findall(r"UserContext.<anonymous> \((\S+)\)", printed)
    assert [place for place in places if place not in told] == []
    assert "\tExpected $.ships[1].flag = 'NL' to equal 'NO'." in told


def test_of_karmas_counts_the_last_one_stays() -> None:
    printed, told = _told("karma/progress", "npx karma start --single-run")
    assert printed.count(": Executed ") > 70
    assert told.count(": Executed ") == 1
    assert "Executed 78 of 78 (32 FAILED)" in told
    assert len(told) < 0.45 * len(printed)


@pytest.mark.parametrize("name", ["red", "coverage"])
def test_every_failure_of_lab_keeps_its_name_message_and_place(name: str) -> None:
    printed, told = _told(f"lab/{name}", "npx lab")
    headings = re.findall(r"^  \d+\) \S.*:$", printed, re.MULTILINE)
    assert len(headings) >= 29
    assert [heading for heading in headings if heading not in told] == []
    tree = re.findall(r"^ +✖ \d+\) .*$", printed, re.MULTILINE)
    assert [line for line in tree if line not in told] == []
    for words in re.findall(r"^ +((?:Expected |no berth |days must ).*)$", printed, re.MULTILINE):
        assert words in told
    total = re.findall(r"^\d+ of \d+ tests failed$", printed, re.MULTILINE)
    assert total
    assert total[0] in told


def test_two_values_that_lab_draws_into_one_another_go_where_the_message_tells_both() -> None:
    told = _told("lab/coverage", "npx lab -t 100")[1]
    assert "15601200" not in told
    assert "Expected 1560 to equal specified value: 1200" in told
    assert "flag: 'NLNO'" not in told
    assert "{ name: 'Borealis', length: 121, flag: 'NO' }" in told
    assert "src/quay.js missing coverage on line(s): 20, 29, 31" in told
