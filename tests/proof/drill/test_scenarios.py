"""Scenario files: ours can all be read, each vendor's wording means what it should, a user's mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from sidecar.errors import ConfigurationError, ProviderFailed, WrongUsage
from sidecar.proof.drill.scenario import read_scenario, scenario_called, shipped, troubles
from sidecar.providers.opening import http_dialect, open_providers
from sidecar.providers.vocabulary import Access, Limits, Message, Request
from sidecar.routing.verdict import verdict
from sidecar.simulator import Phase, Reply, Schedule, Simulated, simulate
from sidecar.simulator.programs import SimulatedProgram, SimulatedPrograms
from sidecar.simulator.pushed import run_pushed

EPOCH = 1_795_521_600.0

WORDED = [
    (what, vendor, fault)
    for what, trouble in troubles().items()
    for vendor, fault in trouble.by_vendor.items()
    if fault
]

HOSTS = {"groq", "mistral", "openrouter", "deepseek"}
"""The vendors among them that are hosts of the `openai-chat` dialect."""


def test_ours_are_told_in_the_order_of_an_outages_severity() -> None:
    names = list(shipped())
    assert names[0] == "all-well"
    assert names[-1] == "everything-down"
    assert len(names) == len({scenario.title for scenario in shipped().values()}) >= 15


@pytest.mark.parametrize(("what", "vendor", "fault"), WORDED, ids=[f"{what}-{vendor}" for what, vendor, _ in WORDED])
def test_each_vendors_wording_is_judged_as_what_it_is(tmp_path: Path, what: str, vendor: str, fault: str) -> None:
    dialect: Any = "openai-chat" if vendor in HOSTS else vendor
    schedule = Schedule(reply=Reply(text="well" * 20), phases=(Phase(fault=fault, until_s=60),))

    def clock() -> float:
        return EPOCH + anyio.current_time()

    async def fail() -> str:
        served = [] if dialect == "command" else [Simulated("one", dialect, schedule)]
        programs = SimulatedPrograms({vendor: SimulatedProgram(vendor, schedule, {})}, clock=clock)
        async with (
            simulate(served, clock=clock) as simulation,
            open_providers(environ={}, run_dir=tmp_path, programs=programs) as providers,
        ):
            base_url = simulation.base_url("one") if served else ""
            access = Access(provider=vendor, base_url=base_url, key="key", region="eu-central-1")
            request = Request("model", (Message("user", "well?"),))
            with pytest.raises(ProviderFailed) as failed:
                await providers.dialect(dialect).send(request, access, limits=Limits())
            return verdict(failed.value.failure, provider=vendor, dialect=dialect, now=clock()).meaning

    assert run_pushed(fail) in troubles()[what].meaning


def test_every_dialect_words_every_trouble() -> None:
    for what, trouble in troubles().items():
        for dialect in (
            "openai-chat",
            "openai-responses",
            "azure",
            "anthropic",
            "gemini",
            "vertex",
            "bedrock",
            "ollama",
        ):
            assert dialect in trouble.by_vendor, what
            assert http_dialect(dialect) is not None
        assert "command" in trouble.by_vendor, what


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("lasts_s = 30", ""),
        ("lasts_s = 0", "`lasts_s` must be more than 0"),
        ("last_s = 30", "unknown key `last_s`; did you mean `lasts_s`"),
        ("lasts_s = 1e6", "more than the 20,000 of one scenario"),
        ('lasts_s = 30\n[[troubles]]\nat = "first-tier"\nwhat = "hang"\nfrom_s = 9\nuntil_s = 3', "before it begins"),
        ('lasts_s = 30\n[[troubles]]\nat = "first-tier"\nwhat = "flood"', "`troubles[0].what` must be one of"),
        ("lasts_s = ", "is not TOML"),
    ],
)
def test_a_mistake_in_a_users_own_scenario_is_told_with_its_place(tmp_path: Path, change: str, told: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(f'title = "mine"\ncalls_per_s = 1\n{change}\n')
    if not told:
        assert scenario_called(str(path)).name == "own"
        return
    with pytest.raises(ConfigurationError) as wrong:
        scenario_called(str(path))
    assert told in str(wrong.value)
    assert str(path) in str(wrong.value)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(WrongUsage, match="did you mean `hangs`"):
        scenario_called("hang")
    with pytest.raises(WrongUsage, match="cannot be read"):
        scenario_called("nowhere.toml")


def test_a_scenario_is_over_when_its_last_trouble_is() -> None:
    text = 'title = "t"\nlasts_s = 10\ncalls_per_s = 1\n[[troubles]]\nat = "first-tier"\nwhat = "hang"\n'
    assert read_scenario(text, name="t", source="t").over_at_s is None
    assert read_scenario(text + "until_s = 4\n", name="t", source="t").over_at_s == 4
