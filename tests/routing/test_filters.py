"""Hard filters: one sentence for each objection, and what nobody knows counts as no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sidecar.providers.capabilities import Capabilities
from sidecar.routing.endpoints import Endpoint
from sidecar.routing.filters import Filter, Known, objection

WORK = Endpoint("openai", "gpt-5", "work")
GOOD = Known(
    WORK,
    Capabilities(context_tokens=200_000, tools=True, vision=True, json_schema=True, reasoning=True),
    training=False,
    retention="none",
    regions=(("eu-central-1", "eu"),),
    input_usd_per_mtok=0.5,
    output_usd_per_mtok=2.0,
)
UNKNOWN = Known(WORK)


@pytest.mark.parametrize(
    ("asked", "known", "said"),
    [
        (Filter(only=("groq", "openai/gpt-4")), GOOD, "`only` names others (groq, openai/gpt-4)"),
        (Filter(ignore=("openai",)), GOOD, "`ignore` names `openai`"),
        (Filter(ignore=("openai/gpt-5",)), GOOD, "`ignore` names `openai/gpt-5`"),
        (Filter(ignore=("openai/gpt-5@work",)), GOOD, "`ignore` names `openai/gpt-5@work`"),
        (
            Filter(forbids_training=True),
            replace(GOOD, training=True),
            "its data policy says that it may train on prompts; `data_policy` asks for no training",
        ),
        (
            Filter(forbids_training=True),
            UNKNOWN,
            "its data policy does not say that prompts are not trained on; `data_policy` asks for no training",
        ),
        (
            Filter(forbids_retention=True),
            replace(GOOD, retention="30 days"),
            "its data policy keeps prompts: 30 days; `data_policy` asks for retention none",
        ),
        (
            Filter(forbids_retention=True),
            UNKNOWN,
            "its data policy does not say that nothing is kept; `data_policy` asks for retention none",
        ),
        (Filter(regions=("us", "ch")), GOOD, "it works on prompts in eu-central-1; `region` asks for us, ch"),
        (
            Filter(regions=("eu",)),
            replace(GOOD, regions=(("eu",), ("us",))),
            "it works on prompts in us; `region` asks for eu",
        ),
        (Filter(regions=("eu",)), UNKNOWN, "nobody says where it works on prompts; `region` asks for eu"),
        (
            Filter(min_context_tokens=400_000),
            GOOD,
            "it reads 200,000 tokens; `min_context_tokens` asks for 400,000",
        ),
        (
            Filter(min_context_tokens=1),
            UNKNOWN,
            "nobody says how many tokens it reads; `min_context_tokens` asks for 1",
        ),
        (
            Filter(needs=("tools", "vision")),
            UNKNOWN,
            "nobody says that it can do tools, vision, which `needs` asks for",
        ),
        (
            Filter(needs=("tools", "vision")),
            replace(GOOD, capabilities=Capabilities(tools=False)),
            "it cannot do tools, which `needs` asks for",
        ),
        (
            Filter(max_input_usd_per_mtok=0.25),
            GOOD,
            "its input costs $0.50 per million tokens; `max_price` allows $0.25",
        ),
        (
            Filter(max_output_usd_per_mtok=1),
            UNKNOWN,
            "the price of its output is not known; `max_price` allows $1.00",
        ),
        (
            Filter(is_free=True),
            GOOD,
            "`:free` asks for what costs nothing; the price of its input is $0.50 per million tokens",
        ),
        (Filter(is_free=True), UNKNOWN, "`:free` asks for what costs nothing; the price of its input is not known"),
    ],
)
def test_an_objection_is_one_clear_sentence(asked: Filter, known: Known, said: str) -> None:
    assert objection([asked], known) == said


@pytest.mark.parametrize(
    "asked",
    [
        Filter(),
        Filter(only=("openai",)),
        Filter(only=("groq", "openai/gpt-5")),
        Filter(only=("openai/gpt-5@work",), ignore=("openai/gpt-5@own", "openai/gpt")),
        Filter(forbids_training=True, forbids_retention=True),
        Filter(regions=("EU",)),
        Filter(regions=("us", "eu-central-1")),
        Filter(min_context_tokens=200_000, needs=("tools", "vision", "json-schema", "reasoning")),
        Filter(max_input_usd_per_mtok=0.5, max_output_usd_per_mtok=2.0),
    ],
)
def test_what_is_asked_for_and_known_is_let_in(asked: Filter) -> None:
    assert objection([asked], GOOD) is None


def test_a_tier_adds_to_its_model_and_neither_relaxes_the_other() -> None:
    lax, strict = Filter(only=("openai",)), Filter(forbids_training=True)
    trains = replace(GOOD, training=True)
    assert objection([lax, strict], trains) == objection([strict, lax], trains) == objection([strict], trains)


def test_free_is_what_costs_nothing_whatever_its_plan() -> None:
    free = replace(UNKNOWN, input_usd_per_mtok=0.0, output_usd_per_mtok=0.0)
    assert objection([Filter(is_free=True)], free) is None
    assert objection([Filter(is_free=True)], replace(free, output_usd_per_mtok=0.1)) is not None
