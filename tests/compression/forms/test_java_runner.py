"""Maven's tests: a reactor's advice does not cost the run its reduction, a compiler's errors are told once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.compression.forms.tests import FORM
from sidecar.compression.vocabulary import Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures" / "maven_test"


@pytest.fixture
def shortened(read: Callable[..., Segment], printed: Callable[[Form, Segment], list[str]]) -> Callable[[str], str]:
    return lambda name: "\n".join(printed(FORM, read(CAPTURES / f"{name}.txt")))


def test_how_to_resume_a_reactor_is_no_evidence(shortened: Callable[[str], str]) -> None:
    """It was, and was left out as advice: the whole output then went through as it was."""
    original = (CAPTURES / "reactor_fails.txt").read_text()
    text = shortened("reactor_fails")
    assert "mvn <args> -rf :depot-text" in original
    assert "mvn <args> -rf :depot-text" not in text
    assert len(text) < len(original) / 4
    assert "[ERROR]   OrderControllerTest.placesAnOrder:14 JSON path" in text


def test_what_a_compiler_said_is_not_told_again_at_the_end_of_the_build(shortened: Callable[[str], str]) -> None:
    message = "CSVBenchmark.java:[52,2] cannot find symbol"
    text = shortened("reactor_fails")
    assert (CAPTURES / "reactor_fails.txt").read_text().count(message) == 2
    assert text.count(message) == 1
    assert "symbol: class BenchmarkMode" in text
    assert "compiler errors told above" in text


def test_a_marker_does_not_name_many_earlier_failures(shortened: Callable[[str], str]) -> None:
    markers = [line for line in shortened("reactor_fails").split("\n") if line.startswith("[... ")]
    assert markers
    assert all(len(line) < 600 for line in markers)


def test_what_the_log_of_the_tested_application_warns_of_stays(shortened: Callable[[str], str]) -> None:
    assert "GenericWebApplicationContext   : Exception encountered during context initialization" in shortened(
        "reactor_fails"
    )


def test_how_many_errors_a_compiler_told_in_a_reactor_stays(shortened: Callable[[str], str]) -> None:
    assert "\n[INFO] 60 errors" in (CAPTURES / "reactor_fails.txt").read_text()
    assert "\n[INFO] 60 errors" in shortened("reactor_fails")
