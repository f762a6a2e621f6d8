from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# What every child begins with; the state directory is its first argument.
PRELUDE = """
import os, sys, anyio
from dataclasses import replace
from pathlib import Path
from sidecar.errors import *
from sidecar.store import Store
from sidecar.store.vocabulary import *

directory = Path(sys.argv[1])

def call(name):
    attempt = AttemptRecord(endpoint="e", tier="cheap", outcome="answered", took_s=0.5, cost_usd=0.25)
    return Call(asked_at=1.0, model=name, took_s=1.0, answered_by="e", attempts=(attempt,))

def say(*words):
    print(*words, flush=True)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def start(directory: Path, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts another sidecar process: the text is the body of its main function, with `store` open."""
    children: list[subprocess.Popen[str]] = []

    def start(body: str) -> subprocess.Popen[str]:
        main = "async def main():\n    async with Store.open(directory) as store:\n"
        source = PRELUDE + main + textwrap.indent(textwrap.dedent(body), " " * 8) + "\nanyio.run(main)\n"
        child = subprocess.Popen(
            [sys.executable, "-c", source, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        with child:
            child.kill()
