"""`sidecar shelf`: the tools whose output is known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from sidecar.cli.common import main, read, say
from sidecar.errors import WrongUsage

__all__ = ["shelf", "shelf_check", "shelf_new"]


@main.group()
def shelf() -> None:
    """The tools whose output is known."""


@shelf.command("check")
def shelf_check() -> None:
    """Run every tool's examples and explain what differs."""
    from sidecar.compression.shelf import check, load
    from sidecar.compression.shorten import shorten
    from sidecar.config.places import state_dir, user_file
    from sidecar.config.project_shelf import trusted_texts

    trusted = trusted_texts(Path.cwd(), state_dir=state_dir(os.environ))
    known = load((user_file(os.environ).parent / "tools",), trusted)
    count = sum(1 for _ in known.examples())
    wrong = check(
        known, lambda text, command, exit_code: shorten(text, shelf=known, command=command, exit_code=exit_code).text
    )
    for mismatch in wrong:
        say(f"{mismatch.example} ({mismatch.origin})\n{mismatch.difference}\n")
    say(f"{count - len(wrong)} of {count} examples of {len(known.tools)} tools hold")
    sys.exit(1 if wrong else 0)


@shelf.command("new")
@click.argument("tool")
@click.option("--from", "file", required=True, help="A file with what the tool printed (`-`: stdin).")
@click.option("--command", default="", help="The command that printed it; by default TOOL.")
@click.option("--exit-code", type=int, default=0, show_default=True, help="What that command exited with.")
@click.option("--version", default="", help="The tool's version, as it names itself.")
@click.option("--print", "only_print", is_flag=True, help="Print the file instead of writing it.")
def shelf_new(*, tool: str, file: str, command: str, exit_code: int, version: str, only_print: bool) -> None:
    """Start a shelf file for TOOL from what it printed.

    It is written to `tools/TOOL.toml` beside your configuration, its example filled in; mend it and run
    `sidecar shelf check`.
    """
    from sidecar.compression.shelf_drafts import drafted
    from sidecar.config.places import user_file

    text = drafted(tool, read(file), command=command or tool, exit_code=exit_code, version=version)
    if only_print:
        say(text)
        return
    path = user_file(os.environ).parent / "tools" / f"{tool}.toml"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise WrongUsage(f"`{path}` exists already: edit it, or use `--print` and add what you need.") from None
    except OSError as error:
        raise WrongUsage(f"`{path}` cannot be written: {error.strerror}.") from error
    say(str(path))
    click.echo("sidecar: look at what it keeps and leaves out, mend it, then run `sidecar shelf check`", err=True)
