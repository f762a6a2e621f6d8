from pathlib import Path

import pytest

from sidecar.compression.shelf import Example, Shelf, ToolOutput, check, linear_fault, load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Command
from sidecar.errors import ConfigurationError

SHELF = load()
EXAMPLES = [pytest.param(output, example, id=name) for name, output, example in SHELF.examples()]

MINIMAL = """
tool = "shop"
about = "Keeps a shop."
[[output]]
name = "migrate"
commands = ["shop migrate"]
[[output.stage]]
drop = '^step \\d+'
what = "steps"
[[output.example]]
version = "shop 1.0"
command = "shop migrate"
exit_code = 0
input = '''
step 1 of the long migration is done
step 2 of the long migration is done
migrated
'''
output = '''
[... 2 lines (1-2): steps]
migrated
'''
"""


def printed(text: str, command: str, exit_code: int | None, shelf: Shelf = SHELF) -> str:
    return shorten(text, shelf=shelf, command=command, exit_code=exit_code).text


@pytest.mark.parametrize(("output", "example"), EXAMPLES)
def test_example(output: ToolOutput, example: Example) -> None:
    result = shorten(example.input, shelf=SHELF, command=example.command, exit_code=example.exit_code)
    assert result.text.rstrip("\n") == example.output.rstrip("\n")
    assert [part.fell_back for part in result.reduced if part.fell_back] == []


def test_the_shelf_holds_at_least_fifteen_tools_each_with_an_example() -> None:
    assert len(SHELF.tools) >= 15
    assert [tool.name for tool in SHELF.tools if not any(output.examples for output in tool.outputs)] == []


def test_every_form_the_shelf_names_exists() -> None:
    from sidecar.compression.recognise import forms

    known = {form.name for form in forms()}
    named = {output.form for tool in SHELF.tools for output in tool.outputs if output.form is not None}
    assert named <= known


def write(folder: Path, text: str, name: str = "shop") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def test_a_users_shelf_is_read_after_ours_and_its_word_wins(tmp_path: Path) -> None:
    mine = MINIMAL.replace('"shop"', '"ping"').replace("shop migrate", "ping")
    found = load([write(tmp_path, mine, "ping")]).match(Command(("ping", "localhost")))
    assert found is not None
    assert found.name == "migrate"


def test_the_longest_command_wins_wherever_its_words_stand(tmp_path: Path) -> None:
    text = MINIMAL + '[[output]]\nname = "plan"\ncommands = ["shop migrate --plan"]\nform = "log"\n'
    shelf = load([write(tmp_path, text)])
    chosen = [
        shelf.match(Command(tuple(line.split()))) for line in ("shop -v migrate", "shop --plan x migrate", "shop")
    ]
    assert [output and output.name for output in chosen] == ["migrate", "plan", None]


def test_a_missing_folder_is_an_empty_shelf(tmp_path: Path) -> None:
    assert load([tmp_path / "none"]).tools == SHELF.tools


def test_check_finds_nothing_where_examples_hold_and_explains_what_does_not(tmp_path: Path) -> None:
    shelf = Shelf(load([write(tmp_path, MINIMAL)]).tools[-1:])
    assert check(shelf, lambda text, command, code: printed(text, command, code, shelf)) == []
    (fault,) = check(shelf, lambda *_: "migrated")
    assert fault.example == "shop/migrate/1"
    assert fault.origin.endswith("shop.toml")
    assert "-[... 2 lines (1-2): steps]" in fault.difference


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('about = "Keeps a shop."', "", "`about` is needed"),
        ('tool = "shop"', 'tool = "till"', "must be the file's own name, `shop`"),
        ('about = "Keeps a shop."', 'about = "x"\nabuot = "y"', "`abuot` is not known here"),
        ("drop = '^step \\d+'", "drop = '^step ('", "is not a regular expression"),
        ("drop = '^step \\d+'", "drop = '(\\w+ ?)+$'", "more than linear time"),
        ("drop = '^step \\d+'", "", "does one thing"),
        ('what = "steps"', "", "must say what is left out"),
        ('what = "steps"', 'what = "steps"\non = "always"', 'is "success" or "failure"'),
        ('commands = ["shop migrate"]', "commands = []", "at least one command"),
        ("exit_code = 0", 'exit_code = "0"', "is a whole number"),
        ('name = "migrate"', 'name = "migrate"\nform = "log"', "one of the two is needed"),
        ('name = "migrate"', "name =", "is not TOML"),
        ("drop = '^step \\d+'", "head = -1", "0 or more"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_the_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in MINIMAL
    folder = write(tmp_path, MINIMAL.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as refused:
        load([folder])
    assert complaint in str(refused.value)
    assert "shop.toml" in str(refused.value)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a*)*b", r"(?:\w+\s?)*$", r"(x)\1", "(?P<q>a)(?P=q)", ".*.*x", "(a{2,})+", "((a+)b)*"]
)
def test_expressions_that_can_explode_are_refused(pattern: str) -> None:
    assert linear_fault(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^\s+\d+%", "(?:a|b)+", r"a+b+c*", r"[*+]+\(x+\)", r"(\d+) of (\d+)", ".*x.*", "(ab){3}", "a?b?"]
)
def test_plain_expressions_pass(pattern: str) -> None:
    assert linear_fault(pattern) == ""
