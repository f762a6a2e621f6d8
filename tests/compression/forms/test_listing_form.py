"""The form `listing`: every path stays and can be written out again; folders, columns and branches are said once."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.listing import FORM
from sidecar.compression.vocabulary import Command, Form, Segment

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
    *(
        path
        for family in ("ls", "tree", "du", "exa")
        for path in sorted((CAPTURES / family).glob("*.txt"))
        if family == "ls" or path.stem != "missing"
    ),
    CAPTURES / "find" / "ls.txt",
    *(
        path
        for path in sorted((CAPTURES / "git").glob("status_*.txt"))
        if path.stem not in {"status_not_a_repository", "status_porcelain_v2"}
    ),
    *(CAPTURES / "git" / f"{name}.txt" for name in ("diff_name_status", "diff_numstat", "ls_files_stage")),
]
SMALL = [path for path in LISTS if path.stat().st_size < 8_000]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


def paths_written_out(segment: Segment) -> list[str]:
    """The inverse of the notation for plain paths: each folder before each of its names, others beside each other."""
    paths: list[str] = []
    for block in FORM.reduce(segment):
        if block.shown is None:
            paths += segment.lines[block.start : block.end]
            continue
        for line in block.shown:
            folder, colon, names = line.rpartition(": ") if ": " in line else ("", "", line)
            assert not colon or folder.endswith("/")
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
    assert printed(FORM, segment) == ["src/: app/a.py app/b.py main.py", "src/app/my file.py", "README.md"]


def test_many_paths_in_no_common_folder_stand_beside_each_other(printed: Printed, holds: Holds) -> None:
    paths = ["README.md", "a/x.py", "b/y.py", "c/z.py", "setup.py", "tox.ini"]
    segment = of("\n".join([*paths, "my file.py", "d/x.py"]), "find . -type f")
    holds(FORM, segment)
    assert printed(FORM, segment) == [" ".join(paths), "my file.py", "d/x.py"]


def test_paths_that_share_only_what_is_above_their_folders_have_it_said_once(printed: Printed, holds: Holds) -> None:
    segment = of("lib/a/x/1.py\nlib/a/x/2.py\nlib/a/x/3.py\nlib/b/y.py\nlib/c.py\ndoc/d.rst", "find . -type f")
    holds(FORM, segment)
    assert printed(FORM, segment) == ["lib/a/x/: 1.py 2.py 3.py", "lib/: b/y.py c.py", "doc/d.rst"]


def test_files_of_one_name_in_many_folders_have_it_said_once(printed: Printed, holds: Holds) -> None:
    segment = of("\n".join(f"./doc/{name}/copyright" for name in ("apt", "at", "b/c", "zip")), "find . -name copyright")
    holds(FORM, segment)
    assert printed(FORM, segment) == ["./doc/*/copyright for each *: apt at b/c zip"]


def test_neighbours_whose_names_have_spaces_stay_on_their_own_lines(printed: Printed) -> None:
    text = "a/x.py\nb/x.py\nc/x.py\nd/x.py\nsrc/my file.py\nsrc/your file.py\nmy src/a.py\nmy src/b.py\ne/x.py"
    assert printed(FORM, of(text, "find . -type f")) == text.split("\n")


def test_none_of_hundreds_of_found_files_is_missing() -> None:
    paths = [f"./src/part_{number % 40}/file_{number}.ts" for number in range(832)]
    assert paths_written_out(of("\n".join(paths), "find . -name *.ts")) == paths


def test_sizes_and_statuses_go_with_their_names(printed: Printed) -> None:
    assert printed(FORM, of("4\tsrc/app/a\n12\tsrc/app/b\n16\tsrc/app", "du src")) == [
        "src/: 4 app/a, 12 app/b, 16 app",
    ]


def test_the_state_and_the_path_of_up_to_a_hundred_changed_files_stand_together(printed: Printed) -> None:
    states = [f"M\tsrc/part{chr(97 + at % 26)}{at}/a.py" for at in range(100)]
    assert printed(FORM, of("\n".join(states), "git diff --name-status")) == states
    more = printed(FORM, of("\n".join([*states, "M\tsrc/more/a.py", "M\tsrc/more/b.py"]), "git diff --name-status"))
    assert "M src/more/: a.py b.py" in more
    amounts = [f"{at}\t0\tsrc/part{chr(97 + at % 26)}{at}.py" for at in range(100)]
    assert printed(FORM, of("\n".join(amounts), "git diff --numstat")) == amounts


def test_what_most_rows_say_is_said_once_and_what_differs_stays_in_its_row(printed: Printed) -> None:
    text = (
        "total 12\n"
        "-rw-r--r-- 1 ann staff  120 Nov 23 00:27 a.py\n"
        "-rw-r--r-- 1 ann staff 4120 Nov 23 00:27 my file.py\n"
        "drwxr-xr-x 2 ann staff 4096 Nov 23 00:27 lib\n"
        "lrwxrwxrwx 1 ann staff    4 Nov 23 00:27 b.py -> a.py\n"
        "-rw-r--r-- 1 bob staff    0 Nov  3  2024 c.py\n"
        "-rw------- 1 ann staff    7 Nov 23 00:27 key\n"
        "-rw-r--r-- 1 ann staff    9 Nov 23 00:27 d.py\n"
        "-rw-r--r-- 1 ann staff   10 Nov 23 00:27 e.py\n"
    )
    assert printed(FORM, of(text, "ls -l")) == [
        "(unless said: -rw-r--r-- 1 ann staff Nov 23 00:27)",
        "total 12",
        "120 a.py",
        "4120 my file.py",
        "drwxr-xr-x 2 4096 lib",
        "lrwxrwxrwx 1 b.py -> a.py",
        "bob staff 0 Nov 3 2024 c.py",
        "-rw------- 1 7 key",
        "9 d.py",
        "10 e.py",
    ]


@pytest.mark.parametrize("name", ["la", "l_package", "usr_bin", "human", "classified", "recursive_long"])
def test_each_row_of_a_real_long_list_can_be_written_out_again(name: str, read: Read) -> None:
    segment = read(CAPTURES / "ls" / f"{name}.txt")
    shown = [line for block in FORM.reduce(segment) for line in block.shown or ()]
    rows = [" ".join(line.split()) for line in segment.lines if line]
    assert _rows_written_out(shown) == rows


def _rows_written_out(shown: list[str]) -> list[str]:
    """Rows with what the line above them all says back in place, blanks between columns one each."""
    told = dict(part.split(": ", 1) for part in shown[0][1:-1].split("; "))
    usual = re.fullmatch(rf"({MODE} \d+)? ?([^ ]+ [^ ]+?)?(?: ({DATE}))?", told["unless said"])
    assert usual is not None
    rows: list[str] = []
    date = usual[3] or ""
    for line in shown[1:]:
        if line.startswith("total ") or line.endswith(":"):
            rows.append(line)
            continue
        match = re.fullmatch(
            rf"(?:({MODE} \d+|[ld]) )?(?:([a-z]+ [a-z]+) )?(?:(\d[\d.,]*[KMG]?) )?(?:({DATE}) )?(.+)", line
        )
        assert match is not None
        mode = told.get(match[1] or "", match[1] or usual[1])
        size = match[3] or str(len(match[5].partition(" -> ")[2]))
        date = match[4] or (usual[3] or date)
        rows.append(f"{mode} {match[2] or usual[2]} {size} {date} {match[5]}")
    return rows


MODE = r"[-dlbcps][-rwxsStT]{9}"
DATE = r"(?:[A-Z][a-z]{2} \d+ (?:\d\d:\d\d|\d{4})|\d{4}-\d\d-\d\d \d\d:\d\d)"


def test_a_date_that_the_row_above_has_is_not_repeated_where_dates_differ(printed: Printed) -> None:
    rows = [("a", 3), ("b", 3), ("c", 4), ("d", 5), ("e", 5)]
    text = "\n".join(f"-rw-r--r-- 1 ann staff 100 Nov {day:2} 00:27 {name}.py" for name, day in rows)
    assert printed(FORM, of(text, "ls -l")) == [
        "(unless said: -rw-r--r-- 1 ann staff; no date: that of the row above)",
        "100 Nov 3 00:27 a.py",
        "100 b.py",
        "100 Nov 4 00:27 c.py",
        "100 Nov 5 00:27 d.py",
        "100 e.py",
    ]


def test_rows_of_find_stand_under_their_folder_without_inodes(printed: Printed) -> None:
    text = (
        "  262149      4 drwxr-xr-x   3 root     root         4096 Nov 23 00:27 src/shop\n"
        "  262150      8 -rw-r--r--   1 root     root         5120 Nov 23 00:27 src/shop/a.py\n"
        "  262151      8 -rw-r--r--   1 root     root          612 Nov 23 00:27 src/shop/b.py"
    )
    assert printed(FORM, of(text, "find src/shop -ls")) == [
        "(unless said: -rw-r--r-- 1 root root Nov 23 00:27)",
        "src/:",
        "drwxr-xr-x 3 4096 shop",
        "src/shop/:",
        "5120 a.py",
        "612 b.py",
        "[... inode and block numbers]",
    ]


def test_a_few_dozen_names_with_numbers_in_a_row_are_written_out(holds: Holds, printed: Printed) -> None:
    names = [f"scan_{number:04}.png" for number in range(1, 61)]
    segment = of("\n".join(["README.md", *names]), "ls")
    holds(FORM, segment)
    assert set(names) <= set(" ".join(printed(FORM, segment)).split())


def test_names_with_numbers_in_a_row_are_a_range(holds: Holds, printed: Printed) -> None:
    names = [f"scan_{number:04}.png" for number in range(1, 300) if number != 90]
    segment = of("\n".join(["README.md", *names]), "ls")
    holds(FORM, segment)
    assert "scan_0001.png..scan_0089.png scan_0091.png" in "\n".join(printed(FORM, segment))
    paths = of("\n".join(f"out/{name}" for name in names), "find out -type f")
    holds(FORM, paths)
    assert "out/: scan_0122.png..scan_0241.png" in printed(FORM, paths)


def test_thousands_of_files_under_a_filled_folder_are_counted_by_its_folders(holds: Holds, printed: Printed) -> None:
    below = [
        f"./node_modules/{name}/lib/file_{at}.js" for name in ("express", "@shop/cart", "qs") for at in (1, 3, 5) * 100
    ]
    segment = of("\n".join(["./package.json", *below, "./src/app.js", "./src/cart.js"]), "find . -type f")
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "./package.json",
        "./node_modules/ (900): express(300) @shop/cart(300) qs(300)",
        "[... files below, their number in brackets]",
        "./src/: app.js cart.js",
    ]


def test_a_filled_folder_that_was_asked_for_is_listed(printed: Printed) -> None:
    text = "\n".join(f"node_modules/qs/lib/file_{at * 7}.js" for at in range(900))
    shown = "\n".join(printed(FORM, of(text, "find node_modules/qs")))
    assert all(f"file_{at * 7}.js" in shown for at in range(900))


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


def test_a_status_with_thirty_untracked_files_names_each(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "status_untracked.txt")
    shown = printed(FORM, segment)
    words = {word for line in shown for word in line.split()}
    untracked = segment.lines[segment.lines.index("Untracked files:") + 2 :]
    assert len(untracked) > 30
    assert [line for line in untracked if line and line not in shown and line.strip() not in words] == []
    assert "Untracked files:" in shown
    assert "\trenamed:    LICENSE.txt -> LICENSE.md" in shown
    assert "\tdeleted:    tox.ini" in shown
    assert "\ta b.txt" in shown


def test_of_a_short_status_untracked_files_share_their_folder_and_changed_ones_keep_their_lines(
    printed: Printed,
) -> None:
    text = " M src/a.py\n M src/b.py\n?? out/a.txt\n?? out/b.txt\n?? my file.txt\nUU src/c.py"
    segment = of(text, "git status --short")
    assert FORM.recognise(segment) > 0.9
    assert printed(FORM, segment) == [
        " M src/a.py",
        " M src/b.py",
        "?? out/: a.txt b.txt",
        "?? my file.txt",
        "UU src/c.py",
    ]


def test_hundreds_of_changed_files_share_their_folder_and_none_is_missing(holds: Holds, printed: Printed) -> None:
    names = [f"part_{number % 7}_{number}.py" for number in range(400)]
    listed = "\n".join(f"\tmodified:   src/shop/{name}" for name in names)
    segment = of(f"On branch main\nChanges not staged for commit:\n{listed}", "git status")
    holds(FORM, segment)
    shown = "\n".join(printed(FORM, segment))
    assert "\tmodified: src/shop/: part_0_0.py part_1_1.py" in shown
    assert all(name in shown for name in names)


def test_the_hints_of_a_status_go_together_and_are_told_once(read: Read, printed: Printed) -> None:
    shown = printed(FORM, read(CAPTURES / "git" / "status_untracked.txt"))
    assert [line for line in shown if line.startswith("[")] == ["[... hints]"]
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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ls_files_stage", "docs/deploying/: apache-httpd.rst asgi.rst eventlet.rst"),
        ("ls_tree", "src/click.egg-info/: 2900 PKG-INFO, 3183 SOURCES.txt, 1 dependency_links.txt"),
    ],
)
def test_a_long_list_of_objects_goes_without_their_names(
    name: str, told: str, read: Read, holds: Holds, printed: Printed
) -> None:
    segment = read(CAPTURES / "git" / f"{name}.txt")
    holds(FORM, segment)
    shown = "\n".join(printed(FORM, segment))
    assert told in shown
    assert "[... names of objects (mode 100644 unless said)]" in shown
    assert len(shown) < len(segment.text) / 2


def test_other_modes_and_stages_of_objects_are_said() -> None:
    lines = [f"100644 {number:040x} 0\tsrc/a{number}x.py" for number in range(30)]
    lines += [f"100755 {'a' * 40} 0\tsrc/run.sh", f"100644 {'b' * 40} 2\tsrc/merged.py"]
    shown = "\n".join(
        line
        for block in FORM.reduce(Segment(lines, command=Command(("git", "ls-files", "-s"))))
        for line in block.shown or ()
    )
    assert "mode 100755 src/run.sh" in shown
    assert "stage 2 src/merged.py" in shown


def test_a_status_for_programs_keeps_states_and_paths(read: Read, holds: Holds, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "status_porcelain_v2.txt")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert {"# branch.head main", "2 R. R100 README.txt\tREADME.rst", "1 .D docs/api.rst"} <= set(shown)


@given(data=st.data())
def test_a_mangled_list_for_programs_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    paths = [CAPTURES / "git" / f"{name}.txt" for name in ("ls_files_stage", "ls_tree", "status_porcelain_v2")]
    holds(FORM, mangled(data, paths))


@pytest.mark.parametrize(
    ("command", "columns"), [("hg st", "M "), ("svn st", "M       "), ("git status -s", " M "), ("hg status", "? ")]
)
def test_states_of_other_systems_stand_before_their_folder_too(
    command: str, columns: str, printed: Printed, holds: Holds
) -> None:
    segment = of("\n".join(f"{columns}src/{number}.py" for number in range(101)), command)
    holds(FORM, segment)
    assert printed(FORM, segment)[0].startswith(f"{columns}src/: 0.py 1.py 2.py")


@pytest.mark.parametrize(
    ("command", "columns"),
    [("hg st", "M "), ("svn st", "M       "), ("git status -s", " M "), ("git status", "\tmodified:   ")],
)
def test_up_to_a_hundred_changed_files_keep_their_whole_paths_beside_others_of_their_state(
    command: str, columns: str, printed: Printed, holds: Holds
) -> None:
    paths = [f"src/{number % 5}/{number}.py" for number in range(100)]
    head = ["On branch main", "Changes not staged for commit:"] if columns[0] == "\t" else []
    segment = of("\n".join([*head, *(columns + path for path in paths)]), command)
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert len(shown) < 20
    assert [path for line in shown for path in line.split() if path.endswith(".py")] == paths


def test_counted_paths_share_their_folder_and_a_year_is_no_count(printed: Printed, holds: Holds) -> None:
    counted = of("  12 ./src/a.py\n 340 ./src/b.py\n   7 ./README.md\n 359 total", "wc -l")
    holds(FORM, counted)
    assert printed(FORM, counted) == ["./src/: 12 a.py, 340 b.py", "   7 ./README.md", " 359 total"]
    named = of("src/a.py\nsrc/b.py\n2024 plans/a.md\n2024 plans/b.md\ndoc/c.md", "git ls-files")
    holds(FORM, named)
    assert printed(FORM, named) == ["src/: a.py b.py", "2024 plans/a.md", "2024 plans/b.md", "doc/c.md"]


def test_the_objects_of_a_repository_are_counted_in_lists_with_sizes_too(printed: Printed, holds: Holds) -> None:
    objects = [f"4.0K\t./.git/objects/{number:02x}/{number:038x}" for number in range(200)]
    segment = of("\n".join(("4.0K\t./src/a.py", *objects, "8.0K\t./src", "900K\t.")), "du -ah .")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert "./.git/ (200): objects(200)" in shown
    assert any(line.startswith("4.0K\t./src/a.py") for line in shown)
    assert "[... files below, their number in brackets]" in shown


def test_a_tree_of_packages_names_those_that_stand_elsewhere_beside_their_parent(
    printed: Printed, holds: Holds
) -> None:
    segment = of(
        """shop@1.0.0 /tmp/shop
├─┬ bootstrap@5.3.9
│ └── UNMET DEPENDENCY @popperjs/core@^2.11.8
├─┬ debug@2.6.9
│ ├── depd@2.0.0 deduped
│ └── ms@2.0.0
├── depd@2.0.0
├─┬ esbuild@0.28.2
│ ├── UNMET OPTIONAL DEPENDENCY @esbuild/sunos-x64@0.28.2
│ ├── UNMET OPTIONAL DEPENDENCY @esbuild/win32-x64@0.28.2
│ └── ms@2.1.3
└─┬ send@1.2.1
  ├── depd@2.0.0 deduped
  ├── eslint@9.39.5 deduped invalid: "^10.0.0" from node_modules/send
  └── ms@2.1.3 deduped""",
        "npm ls --all",
    )
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "shop@1.0.0 /tmp/shop",
        " debug@2.6.9 (deduped: depd) > ms@2.0.0, depd@2.0.0",
        " bootstrap@5.3.9",
        "  UNMET DEPENDENCY @popperjs/core@^2.11.8",
        " esbuild@0.28.2",
        "  ms@2.1.3",
        "  UNMET OPTIONAL DEPENDENCY @esbuild/{sunos-x64,win32-x64}@0.28.2",
        " send@1.2.1 (deduped: depd ms@2.1.3)",
        '  eslint@9.39.5 deduped invalid: "^10.0.0" from node_modules/send',
    ]


def test_a_tree_of_crates_keeps_what_its_headings_part(printed: Printed, holds: Holds) -> None:
    segment = of(
        """shop v0.1.0 (/tmp/shop)
├── rand v0.6.5
│   ├── libc v0.2.191
│   │   [build-dependencies]
│   │   └── autocfg v0.1.8
│   └── core v0.4.3
├── hash v0.2.1 (*)
├── pcg v0.1.2
│   └── core v0.4.3 (*)
└── rayon v1.12.0
    └── core v0.4.3 (*)""",
        "cargo tree",
    )
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "shop v0.1.0 (/tmp/shop)",
        " rand v0.6.5 > libc v0.2.191",
        "│   │   [build-dependencies]",
        "   autocfg v0.1.8",
        "  core v0.4.3",
        " hash v0.2.1 (*)",
        " pcg v0.1.2 (*: core), rayon v1.12.0 (*: core)",
    ]


def test_a_graph_of_modules_names_each_once_before_what_it_needs(printed: Printed, holds: Holds) -> None:
    segment = of(
        """example.com/shop example.com/ann/log@v1.0.0
example.com/shop example.com/ann/web@v2.1.0
example.com/shop example.com/bob/log@v1.5.0
example.com/ann/web@v2.1.0 example.com/ann/log@v0.9.0
example.com/ann/web@v2.1.0 example.com/bob/log@v1.5.0
example.com/ann/web@v2.1.0 go@1.20""",
        "go mod graph",
    )
    holds(FORM, segment)
    assert printed(FORM, segment) == [
        "example.com/shop: example.com/ann/log@v1.0.0 example.com/ann/web@v2.1.0 example.com/bob/log@v1.5.0",
        ".../web@v2.1.0: .../ann/log@v0.9.0 .../bob/log@v1.5.0 go@1.20",
    ]


@pytest.mark.parametrize(
    ("command", "row", "said"),
    [
        ("jar tvf shop.jar", "  {size} Fri Oct 06 14:12:42 UTC 2023 {name}", "Fri Oct 06 14:12:42 UTC 2023"),
        (
            "zipinfo shop.jar",
            "-rw-r--r--  2.0 unx     {size} b- defN 24-Apr-13 13:15 {name}",
            "-rw-r--r-- 2.0 unx b- defN",
        ),
        (
            "unzip -v shop.jar",
            "    {size}  Defl:N      157  51% 2023-10-06 14:12 6f89f89a  {name}",
            "Defl:N 2023-10-06 14:12",
        ),
    ],
)
def test_what_most_entries_of_an_archive_say_is_said_once(command: str, row: str, said: str) -> None:
    names = [f"org/shop/{part}/Cart{number}.class" for part in ("core", "web") for number in range(20)]
    told = [row.format(size=300 + number, name=name) for number, name in enumerate(names)]
    result = compress("\n".join(told).encode(), command=command, exit_code=0)
    assert result.forms == ("listing",)
    assert f"unless said: {said}" in result.text
    assert "org/shop/web/:" in result.text
    assert all(
        f"{300 + number} " in result.text and name.rpartition("/")[2] in result.text
        for number, name in enumerate(names)
    )
    assert not result.faults


@pytest.mark.parametrize(
    ("command", "lead", "deeper", "first", "last"),
    [
        ("mvn dependency:tree", "[INFO] ", "|  ", "+- ", "\\- "),
        ("gradle dependencies --configuration runtimeClasspath", "", "|    ", "+--- ", "\\--- "),
    ],
)
def test_a_tree_of_maven_or_gradle_is_written_by_its_depth(
    command: str, lead: str, deeper: str, first: str, last: str
) -> None:
    told = [f"{lead}com.acme:shop:jar:2.1.0"]
    for part in ("web", "data", "test"):
        told.append(f"{lead}{first}org.spring:starter-{part}:jar:3.2.5:compile")
        told += [f"{lead}{deeper}{first}org.spring:{part}-{name}:jar:6.1.6:compile" for name in ("core", "aop", "json")]
        told.append(f"{lead}{deeper}{last}org.slf4j:slf4j-{part}:jar:2.0.13:compile")
    told.append(f"{lead}{last}org.yaml:snakeyaml:jar:2.2:compile")
    result = compress("\n".join(told).encode(), command=command, exit_code=0)
    assert result.forms == ("listing",)
    assert (
        " org.spring:starter-web:jar:3.2.5:compile\n  org.spring:web-core:jar:6.1.6:compile org.spring" in result.text
    )
    assert all(line[line.index("org.") :] in result.text for line in told[1:])
    assert len(result.text) < sum(map(len, told))
