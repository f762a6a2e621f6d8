"""Every row of the table with a failure written from the documentation, and what holds for all rows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.config.model import Settings
from sidecar.providers.catalogue import catalogue
from sidecar.providers.opening import DIALECTS
from sidecar.providers.vocabulary import Failure, FailureKind
from sidecar.routing.endpoints import Scope
from sidecar.routing.meanings import MEANINGS, Action, Meaning
from sidecar.routing.resets import FARTHEST_S
from sidecar.routing.verdict import rows, verdict
from sidecar.switchboard.lines import lines

NOON = 1_795_435_200.0  # 2026-11-23 12:00:00 UTC

CASES = tomllib.loads(Path(__file__).with_name("failures.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['row']}-{index}" for index, case in enumerate(CASES)])
def test_a_failure_means_what_its_row_says(case: dict[str, Any]) -> None:
    body = json.loads(case["body"]) if "body" in case else None
    failure = Failure(
        kind=case.get("kind", "status"),
        sentence="the provider said no",
        status=case.get("status"),
        headers=case.get("headers", {}),
        body=body,
        text=case.get("text", case.get("body", ""))[:2000],
        code=case.get("code"),
    )
    found = verdict(failure, provider=case["provider"], dialect=case.get("dialect", "openai-chat"), now=NOON)
    assert found.row == case["row"]
    row = next(row for row in rows() if row.name == case["row"])
    assert (found.meaning, found.action, found.scope) == (row.meaning, row.action, row.scope)
    rest_s = None if found.rest_until is None else found.rest_until - NOON
    assert rest_s == (pytest.approx(case["rest_s"]) if "rest_s" in case else None)
    assert found.is_named == case.get("named", False)
    assert case.get("says", "") in found.sentence


def test_a_host_is_judged_by_its_address_whatever_its_user_calls_it() -> None:
    providers = {
        "second": {"dialect": "openai-chat", "base_url": "https://openrouter.ai/api/v1", "accounts": [{}]},
        "openrouter": {"dialect": "openai-chat", "base_url": "https://proxy.example/v1", "accounts": [{}]},
    }
    tiers = [{"name": "all", "targets": ["second/m", "openrouter/m", "groq/m"]}]
    settings = Settings.model_validate_json(
        json.dumps({"providers": providers, "models": {"default": {"tiers": tiers}}})
    )
    found = lines(settings, catalogue(), {"GROQ_API_KEY": "k"})
    hosts = {target: line.endpoint.host for target, (line,) in found.items()}
    assert hosts == {"second/m": "openrouter", "openrouter/m": "", "groq/m": "groq"}


def test_every_row_has_a_case_and_a_source_and_its_own_name() -> None:
    names = [row.name for row in rows()]
    assert len(set(names)) == len(names)
    assert set(names) == {case["row"] for case in CASES}
    assert all(row.source for row in rows())


def test_rows_use_our_words() -> None:
    for row in rows():
        assert row.meaning in get_args(Meaning)
        assert row.action in get_args(Action)
        assert row.scope is None or row.scope in get_args(Scope)
        assert set(row.kind) <= set(get_args(FailureKind))
    assert set(MEANINGS) == set(get_args(Meaning))


def test_a_row_that_stops_lets_nobody_rest() -> None:
    for row in rows():
        if row.action in {"stop", "if-allowed", "larger"}:
            assert row.scope is None


def test_a_bad_request_behind_a_code_of_nobody_stops_and_names_the_message() -> None:
    failure = Failure("status", "`temperature` must be at most 2", status=400, code="invalid_value")
    found = verdict(failure, provider="openai", dialect="openai-chat", now=NOON)
    assert (found.action, found.scope, found.counts) == ("stop", None, False)
    assert found.sentence == "request rejected: `temperature` must be at most 2; correct the request"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(
    ["error", "code", "type", "status", "message", "details", "retryDelay", "resets_at", "quotaId", "metadata"]
)
bodies = st.recursive(
    json_values,
    lambda inner: st.dictionaries(field_names, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(
    kind=st.sampled_from(get_args(FailureKind)),
    status=st.none() | st.integers(100, 599),
    body=bodies,
    text=st.text(max_size=80),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-remaining"]),
        st.text(max_size=20) | st.integers().map(str),
    ),
    provider=st.sampled_from(["openai", "openrouter", "groq", "ollama", "lab"]),
    dialect=st.sampled_from(DIALECTS),
)
def test_whatever_comes_gets_a_verdict_with_a_sane_rest(
    *,
    kind: FailureKind,
    status: int | None,
    body: Any,
    text: str,
    headers: dict[str, str],
    provider: str,
    dialect: str,
) -> None:
    failure = Failure(kind, "it failed", status=status, headers=headers, body=body, text=text)
    found = verdict(failure, provider=provider, dialect=dialect, now=NOON)
    assert found.rest_until is None or NOON < found.rest_until <= NOON + FARTHEST_S
    assert not (found.is_named and found.rest_until is None and found.scope)
    assert found == verdict(failure, provider=provider, dialect=dialect, now=NOON)


@given(st.integers(400, 499).filter(lambda status: status not in {401, 402, 403, 404, 408, 413, 429}))
def test_an_unmatched_4xx_stops(status: int) -> None:
    found = verdict(Failure("status", "no", status=status), provider="lab", dialect="openai-chat", now=NOON)
    assert (found.action, found.scope) == ("stop", None)
