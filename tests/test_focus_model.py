"""A focus read by a model: only lines of the output are ever shown, the evidence stays, nobody waits for it long."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from sidecar.app import open_rooms
from sidecar.compression import compress
from sidecar.compression.choosing import Original as Counted
from sidecar.compression.choosing import Wish, draft, reduced
from sidecar.compression.focusing import Focus
from sidecar.compression.shelf import load
from sidecar.server import build
from sidecar.simulator import Hang, Phase, Reply, Schedule, Simulated, Simulation, simulate
from sidecar.verbs.focusing import ranges

WORDS = ("apples", "pears", "plums", "figs", "dates", "limes", "nuts")
OUTPUT = [f"{number} {' '.join(WORDS[number * step % 7] for step in (1, 2, 3))} checked" for number in range(1, 1001)]
OUTPUT[700] = "error: the cart of order 701 is empty"
TEXT = "\n".join(OUTPUT)

Ask = Callable[..., Awaitable[str]]


@asynccontextmanager
async def asking(folder: Path, *providers: Simulated, **model: Any) -> AsyncIterator[tuple[Simulation, Ask]]:
    """`compress` of an agent whose user has a model `focus` with a tier for each provider."""
    async with simulate(providers) as simulation:
        entries = {
            one.name: {"dialect": one.dialect, "base_url": simulation.base_url(one.name), "accounts": [{"key": None}]}
            for one in providers
        }
        tiers = [{"name": one.name, "targets": [f"{one.name}/model"]} for one in providers]
        file = folder / "config.json"
        file.write_text(json.dumps({"providers": entries, "models": {"focus": {"tiers": tiers, **model}}}))
        environ = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "SIDECAR_STATE": str(folder / "state"),
            "SIDECAR_CONFIG": str(file),
        }
        async with open_rooms(cwd=folder, environ=environ) as rooms, Client(build(rooms)) as client:

            async def ask(**arguments: Any) -> str:
                result = await client.call_tool("compress", arguments)
                [part] = result.content
                assert not result.is_error, part
                assert part.type == "text"
                return part.text

            yield simulation, ask


def picks(*named: tuple[int, int]) -> Schedule:
    return Schedule(reply=Reply(text=json.dumps({"lines": named})))


async def test_the_lines_a_model_names_are_printed_as_they_stand_in_the_output(tmp_path: Path) -> None:
    async with asking(tmp_path, Simulated("reader", "openai-chat", picks((345, 346)))) as (simulation, ask):
        text = await ask(text=TEXT, focus="Which line is prime?")
        [call] = simulation.calls("reader")
    assert "345: " + OUTPUT[344] in call.body["messages"][-1]["content"]
    shown = text.splitlines()
    assert OUTPUT[344] in shown
    assert OUTPUT[345] in shown
    assert OUTPUT[700] in shown, "the evidence stays"
    assert "focus: lines picked by reader/model" in shown[-1]


async def test_the_lowest_tier_is_asked_first_and_only_for_a_focus(tmp_path: Path) -> None:
    best, free = Simulated("best", "anthropic", picks((2, 2))), Simulated("free", "openai-chat", picks((3, 3)))
    async with asking(tmp_path, best, free) as (simulation, ask):
        assert "focus" not in await ask(text=TEXT)
        assert "picked by free/model" in await ask(text=TEXT, focus="Which?")
        assert len(simulation.calls("free")) == 1
        assert simulation.calls("best") == []


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        (Schedule(phases=(Phase(fault="openai.server-error"),)), "no model answered"),
        (Schedule(phases=(Phase(fault=Hang()),)), "no model answered"),
        (Schedule(reply=Reply(text="Lines 3 to 5, I think.")), "no model answered"),
        (Schedule(reply=Reply(text="No.", finish="refused")), "the model refused"),
        (picks(), "the model picked no line"),
        (picks((5_000, 6_000), (9, 3)), "the model picked no line"),
    ],
)
async def test_without_lines_from_a_model_the_ranking_by_words_stands(
    tmp_path: Path, schedule: Schedule, why: str
) -> None:
    async with asking(tmp_path, Simulated("reader", "openai-chat", schedule), deadline_s=0.5) as (_, ask):
        text = await ask(text=TEXT, focus="which is the cart of order 701")
    assert f"focus: ranked by words ({why})" in text.splitlines()[-1]
    assert text.splitlines()[:-1] == compress(TEXT, focus="which is the cart of order 701").text.splitlines()[:-1]


async def test_a_file_that_usually_holds_secrets_is_not_read_by_a_model(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(TEXT)
    async with asking(tmp_path, Simulated("reader", "openai-chat", picks((345, 345)))) as (simulation, ask):
        text = await ask(path=".env", focus="Which?")
        assert "this file is not sent to a model" in text.splitlines()[-1]
        handle = text.rpartition('recall("')[2].partition('"')[0]
        assert "this file is not sent to a model" in await ask(handle=handle, focus="Which?")
        assert simulation.calls("reader") == []


def test_an_untrusted_project_cannot_have_outputs_read(tmp_path: Path) -> None:
    from sidecar.config.trust import sift

    said = {"models": {"focus": {"tiers": [{"name": "a", "targets": ["openai/gpt-5"]}]}}}
    sifted = sift(said, own={}, known={"openai"}, roots=(tmp_path,), is_trusted=False)
    assert sifted.values == {}
    assert [held.path for held in sifted.held_back] == ["models.focus"]
    assert sift(said, own={}, known={"openai"}, roots=(tmp_path,), is_trusted=True).values == said


numbers = st.integers(-5, 1_100)


@given(st.lists(st.tuples(numbers, numbers), max_size=20), st.sampled_from([None, 200, 400]))
def test_whatever_a_model_names_only_printed_lines_are_shown_and_the_evidence_stays(
    named: list[tuple[int, int]], limit: int | None
) -> None:
    from sidecar.compression.budget import Bound

    cleaned, short = reduced(TEXT.encode(), load(), "", 1)
    before = Counted.counted(TEXT.encode()).tokens
    focus = Focus("which", ranges(named, len(OUTPUT)), "reader/model")
    made = draft(cleaned, short, before, Wish(focus, Bound(limit, is_asked=limit is not None)))
    foreign = set(made.body.splitlines()) - set(OUTPUT) - set(draft(cleaned, short, before, Wish()).body.splitlines())
    assert all(line.startswith("[... ") for line in foreign), foreign
    assert OUTPUT[700] in made.body.splitlines()
    assert limit is None or made.tokens("u7b5zj3v") <= limit


@given(st.lists(st.tuples(numbers, numbers), max_size=20), st.integers(0, 1_000))
def test_ranges_are_lines_of_the_output_in_order(named: list[tuple[int, int]], count: int) -> None:
    found = ranges(named, count)
    flat = [line for start, end in found for line in range(start, end)]
    assert flat == sorted(set(flat))
    assert all(0 <= line < count for line in flat)
    assert all(start < end for start, end in found)
