import json
from typing import Any

import anyio
import pytest

from sidecar.errors import ConfigurationError
from sidecar.simulator import Cut, Phase, Quota, Reply, Schedule, Simulated, Simulation, serve_forever
from sidecar.simulator.document import read_document

DOCUMENT: dict[str, Any] = {
    "seed": 7,
    "providers": {
        "a": {
            "dialect": "openai-chat",
            "schedule": {
                "reply": {"text": "ok", "tokens_per_s": 50},
                "phases": [
                    {"fault": "openai.rate-limit", "until_s": 30},
                    {"fault": {"kind": "cut", "after_tokens": 2}, "share": 0.3},
                ],
                "quotas": [{"requests": 3, "window_s": 60}],
            },
            "accounts": {"work": "key-1"},
        },
        "c": {"dialect": "gemini", "models": ["flash"]},
    },
}


def test_a_document_says_what_the_dataclasses_say() -> None:
    read = read_document(json.dumps(DOCUMENT), source="`drill.json`")
    schedule = Schedule(
        reply=Reply(text="ok", tokens_per_s=50),
        phases=(Phase(fault="openai.rate-limit", until_s=30), Phase(fault=Cut(after_tokens=2), share=0.3)),
        quotas=(Quota(requests=3, window_s=60),),
    )
    assert read.providers == (
        Simulated("a", "openai-chat", schedule, accounts={"work": "key-1"}),
        Simulated("c", "gemini", models=("flash",)),
    )
    assert read.seed == 7


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (["providers", "a", "dialect"], "openai", "`providers.a.dialect`"),
        (["providers", "a", "scedule"], {}, "`providers.a.scedule` is unknown; the nearest known key is `schedule`."),
        (["providers", "a", "schedule", "phases", 0, "untill_s"], 3, "the nearest known key is `until_s`"),
        (
            ["providers", "a", "schedule", "phases", 1, "fault", "kind"],
            "explode",
            "`providers.a.schedule.phases.1.fault",
        ),
        (["port"], "x", "`port`"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(place: list[Any], value: object, sentence: str) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    inner = document
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    with pytest.raises(ConfigurationError) as raised:
        read_document(document, source="`drill.json`")
    assert str(raised.value).startswith("`drill.json` cannot be used: ")
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_text_that_is_no_json_is_said_so() -> None:
    with pytest.raises(ConfigurationError, match=r"`drill\.json` is not JSON"):
        read_document("{", source="`drill.json`")


async def test_serving_forever_says_when_it_is_ready_and_ends_with_its_caller(ask: Any) -> None:
    ready = anyio.Event()
    found: list[Simulation] = []

    def on_ready(simulation: Simulation) -> None:
        found.append(simulation)
        ready.set()

    async with anyio.create_task_group() as group:
        group.start_soon(serve_forever, {"providers": {"b": {"dialect": "anthropic"}}}, on_ready)
        await ready.wait()
        assert (await ask(found[0], "b")).status_code == 200
        group.cancel_scope.cancel()


async def test_a_document_with_a_fault_nobody_knows_does_not_start() -> None:
    schedule = {"phases": [{"fault": "openai.ratelimit"}]}
    with pytest.raises(ConfigurationError, match=r"`openai\.rate-limit`"):
        await serve_forever({"providers": {"a": {"dialect": "openai-chat", "schedule": schedule}}}, lambda _: None)
