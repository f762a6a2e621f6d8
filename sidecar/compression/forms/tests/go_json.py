r"""How `go test -json` reads: one event a line, the program's own output inside (captured with go1.26).

{"Action":"pass","Package":"ex.com/tax","Test":"TestRate",...}                   a list of names, by package
{"Action":"output",...,"Test":"TestSum","Output":"    a_test.go:4: got 2\n"}     of a failed test: the output itself
{"Action":"output","Package":"ex.com/cart","Output":"FAIL\tex.com/cart\t0.01s"}  the output itself
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sidecar.compression.forms.tests.grammar import Grammar, Kind, Rule
from sidecar.compression.forms.tests.run import Run
from sidecar.compression.forms.tests.runner import runner
from sidecar.compression.vocabulary import Evidence, Part, Segment

__all__ = ["RUNNER"]

_LIBRARY = re.compile(r"\t(?:/usr/(?:local|lib)/go|\S*/go/src/|\S*/pkg/mod/|_testmain\.go)")
_PROGRESS = re.compile(r"\s*=== (?:RUN|PAUSE|CONT|NAME)|PASS$|\s*--- PASS: ")
_LOUD_OUTPUT = re.compile(
    r'"Output":"(?:\s|\\t)*((?:--- FAIL: |FAIL\\t|panic: |fatal error: |WARNING: DATA RACE)(?:[^"\\]|\\[^n])*)'
)

Event = dict[str, Any]


def _event(line: str) -> Event | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("Action"), str) else None


def _finish(run: Run) -> None:
    """Each event is read once: what passed is listed, what failed prints the output it had."""
    events = [_event(line) for line in run.lines]
    failed = {_test(event) for event in events if event and event["Action"] == "fail" and event.get("Test")}
    broken = {event.get("Package") for event in events if event and event["Action"] == "fail"}
    run.shortened = "the JSON around output"
    skipped: set[str] = set()
    for index, event in enumerate(events):
        if event is None:
            run.why[index] = "" if run.lines[index].strip() else run.why[index]
            continue
        action, test = event["Action"], _test(event)
        run.why[index] = "events"
        if action in {"pass", "skip"} and event.get("Test"):
            run.kinds[index] = Kind.PASSED if action == "pass" else Kind.SKIPPED
            run.names[index] = test
            run.why[index] = "passed tests" if action == "pass" else "skipped tests"
        elif action in {"output", "build-output"}:
            text = str(event.get("Output", "")).rstrip("\n")
            if not _is_told(text, is_red=test in failed or action == "build-output", event=event, broken=broken):
                says = event.get("Test") and not _PROGRESS.match(text) and "--- SKIP" not in text
                if says and text not in skipped and _skips(events, index):
                    skipped.add(text)
                    run.why[index], run.instead[index] = "", text
                continue
            run.why[index], run.instead[index] = "", text
            if "--- FAIL: " in text or text.startswith("FAIL"):
                run.kinds[index] = Kind.FAILED
                run.failed[index] = test
            if _LIBRARY.match(text):
                run.why[index] = "library frames"
                if index and run.instead.get(index - 1, "\t")[:1] not in {"\t", " ", ""}:
                    run.why[index - 1] = "library frames"


def _is_told(text: str, *, is_red: bool, event: Event, broken: set[Any]) -> bool:
    if not text.strip() or _PROGRESS.match(text):
        return False
    if is_red or text.lstrip().startswith(("--- FAIL: ", "FAIL\t", "panic: ", "fatal error: ", "WARNING: DATA RACE")):
        return True
    if event.get("Test"):
        return False
    return text.startswith(("ok", "FAIL", "?", "coverage:", "Benchmark", "exit status", "panic", "#")) or (
        event.get("Package") in broken
    )


def _skips(events: list[Event | None], index: int) -> bool:
    """Whether the test that printed this is said to be skipped within the next events: this is its reason."""
    mine = events[index]
    for event in events[index + 1 : index + 4]:
        if event and mine and event.get("Test") == mine.get("Test") and event["Action"] == "skip":
            return True
    return False


def _test(event: Event) -> str:
    return f"{event.get('Package', event.get('ImportPath', ''))} {event.get('Test', '')}".strip()


def _evidence(segment: Segment) -> list[Evidence]:
    """The loud outputs, as they read once their JSON is taken off."""
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        loud = _LOUD_OUTPUT.search(line[:4_000]) if '"Output":"' in line else None
        if loud is not None:
            try:
                said = json.loads(f'"{loud[1]}"')
            except ValueError:
                continue
            found.append(Evidence(index, (said.split("\n")[0].rstrip(),)))
    return found


def _parts(segment: Segment) -> Iterable[Part]:
    events = [_event(line) for line in segment.lines]
    said: dict[str, tuple[int, str]] = {}
    for index, event in enumerate(events):
        if event is None:
            continue
        test = _test(event)
        if event["Action"] == "output" and (text := str(event.get("Output", "")).strip()) and not _PROGRESS.match(text):
            if not text.startswith("---"):
                said.setdefault(test, (index, text))
        elif event["Action"] in {"fail", "build-fail"} and (event.get("Test") or "ImportPath" in event):
            at, text = said.get(test, (index, ""))
            yield Part("failure", test, at, index + 1, f"--- FAIL: {test}" + (f" - {text}" if text else ""))


_FORM = runner(
    Grammar(
        name="go test -json",
        literals=('"Action":"',),
        sure=r'\{(?:"Time":"[^"]*",)?"Action":"(?:start|run|output|pass|fail|skip|pause|cont|bench)","Package":"|\{"ImportPath":"[^"]*","Action":"build-',
        rules=(Rule(Kind.NOISE, r"\{", what="events"),),
        evidence=r"(?!)",
        finish=_finish,
    )
)
RUNNER = replace(_FORM, evidence=_evidence, parts=lambda segment: sorted(_parts(segment), key=lambda part: part.start))
