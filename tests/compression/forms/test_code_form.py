"""The form `code`: a long source becomes its outline, a small one stays, and nothing else is taken for a source."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.code import FORM
from sidecar.compression.forms.code import form as code
from sidecar.compression.forms.code.trees import bodies
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FOUND = sorted(path for path in (CAPTURES / "code").glob("*.txt") if path.stem != "missing")
LONG = [path for path in FOUND if path.stat().st_size > 12_000]
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


@pytest.fixture(params=["parsed", "guessed"])
def _reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra where it is installed, and without it."""
    if request.param == "guessed":
        monkeypatch.setattr(code, "bodies", lambda _lines, _suffix: None)


@pytest.mark.usefixtures("_reader")
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_every_capture_keeps_its_evidence(path: Path, read: Read, holds: Holds) -> None:
    segment = read(path)
    assert FORM.recognise(segment) > 0.5
    holds(FORM, segment)
    holds(FORM, read(path, hinted=False))


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, FOUND))


@pytest.mark.usefixtures("_reader")
@pytest.mark.parametrize("path", LONG, ids=lambda path: path.stem)
def test_a_long_source_loses_bodies_and_keeps_every_signature(path: Path, read: Read, printed: Printed) -> None:
    segment = read(path)
    shown = printed(FORM, segment)
    signs = (
        "def ",
        "class ",
        "func ",
        "pub fn ",
        "public int ",
        "async ",
        "export ",
        "impl ",
        "type ",
        "TODO",
        "LIMIT",
    )
    told = [line for line in segment.lines if any(sign in line for sign in signs) and " = min(" not in line]
    told = [line for line in told if line.rstrip().endswith(("{", ":", ")")) or "TODO" in line]
    assert told
    assert all(line in shown for line in told)
    assert len("\n".join(shown)) < 0.75 * len(segment.text)


@pytest.mark.parametrize("name", ["python_small", "grpc_python", "cargo_new"])
def test_a_small_source_stays_whole(name: str, read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "code" / f"{name}.txt")
    assert printed(FORM, segment) == list(segment.lines)


@pytest.mark.usefixtures("_reader")
def test_what_a_body_refuses_and_the_first_line_of_its_docstring_stay(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "code" / "python_module.txt")
    shown = printed(FORM, segment)
    for index, line in enumerate(segment.lines):
        if line.lstrip().startswith("raise ") or segment.lines[index - 1].endswith("-> int:"):
            assert line in shown


def test_parts_are_the_definitions(read: Read) -> None:
    labels = [part.label for part in FORM.parts(read(CAPTURES / "code" / "python_module.txt"))]
    assert "class Orders" in labels


def test_a_file_that_is_not_there_is_no_source(read: Read) -> None:
    assert FORM.recognise(read(CAPTURES / "code" / "missing.txt")) == 0.0


def test_a_parsed_body_is_exact() -> None:
    pytest.importorskip("tree_sitter_python")
    source = ["def f():", "    '''Says.'''", "    text = '''", "def g():", "'''", "    return text", "", "X = 1"]
    assert bodies(source, ".py") == [(1, 6)]


def test_what_no_grammar_reads_is_left_to_indentation_and_braces() -> None:
    assert bodies(["x"], ".unknown") is None


@pytest.mark.parametrize(
    "family", ["grep", "rg", "diff", "git", "log", "pytest", "cargo_test", "jest", "csv", "jq", "gcc", "tsc", "go"]
)
def test_foreign_output_is_not_claimed(family: str, read: Read) -> None:
    for path in (CAPTURES / family).glob("*.txt"):
        if "show_file" in path.stem:
            continue
        assert FORM.recognise(read(path)) == 0.0, path.stem
        assert FORM.recognise(read(path, hinted=False)) == 0.0, path.stem


def test_of_a_block_comment_without_stars_the_first_lines_stay(printed: Printed) -> None:
    manual = "\n".join(f"   Line {at} of what the function does." for at in range(12))
    functions = "\n".join(f"/*\n{manual}\n*/\nint open_{at}(const char *path);\n" for at in range(20))
    segment = Segment(functions.split("\n"), command=Command(("cat", "shop.h")))
    told = "\n".join(printed(FORM, segment))
    assert all(f"int open_{at}(const char *path);" in told for at in range(20))
    assert told.count("Line 1 of") == 20
    assert "Line 9 of" not in told


def test_a_patch_that_does_not_apply_is_no_source_though_it_quotes_one() -> None:
    """`git apply --reject` prints what it looked for, pages of it, and where between them."""
    lines = (CAPTURES / "git" / "apply_reject.txt").read_text("utf-8").splitlines()
    assert FORM.recognise(Segment(lines, 0, None, 1)) == 0.0


def test_a_document_that_quotes_programs_is_no_program() -> None:
    program = (CAPTURES / "code" / "python_module.txt").read_text("utf-8").split("\n")
    segment = Segment(program, command=Command(("cat", "coroutines.rst")))
    assert FORM.recognise(segment) == 0.0
    assert FORM.recognise(Segment(program)) > 0.5


def test_of_a_signature_of_many_lines_every_parameter_is_named() -> None:
    names = [f"option_{number}" for number in range(12)]
    told = ["class Router:", "    def add(", "        self,"]
    for name in names:
        told += [
            f"        {name}: Annotated[",
            "            str,",
            "            Doc(",
            f'                "What {name} is."',
        ]
        told += ["            ),", '        ] = "",']
    told += ["    ) -> None:", '        """Add a route."""', *[f"        self.routes.append({n})" for n in range(150)]]
    result = compress("\n".join(told).encode(), command="cat router.py", exit_code=0)
    assert result.forms == ("code",)
    assert all(f"        {name}: Annotated[" in result.text for name in names)
    assert "What option_0 is." in result.text
    assert "What option_9 is." not in result.text
    assert "what is said of parameters" in result.text


def test_a_module_of_perl_is_outlined_by_its_subs() -> None:
    subs = [
        f"sub part_{number} {{\n" + "".join(f"    my $v{n} = shift;\n" for n in range(30)) + "}\n"
        for number in range(12)
    ]
    text = "package Shop::Cart;\nuse strict;\nuse warnings;\n\n" + "\n".join(subs) + "\n1;\n"
    result = compress(text.encode(), command="cat lib/Shop/Cart.pm", exit_code=0)
    assert result.forms == ("code",)
    assert all(f"sub part_{number} {{" in result.text for number in range(12))
    assert "my $v17" not in result.text
