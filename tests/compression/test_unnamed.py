"""Where nobody says which command printed it, and how that ended, the text alone tells what an output is."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression import compress
from tests.compression.conftest import Capture

Captured = Callable[[str], Capture]


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("flake8/show_source", r"^\S+\.py:\d+:\d+(?=: [A-Z]\d+ )"),
        ("flake8/statistics", r"^\S+\.py:\d+:\d+(?=: [A-Z]\d+ )"),
        ("pylint/default", r"^\S+\.py:\d+:\d+(?=: [A-Z]\d+: )"),
        ("ruff/github", r"^::error .*?::(\S+?:\d+:\d+)(?=: [A-Z]\d+ )"),
        ("git/diff_numstat", r"[^\s/]+\.(?:py|rst|txt|toml|cfg)$"),
    ],
)
def test_findings_and_changed_files_stay_without_their_command(capture: Captured, name: str, finding: str) -> None:
    text = capture(name).data.decode()
    told = re.findall(finding, text, re.MULTILINE)
    assert len(told) > 10
    shown = compress(text).text
    assert [one for one in told if one not in shown] == []


def test_shellchecks_report_is_told_by_its_own_shape() -> None:
    said = "     ^---^ SC2086 (info): Double quote to prevent globbing."
    found = "".join(f"\nIn build.sh line {number}:\necho $part{number} >> log\n{said}\n" for number in range(10, 60))
    result = compress(found)
    assert result.forms == ("diagnostics",)
    assert [number for number in range(10, 60) if f"In build.sh line {number}" not in result.text] == []


def test_a_compiler_that_quotes_the_source_of_each_warning_is_known_by_its_marks() -> None:
    printed = Path(__file__).parents[1] / "bench" / "captures" / "javac" / "lang3_xlint.txt"
    assert compress(printed.read_bytes()).forms == ("diagnostics",)
