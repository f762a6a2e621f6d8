"""Of an exception group each of its exceptions is told under its own number."""

import re
from pathlib import Path

import pytest

from sidecar.compression import compress

RUN = (Path(__file__).parents[2] / "captures" / "pytest" / "exception_groups.txt").read_text()


@pytest.fixture(scope="module")
def told() -> str:
    return compress(RUN, command="pytest tests/test_groups.py", exit_code=1).text


def test_every_exception_of_a_group_keeps_its_message(told: str) -> None:
    raised = re.findall(r"^ +\| (?:\w+Error): .*$", RUN, re.MULTILINE)
    assert "    | ValueError: the south gate is shut" in raised
    assert [line for line in raised if line not in told] == []


def test_an_exception_of_a_group_stands_under_its_own_number(told: str) -> None:
    second = told.partition("+---------------- 2 ----------------")[2].partition("+---")[0]
    assert "the south gate is shut" in second
    assert "the east gate is shut" not in second


def test_the_frames_of_libraries_in_a_group_go() -> None:
    frame = '  |   File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run\n  |     return runner.run(main)\n'
    run = RUN.replace("  | ExceptionGroup: gates (4", 6 * frame + "  | ExceptionGroup: gates (4")
    assert run != RUN
    assert compress(run, command="pytest tests/test_groups.py", exit_code=1).text.count("asyncio/runners.py") <= 1
