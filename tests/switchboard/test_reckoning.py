"""The ledger followed: what is summed up of long ago leaves what it leaves use by use."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from random import Random

import pytest

from sidecar.routing.quota import Allowance, Tally, Window, zone
from sidecar.store import Store
from sidecar.store.vocabulary import AttemptRecord, Call
from sidecar.switchboard.reckoning import Reckoning, uses_of

NOW = 1_795_608_000.0  # 2026-11-25T12:00:00Z

EVEN = (
    Window("day", starts_at=time(8, 30), zone=zone("Asia/Kolkata")),
    Window("week"),
    Window("5h"),
    Window("session"),
)
ODD = (Window("month", starts_at=time(8, 37), zone=zone("Asia/Kathmandu")), Window("day", starts_at=time(0, 1)))
ROLLING = (Window("5h", is_rolling=True), Window("week", is_rolling=True))


def some_calls() -> list[Call]:
    random = Random(3)  # noqa: S311 - a chance that comes again
    calls = []
    for _ in range(300):
        attempt = AttemptRecord("p/m@a", "t", random.choice(["answered", "rate"]), 1.0, 9, None, 1, 0.25)
        asked_at = NOW - random.choice([3_600, 86_400, 30 * 86_400]) * random.random()
        calls.append(Call(asked_at, "m", random.random() * 90, None, (attempt,) * random.choice([1, 2])))
    midnight = NOW - 12 * 3600
    calls += [Call(midnight + after_s, "m", 1.0, None, (attempt,)) for after_s in (30, 120)]
    return calls


@pytest.mark.parametrize("windows", [EVEN, ODD, ROLLING])
async def test_what_is_summed_up_is_what_it_is_use_by_use(tmp_path: Path, windows: tuple[Window, ...]) -> None:
    async with Store.open(tmp_path, clock=lambda: NOW) as store:
        calls = some_calls()
        for call in calls:
            await store.record_call(call)
        allowances = [Allowance("quota", window, "requests", 1e9, account=("p", "a")) for window in windows]
        reckoning = Reckoning(allowances, store=store, clock=lambda: NOW, session_start=NOW - 1_000)
        notes: list[str] = []
        await reckoning.follow(notes)
        assert notes == []
        for summed in reckoning.tallies:
            single = Tally(summed.allowance, session_start=NOW - 1_000, now=NOW)
            for call in calls:
                for use in uses_of(call, session=store.session):
                    single.add(use)
            single.turn(NOW)
            late = 5 if summed.allowance.window == ROLLING[1] else 0  # the step that the window reaches into
            assert single.used <= summed.used <= single.used + late
            if not late:
                assert summed.resets_at == single.resets_at
