"""Which commands `run` refuses: the user's `run.deny`, and what the agent itself may not run.

A rule is written as Claude Code writes it in `permissions.deny`: `Bash(git push:*)` is a prefix,
`Bash(curl *)` a glob, `Bash(make deploy)` one command, `Bash` everything (documentation of Claude Code
2.1, "Bash permission rules"). In `run.deny` the `Bash(...)` around it may be left out. A deny list reads
what is written: it keeps an agent from a mistake, it is no wall against a shell.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["agent_rules", "denied_by"]

_RULE = re.compile(r"Bash(?:\((.*)\))?$", re.DOTALL)
_LIMIT_BYTES = 1_000_000


def agent_rules(projects: Sequence[Path], home: Path) -> tuple[str, ...]:
    """Every `permissions.deny` rule about Bash in Claude Code's settings of the projects' folders and the user."""
    rules: list[str] = []
    names = ("settings.json", "settings.local.json")
    files = [folder / ".claude" / name for folder in projects for name in names]
    for path in (*files, home / ".claude" / "settings.json"):
        rules.extend(rule for rule in _denied_in(path) if _RULE.match(rule))
    return tuple(dict.fromkeys(rules))


def denied_by(command: str, rules: Sequence[str]) -> str | None:
    """The first rule that *command*, or any command inside it, matches; None where none does."""
    if not rules:
        return None
    written = list(_commands_in(command))
    for rule in rules:
        found = _RULE.match(rule)
        pattern = rule if found is None else found[1]
        if pattern is None or any(_matches(text, pattern) for text in written):
            return rule
    return None


def _denied_in(path: Path) -> Iterable[str]:
    try:
        settings = json.loads(_text_of(path))
        rules = settings.get("permissions", {}).get("deny", [])
    except (OSError, ValueError, AttributeError, RecursionError):
        # Another program's file, absent or broken: its own program will say so.
        return []
    return [rule for rule in rules if isinstance(rule, str)] if isinstance(rules, list) else []


def _text_of(path: Path) -> bytes:
    # O_NONBLOCK: a named pipe in place of the file must not keep a command waiting for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LIMIT_BYTES)


def _matches(text: str, pattern: str) -> bool:
    if pattern.endswith(":*"):
        prefix = pattern[:-2]
        return text == prefix or text.startswith(prefix + " ")
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(text, pattern) or (pattern.endswith(" *") and text == pattern[:-2])
    return text == pattern


def _commands_in(line: str) -> Iterable[str]:
    """The line itself, and each simple command in it: as written, without its program's folder, behind its wrappers."""
    yield line.strip()
    try:
        lexer = shlex.shlex(
            line.replace("\\\n", " ").replace("\n", ";").replace("`", ";").replace("$(", ";"),
            posix=True,
            punctuation_chars="();|&{}<>",
        )
        lexer.whitespace_split = True
        # A comment ends with its line, and the lines are joined above: its words are read like all others.
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        words = re.sub(r"([();|&{}<>]|\n)", r" \1 ", line.replace("\\\n", " ").replace("\n", ";")).split()
    command: list[str] = []
    for word in (*words, ";"):
        if word.strip("();|&{}<>"):
            command.append(word)
            continue
        # `sudo env X=1 git push` is denied where `git push` is: every tail of the words is a command.
        for start in range(min(len(command), 12)):
            tail = command[start:]
            yield " ".join(tail)
            yield " ".join((tail[0].rpartition("/")[2], *tail[1:]))
        for word_inside in command:
            if " " in word_inside and word_inside != line:
                yield from _commands_in(word_inside)
        command = []
