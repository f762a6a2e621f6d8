"""The shelf: which tools we know, one TOML file each, how their output is shortened, and the examples that prove it.

    tools/git.toml ──load──> Tool ──> ToolOutput, ToolOutput ...   `git status` ──match──> ToolOutput

Our own files come with the package; a user's shelf, and a trusted project's, are further folders read after
it, so that their word wins. A file is checked as a whole when it is read, and refused with the file and the key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from sidecar.compression.vocabulary import Command
from sidecar.errors import ConfigurationError

__all__ = ["Example", "Mismatch", "Shelf", "Stage", "Tool", "ToolOutput", "check", "linear_fault", "load"]

When = Literal["success", "failure"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step over lines: leave out what matches, fold repeats, or keep both ends of what is left."""

    drop: re.Pattern[str] | None = None
    repeats: bool = False
    head: int | None = None
    tail: int | None = None
    what: str = ""
    on: When | None = None

    def applies(self, exit_code: int | None) -> bool:
        """Whether the stage is for this exit code; an unknown one is taken for a failure."""
        return self.on is None or (self.on == "success") == (exit_code == 0)


@dataclass(frozen=True, slots=True)
class Example:
    """Real output of *version* (*input*) and what is printed for it (*output*), without the footer."""

    name: str
    version: str
    command: str
    exit_code: int | None
    input: str
    output: str


@dataclass(frozen=True)
class ToolOutput:
    """One of a tool's outputs: the commands that print it, and either a form's name or stages over lines."""

    tool: str
    name: str
    commands: tuple[tuple[str, ...], ...]
    form: str | None = None
    keep: tuple[re.Pattern[str], ...] = ()
    shows: tuple[str, ...] = ()
    """The text has the last word: with *shows*, stages apply only where one of these stands in it."""
    stages: tuple[Stage, ...] = ()
    examples: tuple[Example, ...] = ()

    def applies(self, text: str) -> bool:
        """Whether its stages may read *text*: no form reads it, and one of *shows* stands in it."""
        return self.form is None and (not self.shows or any(word in text for word in self.shows))


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    about: str
    outputs: tuple[ToolOutput, ...]
    origin: str
    """The file it was read from."""


@dataclass(frozen=True)
class Shelf:
    tools: tuple[Tool, ...]

    @cached_property
    def _by_program(self) -> Mapping[str, Sequence[tuple[tuple[str, ...], ToolOutput]]]:
        found: dict[str, list[tuple[tuple[str, ...], ToolOutput]]] = {}
        for tool in self.tools:
            for output in tool.outputs:
                for words in output.commands:
                    found.setdefault(words[0], []).append((words, output))
        return found

    def match(self, command: Command) -> ToolOutput | None:
        """The output whose words describe *command* best: most words win, then the file read last.

        The first word is the program; each other word must be one of the arguments.
        """
        best: tuple[int, ToolOutput] | None = None
        given = set(command.words[1:])
        for words, output in self._by_program.get(command.program, ()):
            if given.issuperset(words[1:]) and (best is None or len(words) >= best[0]):
                best = (len(words), output)
        return best[1] if best is not None else None

    def examples(self) -> Iterable[tuple[str, ToolOutput, Example]]:
        """Every example with its name: `git/status/1`."""
        for tool in self.tools:
            for output in tool.outputs:
                for example in output.examples:
                    yield f"{tool.name}/{output.name}/{example.name}", output, example


def load(extra: Sequence[Path] = (), texts: Iterable[tuple[str, str]] = ()) -> Shelf:
    """Our shelf, and after it the `*.toml` files of each folder in *extra*; a missing folder is an empty one.

    *texts* are further files that were read already, as (path, text). Raises ConfigurationError naming the file
    and the key.
    """
    theirs = [
        read(path.read_text("utf-8"), name=path.stem, origin=str(path))
        for folder in extra
        if folder.is_dir()
        for path in sorted(folder.glob("*.toml"))
    ]
    given = [read(text, name=Path(path).stem, origin=path) for path, text in texts]
    return Shelf((*_ours().tools, *theirs, *given)) if theirs or given else _ours()


@cache
def _ours() -> Shelf:
    """Ours alone, one for all who ask: which commands it knows is worked out once."""
    files = (entry for entry in resources.files("sidecar.tools").iterdir() if entry.name.endswith(".toml"))
    return Shelf(
        tuple(
            read(entry.read_text("utf-8"), name=entry.name.removesuffix(".toml"), origin=f"tools/{entry.name}")
            for entry in sorted(files, key=lambda entry: entry.name)
        )
    )


def read(text: str, *, name: str, origin: str) -> Tool:
    """One tool from its TOML *text*; raises ConfigurationError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"The shelf file `{origin}` is not TOML: {error}."
        raise ConfigurationError(message) from error
    return _Reader(origin).tool(data, name)


_MISSING = object()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes one file apart and refuses what it does not know, by the file's name and the key's place."""

    origin: str

    def tool(self, data: dict[str, Any], name: str) -> Tool:
        self._only(data, "", ("tool", "about", "output"))
        if self._str(data, "", "tool") != name:
            raise self._refused("tool", f"must be the file's own name, `{name}`")
        outputs = tuple(self._output(entry, name, f"output[{i}].") for i, entry in self._tables(data, "", "output"))
        names = [output.name for output in outputs]
        if not outputs or len(set(names)) != len(names):
            raise self._refused("output", "needs at least one entry, each with a name of its own")
        return Tool(name, self._str(data, "", "about"), outputs, self.origin)

    def _output(self, data: dict[str, Any], tool: str, at: str) -> ToolOutput:
        self._only(data, at, ("name", "commands", "form", "keep", "shows", "stage", "example"))
        commands = tuple(tuple(words.split()) for words in self._strings(data, at, "commands"))
        if not all(commands) or not commands:
            raise self._refused(f"{at}commands", 'needs at least one command, such as "git status"')
        form = self._str(data, at, "form", None)
        stages = tuple(self._stage(entry, f"{at}stage[{i}].") for i, entry in self._tables(data, at, "stage"))
        if (form is None) == (not stages):
            raise self._refused(f"{at}form", "is one way and `stage` is the other: one of the two is needed")
        return ToolOutput(
            tool=tool,
            name=self._str(data, at, "name"),
            commands=commands,
            form=form,
            keep=tuple(self._pattern(f"{at}keep", one) for one in self._strings(data, at, "keep", ())),
            shows=tuple(self._strings(data, at, "shows", ())),
            stages=stages,
            examples=tuple(
                self._example(entry, f"{at}example[{i}].", str(i)) for i, entry in self._tables(data, at, "example")
            ),
        )

    def _stage(self, data: dict[str, Any], at: str) -> Stage:
        self._only(data, at, ("drop", "repeats", "head", "tail", "what", "on"))
        drop = self._str(data, at, "drop", None)
        repeats = data.get("repeats", False) is True
        head, tail = self._count(data, at, "head"), self._count(data, at, "tail")
        if (drop is not None) + repeats + (head is not None or tail is not None) != 1:
            raise self._refused(at[:-1], "does one thing: `drop`, `repeats = true`, or `head` and `tail`")
        what = self._str(data, at, "what", "")
        if not what and not repeats:
            raise self._refused(f"{at}what", 'must say what is left out, such as "passed tests"')
        on = self._str(data, at, "on", None)
        if on not in {None, "success", "failure"}:
            raise self._refused(f"{at}on", 'is "success" or "failure"')
        when: When | None = "success" if on == "success" else "failure" if on == "failure" else None
        return Stage(self._pattern(f"{at}drop", drop) if drop is not None else None, repeats, head, tail, what, when)

    def _example(self, data: dict[str, Any], at: str, name: str) -> Example:
        self._only(data, at, ("version", "command", "exit_code", "input", "output"))
        code = data.get("exit_code")
        if code is not None and type(code) is not int:
            raise self._refused(f"{at}exit_code", "is a whole number")
        version, command, given, shown = (self._str(data, at, key) for key in ("version", "command", "input", "output"))
        return Example(name, version, command, code, given, shown)

    def _pattern(self, key: str, source: str) -> re.Pattern[str]:
        try:
            pattern = re.compile(source)
        except re.error as error:
            raise self._refused(key, f"`{source}` is not a regular expression: {error}") from error
        fault = linear_fault(source)
        if fault:
            raise self._refused(key, f"`{source}` may take more than linear time: {fault}")
        return pattern

    def _count(self, data: dict[str, Any], at: str, key: str) -> int | None:
        value = data.get(key)
        if value is not None and (type(value) is not int or value < 0):
            raise self._refused(f"{at}{key}", "is a number of lines, 0 or more")
        return value

    def _tables(self, data: dict[str, Any], at: str, key: str) -> Iterable[tuple[int, dict[str, Any]]]:
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self._refused(f"{at}{key}", f"is written as `[[{key}]]` tables")
        return enumerate(value, start=1)

    def _strings(self, data: dict[str, Any], at: str, key: str, default: object = _MISSING) -> Sequence[str]:
        value = data.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            raise self._refused(f"{at}{key}", "is a list of strings")
        return value

    def _str(self, data: dict[str, Any], at: str, key: str, default: Any = _MISSING) -> Any:
        value = data.get(key, default)
        if value is default and default is not _MISSING:
            return default
        if not isinstance(value, str):
            raise self._refused(f"{at}{key}", "is needed" if value is _MISSING else "is a string")
        return value

    def _only(self, data: dict[str, Any], at: str, known: Sequence[str]) -> None:
        for key in data:
            if key not in known:
                raise self._refused(f"{at}{key}", f"is not known here; known are {', '.join(f'`{k}`' for k in known)}")

    def _refused(self, key: str, sentence: str) -> ConfigurationError:
        return ConfigurationError(f"In the shelf file `{self.origin}`, `{key}` {sentence}.")


_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]")
_QUANTIFIER = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}")


def linear_fault(source: str) -> str:
    """Why the regular expression *source* could take more than linear time on a line; empty where it cannot.

    Walks the expression once with a stack of its groups and refuses what makes Python's matcher try one
    stretch of text in many ways: a repeat inside a repeated group (`(a+)*`), two wildcard repeats side
    by side (`.*.*`), and references back. Together with the length limit of the lines form that is enough.
    """
    position, groups, previous_wild = 0, [False], False
    closed: bool | None = None  # what the group closed just before held, for the quantifier that may follow
    while position < len(source):
        character, start = source[position], position
        quantifier = _QUANTIFIER.match(source, position)
        if character == "\\":
            if source[position + 1 : position + 2].isdigit():
                return "it refers back to a group"
            position += 2
        elif character == "[" and (found := _CLASS.match(source, position)):
            position = found.end()
        elif character == "(":
            if source.startswith("(?P=", position):
                return "it refers back to a group"
            groups.append(False)
            position += 1
            closed, previous_wild = None, False
            continue
        elif character == ")":
            closed = groups.pop() if len(groups) > 1 else False
            groups[-1] = groups[-1] or closed
            position += 1
            continue
        elif quantifier and quantifier.end() > position:
            repeats = character in "*+" or (character == "{" and (quantifier[3] or quantifier[1]) not in {"", "0", "1"})
            repeats = repeats or (character == "{" and bool(quantifier[2]) and not quantifier[3])
            unbounded = character in "*+" or (character == "{" and bool(quantifier[2]) and not quantifier[3])
            if repeats and closed:
                return "a group that is repeated holds a repeat itself"
            if unbounded:
                groups[-1] = True
            position = quantifier.end()
            closed = None
            continue
        else:
            position += 1
        wild = source[start:position] == "." and source[position : position + 1] in {"*", "+"}
        if wild and previous_wild:
            return "two wildcards stand side by side"
        previous_wild, closed = wild, None
    return ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An example whose result is not what its file says; *difference* is a unified diff from expected to found."""

    example: str
    origin: str
    difference: str


def check(shelf: Shelf, shorten: Callable[[str, str, int | None], str]) -> list[Mismatch]:
    """Run every example through *shorten* (text, command, exit code -> result without footer) and tell what differs."""
    found = []
    origins = {id(output): tool.origin for tool in shelf.tools for output in tool.outputs}
    for name, output, example in shelf.examples():
        result = shorten(example.input, example.command, example.exit_code)
        if result.rstrip("\n") != example.output.rstrip("\n"):
            expected, seen = (text.rstrip("\n").split("\n") for text in (example.output, result))
            lines = unified_diff(expected, seen, "expected", "found", n=1, lineterm="")
            found.append(Mismatch(name, origins[id(output)], "\n".join(lines)))
    return found
