"""One compressor in a process of its own, in its own environment: reads a JSON object a line, answers with one.

    {"text": ..., "command": ..., "exit_code": ...}   ->   {"text": ..., "seconds": ...} or {"failed": ...}

`python worker.py NAME`; the first line printed tells that it is loaded, so that loading is not counted as
compressing. Imports nothing but Python's own and the one compressor, for it runs where nothing else is installed.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

Compress = Callable[[str, str, "int | None"], str]


def serve(compress: Compress) -> None:
    # Libraries print what they like: the answers keep the real standard output for themselves.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    out.write("{}\n")
    out.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        del line
        before_kb = _memory_kb("VmRSS")
        start = time.perf_counter()
        try:
            answer: dict[str, object] = {"text": compress(asked["text"], asked["command"], asked["exit_code"])}
        except BaseException as error:  # noqa: BLE001 - a compressor's fault of any kind is a figure of the table
            answer = {"failed": _said(error)}
        answer["seconds"] = time.perf_counter() - start
        answer["grown_kb"] = _memory_kb("VmHWM") - before_kb
        out.write(json.dumps(answer) + "\n")
        out.flush()


def _memory_kb(what: str) -> float:
    """What the process holds now (`VmRSS`: the highest is forgotten) or held at most since (`VmHWM`); Linux only."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    if what == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets the peak
    return float(status.read_text(encoding="ascii").partition(f"{what}:")[2].split()[0])


def _said(error: BaseException) -> str:
    """The innermost cause with its place: a group of errors says nothing."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}"[:250] + place


def sidecar() -> Compress:
    """Ours, as the verb `compress` calls it, footer included, with the handle that the store would give."""
    anyio = importlib.import_module("anyio")
    handles = importlib.import_module("sidecar.handles")
    compressor = importlib.import_module("sidecar.compression.compressor").Compressor(
        shelf=importlib.import_module("sidecar.compression.shelf").load
    )
    importlib.import_module("sidecar.compression.tokens").warm()

    async def keep(data: bytes) -> str:
        return str(next(handles.names(handles.digest_of(data))))

    async def compress(data: bytes, command: str, exit_code: int | None) -> str:
        result = await compressor.compress(data, keep=keep, command=command, exit_code=exit_code)
        for fault in result.faults:
            sys.stderr.write(f"fault: {command}: {fault}\n")
        return str(result.text)

    def run(text: str, command: str, exit_code: int | None) -> str:
        return str(anyio.run(compress, text.encode("utf-8", "surrogatepass"), command, exit_code))

    run("", "", 0)
    return run


def sidecar_pure() -> Compress:
    """Ours without counting tokens and without its footer: the time that reading and shortening take."""
    clean = importlib.import_module("sidecar.compression.clean").clean
    shorten = importlib.import_module("sidecar.compression.shorten").shorten
    shelf = importlib.import_module("sidecar.compression.shelf").load()

    def run(text: str, command: str, exit_code: int | None) -> str:
        lines = clean(text.encode("utf-8", "surrogatepass")).lines
        return str(shorten(lines, shelf=shelf, command=command, exit_code=exit_code).text)

    return run


def kompactor() -> Compress:
    """Its hook after a Bash call: nothing under its smallest size or for a gain under a tenth; one closing line."""
    filters = importlib.import_module("kompactor.filters")
    count = importlib.import_module("kompactor.tokens").count
    smallest = int(importlib.import_module("kompactor.config").load().get("bash_min_tokens", 0))

    def compress(text: str, command: str, exit_code: int | None) -> str:
        before = count(text)
        if before < smallest:
            return text
        short = str(filters.compress(command, text, 1 if exit_code else 0, stash_id="a1b2c3d4"))
        after = count(short)
        if after > before * 0.9:
            return text
        return f"{short}\n[kompactor: {before}\u203a{after} tokens; full output: kompactor show a1b2c3d4]"

    return compress


def leantokens() -> Compress:
    """Its Claude Code hook: only the commands it calls noisy are piped through its filter."""
    module = importlib.import_module("leantokens")

    def compress(text: str, command: str, _exit_code: int | None) -> str:
        return str(module.filter_output(text)) if module.rewrite_command(command) else text

    return compress


def headroom(*, lossless: bool) -> Compress:
    """Its library as its MCP verb calls it, one tool message; or its verified lossless mode."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # its text model is fetched at run time, which no bench may depend on
    module: Any = importlib.import_module("headroom.compress")
    work = module.densify if lossless else module.compress

    def compress(text: str, _command: str, _exit_code: int | None) -> str:
        content = work([{"role": "tool", "content": text}], model="claude-sonnet-4-5-20250929").messages[0]["content"]
        return content if isinstance(content, str) else json.dumps(content)

    return compress


def codetool_shell() -> Compress:
    module = importlib.import_module("codetool_shell")
    return lambda text, _command, _exit_code: str(module.compress_text(text))


_RTK_FILTERS = (
    (r"cargo (?:test|nextest)", "cargo-test"),
    (r"(?:pytest|python3? -m pytest|uv run pytest)", "pytest"),
    (r"go test", "go-test"),
    (r"go (?:build|vet)", "go-build"),
    (r"ctest", "ctest"),
    (r"(?:npx )?tsc", "tsc"),
    (r"(?:npx )?vitest", "vitest"),
    (r"rg\b", "rg"),
    (r"(?:git )?grep|ag\b", "grep"),
    (r"find\b", "find"),
    (r"fd\b", "fd"),
    (r"git (?:-C \S+ )?log", "git-log"),
    (r"git (?:-C \S+ )?(?:diff|show)", "git-diff"),
    (r"git (?:-C \S+ )?status", "git-status"),
    (r"mypy", "mypy"),
    (r"ruff format", "ruff-format"),
    (r"ruff", "ruff-check"),
    (r"prettier", "prettier"),
    (r"phpunit", "phpunit"),
    (r"(?:tail|journalctl|docker logs|kubectl logs)", "log"),
)


_RTK_READS_JSON = frozenset(("go-test", "ruff-check", "vitest"))


def rtk() -> Compress:
    """The binary its package ships: `rtk pipe` with the command's filter; what it has none for passes unchanged.

    Its own commands run the tool with the options their filter wants, so a filter that reads JSON is
    given only JSON: otherwise it would be blamed for an input its users never hand it.
    """
    program = str(Path(sys.executable).with_name("rtk"))

    def compress(text: str, command: str, _exit_code: int | None) -> str:
        words = re.sub(r"^(?:cd \S+ && |\w+=\S+ )+", "", command.strip())
        chosen = next((name for pattern, name in _RTK_FILTERS if re.match(pattern, words)), None)
        is_json = text.lstrip()[:1] in ("{", "[")
        if chosen is None or is_json != (chosen in _RTK_READS_JSON):
            return text
        done = subprocess.run(
            [program, "pipe", "-f", chosen], input=text.encode("utf-8", "replace"), capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", "replace").strip()[-200:] or f"ended with {done.returncode}")
        return done.stdout.decode("utf-8", "replace")

    return compress


COMPRESSORS: dict[str, Callable[[], Compress]] = {
    "sidecar": sidecar,
    "sidecar-pure": sidecar_pure,
    "kompactor": kompactor,
    "leantokens": leantokens,
    "headroom": lambda: headroom(lossless=False),
    "headroom-lossless": lambda: headroom(lossless=True),
    "codetool-shell": codetool_shell,
    "rtk": rtk,
}

if __name__ == "__main__":
    serve(COMPRESSORS[sys.argv[1]]())
