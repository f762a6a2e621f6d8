"""Fuzzing of `compress`: bytes that no tool prints, under any command, exit code and bound (coverage-guided, atheris).

    uv run --python 3.12 --group fuzz python tests/fuzz/fuzz_compress.py /tmp/corpus -max_total_time=600

The folder is filled from tests/captures where it is empty. The last six bytes of an input choose what is asked; the
rest is the output, repeated so often as they say, so that what grows faster than its input is seen as slow.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

atheris: Any = import_module("atheris")

with atheris.instrument_imports(include=["sidecar.compression"]):
    from sidecar.compression import Compressed, clean, compress, tokens
    from sidecar.compression.forms import lines, text
    from sidecar.compression.recognise import forms
    from sidecar.compression.shelf import load

    KNOWN = (*(form.name for form in forms()), text.FORM.name, lines.__name__)

CAPTURES = Path(__file__).parents[1] / "captures"
SHELF = load()
COMMANDS = ("", *sorted({" ".join(words) for tool in SHELF.tools for one in tool.outputs for words in one.commands}))
EXIT_CODES = (None, 0, 1, 2, 101, 124, 137)
BOUNDS = (None, None, 100, 150, 300, 1_000)
CHOICES = 6

MOST_BYTES = 400_000
SLOWEST_S = 0.5
SLOWEST_US_PER_BYTE = 60.0
"""Ten times what the slowest capture takes with the instruments in place: what grows with the square is far above."""

MARK = re.compile(r"^\[\.\.\. (?:of )?(?:line (\d+)|(?:\d+ )?lines \(?(\d+)-(\d+)\)?)[:\]]", re.MULTILINE)


def asked(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """The output and the arguments that the bytes *data* stand for."""
    output, choice = data[:-CHOICES], data[-CHOICES:].ljust(CHOICES, b"\0")
    repeated = min(1 + choice[4] * (choice[4] > 200), max(1, MOST_BYTES // max(1, len(output))))
    return output * repeated, {
        "command": COMMANDS[int.from_bytes(choice[:2], "big") % len(COMMANDS)],
        "exit_code": EXIT_CODES[choice[2] % len(EXIT_CODES)],
        "answer_tokens": BOUNDS[choice[3] % len(BOUNDS)],
        "level": "tight" if choice[5] % 4 == 3 else "faithful",
    }


def held(output: bytes, arguments: dict[str, Any]) -> None:
    """Compress *output* and raise where a promise is broken."""
    begun = time.process_time()
    result: Compressed = compress(output, shelf=SHELF, **arguments)
    took = time.process_time() - begun
    if took > SLOWEST_S + SLOWEST_US_PER_BYTE * len(output) / 1e6:
        raise RuntimeError(f"slow: {took:.2f} s for {len(output):,} bytes, {arguments}, {result.forms}")
    if result.faults:
        raise RuntimeError(f"a form broke a promise: {result.faults}, {arguments}")
    if compress(output, shelf=SHELF, **arguments).text != result.text:
        raise RuntimeError(f"not the same twice: {arguments}")
    if clean.is_binary(output):
        return
    after = tokens.count(result.text)
    if after > tokens.count(output.decode("utf-8", "backslashreplace")):
        raise RuntimeError(f"longer (C1): {arguments}")
    if arguments["answer_tokens"] is not None and after > arguments["answer_tokens"]:
        raise RuntimeError(f"over its bound: {after} tokens, {arguments}")
    if result.printed:
        _marks_hold(result, len(clean.clean(output).lines), arguments)


def _marks_hold(result: Compressed, total: int, arguments: dict[str, Any]) -> None:
    for line, first, last in MARK.findall(result.text):
        start, end = (int(line), int(line)) if line else (int(first), int(last))
        if not 1 <= start <= end <= total:
            raise RuntimeError(f"a marker names lines {start}-{end} of {total}: {arguments}")
    for omission in result.left_out:
        if not 0 <= omission.first - 1 <= omission.last <= total:
            raise RuntimeError(f"left out is {omission} of {total} lines: {arguments}")


def one_input(data: bytes) -> None:
    """What atheris calls."""
    held(*asked(data))


def seed(corpus: Path) -> None:
    """Fill an empty *corpus* from the captures: each one's beginning under its own command, and under none."""
    corpus.mkdir(parents=True, exist_ok=True)
    if any(corpus.iterdir()):
        return
    for path in sorted(CAPTURES.rglob("*.txt")):
        beginning = path.read_bytes()[:6_000]
        number = int.from_bytes(hashlib.sha256(path.name.encode()).digest()[:2], "big")
        program = path.parent.name.replace("_", " ")
        index = next((at for at, words in enumerate(COMMANDS) if words.startswith(program)), 0)
        choice = index.to_bytes(2, "big") + bytes([number % 7, number % 6, number % 256, number % 4])
        (corpus / f"{path.parent.name}-{path.stem}").write_bytes(beginning + choice)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        if not folder.startswith("-") and not Path(folder).is_file():
            seed(Path(folder))
            break
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
