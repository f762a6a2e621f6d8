import os
from pathlib import Path

import pytest

from sidecar.errors import FileRefused, WrongUsage
from sidecar.roots import Part, Roots, part_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project and something outside it; the temporary folder is elsewhere, so that it allows neither."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "project" / "src" / "a.py").write_text("one\ntwo\n")
    (tmp_path / "outside.txt").write_text("not yours")
    return tmp_path


@pytest.fixture
def roots(home: Path) -> Roots:
    return Roots([home / "project"], cwd=home / "project")


def test_a_file_of_the_project_is_read(roots: Roots, home: Path) -> None:
    assert roots.read("src/a.py") == b"one\ntwo\n"
    assert roots.read(str(home / "project" / "src" / "a.py")) == b"one\ntwo\n"


def test_the_temporary_folder_may_be_read(roots: Roots, home: Path) -> None:
    (home / "temporary" / "out.log").write_text("x")
    assert roots.read(str(home / "temporary" / "out.log")) == b"x"


@pytest.mark.parametrize("words", ["../outside.txt", "/etc/hostname", "src/../../outside.txt"])
def test_a_path_outside_the_roots_is_refused(roots: Roots, words: str) -> None:
    with pytest.raises(FileRefused, match="outside the project's roots"):
        roots.read(words)


def test_a_link_out_of_the_roots_is_not_followed(roots: Roots, home: Path) -> None:
    (home / "project" / "link").symlink_to(home / "outside.txt")
    (home / "project" / "folder").symlink_to(home)
    for words in ("link", "folder/outside.txt"):
        with pytest.raises(FileRefused):
            roots.read(words)


@pytest.mark.parametrize("name", [".env", ".env.local", "server.pem", "id_rsa", ".aws/credentials", "Credentials.json"])
def test_what_usually_holds_secrets_is_not_sent_to_a_model(roots: Roots, home: Path, name: str) -> None:
    path = home / "project" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("KEY=1")
    with pytest.raises(FileRefused, match="usually holds secrets"):
        roots.read(name, leaves_the_machine=True)
    assert roots.read(name) == b"KEY=1"
    allowing = Roots([home / "project"], cwd=home / "project", may_attach_secrets=True)
    assert allowing.read(name, leaves_the_machine=True) == b"KEY=1"


def test_an_example_of_an_environment_file_may_be_sent(roots: Roots, home: Path) -> None:
    (home / "project" / ".env.example").write_text("KEY=")
    assert roots.read(".env.example", leaves_the_machine=True) == b"KEY="


def test_what_is_no_file_is_told_in_one_sentence(roots: Roots, home: Path) -> None:
    os.mkfifo(home / "project" / "pipe")
    (home / "project" / "loop").symlink_to("loop")
    for words, sentence in {
        "nowhere.txt": "There is no file",
        "src": "is a directory",
        "pipe": "not a regular file",
        "loop": "loop|no file",
        "": "empty",
        "a\0b": "NUL",
    }.items():
        with pytest.raises(WrongUsage, match=sentence):
            roots.read(words)


def test_a_file_over_the_limit_is_refused(roots: Roots) -> None:
    with pytest.raises(WrongUsage, match="over the limit of 3"):
        roots.read("src/a.py", limit_bytes=3)


def test_lines_of_a_path_are_read_from_its_end() -> None:
    assert part_of("a/b.py") == Part("a/b.py")
    assert part_of("a/b.py:10-80") == Part("a/b.py", 10, 80)
    assert part_of("a:b.py:7") == Part("a:b.py", 7, 7)
    with pytest.raises(WrongUsage, match="names no lines"):
        part_of("a.py:9-3")


def test_a_folder_swapped_for_a_link_after_it_was_looked_at_is_not_followed(
    roots: Roots, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "elsewhere").mkdir()
    (home / "elsewhere" / "a.py").write_text("not yours")
    resolve = Path.resolve

    def swapped(path: Path, strict: bool = False) -> Path:
        found = resolve(path, strict)
        if path.name == "a.py":
            (home / "project" / "src").rename(home / "project" / "moved")
            (home / "project" / "src").symlink_to(home / "elsewhere")
        return found

    monkeypatch.setattr(Path, "resolve", swapped)
    with pytest.raises(WrongUsage, match="cannot be opened"):
        roots.read("src/a.py")


def test_a_root_swapped_for_a_link_is_not_followed(home: Path) -> None:
    root = home / "project" / "src"
    before = Roots([root], cwd=home / "project")
    root.rename(home / "project" / "moved")
    root.symlink_to(home)
    for roots in (before, Roots([root], cwd=home / "project")):
        with pytest.raises(FileRefused):
            roots.read("src/outside.txt")


def test_a_secrets_folder_is_known_in_any_case(roots: Roots, home: Path) -> None:
    (home / "project" / ".SSH").mkdir()
    (home / "project" / ".SSH" / "config").write_text("Host x")
    with pytest.raises(FileRefused, match="usually holds secrets"):
        roots.read(".SSH/config", leaves_the_machine=True)


def test_a_folder_that_may_be_entered_but_not_listed_is_passed_through(roots: Roots, home: Path) -> None:
    (home / "project" / "src").chmod(0o100)
    try:
        assert roots.read("src/a.py") == b"one\ntwo\n"
    finally:
        (home / "project" / "src").chmod(0o700)


@pytest.mark.parametrize("words", ["a\ud800b", "x" * 5_000])
def test_a_path_no_file_system_has_is_one_sentence(roots: Roots, words: str) -> None:
    with pytest.raises(WrongUsage, match="cannot be followed to a file"):
        roots.read(words)


def test_digits_without_end_are_part_of_a_path_and_no_line_number() -> None:
    words = "a:" + "9" * 5_000
    assert part_of(words) == Part(words)
