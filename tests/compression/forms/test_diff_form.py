"""The form `diff`: every changed line, path and header stays; far context and repeated headers go."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.diff import FORM
from sidecar.compression.vocabulary import Command, Form, Rank, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
DIFFS = sorted(
    path
    for path in (*CAPTURES.glob("git/*.txt"), *CAPTURES.glob("diff/*.txt"))
    if path.stem.startswith(("diff_", "log", "show", "stash", "unified", "recursive", "blame"))
    and path.stem
    not in {
        "diff_missing",
        "diff_name_only",
        "diff_name_status",
        "diff_numstat",
        "log_graph",
        "log_graph_decorate",
        "log_oneline",
        "stash_pop",
        "blame_porcelain",
    }
)
SMALL = [path for path in DIFFS if path.stat().st_size < 12_000]

LINES = (
    "diff --git a/x b/x", "diff --cc x", "index 1..2", "--- a/x", "+++ b/x", "@@ -1,3 +1,3 @@",
    "@@@ -1,2 -1,2 +1,2 @@@", "+", "-", " ", "", " " * 60 + "x", "-" + "y" * 60, "\\ No newline", "commit " + "a" * 40,
    "Author: x", "    text", " a | 2 +-", " 1 file changed",
)  # fmt: skip

Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


@pytest.mark.parametrize("path", DIFFS, ids=lambda path: path.stem)
def test_each_real_diff_is_recognised_with_and_without_its_command(path: Path, read: Read) -> None:
    assert FORM.recognise(read(path)) > 0.9
    assert FORM.recognise(read(path, hinted=False)) > 0.9


@pytest.mark.parametrize("path", DIFFS, ids=lambda path: path.stem)
def test_each_real_diff_keeps_its_evidence(path: Path, holds: Holds, read: Read) -> None:
    holds(FORM, read(path))


@pytest.mark.parametrize("path", DIFFS, ids=lambda path: path.stem)
def test_each_line_that_looks_changed_is_printed_unless_it_is_a_header(
    path: Path, read: Read, printed: Printed
) -> None:
    segment = read(path)
    shown = set(printed(FORM, segment))
    headers = ("--- a/", "+++ b/", "--- /dev/null", "+++ /dev/null", "--- old/", "+++ new/")
    assert [line for line in segment.lines if line[:1] in {"+", "-"} and line not in shown] == [
        line for line in segment.lines if line.startswith(headers) and line not in shown
    ]


def test_far_context_goes_and_the_line_above_each_change_stays(printed: Printed) -> None:
    far = [f" line {number} of a context that nobody asked for" for number in range(8)]
    segment = of(
        "\n".join(["--- a", "+++ b", "@@ -1,18 +1,18 @@", *far, "-old", "+new", *far, "-older", "+newer", *far])
    )
    assert printed(FORM, segment) == [
        "--- a",
        "+++ b",
        "@@ -1,18 +1,18 @@",
        far[7],
        "-old",
        "+new",
        "~7",
        far[7],
        "-older",
        "+newer",
        *far,
        "[... unchanged context (~3: 3 lines of it)]",
    ]


def test_many_files_share_a_marker_and_a_long_one_has_several(printed: Printed) -> None:
    hunk = "@@ -1,7 +1,7 @@ def f\n one line here\n two lines here\n three\n-old\n+new\n four\n five lines here\n six"
    header = "diff --git a/{0} b/{0}\nindex 1..2 100644\n--- a/{0}\n+++ b/{0}\n"
    few = "\n".join(header.format(f"src/{name}.py") + hunk for name in "abcdef")
    assert sum(line.startswith("[...") for line in printed(FORM, of(few))) == 1
    long = header.format("src/a.py") + "\n".join([hunk] * 100)
    assert 3 < sum(line.startswith("[...") for line in printed(FORM, of(long))) < 10


def test_context_that_is_cheaper_than_its_marker_stays(printed: Printed) -> None:
    text = "--- a\n+++ b\n@@ -1,4 +1,4 @@\n {\n x\n y\n-old\n+new"
    assert printed(FORM, of(text)) == text.split("\n")


def test_a_plain_git_header_is_one_line_that_names_both_paths(printed: Printed) -> None:
    segment = of(
        "diff --git a/src/shop/order.py b/src/shop/order.py\nindex 7622b5e..82d88ef 100644\n"
        "--- a/src/shop/order.py\n+++ b/src/shop/order.py\n@@ -1 +1 @@\n-a\n+b"
    )
    assert printed(FORM, segment) == [
        "diff --git a/src/shop/order.py b/src/shop/order.py",
        "@@ -1 +1 @@",
        "-a",
        "+b",
        "[... index lines]",
    ]


def test_removed_and_added_lines_that_look_like_headers_are_changed_lines(
    holds: Holds, read: Read, printed: Printed
) -> None:
    segment = read(CAPTURES / "git" / "diff_schema.txt")
    holds(FORM, segment)
    assert {"--- drop old", "+++ total", "+--x"} <= set(printed(FORM, segment))


def test_a_removed_and_an_added_line_that_imitate_a_whole_header_stay(printed: Printed) -> None:
    text = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-index 1..2\n--- a/x\n+++ b/x\n+y\n@@ -9 +9 @@\n-z\n+z"
    assert printed(FORM, of(text)) == text.split("\n")


def test_renames_modes_copies_binaries_and_submodules_are_named(read: Read, printed: Printed) -> None:
    shown = "\n".join(
        "\n".join(printed(FORM, read(CAPTURES / "git" / f"{name}.txt")))
        for name in ("diff_renames_copies", "diff_submodule", "log_patch", "diff_deleted")
    )
    for line in (
        "rename from src/flask/typing.py",
        "rename to src/flask/types.py",
        "similarity index 100%",
        "old mode 100644",
        "new mode 100755",
        "Binary files /dev/null and b/docs/shop.bin differ",
        "new file mode 160000",
        "-Subproject commit 7cc40f1b51ee7dc26e6a1c6a0adcac65b5e47e69",
        "deleted file mode 100644",
        "\\ No newline at end of file",
    ):
        assert line in shown


def test_every_file_of_a_diff_of_many_files_is_named(printed: Printed) -> None:
    files = [f"src/part_{number}/module.py" for number in range(300)]
    hunk = "\n".join(f"-old {number}\n+new {number}" for number in range(10))
    text = "\n".join(
        f"diff --git a/{name} b/{name}\nindex 1..2 100644\n--- a/{name}\n+++ b/{name}\n@@ -1,10 +1,10 @@\n{hunk}"
        for name in files
    )
    shown = "\n".join(printed(FORM, of(text)))
    assert all(name in shown for name in files)
    assert (shown.count("\n+new 9"), shown.count("\n=#6+20")) == (1, 299)


def test_a_change_that_comes_again_is_printed_once_and_pointed_at(printed: Printed, holds: Holds) -> None:
    change = "-    timeout: Timeout = DEFAULT_TIMEOUT,\n+    timeout: Timeout | None = None,\n+    retries: int = 3,"
    text = "\n".join(
        f"diff --git a/{name} b/{name}\nindex 1..2 100644\n--- a/{name}\n+++ b/{name}\n"
        f"@@ -9,2 +9,3 @@\n def f(\n{change}"
        for name in ("client.py", "async_client.py", "api.py")
    )
    segment = of(text)
    holds(FORM, segment)
    lines = printed(FORM, segment)
    assert lines == [
        "diff --git a/client.py b/client.py", "@@ -9,2 +9,3 @@", " def f(", "#7:", *change.split("\n"),
        "diff --git a/async_client.py b/async_client.py", "@@ -9,2 +9,3 @@", " def f(", "=#7+3",
        "diff --git a/api.py b/api.py", "@@ -9,2 +9,3 @@", " def f(", "=#7+3",
        "[... index lines, repeated changes (=#7+3: the 3 lines below #7: again)]",
    ]  # fmt: skip


def test_a_repeat_may_hold_a_line_without_a_newline(printed: Printed, holds: Holds) -> None:
    change = (
        "-  the last line of a file that has no newline\n\\ No newline at end of file\n"
        "+  the last line of a file that has one at last"
    )
    text = "\n".join(
        f"diff --git a/{name} b/{name}\nindex 1..2 100644\n--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n{change}"
        for name in ("a", "b", "c")
    )
    holds(FORM, of(text))
    assert printed(FORM, of(text)).count("=#6+3") == 2


def test_both_sides_of_a_conflict_point_at_what_they_share(printed: Printed, holds: Holds) -> None:
    side = "\n".join(f"+     option_{number}: Setting = DEFAULT_{number}," for number in range(4))
    hunk = f"++<<<<<<< HEAD\n{side}\n++=======\n ++>>>>>>> theirs"
    text = "\n".join(
        f"diff --cc {name}\nindex 1,2..0\n--- a/{name}\n+++ b/{name}\n@@@ -1,1 -1,4 +1,8 @@@ class A\n{hunk}"
        for name in ("a.py", "b.py", "c.py")
    )
    holds(FORM, of(text))
    shown = printed(FORM, of(text))
    assert all(shown.count(line) == 1 for line in side.split("\n"))
    assert sum(line.startswith("=#") for line in shown) == 2


@pytest.mark.parametrize("name", ["git/diff_renames", "git/diff_two_releases", "diff/recursive", "svn/diff", "hg/diff"])
def test_each_changed_line_comes_back_in_its_place_by_following_the_pointers(
    name: str, read: Read, printed: Printed
) -> None:
    segment = read(CAPTURES / f"{name}.txt")
    lines = printed(FORM, segment)
    assert any(line.startswith("=#") for line in lines)
    changed = [line for line in written_out(lines) if is_change(line)]
    assert changed == [line for line in segment.lines if is_change(line)]


def written_out(lines: Sequence[str]) -> list[str]:
    """Printed lines with each pointer replaced by the lines it points at, without the labels."""
    labels = {line: index for index, line in enumerate(lines) if re.fullmatch(r"#\d+:", line)}
    result: list[str] = []
    for line in lines:
        if match := re.fullmatch(r"=(#\d+)\+(\d+)", line):
            below = [one for one in lines[labels[f"{match[1]}:"] :] if is_change(one)]
            result += below[: int(match[2])]
        elif line not in labels:
            result.append(line)
    return result


def is_change(line: str) -> bool:
    return line[:1] in {"+", "-"} and not line.startswith(("--- ", "+++ "))


def test_a_log_with_patches_keeps_each_commit_its_subject_and_its_changes(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "log_patch.txt")
    shown = printed(FORM, segment)
    commits = [line for line in segment.lines if line.startswith("commit ")]
    assert len(commits) > 5
    assert [line for line in shown if line.startswith("commit ")] == [line[:19] for line in commits]
    assert " Change the schema" in shown
    assert "+def serve_command(" in shown


def test_an_author_is_repeated_only_when_it_changes(printed: Printed) -> None:
    head = "commit {}\nAuthor: {}\nDate:   Sun Oct 25 08:00:00 2026 +0200\n\n    {}\n"
    ann, bob = "Ann Lee <ann@shop.example>", "Bob Ray <bob@shop.example>"
    text = "\n".join(head.format(str(n) * 40, who, f"Subject {n}") for n, who in enumerate((ann, ann, bob, ann), 1))
    shown = [line for line in printed(FORM, of(text)) if line.startswith("commit")]
    assert [line.partition(": ")[2].rpartition(", ")[0] for line in shown] == [
        ann,
        "the same (also where unsaid)",
        bob,
        "Ann Lee <as above, also where unsaid>",
    ]


def test_the_data_of_binary_files_is_left_out_and_everything_around_it_stays(
    read: Read, printed: Printed, holds: Holds
) -> None:
    segment = read(CAPTURES / "git" / "format_patch_binary.txt")
    holds(FORM, segment)
    lines = printed(FORM, segment)
    shown = "\n".join(lines)
    assert len(shown) < len(segment.text) / 20
    assert "data of binary files" in shown
    for said in (
        "Subject: [PATCH 1/2] Add logos",
        "Subject: [PATCH 2/2] Exchange",
        "new file mode 100644",
        "literal 9691",
    ):
        assert said in shown
    assert [line for line in segment.lines if line.startswith(("+Gin", "-Gin"))] == [
        line for line in lines if line.startswith(("+Gin", "-Gin"))
    ]


def test_files_named_below_commits_keep_their_paths(printed: Printed, holds: Holds) -> None:
    head = "commit {}\nAuthor: A <a@b>\nDate:   Sun Oct 25 08:00:00 2026 +0200\n\n    x\n\nlib/a.py\nlib/b.py\nREADME\n"
    segment = of("\n".join(head.format(str(n) * 40) for n in (1, 2)), "git log --name-only")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert shown.count("lib/a.py") == shown.count("lib/b.py") == shown.count("README") == 2


def test_the_year_and_zone_of_dates_are_said_when_they_change(printed: Printed) -> None:
    head = "commit {}\nAuthor: A <a@b>\nDate:   Sun Oct 25 08:00:0{} {}\n\n    x\n"
    zones = ("2026 +0200", "2026 +0200", "2026 +0200", "2026 +0100", "2026 +0100")
    text = "\n".join(head.format(str(n) * 40, n, zone) for n, zone in enumerate(zones, 1))
    dates = ["Sun" + line.partition("Sun")[2] for line in printed(FORM, of(text)) if line.startswith("commit")]
    assert dates == [
        "Sun Oct 25 08:00:01 2026 +0200",
        "Sun Oct 25 08:00:02 (2026 +0200 also where unsaid)",
        "Sun Oct 25 08:00:03",
        "Sun Oct 25 08:00:04 2026 +0100",
        "Sun Oct 25 08:00:05",
    ]


def test_what_is_unsaid_is_told_by_the_commit_before_even_where_that_gets_no_shorter() -> None:
    head = "commit {}\nAuthor: A <a@b>\nDate:   Sun Oct 25 08:00:00 2026 +0200\n\n    x\n"
    text = "\n".join(head.format(str(n) * 40) for n in range(1, 9))
    shown = compress(text, command="git log", exit_code=0).text
    assert shown.index("(also where unsaid)") < shown.index("commit 3333")
    assert shown.index("also where unsaid)") < shown.index("commit 3333")


def test_a_log_of_many_commits_with_statistics_abbreviates_their_names(printed: Printed, holds: Holds) -> None:
    head = "commit {:040x}\nAuthor: A <a@b>\nDate:   Sun Oct 25 08:00:00 2026 +0200\n\n    Change {}\n\n{}"
    amounts = "3\t1\tsrc/a.py\n0\t2\tsrc/b.py\n-\t-\tsrc/c.png\n"
    segment = of("\n".join(head.format(n, n, amounts) for n in range(20)), "git log --numstat")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert [line[:19] for line in shown if line.startswith("commit")] == [f"commit {n:040x}"[:19] for n in range(20)]
    assert shown.count("3\t1\tsrc/a.py") == shown.count("-\t-\tsrc/c.png") == 20


def test_a_combined_diff_keeps_lines_changed_against_either_parent(holds: Holds, printed: Printed) -> None:
    far = [f"  context number {number}, long enough to be worth leaving out" for number in range(6)]
    body = [*far, "- mine", " -theirs", "++both", *far]
    segment = of(
        "\n".join(["diff --cc x.py", "index 1,2..3", "--- a/x.py", "+++ b/x.py", "@@@ -1,13 -1,13 +1,13 @@@", *body])
    )
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert {"- mine", " -theirs", "++both"} <= set(shown)
    assert far[5] in shown
    assert far[2] not in shown


def test_a_combined_hunk_ends_where_its_numbers_say(printed: Printed) -> None:
    after = [f"    a message of the next tool, number {number}, indented like context" for number in range(6)]
    text = ["diff --cc x.py", "@@@ -1,2 -1,2 +1,3 @@@", "  first", "- mine", " -theirs", "++both", "++more", *after]
    assert printed(FORM, Segment(text)) == text


def test_a_word_diff_keeps_each_line_with_a_change_in_brackets(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "diff_word.txt", hinted=False)
    changed = [line for line in segment.lines if ("[-" in line and "-]" in line) or ("{+" in line and "+}" in line)]
    assert len(changed) > 50
    shown = set(printed(FORM, segment))
    assert all(line in shown for line in changed)


def test_statistics_keep_paths_amounts_and_the_total(printed: Printed) -> None:
    segment = of(
        " src/app.py          | 12 ++++----\n docs/a much longer name.md | Bin 0 -> 3000 bytes\n"
        " 2 files changed, 4 insertions(+), 8 deletions(-)"
    )
    assert FORM.recognise(segment) > 0.9
    assert printed(FORM, segment) == [
        " src/app.py | 12 ++++----",
        " docs/a much longer name.md | Bin 0 -> 3000 bytes",
        " 2 files changed, 4 insertions(+), 8 deletions(-)",
    ]


def test_statistics_keep_their_paths_and_lose_their_padding(printed: Printed) -> None:
    text = " src/a.py    | 12 ++++----\n src/b.py    |  1 +\n src/{x => y}/c.py | 0\n 3 files changed, 5 insertions(+)"
    assert printed(FORM, of(text)) == [
        " src/a.py | 12 ++++----",
        " src/b.py | 1 +",
        " src/{x => y}/c.py | 0",
        " 3 files changed, 5 insertions(+)",
    ]


def test_statistics_of_more_than_a_hundred_files_share_their_folder(printed: Printed) -> None:
    rows = [f" src/{number:03}.py    |  {number} +" for number in range(101)]
    shown = printed(FORM, of("\n".join([*rows, " 101 files changed, 5050 insertions(+)"])))
    assert shown[0].startswith(" src/: 000.py | 0 +, 001.py | 1 +, 002.py | 2 +")
    assert len(shown) < 10


def test_files_that_a_merge_creates_share_their_folder(printed: Printed, holds: Holds) -> None:
    segment = of(
        " src/a.py | 1 +\n src/b.py | 1 +\n 4 files changed, 2 insertions(+)\n create mode 100644 src/a.py\n"
        " create mode 100644 src/b.py\n delete mode 100644 src/c.py\n delete mode 100644 a b/d.py",
        "git merge topic",
    )
    holds(FORM, segment)
    assert printed(FORM, segment)[3:] == [
        " create mode 100644 src/: a.py b.py",
        " delete mode 100644 src/c.py",
        " delete mode 100644 a b/d.py",
    ]


def test_what_a_commit_says_of_its_files_is_read_as_what_a_merge_says(printed: Printed, holds: Holds) -> None:
    text = (
        "[main 238ea28] Move the library\n 5 files changed, 1 insertion(+), 66 deletions(-)\n"
        " delete mode 100644 lib/a.js\n delete mode 100644 lib/b.js\n rename lib/{c.js => c.mjs} (100%)\n"
        " create mode 100644 lib/d.js\n create mode 100644 lib/e.js"
    )
    segment = of(text, "git commit -m 'Move the library'")
    assert FORM.recognise(segment) > 0.8
    holds(FORM, segment)
    assert printed(FORM, segment)[2:] == [
        " delete mode 100644 lib/: a.js b.js",
        " rename lib/{c.js => c.mjs} (100%)",
        " create mode 100644 lib/: d.js e.js",
    ]


def test_the_patches_of_a_log_share_a_marker_and_commits_their_beginnings(printed: Printed, holds: Holds) -> None:
    patch = "diff --git a/x b/x\nindex 1f..2e 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{}\n+{}\n"
    head = "commit {}\nAuthor: A <a@b>\nDate:   Sun Oct 25 08:00:00 2026 +0200\n\n    Change {}\n\n{}"
    text = "\n".join(head.format(str(n) * 40, n, patch.format(n, n + 1)) for n in range(1, 5))
    segment = of(text, "git log -p")
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert [line for line in shown if line.startswith("[... ")] == ["[... the rest of each commit's name, index lines]"]
    assert [line for line in shown if line.startswith("commit ")] == [f"commit {str(n) * 12}" for n in range(1, 5)]
    assert [line for line in shown if line.startswith("diff ")] == ["diff --git a/x b/x"] * 4


def test_a_table_of_numbers_is_not_taken_for_statistics() -> None:
    assert FORM.recognise(of(" ann   | 30\n bob   | 41\n carla | 12")) == 0.0


def test_a_diff_cut_in_a_hunk_loses_nothing_but_far_context(holds: Holds, read: Read) -> None:
    lines = read(CAPTURES / "git" / "diff_release.txt").lines
    segment = Segment(lines[3:61])
    holds(FORM, segment)
    assert FORM.recognise(segment) > 0.5


def test_text_after_a_diff_is_left_alone(printed: Printed) -> None:
    text = (
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\nwould reformat a/x.py\n\nAll done! 1 file would be reformatted."
    )
    assert printed(FORM, of(text)) == text.split("\n")


def test_headers_and_changes_outrank_context_when_a_bound_is_small(read: Read) -> None:
    segment = read(CAPTURES / "git" / "diff_release.txt")
    for block in FORM.reduce(segment):
        lines = segment.lines[block.start : block.end]
        if any(line.startswith(("+", "-", "@@", "diff ")) for line in lines):
            assert block.rank is Rank.EVIDENCE


def test_an_assertion_that_prints_a_difference_is_no_diff() -> None:
    assert (
        FORM.recognise(
            of("    def test_total():\n>       assert a == b\nE       - old\nE       + new\n\n1 failed in 0.02s")
        )
        == 0.0
    )


def test_each_blamed_line_stays_under_its_commit(holds: Holds, printed: Printed) -> None:
    ann, bob = "1c015ae5 (Ann Lee 2026-01-03 12:02:00 +0200 ", "4b2780c4 (Bob     2026-02-06 13:03:00 +0200 "
    segment = of(f"{ann}1) import os\n{ann}2)\n{bob}3)     pass\n{ann}4) x = (1)")
    holds(FORM, segment)
    assert FORM.recognise(segment) > 0.9
    assert printed(FORM, segment) == [
        "1c015ae5 (Ann Lee 2026-01-03 12:02:00 +0200)",
        "1) import os",
        "2)",
        "4b2780c4 (Bob 2026-02-06 13:03:00 +0200)",
        "3)     pass",
        "1c015ae5",
        "4) x = (1)",
    ]
    assert [part.label for part in FORM.parts(segment)] == ["1c015ae5", "4b2780c4", "1c015ae5"]


def test_a_diff_names_its_files_and_a_log_its_commits(read: Read) -> None:
    parts = FORM.parts(read(CAPTURES / "git" / "diff_patch_release.txt"))
    assert [part.label for part in parts][:2] == ["src/click/core.py", "src/click/shell_completion.py"]
    assert parts[0].said == "src/click/core.py: (+43 -47)"
    how = [part.said for part in FORM.parts(read(CAPTURES / "git" / "diff_renames_copies.txt"))]
    assert "src/flask/types.py: rename from src/flask/typing.py (+0 -0)" in how
    assert "docs/shop.bin: new file, binary (+0 -0)" in how
    assert "src/flask/cli.py: new mode 100755 (+3 -2)" in how
    log = FORM.parts(read(CAPTURES / "git" / "log_medium_forty.txt"))
    assert {part.kind for part in log} == {"commit"}
    assert log[0].said.endswith("Update . to 8.1.7")


def test_states_of_a_log_keep_their_lines(printed: Printed) -> None:
    head = f"commit {'a' * 40}\nAuthor: A <a@b>\n\n    Rename\n\n"
    shown = printed(FORM, of(head + "M\tsrc/a.py\nM\tsrc/b.py\nR100\tsrc/c.py\tsrc/d.py\nD\tREADME"))
    assert shown[-4:] == ["M\tsrc/a.py", "M\tsrc/b.py", "R100\tsrc/c.py\tsrc/d.py", "D\tREADME"]


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


@given(lines=st.lists(st.sampled_from(LINES), max_size=40))
def test_any_order_of_the_lines_of_a_diff_keeps_its_promises(lines: list[str], holds: Holds) -> None:
    holds(FORM, Segment(lines))


PLAIN = [CAPTURES / "diff" / f"{name}.txt" for name in ("normal", "context")]


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_normal_and_context_diffs_are_recognised_and_keep_each_marked_line(
    path: Path, read: Read, holds: Holds, printed: Printed
) -> None:
    segment = read(path, hinted=False)
    assert FORM.recognise(segment) > 0.9
    holds(FORM, segment)
    shown = set(printed(FORM, segment))
    marked = [line for line in segment.lines if line.startswith(("< ", "> ", "! ", "+ ", "- ", "*** ", "--- "))]
    assert len(marked) > 50
    assert all(line in shown for line in marked)


def test_a_context_diff_keeps_the_line_above_a_change_once(printed: Printed) -> None:
    far = [f"  line {number} of a context that nobody asked for" for number in range(3)]
    text = ["*** a\t2026", "--- b\t2026", "***************", "*** 1,8 ****", *far, "! old", *far]
    segment = Segment([*text, "--- 1,8 ----", *far, "! new", *far])
    assert printed(FORM, segment) == [
        *("*** a\t2026", "--- b\t2026", "***************", "*** 1,8 ****", far[2], "! old"),
        *("--- 1,8 ----", "! new", "[... unchanged context]"),
    ]


def test_a_normal_diff_of_folders_names_its_files(holds: Holds, printed: Printed) -> None:
    text = (
        "diff -r a/x.py b/x.py\n3c3,4\n< import os\n---\n> import re\n> import sys\nOnly in b: y.py\n"
        "diff -r a/z.py b/z.py\n0a1\n> last\n\\ No newline at end of file"
    )
    segment = of(text)
    holds(FORM, segment)
    assert FORM.recognise(segment) > 0.9
    assert printed(FORM, segment) == text.split("\n")
    assert [part.label for part in FORM.parts(segment)] == ["b/x.py", "b/z.py"]


def test_quoted_mail_and_numbers_are_no_normal_diff() -> None:
    assert FORM.recognise(of("3c3 is a model\n> quoted\n> more\n12 34\n< left")) == 0.0


@given(data=st.data())
def test_a_mangled_normal_or_context_diff_keeps_its_evidence(
    data: st.DataObject, mangled: Mangled, holds: Holds
) -> None:
    holds(FORM, mangled(data, PLAIN))


def test_a_file_of_thousands_of_added_lines_is_whole_in_blocks_of_a_few_hundred(holds: Holds) -> None:
    body = [f"+line {number}" for number in range(5_000)]
    head = ["diff --git a/x b/x", "new file mode 100644", "index 0000000..1f2e3d4", "--- /dev/null", "+++ b/x"]
    segment = Segment([*head, "@@ -0,0 +1,5000 @@", *body])
    holds(FORM, segment)
    blocks = FORM.reduce(segment)
    assert max(block.end - block.start for block in blocks) < 600
    shown = [line for block in blocks for line in block.shown or segment.lines[block.start : block.end]]
    assert [line for line in shown if line.startswith("+line")] == body


def test_blame_for_programs_says_each_commit_once(read: Read, holds: Holds, printed: Printed) -> None:
    segment = read(CAPTURES / "git" / "blame_porcelain.txt", hinted=False)
    assert FORM.recognise(segment) > 0.9
    holds(FORM, segment)
    shown = printed(FORM, segment)
    assert [line for line in shown if line[:1] == "\t"] == [line for line in segment.lines if line[:1] == "\t"]
    assert "author Cy Dee <cy@shop.example> 1767434520 +0200" in shown
    assert "committer: the same" in shown
    assert "1c015ae58486 2 2" in shown
    assert len("\n".join(shown)) < len(segment.text) / 3


def test_commits_of_a_long_log_are_abbreviated_and_keep_their_messages(read: Read, holds: Holds) -> None:
    segment = read(CAPTURES / "git" / "log_medium_forty.txt")
    holds(FORM, segment)
    shown = [line for block in FORM.reduce(segment) for line in block.shown or ()]
    names = [line.split()[1] for line in segment.lines if line.startswith("commit ")]
    assert [line[:19] for line in shown if line.startswith("commit ")] == [f"commit {name[:12]}" for name in names]
    assert shown[0] == "commit 5ec2c38450b9: Cy Dee <cy@shop.example>, Wed Feb 11 18:02:00 2026 +0200"
    assert sum(line == " Taken over from release 8.1.7 of the library." for line in shown) >= 5


@given(data=st.data())
def test_a_mangled_blame_or_long_log_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    paths = [CAPTURES / "git" / f"{name}.txt" for name in ("blame_porcelain", "log_medium_forty", "blame", "log")]
    holds(FORM, mangled(data, paths))


def test_marked_lines_without_any_file_have_no_parts_and_no_fault() -> None:
    """Found by fuzzing: a plain diff's marks below no heading at all."""
    result = compress("3c3\n< old\n---\n> new\n" * 60, command="diff", exit_code=1, answer_tokens=100)
    assert result.faults == ()


@pytest.mark.parametrize("name", ["log_raw", "log_raw_merges"])
def test_files_of_raw_are_told_as_those_of_name_status(name: str, read: Read, holds: Holds) -> None:
    path = CAPTURES / "git" / f"{name}.txt"
    segment = read(path)
    holds(FORM, segment)
    text = compress(path.read_bytes(), command=" ".join(segment.command.words if segment.command else ())).text
    files = [line.partition("\t") for line in segment.lines if line.startswith(":")]
    assert all(f"{head.rpartition(' ')[2]}\t{path}" in text for head, _, path in files)
    assert "names of blobs" in text
    assert not re.search(r"^:\d{6} \d{6} [0-9a-f]{7} ", text, re.MULTILINE)


def test_a_raw_line_says_that_a_file_became_a_program_and_a_merge_of_many_modes_stays(printed: Printed) -> None:
    lines = [
        *(f":100644 100644 {number:07x} {number + 9:07x} M\tsrc/part{number}.py" for number in range(8)),
        ":100644 100755 3f1d0c2 3f1d0c2 M\tbin/run",
        "::100644 100644 100644 fabadb8 cc95eb0 4866510 MM\tdesc.c",
    ]
    text = "\n".join(printed(FORM, Segment(lines)))
    assert ":100644 100755 M\tbin/run" in text
    assert lines[-1] in text
    assert "M\tsrc/part7.py" in text


SIDE_BY_SIDE = CAPTURES / "diff" / "side_by_side.txt"


def test_two_columns_keep_every_line_in_which_they_differ(read: Read, holds: Holds) -> None:
    segment = read(SIDE_BY_SIDE)
    assert FORM.recognise(segment) > 0.9
    holds(FORM, segment)
    text = compress(
        SIDE_BY_SIDE.read_bytes(), command="diff -y -W 160 un1/httputil.py un2/httputil.py", exit_code=1
    ).text
    differing = [line for line in segment.lines if re.match(r"[|<>]", line.expandtabs()[78:79])]
    assert len(differing) > 100
    assert all(line in text for line in differing)
    assert len(text) * 3 < len(segment.text)


def test_two_columns_cut_off_in_the_middle_of_a_line_are_read_to_their_end() -> None:
    text = SIDE_BY_SIDE.read_text("utf-8")
    half = text[: text.index("    def get_all(self) -> ") + 30]
    result = compress(half, command="diff -y -W 160 un1/httputil.py un2/httputil.py | head -c 9000", exit_code=1)
    assert not result.faults
    assert half.splitlines()[-1] in result.text.splitlines()


def test_without_a_flag_for_columns_or_without_marks_in_one_nothing_is_read_as_two() -> None:
    lines = [f"value_{number}\t\t\t\tvalue_{number}" for number in range(40)]
    assert FORM.recognise(of("\n".join(lines), "diff -y a b")) == 0.0
    marked = "\n".join([*lines, "old\t\t\t      |\tnew"])
    assert FORM.recognise(of(marked, "cat notes.txt")) == 0.0
    assert FORM.recognise(of(marked, "diff -yW80 a b")) > 0.9


def test_blame_without_names_and_with_other_dates_is_blame() -> None:
    texts = [f"value_{number} = {number}" for number in range(40)]
    hashes = ["1c015ae5" if number % 20 < 15 else "^4b2780c" for number in range(40)]
    for place in ("  {}", " src/cart.py  {}", " (Cy Dee 3 years, 2 months ago  {}", " (Cy Dee 1609496323 +0200  {}"):
        told = [
            f"{commit}{place.format(number + 1)}) {text}"
            for number, (commit, text) in enumerate(zip(hashes, texts, strict=True))
        ]
        result = compress("\n".join(told).encode(), command="git blame -s src/cart.py", exit_code=0)
        assert result.forms == ("diff",)
        assert all(f"\n{number + 1}) {text}\n" in f"{result.text}\n" for number, text in enumerate(texts))
        assert result.text.count("1c015ae5") == 2


WORDS = [
    "diff --git a/docs/reply.md b/docs/reply.md",
    "index b643226..889488a 100644",
    "--- a/docs/reply.md",
    "+++ b/docs/reply.md",
    "@@ -58,9 +58,9 @@ since the request was received.",
    "- `.getHeaders()` - Gets a shallow copy of all headers.",
    "- `.removeHeader(key)` - Remove the value.",
    "- `.hasHeader(name)` - Determine if a header has been set.",
    "- `.trailer(key, function)` - Sets a response trailer.",
    "- `.hasTrailer(key)` - Determine if a trailer has been set.",
    "- `.removeTrailer(key)` - Remove the value.",
    "- `.type(value)` - Sets the [-header-]{+header `Content-Type`+}.",
    "- `.redirect([code,] dest)` - Redirect to another url.",
    "Then it is sent.",
]


def test_an_item_of_a_list_in_a_word_diff_is_shown_as_a_removed_line_would_be() -> None:
    result = compress("\n".join(WORDS).encode(), command="git diff --word-diff", exit_code=0)
    assert not result.faults
    assert all(line in result.text for line in WORDS[5:13])


def test_a_hunk_with_columns_among_word_diffs_keeps_its_changed_lines() -> None:
    plain = [
        "diff --git a/lib/test.rb b/lib/test.rb",
        "index b643226..889488a 100644",
        "--- a/lib/test.rb",
        "+++ b/lib/test.rb",
        "@@ -1,4 +1,4 @@",
        " def backtrace",
        "---Backtrace---",
        "-old",
        "+--Trace--",
        "+new",
        " end",
    ]
    command = "git diff --word-diff -- docs && git diff -- lib"
    result = compress("\n".join([*WORDS, *plain]).encode(), command=command, exit_code=0)
    assert not result.faults
    assert "---Backtrace---\n-old\n+--Trace--\n+new" in result.text
