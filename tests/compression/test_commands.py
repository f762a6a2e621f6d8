import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.commands import echoed, parse, show_beside


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
        ("make 2>&1 | grep error: | head -5", [("make",)]),
        ("cat build.log | grep -n error:", [("grep", "-n", "error:")]),
        ("find . -name '*.c' | xargs grep -n error", [("grep", "-n", "error")]),
        ("npx --yes tsc --noEmit", [("tsc", "--noEmit")]),
        ("env -u X A=b python -m pip install x > out.txt 2>&1", [("pip", "install", "x")]),
        ("/usr/bin/git status; ls -la", [("git", "status"), ("ls", "-la")]),
        ("docker exec -it -e A=b web pytest -q", [("pytest", "-q")]),
        ("docker compose exec -T --index 1 web npm test", [("npm", "test")]),
        ("docker run --rm -v /a:/b -w /b python:3.11 python -m pytest", [("pytest",)]),
        ("docker ps -a", [("docker", "ps", "-a")]),
        ("kubectl exec -n shop web-0 -c app -- git status", [("git", "status")]),
        ("kubectl get pods", [("kubectl", "get", "pods")]),
        ("ssh -p 2222 bob@host 'cd /srv && git log --oneline'", [("git", "log", "--oneline")]),
        ("ssh bob@host df -h", [("df", "-h")]),
        ("conda run -n shop pytest -x", [("pytest", "-x")]),
        ("time -p make all", [("make", "all")]),
        ("time cargo build", [("cargo", "build")]),
        ("find . -name '*.py' | xargs -n 50 -P 4 ruff check", [("ruff", "check")]),
        ("git ls-files | xargs wc -l", [("wc", "-l")]),
        ("cargo +nightly test --all", [("cargo", "test", "--all")]),
        ("for f in a b; do pytest $f; done", [("pytest", "$f")]),
        ("while read f; do git diff $f; done < list", [("read", "f"), ("git", "diff", "$f")]),
        ("if make; then ls; else cat log; fi", [("make",), ("ls",), ("cat", "log")]),
        ("set -e\nmake\nmake test", [("set", "-e"), ("make",), ("make", "test")]),
        ("(cd app && npm test) && (cd api && go test ./...)", [("npm", "test"), ("go", "test", "./...")]),
        ("./gradlew test", [("gradle", "test")]),
        ("nohup nice -n 10 ionice -c 3 make -j4 &", [("make", "-j4")]),
        ("stdbuf -oL sudo -E env PYTHONPATH=. pytest", [("pytest",)]),
        ("timeout -k 5 --signal INT 60 pytest", [("pytest",)]),
        ("sidecar run --level tight -- pytest -q", [("pytest", "-q")]),
        ("uv tool run --with x ruff check .", [("ruff", "check", ".")]),
        ("npm exec -p typescript -- tsc --noEmit", [("tsc", "--noEmit")]),
        ("git diff 2>/dev/null | tee out.txt | head -20", [("git", "diff")]),
        ("! grep -q x file", [("grep", "-q", "x", "file")]),
        ("python - <<'EOF'\nprint('it is don't'); x = {1: 2}\nEOF\ngit diff", [("python", "-"), ("git", "diff")]),
        ("cat <<-END | sort\n\tpytest\n\tEND\nmake", [("cat",), ("make",)]),
        ("# don't stop here\nmake && \\\n  make test", [("make",), ("make", "test")]),
        ("(cd app && npm test 2>&1);(make)&&ls", [("npm", "test"), ("make",), ("ls",)]),
        ("A=1 B=2", []),
        ("cd app", []),
        ("docker exec", []),
        ("ssh", []),
        ("xargs", []),
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


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ('for p in a b; do echo "--- $p"; make -C $p; echo "exit $?"; done', ["--- a", "exit 2"]),
        ("echo '=== lint'; ruff check; echo; printf '== %s\\n' tests; pytest", ["=== lint", "== tests"]),
        ('echo -e "\\n## ${p} ##"; (cd $p && make); echo "rc=$?"', ["## api ##", "rc=0"]),
    ],
)
def test_what_a_line_echoes_between_its_programs_is_known(line: str, printed: list[str]) -> None:
    heading = echoed(parse(line))
    assert heading is not None
    assert all(map(heading.fullmatch, printed))


@pytest.mark.parametrize("line", ["pytest -q", 'echo "$x"; make', "echo; make", "echo ok; make", ""])
def test_of_what_could_be_any_line_nothing_is_known(line: str) -> None:
    assert echoed(parse(line)) is None


def test_a_program_that_shows_files_is_told_from_those_that_build_and_test() -> None:
    assert show_beside(parse("cat a.py; pytest"))
    assert not show_beside(parse("npm run build; npm test"))
    assert not show_beside(parse("cat a.py"))
