"""A command line, read as far as recognising its output needs: which programs print into it, in order.

FOO=1 timeout 60 uv run pytest -q 2>&1 | tail -50 && git diff   ->   (pytest -q), (git diff)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sidecar.compression.vocabulary import Command

__all__ = ["echoed", "parse", "show_beside"]

_PASS_THROUGH = frozenset({"cat", "head", "less", "more", "sed", "sort", "tail", "tee"})
"""Programs at the end of a pipe whose output has the shape of their input."""

_SEARCHERS = frozenset({"ack", "ag", "egrep", "fgrep", "grep", "rg", "ugrep"})
"""Programs that behind a pipe print lines of their input: `make 2>&1 | grep error:` what a compiler said."""


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A program that runs another one: how many *arguments* of its own come first, and which options take a value."""

    arguments: int = 0
    valued: frozenset[str] = frozenset()


def _wrapper(arguments: int = 0, valued: str = "") -> _Wrapper:
    return _Wrapper(arguments, frozenset(valued.split()))


_PYTHONS = "--with --python --extra --group --project --directory -p --from -n --env"
_CONTAINERS = (
    "-e -v -w -u -p -l -h -m --env --env-file --volume --workdir --user --name --network --mount --entrypoint"
    " --platform --publish --memory --cpus --label --hostname --index --service-ports"
)
_CLUSTERS = "-c --container -n --namespace --context --kubeconfig -f"

_WRAPPERS: dict[tuple[str, ...], _Wrapper] = {
    ("bundle", "exec"): _wrapper(),
    ("bunx",): _wrapper(),
    ("chroot",): _wrapper(1),
    ("command",): _wrapper(),
    ("conda", "run"): _wrapper(0, "-n --name -p --prefix"),
    ("direnv", "exec"): _wrapper(1),
    ("doas",): _wrapper(0, "-u"),
    ("docker", "compose", "exec"): _wrapper(1, _CONTAINERS),
    ("docker", "compose", "run"): _wrapper(1, _CONTAINERS),
    ("docker", "exec"): _wrapper(1, _CONTAINERS),
    ("docker", "run"): _wrapper(1, _CONTAINERS),
    ("docker-compose", "exec"): _wrapper(1, _CONTAINERS),
    ("docker-compose", "run"): _wrapper(1, _CONTAINERS),
    ("dotenv", "run"): _wrapper(),
    ("env",): _wrapper(0, "-u -C -S"),
    ("exec",): _wrapper(),
    ("hatch", "run"): _wrapper(),
    ("ionice",): _wrapper(0, "-c -n -p"),
    ("kubectl", "exec"): _wrapper(1, _CLUSTERS),
    ("mise", "exec"): _wrapper(),
    ("nice",): _wrapper(0, "-n"),
    ("nohup",): _wrapper(),
    ("npm", "exec"): _wrapper(0, "-p --package -w"),
    ("npx",): _wrapper(0, "-p --package -c"),
    ("oc", "exec"): _wrapper(1, _CLUSTERS),
    ("pdm", "run"): _wrapper(0, "-p"),
    ("pipenv", "run"): _wrapper(),
    ("pipx", "run"): _wrapper(0, "--spec --python"),
    ("pnpm", "dlx"): _wrapper(0, "--package"),
    ("pnpm", "exec"): _wrapper(0, "--filter -F -C"),
    ("pnpx",): _wrapper(),
    ("podman", "exec"): _wrapper(1, _CONTAINERS),
    ("podman", "run"): _wrapper(1, _CONTAINERS),
    ("poetry", "run"): _wrapper(0, "-C"),
    ("rye", "run"): _wrapper(),
    ("setsid",): _wrapper(),
    ("sidecar", "run"): _wrapper(0, "--timeout --since --focus --answer-tokens --level"),
    ("ssh",): _wrapper(1, "-p -i -l -o -F -J -L -R -D"),
    ("stdbuf",): _wrapper(0, "-i -o -e"),
    ("sudo",): _wrapper(0, "-u -g -C -h -p"),
    ("time",): _wrapper(0, "-f -o"),
    ("timeout",): _wrapper(1, "-k -s --kill-after --signal"),
    ("unbuffer",): _wrapper(),
    ("uv", "run"): _wrapper(0, _PYTHONS),
    ("uv", "tool", "run"): _wrapper(0, _PYTHONS),
    ("uvx",): _wrapper(0, _PYTHONS),
    ("watch",): _wrapper(0, "-n --interval"),
    ("xargs",): _wrapper(0, "-n -P -I -L -d -s -a -E"),
    ("xvfb-run",): _wrapper(0, "-s -n -e"),
    ("yarn", "dlx"): _wrapper(0, "-p"),
    ("yarn", "exec"): _wrapper(),
}
"""By the words that name it; the longest name wins."""

_LONGEST_NAME = max(map(len, _WRAPPERS))
_ALIASES = {
    "gmake": "make",
    "gradlew": "gradle",
    "mvnw": "mvn",
    "nodejs": "node",
    "py.test": "pytest",
    "ruff-check": "ruff",  # hooks of pre-commit, by their ids
    "ruff-format": "ruff",
}

_SHELLS = frozenset({"bash", "dash", "sh", "zsh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*$")
_GRAMMAR = frozenset({"(", ")", "{", "}", "!", "then", "do", "if", "while", "else", "elif", "until"})
_LOOPS = frozenset({"for", "case", "select", "done", "fi", "esac"})
"""Words of the shell that begin or end something and print nothing."""

_SPECIAL = re.compile(r"[\\'\"();<>|&\n]")
"""What a command line must have before it is more than words between spaces."""

_OPERATORS = frozenset({"&&", "||", ";", "&", ";;", "\n"})
_OPERATOR = re.compile(r"&&|\|\||;;|\|&|&>>?|>>|<<<?|[<>]&|[();<>|&]")
_ALL_OPERATORS = re.compile(r"[();<>|&]+$")
"""Operators without a space between them, which come as one word: `(cd api && make); make`."""
_HEREDOC = re.compile(r"<<-?[ \t]*\\?(['\"]?)(\w+)\1")
_COMMENT = re.compile(r"\s*#")

# fmt: off
_SHOWING = _SEARCHERS | {
    "awk", "bat", "cat", "column", "comm", "curl", "cut", "date", "df", "diff", "du", "env", "fd", "file", "find",
    "git", "head", "hexdump", "http", "jq", "less", "ls", "lsof", "more", "nl", "od", "printenv", "ps", "sed", "ss",
    "stat", "tail", "tree", "uniq", "wc", "xxd", "yq",
}
# fmt: on
"""Programs that are run for what they print: none of it is noise of what is run after them."""


def parse(line: str) -> tuple[Command, ...]:
    """The commands of *line* that print, in order; empty where it cannot be read as a shell would."""
    if not line:
        return ()
    if not _SPECIAL.search(line):
        return _simple(line.split())
    if "\n" in line:
        line = " ; ".join(_commands_alone(line.replace("\\\n", " ").split("\n")))
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = [
            piece for word in lexer for piece in (_OPERATOR.findall(word) if _ALL_OPERATORS.match(word) else [word])
        ]
    except ValueError:
        return ()
    found: list[Command] = []
    pipeline: list[list[str]] = [[]]
    for word in (*words, ";"):
        if word in _OPERATORS:
            found.extend(_printing(pipeline))
            pipeline = [[]]
        elif word in {"|", "|&"}:
            pipeline.append([])
        else:
            pipeline[-1].append(word)
    return tuple(found)


def show_beside(commands: Sequence[Command]) -> bool:
    """Whether one of several *commands* is run for what it prints: it may stand around what another does."""
    return len(commands) > 1 and any(command.program in _SHOWING for command in commands)


def echoed(commands: Iterable[Command]) -> re.Pattern[str] | None:
    """How the lines look that a command line prints by itself between its programs; None where it prints none.

    `for p in api web; do echo "--- $p"; npm test; echo "exit $?"; done` says where each of its programs begins.
    """
    printers = (command for command in commands if command.program in {"echo", "printf"})
    said = (" ".join(one.words[1:] if one.program == "echo" else one.words[1:2]) for one in printers)
    patterns = dict.fromkeys(filter(None, map(_as_pattern, said)))
    return re.compile("|".join(patterns)) if patterns else None


def _as_pattern(said: str) -> str:
    """What `echo` was given, with anything in place of its variables; empty where too little is certain of it."""
    said = _ESCAPES.sub("", said.removeprefix("-e ")).strip()
    parts = _VARIABLE.split(said)
    certain = "".join(parts).replace(" ", "")
    is_certain = len(certain) >= _LEAST_CERTAIN + certain.isalnum() and len(parts) <= _MOST_VARIABLES
    return ".*".join(map(re.escape, parts)) if is_certain else ""


_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|\$[?#@*!]|%[sd]")
_ESCAPES = re.compile(r"\\[nrt]")
_LEAST_CERTAIN = 2
_MOST_VARIABLES = 4


def _commands_alone(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a command line without its comments and what it hands to a program (`python - <<EOF`)."""
    until: str | None = None
    for line in lines:
        if until is not None:
            until = None if line.strip() == until else until
        elif not _COMMENT.match(line):
            yield line
            opened = _HEREDOC.search(line)
            until = opened[2] if opened is not None else None


def _printing(pipeline: list[list[str]]) -> tuple[Command, ...]:
    """The commands whose output leaves a pipeline: its last one, looking through `| tail` and its like.

    Looking through a search as well, unless what it searches is a file.
    """
    stages = [(stage[0], commands) for stage in pipeline if (commands := _simple(stage))]
    while len(stages) > 1:
        name, commands = stages[-1]
        is_search = name in _SEARCHERS and stages[-2][1][0].program not in _PASS_THROUGH
        if not is_search and commands[0].program not in _PASS_THROUGH:
            break
        stages.pop()
    return stages[-1][1] if stages else ()


def _simple(words: list[str]) -> tuple[Command, ...]:
    words = _without_redirections(words)
    while words:
        name = words[0].rpartition("/")[2]
        if _ASSIGNMENT.match(words[0]) or words[0] in _GRAMMAR:
            words = words[1:]
        elif words[0] in _LOOPS:
            return ()
        elif (size := _named(words)) > 0:
            wrapper = _WRAPPERS[(name, *words[1:size])]
            words = _after_options(words[size:], wrapper)
            if name == "ssh" and len(words) == 1 and " " in words[0]:
                return parse(words[0])
        elif name in _SHELLS and "-c" in words[1:-1]:
            return parse(words[words.index("-c") + 1])
        elif name in _SHELLS and len(words) > 2 and words[1].startswith("-") and words[1].endswith("c"):
            return parse(words[2])
        elif _PYTHON.match(name) and "-m" in words[1:-1]:
            words = words[words.index("-m") + 1 :]
            return (Command((words[0].partition(".")[0], *words[1:])),)
        elif name == "cd":
            return ()
        else:
            rest = words[2:] if name == "cargo" and words[1:2] and words[1].startswith("+") else words[1:]
            return (Command((_ALIASES.get(name, name), *rest)),)
    return ()


def _named(words: list[str]) -> int:
    """How many of the first words name a wrapper; 0 where none does."""
    name = words[0].rpartition("/")[2]
    sizes = range(min(_LONGEST_NAME, len(words)), 0, -1)
    return next((size for size in sizes if (name, *words[1:size]) in _WRAPPERS), 0)


def _after_options(words: list[str], wrapper: _Wrapper) -> list[str]:
    """What follows the wrapper's options and arguments; `--` may stand before or behind the arguments."""
    index, arguments = 0, wrapper.arguments
    while index < len(words):
        word = words[index]
        if word == "--":
            return words[index + 1 + arguments :] if arguments == wrapper.arguments else words[index + 1 :]
        if word.startswith("-") or _ASSIGNMENT.match(word):
            index += 2 if word in wrapper.valued else 1
        elif arguments:
            arguments -= 1
            index += 1
        else:
            break
    return words[index:]


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word and not word.strip("<>&") and word.strip("&"):
            # `2>&1` reads as "2", ">&", "1": the number before goes with its target
            if kept and kept[-1].isdigit():
                kept.pop()
            skip = True
        elif word in {"(", ")"}:
            continue
        else:
            kept.append(word)
    return kept
