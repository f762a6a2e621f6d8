"""A shelf file begun from one real output: the form that reads it, or line stages to mend, and the example."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from sidecar.compression.clean import clean, is_binary
from sidecar.compression.shelf import Example, Shelf, load, read
from sidecar.compression.shorten import shorten
from sidecar.errors import WrongUsage

__all__ = ["drafted"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,60}\Z")
_LONGEST_LINES = 400
_KNOWS_NOTHING = frozenset({"text"})


def drafted(tool: str, data: bytes, *, command: str, exit_code: int, version: str) -> str:
    """The text of `tools/<tool>.toml`: valid, its example holding as it stands.

    Raises WrongUsage for a name that cannot be a file's, and for output no example can be made of.
    """
    if not _NAME.match(tool):
        raise WrongUsage(f"`{tool}` cannot name a shelf file: use lower-case letters, digits, `-`, `_`, `.` and `+`.")
    if is_binary(data) or not data.strip():
        raise WrongUsage("The output is empty or binary; an example needs text that the tool printed.")
    lines = clean(data).lines
    if len(lines) > _LONGEST_LINES:
        raise WrongUsage(
            f"The output has {len(lines):,} lines; trim it by hand to at most {_LONGEST_LINES} that show its shape."
        )
    ours = load()
    short = shorten(lines, shelf=ours, command=command, exit_code=exit_code)
    known = {one.form for one in short.reduced} - _KNOWS_NOTHING
    form = short.reduced[0].form if len(known) == 1 and "/" not in short.reduced[0].form else ""
    example = Example("1", version or tool, command, exit_code, "\n".join(lines), short.text)
    # Its own stages decide what comes out, so the example is made with the file itself on the shelf.
    mine = Shelf((*ours.tools, read(_written(tool, form, example), name=tool, origin=tool)))
    shown = shorten(lines, shelf=mine, command=command, exit_code=exit_code).text
    return _written(tool, form, replace(example, output=shown))


def _written(tool: str, form: str, example: Example) -> str:
    command = example.command
    words = " ".join(word for word in command.split()[:2] if not word.startswith("-"))
    how = (
        f'form = "{form}"  # this form reads it; the examples prove it\n'
        if form
        else "# No form reads it: these stages shorten it line by line. `keep` holds what must stay.\n"
        "keep = ['(?i)error|fail|warn']\n\n"
        "[[output.stage]]\nrepeats = true\n\n"
        '[[output.stage]]\nhead = 20\ntail = 20\nwhat = "lines from the middle"\non = "success"\n'
    )
    return (
        f"tool = {json.dumps(tool)}\n"
        f'about = "What {tool} does, in one sentence."\n\n'
        f'[[output]]\nname = "output"\ncommands = [{_string(words or tool)}]\n{how}\n'
        f"[[output.example]]\nversion = {_string(example.version)}\ncommand = {_string(command)}\n"
        f"exit_code = {example.exit_code}\ninput = {_block(example.input)}\noutput = {_block(example.output)}\n"
    )


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _block(text: str) -> str:
    """A literal block where TOML can hold the text so, else a string with escapes."""
    if "'''" in text or text.endswith("'") or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        return _string(text + "\n")
    return f"'''\n{text}\n'''"
