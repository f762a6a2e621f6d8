import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.commands import parse


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pytest -q", [("pytest", "-q")]),
        ("FOO=1 timeout 60 uv run pytest -q 2>&1 | tail -50 && git diff", [("pytest", "-q"), ("git", "diff")]),
        ("cd app && python3.12 -m pytest tests", [("pytest", "tests")]),
        ("bash -lc 'make -j2 && ./run.sh'", [("make", "-j2"), ("run.sh",)]),
        ("sudo -u bob docker exec -it web npm test", [("npm", "test")]),
        ("git log -p | head -100", [("git", "log", "-p")]),
        ("grep -rn foo . | wc -l", [("wc", "-l")]),
        ("npx --yes tsc --noEmit", [("tsc", "--noEmit")]),
        ("env -u X A=b python -m pip install x > out.txt 2>&1", [("pip", "install", "x")]),
        ("/usr/bin/git status; ls -la", [("git", "status"), ("ls", "-la")]),
        ("echo 'unclosed", []),
        ("", []),
    ],
)
def test_a_command_line_reads_as_the_programs_that_print(line: str, expected: list[tuple[str, ...]]) -> None:
    assert [command.words for command in parse(line)] == expected


@given(st.text(max_size=80))
def test_any_text_can_be_asked(line: str) -> None:
    for command in parse(line):
        assert command.words
