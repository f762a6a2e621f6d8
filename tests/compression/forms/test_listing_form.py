"""The form `listing`: every path stays and can be written out again; folders, columns and branches are said once."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression.forms.listing import FORM
from sidecar.compression.vocabulary import Block, Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]

PATHS = [
    *(CAPTURES / "find" / f"{name}.txt" for name in ("all", "deep", "directories", "py", "denied")),
    *(CAPTURES / "git" / f"{name}.txt" for name in ("ls_files", "diff_name_only")),
    *(CAPTURES / "rg" / f"{name}.txt" for name in ("files", "files_with_matches")),
    CAPTURES / "grep" / "files.txt",
    CAPTURES / "fd" / "py.txt",
]
LISTS = [
    *PATHS,
    *(path for family in ("ls", "tree", "du") for path in sorted((CAPTURES / family).glob("*.txt"))),
    CAPTURES / "find" / "ls.txt",
    *(path for path in sorted((CAPTURES / "git").glob("status_*.txt")) if "un" in path.stem or "cl" in path.stem),
    *(CAPTURES / "git" / f"{name}.txt" for name in ("diff_name_status", "diff_numstat", "ls_files_stage")),
]
SMALL = [path for path in LISTS if path.stat().st_size < 8_000]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


def paths_written_out(segment: Segment) -> list[str]:
    """The inverse of the notation for plain paths: each folder before each of its names."""
    paths: list[str] = []
    for block in FORM.reduce(segment):
        if block.shown is None:
            paths += segment.lines[block.start : block.end]
            continue
        for line in block.shown:
            folder, _, names = line.partition(": ")
            paths += [folder + name for name in names.split(" ")]
    return paths


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_real_list_is_recognised_and_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    assert FORM.recognise(read(path)) > 0.8
    holds(FORM, read(path))
    holds(FORM, read(path, hinted=False))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_real_path_can_be_written_out_again(path: Path, read: Read) -> None:
    segment = read(path)
    assert paths_written_out(segment) == segment.lines


def test_neighbours_share_their_folder_and_an_only_child_stays_whole(printed: Printed) -> None:
    segment = of("src/app/a.py\nsrc/app/b.py\nsrc/main.py\nsrc/app/my file.py\nREADME.md", "find . -type f")
    assert printed(FORM, segment) == ["src/app/: a.py b.py", "src/main.py", "src/app/my file.py", "README.md"]


def test_neighbours_whose_names_have_spaces_stay_on_their_own_lines(printed: Printed) -> None:
    text = "a/x.py\nb/x.py\nc/x.py\nd/x.py\nsrc/my file.py\nsrc/your file.py\nmy src/a.py\nmy src/b.py\ne/x.py"
    assert printed(FORM, of(text, "find . -type f")) == text.split("\n")


def test_none_of_hundreds_of_found_files_is_missing() -> None:
    paths = [f"./src/part_{number % 40}/file_{number}.ts" for number in range(832)]
    assert paths_written_out(of("\n".join(paths), "find . -name *.ts")) == paths


def test_sizes_and_statuses_go_with_their_names(printed: Printed) -> None:
    assert printed(FORM, of("4\tsrc/app/a\n12\tsrc/app/b\n16\tsrc/app", "du src")) == [
        "src/app/: 4 a, 12 b",
        "16\tsrc/app",
    ]
    assert printed(FORM, of("M\tsrc/a.py\nM\tsrc/b.py\nA\tsrc/c.py", "git diff --name-status")) == [
        "M src/: a.py b.py",
        "A\tsrc/c.py",
    ]


def test_columns_that_are_the_same_in_all_rows_are_said_once(printed: Printed) -> None:
    text = (
        "total 12\n"
        "-rw-r--r-- 1 ann staff  120 Nov 23 00:27 a.py\n"
        "-rw-r--r-- 1 ann staff 4120 Nov 23 00:27 my file.py\n"
        "drwxr-xr-x 2 ann staff 4096 Nov 23 00:27 lib\n"
        "lrwxrwxrwx 1 ann staff    4 Nov 23 00:27 b.py -> a.py\n"
        "-rw-r--r-- 1 ann staff    0 Nov 23 00:27 c.py\n"
    )
    assert printed(FORM, of(text, "ls -l")) == [
        "total 12",
        "(all: owner ann, group staff, date Nov 23 00:27; rows without a mode: -rw-r--r-- 1)",
        "120 a.py",
        "4120 my file.py",
        "drwxr-xr-x 2 4096 lib",
        "lrwxrwxrwx 1 4 b.py -> a.py",
        "0 c.py",
    ]


@pytest.mark.parametrize("name", ["la", "l_package", "usr_bin", "human", "classified", "recursive_long"])
def test_each_row_of_a_real_long_list_can_be_written_out_again(name: str, read: Read) -> None:
    segment = read(CAPTURES / "ls" / f"{name}.txt")
    for block in FORM.reduce(segment):
        if block.shown is not None:
            assert _rows_written_out(block) == [
                " ".join(line.split()) for line in segment.lines[block.start : block.end]
            ]


def _rows_written_out(block: Block) -> list[str]:
    """Rows with their common columns back in place, blanks between columns apart."""
    shown = list(block.shown or ())
    said = shown.pop(0)[1:-1] if shown[0].startswith("(") else ""
    shared = dict(part.split(": ", 1) for part in said.split("; ")) if said else {}
    columns = dict(item.split(" ", 1) for item in shared["all"].split(", ")) if "all" in shared else {}
    rows = []
    for line in shown:
        cells = line.split()
        if not re.match(r"[-dlbcps][-rwxsStT]{9}", cells[0]):
            cells = [*shared["rows without a mode"].split(), *cells]
        for at, column in ((2, "owner"), (3, "group"), (5, "date")):
            if column in columns:
                cells[at:at] = columns[column].split()
        rows.append(" ".join(cells))
    return rows


def test_drawn_branches_become_indentation_and_leaves_share_a_line(printed: Printed) -> None:
    text = (
        "shop\n├── README.md\n├── docs\n│   ├── a.rst\n│   └── b.rst\n├── my file\n└── src\n    └── c.py\n\n"
        "2 directories, 5 files"
    )
    assert printed(FORM, of(text, "tree shop")) == [
        "shop",
        " README.md",
        " docs",
        "  a.rst b.rst",
        " my file",
        " src",
        "  c.py",
        "",
        "2 directories, 5 files",
    ]


def test_every_path_of_a_real_tree_can_be_written_out_again(read: Read, printed: Printed) -> None:
    drawn = read(CAPTURES / "tree" / "plain.txt")
    expected: list[str] = []
    folders: list[str] = []
    for line in drawn.lines[1:-2]:
        match = re.match("([│\\s\u00a0]*)[├└]── (.*)", line)
        assert match is not None
        folders[len(match[1]) // 4 :] = [match[2]]
        expected.append("/".join(folders))
    again: list[str] = []
    folders = []
    for line in printed(FORM, drawn)[1:-2]:
        depth = len(line) - len(line.lstrip(" ")) - 1
        for name in line.split():
            folders[depth:] = [name]
            again.append("/".join(folders))
    assert again == expected


def test_a_status_with_thirty_untracked_files_names_each_as_it_was_written(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "status_untracked.txt")
    shown = printed(FORM, segment)
    untracked = segment.lines[segment.lines.index("Untracked files:") + 2 :]
    assert len(untracked) > 30
    assert [line for line in untracked if line and line not in shown] == []
    assert "Untracked files:" in shown
    assert "\trenamed:    LICENSE.txt -> LICENSE.md" in shown
    assert "\tdeleted:    tox.ini" in shown


def test_the_hints_of_a_status_go_together_and_are_told_once(read: Read, printed: Printed) -> None:
    shown = printed(FORM, read(CAPTURES / "git" / "status_untracked.txt"))
    assert [line for line in shown if line.startswith("[")] == ['[... hints "(use git ...)"]']
    assert not any(line.lstrip().startswith("(use ") for line in shown)


def test_a_conflict_stays_in_a_status(read: Read, printed: Printed) -> None:
    shown = printed(FORM, read(CAPTURES / "git" / "status_conflict.txt"))
    assert {"You have unmerged paths.", "Unmerged paths:", "\tboth modified:   src/flask/cli.py"} <= set(shown)


def test_errors_among_found_paths_stay(read: Read, printed: Printed) -> None:
    shown = printed(FORM, read(CAPTURES / "find" / "denied.txt"))
    assert any(line.startswith("find: ") and "No such file" in line for line in shown)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 12:07:31 INFO stored\n" * 30,
        "key: value\nother: thing\n" * 20,
        "import os\nfrom a.b import c\nprint(os.name)\n" * 10,
        "- item\n- other item\n" * 10,
        "tests/test_a.py::test_one\ntests/test_a.py::test_two\n" * 10,
        "https://shop.example/a\nhttps://shop.example/b\n" * 10,
        "ok\n" * 40,
        "1.25\n3.50\n" * 20,
        "name,price\na.b,1/2\n" * 20,
        "user  pid  cpu\nroot  1    0.0\n" * 20,
    ],
)
def test_what_is_no_list_of_files_is_not_taken_for_one(text: str) -> None:
    assert FORM.recognise(of(text)) == 0.0


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


LINES = (
    "total 8", "-rw-r--r-- 1 a b 3 Nov 23 00:27 x y", "drwxr-xr-x 2 a b 3 Nov  3  2024 d", "src:", "", "src/a",
    "crw-rw-rw- 1 root root 1, 3 Nov 23 00:27 null", "├── a", "│   └── b c", "4\tsrc/a", "On branch main",
    '  (use "git add <file>..." to update)', "\tnew file:   a",
)  # fmt: skip
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n\r/"), min_size=1, max_size=8)


@given(
    paths=st.lists(
        st.lists(NAMES | st.sampled_from(["src", "a.py", "b.py"]), min_size=1, max_size=4).map("/".join), max_size=30
    )
)
def test_any_list_of_paths_can_be_written_out_again(paths: list[str], holds: Holds) -> None:
    segment = Segment([*paths, *["src/a.py", "src/b.py"] * 20], command=Command(("find", ".")))
    holds(FORM, segment)
    if all(":" not in path and "\t" not in path for path in paths):
        assert paths_written_out(segment) == segment.lines


@given(lines=st.lists(st.sampled_from(LINES), max_size=30), program=st.sampled_from(["", "ls", "find", "tree", "git"]))
def test_any_order_of_the_lines_of_lists_keeps_its_promises(lines: list[str], program: str, holds: Holds) -> None:
    holds(FORM, Segment(lines, command=Command((program,)) if program else None))
