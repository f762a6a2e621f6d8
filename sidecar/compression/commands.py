"""A command line, read as far as recognising its output needs: which programs print into it, in order.

FOO=1 timeout 60 uv run pytest -q 2>&1 | tail -50 && git diff   ->   (pytest -q), (git diff)
"""

from __future__ import annotations

import re
import shlex

from sidecar.compression.vocabulary import Command

__all__ = ["parse"]

_PASS_THROUGH = frozenset({"cat", "head", "less", "more", "sed", "tail", "tee"})
"""Programs at the end of a pipe whose output has the shape of their input."""

_WRAPPERS: dict[str, int] = {
    # how many arguments, options apart, a wrapper takes before the command it runs
    "command": 0, "doas": 0, "env": 0, "exec": 0, "ionice": 0, "nice": 0, "nohup": 0, "npx": 0, "pnpx": 0, "bunx": 0,
    "setsid": 0, "stdbuf": 0, "sudo": 0, "time": 0, "timeout": 1, "unbuffer": 0, "uvx": 0, "watch": 0, "xargs": 0,
    "xvfb-run": 0,
}  # fmt: skip
_RUNNERS: dict[str, tuple[str, int]] = {
    # programs that run another one behind a word of their own: (the word, arguments after it)
    "bundle": ("exec", 0), "docker": ("exec", 1), "hatch": ("run", 0), "npm": ("exec", 0), "pdm": ("run", 0),
    "pipenv": ("run", 0), "pnpm": ("exec", 0), "podman": ("exec", 1), "poetry": ("run", 0), "uv": ("run", 0),
    "yarn": ("exec", 0),
}  # fmt: skip
_VALUED = frozenset(
    {"-n", "-k", "-u", "-s", "-c", "-p", "-w", "-e", "-C", "-g", "--with", "--python", "--user", "--workdir"}
)
"""Options of wrappers and runners that take the next word as their value."""

_SHELLS = frozenset({"bash", "dash", "sh", "zsh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*$")
_OPERATORS = frozenset({"&&", "||", ";", "&", ";;", "\n"})


def parse(line: str) -> tuple[Command, ...]:
    """The commands of *line* that print, in order; empty where it cannot be read as a shell would."""
    try:
        lexer = shlex.shlex(line.replace("\n", " ; "), posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
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


def _printing(pipeline: list[list[str]]) -> tuple[Command, ...]:
    """The commands whose output leaves a pipeline: its last one, looking through `| tail` and its like."""
    stages = [commands for stage in pipeline if (commands := _simple(stage))]
    while len(stages) > 1 and stages[-1][0].program in _PASS_THROUGH:
        stages.pop()
    return stages[-1] if stages else ()


def _simple(words: list[str]) -> tuple[Command, ...]:
    words = _without_redirections(words)
    while words:
        name = words[0].rpartition("/")[2]
        if _ASSIGNMENT.match(words[0]) or words[0] in {"(", ")", "{", "}", "!", "then", "do", "if", "while"}:
            words = words[1:]
        elif name in _WRAPPERS:
            words = _after_options(words[1:], _WRAPPERS[name])
        elif name in _RUNNERS and len(words) > 1 and words[1] == _RUNNERS[name][0]:
            words = _after_options(words[2:], _RUNNERS[name][1])
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
            return (Command((name, *words[1:])),)
    return ()


def _after_options(words: list[str], arguments: int) -> list[str]:
    index = 0
    while index < len(words) and (words[index].startswith("-") or _ASSIGNMENT.match(words[index])):
        if words[index] == "--":
            index += 1
            break
        index += 2 if words[index] in _VALUED else 1
    return words[index + arguments :]


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
