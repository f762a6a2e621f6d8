"""behave, cucumber and Robot Framework: every scenario that failed with its place, its step and what it raised."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress
from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
LISTED = re.compile(r"^(?:  |cucumber )(\S+\.feature:\d+) +(?:# )?(.*?) *$", re.MULTILINE)


def raw(name: str) -> str:
    return (CAPTURES / f"{name}.txt").read_text(encoding="utf-8")


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


@pytest.mark.parametrize("name", ["behave/red", "behave/red_plain", "behave/red_progress3", "cucumber/red_ruby"])
def test_every_scenario_of_the_list_is_named_with_its_place(shortened: Callable[[str], str], name: str) -> None:
    listed = LISTED.findall(raw(name))
    assert len(listed) > 20
    text = shortened(name)
    assert [place for place in listed if place[0] not in text or place[1] not in text] == []


@pytest.mark.parametrize("name", ["behave/red", "behave/red_plain", "behave/red_progress3"])
def test_every_failed_assertion_stays_and_the_frames_of_behave_go(shortened: Callable[[str], str], name: str) -> None:
    failed = re.findall(r"ASSERT FAILED: .*", raw(name))
    assert failed
    text = shortened(name)
    assert [said for said in failed if said not in text] == []
    assert 'File "features/steps/basket.py", line 7, in close' in text
    assert "site-packages" not in text.replace("keywords: market python3.11 site-packages", "")
    assert "38 scenarios passed, 23 failed, 11 error, 0 skipped" in text


def test_what_never_ran_does_not_stand_beside_what_failed() -> None:
    text = compress(raw("behave/red"), command="behave", exit_code=1).text
    assert "And the receipt is printed in triplicate # None" in text
    assert len(text) < len(raw("behave/red")) / 2


def test_cucumber_keeps_each_failed_step_with_its_place_and_its_difference(shortened: Callable[[str], str]) -> None:
    told = re.findall(
        r"^\d+\) Scenario.*|^ +✖ .*|^ +(?:\? .*)|^ +\S+ !== \S+$|^ +Error: .*", raw("cucumber/red"), re.MULTILINE
    )
    assert len(told) > 80
    text = shortened("cucumber/red")
    assert [line for line in told if line.strip() not in text] == []
    assert "Write code here" not in text


def test_a_robot_test_that_warned_says_beside_its_name_that_it_failed(shortened: Callable[[str], str]) -> None:
    text = shortened("robot/red")
    assert (
        "Invoices Keeps The Scale In Order 3 :: An order of scale is kept a... [ WARN ] closing scale | FAIL |" in text
    )
    assert text.count("| FAIL |") == raw("robot/red").count("| FAIL |")
    assert text.count("the till drawer is jammed by") == raw("robot/red").count("the till drawer is jammed by")
    assert "80 tests, 44 passed, 36 failed" in text


def test_a_step_that_behave_prints_over_itself_in_colours_is_told_once(shortened: Callable[[str], str]) -> None:
    text = shortened("behave/red_color")
    assert text.count("Given an empty basket") == 1
    assert text.count("ASSERT FAILED: ") == raw("behave/red_color").count("ASSERT FAILED: ")
