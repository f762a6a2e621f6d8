"""A call's budget against its estimate: whatever is answered, it cannot cost more than is left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.providers.vocabulary import Message, Request, Usage
from sidecar.routing.affording import CAP_LIMIT_TOKENS, affordable
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.quota import Allowance, Window
from sidecar.routing.route import Route, Tier
from sidecar.routing.seams import Wanted, Withheld

PAID = Endpoint("paid", "m")
ROUTE = Route("smart", (Tier("A", (PAID,)),))
IN_USD = 1e-6


def asked(limit_tokens: int | None = None) -> Wanted:
    request = Request("m", (Message("user", "why?"),), limit_tokens=limit_tokens)
    return Wanted(ROUTE, "A", PAID, request, (), 0.0)


def budget(limit_usd: float) -> Allowance:
    return Allowance("the call's budget", Window("call"), "usd", limit_usd)


def price(out_usd: float) -> Any:
    return lambda _endpoint, usage: IN_USD * (usage.input_tokens or 0) + out_usd * (usage.output_tokens or 0)


@given(
    st.floats(0.0001, 100),
    st.floats(1e-7, 1e-3),
    st.integers(0, 1_000_000),
    st.none() | st.integers(1, 1_000_000),
    st.none() | st.integers(1, 200_000),
)
def test_no_answer_that_its_model_can_give_costs_more_than_is_left(
    limit_usd: float, out_usd: float, read: int, writes: int | None, limit_tokens: int | None
) -> None:
    granted = affordable(asked(limit_tokens), [budget(limit_usd)], read=read, price=price(out_usd), writes=writes)
    if isinstance(granted, Withheld):
        return
    most = min(filter(None, (granted.limit_tokens, writes)), default=None)
    assert most is not None, "an answer without end costs without end"
    assert price(out_usd)(PAID, Usage(read, output_tokens=most)) <= limit_usd * (1 + 1e-9)


def test_a_model_is_not_given_a_limit_that_it_may_refuse() -> None:
    def limit(writes: int | None) -> int | None:
        granted = affordable(asked(), [budget(1.0)], read=0, price=price(1e-5), writes=writes)
        assert isinstance(granted, Request)
        return granted.limit_tokens

    assert limit(None) == CAP_LIMIT_TOKENS, "a hundred thousand are left, and nobody says what it takes"
    assert limit(64_000) is None, "it cannot write as much"
    assert limit(128_000) in (99_999, 100_000)


def test_what_costs_nothing_is_not_limited() -> None:
    granted = affordable(asked(), [budget(1.0)], read=9, price=lambda *_: 0.0, writes=None)
    assert granted == asked().request


@pytest.mark.parametrize("stop", [False, True])
def test_an_unknown_price_is_over_the_budget_of_a_call(stop: bool) -> None:
    whole = Allowance("the call's budget", Window("call"), "usd", 5, stop=stop)
    said = affordable(asked(), [whole], read=9, price=lambda *_: None, writes=None)
    assert isinstance(said, Withheld)
    assert (said.reason.startswith("its price is unknown, and the call's budget is $5.00"), said.ends_call) == (
        True,
        stop,
    )
