"""A compressor in its own process: crashes count and cost nobody else, and a hang costs its own limit.

Reads with a deadline a file; a worker that dies or hangs is started again for the next one.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tests.bench.compression.corpus import Capture
from tests.bench.compression.measure import Answer

__all__ = ["Worker", "run_all"]

WORKER = Path(__file__).with_name("worker.py")
_LOAD_S = 120.0
FILE_S = 60.0
"""The limit for one file; the largest capture takes a second where a compressor is linear."""


class Worker:
    """One running worker; `ask` raises TimeoutError or EOFError where it hangs or dies."""

    def __init__(
        self, python: str, name: str, *, seed: int = 0, home: Path | None = None, log: IO[str] | None = None
    ) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        if home is not None:
            environment["HOME"] = str(home)  # what others keep between runs is not kept in the user's folder
        self._process = subprocess.Popen(
            [python, str(WORKER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log or subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._next(_LOAD_S)

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _next(self, limit_s: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=limit_s)
        except queue.Empty:
            raise TimeoutError(f"no answer within {limit_s:.0f} s") from None
        if not line:
            raise EOFError(f"ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, text: str, command: str, exit_code: int | None, *, limit_s: float = FILE_S) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"text": text, "command": command, "exit_code": exit_code}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EOFError(f"ended with {self._process.wait()}") from None
        return self._next(limit_s)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def run_all(
    python: str, name: str, captures: Sequence[Capture], *, home: Path | None = None, log: IO[str] | None = None
) -> dict[str, Answer]:
    """Each capture's answer, asked of two processes with different hash seeds, so that chance shows."""
    runs: list[dict[str, Answer]] = [{}, {}]
    threads = [
        threading.Thread(target=_run, args=(python, name, captures, seed, into, home, log if seed == 0 else None))
        for seed, into in enumerate(runs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = runs
    return {
        key: Answer(
            answer.text, min(answer.seconds, second[key].seconds), answer.failed, second[key].text == answer.text
        )
        for key, answer in first.items()
    }


def _run(  # noqa: PLR0917 - what a thread is started with
    python: str,
    name: str,
    captures: Sequence[Capture],
    seed: int,
    into: dict[str, Answer],
    home: Path | None,
    log: IO[str] | None,
) -> None:
    worker: Worker | None = None
    for capture in captures:
        try:
            worker = worker or Worker(python, name, seed=seed, home=home, log=log)
            into[capture.name] = _answer(worker.ask(capture.raw, capture.command, capture.exit_code), capture)
        except (TimeoutError, EOFError) as error:
            # The agent would then see the output as it is.
            into[capture.name] = Answer(capture.raw, FILE_S if isinstance(error, TimeoutError) else 0.0, str(error))
            if worker is not None:
                worker.close()
            worker = None
    if worker is not None:
        worker.close()


def _answer(told: Mapping[str, Any], capture: Capture) -> Answer:
    failed = str(told.get("failed", ""))
    return Answer(capture.raw if failed else str(told["text"]), float(told["seconds"]), failed)
