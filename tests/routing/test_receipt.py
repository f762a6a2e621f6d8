"""The line under an answer, and the sentence of a call that nobody answered."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.providers.vocabulary import Answer, Usage
from sidecar.routing.plan import clock_text
from sidecar.routing.receipt import cost_text, receipt
from sidecar.routing.vocabulary import Attempt, PassedOver, Reply

NOW = 1_795_000_000.0


def reply(kit: Any, *attempts: Attempt, **more: Any) -> Reply:
    answered = kit.endpoint("gemini/gemini-2.5-flash")
    values: dict[str, Any] = {
        "answer": Answer("yes", usage=Usage(1204, 900, None, 88)),
        "endpoint": answered,
        "tier": "free",
        "attempts": (*attempts, Attempt(answered, "free", "answered", 0.4)),
        "passed_over": (),
        "cost_usd": 0.0007,
        "took_s": 0.41,
        "answered_at": NOW,
    }
    return Reply(**{**values, **more})


def test_a_receipt_tells_who_answered_after_what(kit: Any) -> None:
    openai, claude = kit.endpoint("openai/gpt-5"), kit.endpoint("anthropic/claude@work")
    line = receipt(
        reply(
            kit,
            Attempt(openai, "best", "rate", 0.1, rest_until=NOW + 60),
            Attempt(claude, "best", "capacity", 0.1),
            Attempt(claude, "best", "capacity", 0.1),
        )
    )
    assert line == (
        "[answered by gemini/gemini-2.5-flash (tier free) in 0.4 s after openai/gpt-5: rate limit, rests until "
        f"{clock_text(NOW + 60, NOW)}; anthropic/claude@work: overloaded x2 · 1,204 in (900 cached), 88 out · $0.0007]"
    )


def test_a_quiet_call_has_a_quiet_receipt(kit: Any) -> None:
    line = receipt(reply(kit, answer=Answer("yes", usage=Usage(12, None, None, 3)), cost_usd=None, took_s=0.02))
    assert line == "[answered by gemini/gemini-2.5-flash (tier free) in 20 ms · 12 in, 3 out · unknown price]"


def test_passed_over_endpoints_and_notes_are_told_in_one_line(kit: Any) -> None:
    past = tuple(PassedOver(kit.endpoint(f"p/{n}"), "best", "rests until 12:00:00 (quota spent)") for n in range(6))
    line = receipt(reply(kit, passed_over=past, notes=("nothing is remembered",), answer=Answer("y", "length")))
    assert "\n" not in line
    assert "after p/0: rests until 12:00:00 (quota spent); " in line
    assert "; 2 more · cut at its token limit · tokens unknown · $0.0007 · nothing is remembered]" in line


@pytest.mark.parametrize(
    ("cost_usd", "text"),
    [
        (None, "unknown price"),
        (0.0, "$0 (flat or free)"),
        (0.00003, "<$0.0001"),
        (0.0007, "$0.0007"),
        (0.0451, "$0.0451"),
        (1.249, "$1.25"),
    ],
)
def test_a_price_is_never_made_up(cost_usd: float | None, text: str) -> None:
    assert cost_text(cost_usd) == text


def test_a_provider_cannot_break_the_line(kit: Any) -> None:
    line = receipt(reply(kit, notes=("two\nlines",)))
    assert "\n" not in line
