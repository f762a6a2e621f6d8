"""Failing tests as a runner annotates them for GitHub: name, place and what differed, each once."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from sidecar.compression import compress

RUN = (Path(__file__).parents[2] / "captures" / "vitest_annotations" / "red.txt").read_text()
ANNOTATION = re.compile(r"^::error file=([^,]+),title=([^,]+),line=(\d+),column=(\d+)::(.*?)%0A(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def told() -> str:
    return compress(RUN, command="npx vitest run --reporter=github-actions", exit_code=1).text


def test_every_failing_test_keeps_its_name_place_and_message(told: str) -> None:
    annotations = ANNOTATION.findall(RUN)
    assert len(annotations) == 38
    for file, title, line, column, message, _ in annotations:
        assert title in told
        assert f"{file}:{line}:{column}" in told
        assert unquote(message) in told


def test_every_changed_line_of_a_comparison_stays(told: str) -> None:
    changed = [
        line for found in ANNOTATION.findall(RUN) for line in re.findall(r"%0A([-+] (?!Exp|Rec).*?)(?=%0A)", found[5])
    ]
    assert {"- 1200", "+ 1560", "- moor C 3"} <= set(changed)
    assert [line for line in changed if line not in told] == []


def test_what_the_annotation_s_own_place_says_is_not_said_again(told: str) -> None:
    assert "quay.test.mjs:21:65: error: AssertionError: expected 1560 to be 1200" in told
    assert "❯ vitest/quay.test.mjs:21:65" not in told
    assert "❯ loadAndTransform node_modules" not in told
    assert len(told) < 0.65 * len(RUN)


def test_the_frame_of_the_test_below_the_code_it_called_stays(told: str) -> None:
    assert "src/quay.js:23:26: error: RangeError: days must be positive, got 0%0A ❯ vitest/pier.test.mjs:22:40" in told
