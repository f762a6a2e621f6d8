"""The order of accounts over a real ledger: what providers said, in whichever sidecar."""

from __future__ import annotations

from pathlib import Path

from sidecar.routing.chance import usual
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.route import Route, Tier
from sidecar.store import Store
from sidecar.store.vocabulary import Call, Meter
from sidecar.switchboard.accounts import Accounts, watched
from sidecar.switchboard.reckoning import Reckoning

NOON = 1_795_608_000.0  # 2026-11-25T12:00:00Z
HOUR = 3600.0

ENDPOINTS = tuple(Endpoint("plan", "m", account) for account in ("one", "two", "three"))
ROUTE = Route("smart", (Tier("best", ENDPOINTS),))


async def test_the_window_that_a_provider_says_ends_soonest_goes_first_while_something_is_left(tmp_path: Path) -> None:
    now = NOON

    def clock() -> float:
        return now

    def told(account: str, left: float, ends_in_h: float) -> Meter:
        return Meter(f"account:plan@{account}", "5h window", left, 1.0, NOON + ends_in_h * HOUR, now)

    async with Store.open(tmp_path, clock=clock) as store, Store.open(tmp_path, clock=clock) as other:
        accounts = Accounts(
            {"plan": "soonest-reset"},
            {},
            reckoning=Reckoning(
                watched(ENDPOINTS, {"plan": "soonest-reset"}), store=store, clock=clock, session_start=NOON
            ),
            store=store,
            clock=clock,
        )

        async def order() -> list[str]:
            return [endpoint.account for endpoint in (await accounts.in_order(ROUTE, usual)).tiers[0].endpoints]

        assert await order() == ["one", "two", "three"]
        meters = (told("one", 0.5, 4), told("two", 0.9, 2), told("three", 0.0, 1))
        await other.record_call(Call(NOON, "smart", 1.0, None, (), meters=meters))
        now += 10
        assert await order() == ["two", "one", "three"], "nothing is left of the third's, so nothing of it is lost"
        now = NOON + 2 * HOUR
        assert await order() == ["one", "two", "three"], "the second's has ended"
        late = Meter("account:plan@one", "5h window", 0.4, 1.0, NOON + 9 * HOUR, NOON - 60)
        await other.record_call(Call(NOON, "smart", 1.0, None, (), meters=(late,)))
        assert [meter.left for meter in await store.meters()] == [0.5], "what is told late is no news"
