"""The five verbs through the SDK's own in-memory client: schemas, answers, and one clear sentence for bad input."""

import base64
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from sidecar.app import open_rooms
from sidecar.compression import tokens
from sidecar.server import INSTRUCTIONS, build, verbs
from sidecar.simulator import Phase, Reply, Schedule, Simulated, Simulation, simulate

Agent = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "long.txt").write_text("".join(f"line {number}\n" for number in range(1, 1001)))
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {
        "HOME": str(tmp_path / "home"),
        "SIDECAR_STATE": str(tmp_path / "state"),
        "PATH": f"{tmp_path / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "SIM_KEY": "sk-simulated-0123456789abcdef",
    }


@pytest.fixture
def agent(project: Path, environ: dict[str, str]) -> Agent:
    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        async with open_rooms(cwd=project, environ=environ) as rooms, Client(build(rooms)) as client:
            yield client

    return connected


async def text_of(client: Client, verb: str, **arguments: Any) -> str:
    result = await client.call_tool(verb, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is None
    [part] = result.content
    assert part.type == "text"
    return part.text


async def refusal_of(client: Client, verb: str, **arguments: Any) -> str:
    result = await client.call_tool(verb, arguments)
    assert result.is_error, result.content
    [part] = result.content
    assert part.type == "text"
    return part.text


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))


def configure(
    tmp_path: Path, environ: dict[str, str], simulation: Simulation, providers: Sequence[Simulated], **model: Any
) -> None:
    entries = {
        one.name: {
            "dialect": one.dialect,
            "base_url": simulation.base_url(one.name),
            "accounts": [{"key": "env:SIM_KEY"}],
        }
        for one in providers
    }
    tiers = [{"name": f"tier-{one.name}", "targets": [f"{one.name}/model"]} for one in providers]
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"providers": entries, "models": {"default": {"tiers": tiers, **model}}}))
    environ["SIDECAR_CONFIG"] = str(file)


def see(environ: dict[str, str], name: str) -> None:
    """Say in the configuration that a provider's models read images."""
    file = Path(environ["SIDECAR_CONFIG"])
    document = json.loads(file.read_text())
    document["providers"][name]["images"] = True
    file.write_text(json.dumps(document))


async def test_an_agent_sees_five_small_verbs(agent: Agent) -> None:
    async with agent() as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "run", "compress", "recall", "status"}
    assert {name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint} == {
        "ask",
        "compress",
        "recall",
        "status",
    }
    assert all(tool.output_schema is None for tool in tools.values())


def test_the_schemas_and_instructions_cost_little_context() -> None:
    document = json.dumps([tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in verbs()])
    assert tokens.count(document) <= 1_200
    assert len(INSTRUCTIONS) <= 1_500


async def test_a_long_output_comes_short_with_its_status_and_a_handle(agent: Agent) -> None:
    async with agent() as client:
        text = await text_of(client, "run", command="for i in $(seq 300); do echo same line; done; echo end; exit 3")
        first, *_, last = text.splitlines()
        assert first.startswith("exit 3 in ")
        assert "same line (x300)" in text
        handle = last.partition('recall("')[2].partition('"')[0]
        page = await text_of(client, "recall", handle=handle, lines="300-301")
    assert page.splitlines()[1:] == ["same line", "end"]


async def test_what_a_bound_leaves_out_is_marked_and_recalled(agent: Agent, project: Path) -> None:
    async with agent() as client:
        text = await text_of(client, "compress", path="src/long.txt", answer_tokens=300, focus="what is line 500")
        assert tokens.count(text) <= 300
        assert "[... " in text
        assert "line 500\n" in text
        handle = text.rpartition('recall("')[2].partition('"')[0]
        lines: list[str] = []
        while len(lines) < 1000:
            page = await text_of(client, "recall", handle=handle, lines=f"{len(lines) + 1}-", answer_tokens=900)
            assert tokens.count(page) <= 900
            lines += [line for line in page.splitlines() if line.startswith("line ")]
    assert "\n".join(lines) + "\n" == (project / "src" / "long.txt").read_text()


async def test_recall_finds_a_pattern_with_its_surroundings(agent: Agent) -> None:
    async with agent() as client:
        text = await text_of(client, "compress", path="src/long.txt", answer_tokens=200)
        handle = text.rpartition('recall("')[2].partition('"')[0]
        found = await text_of(client, "recall", handle=handle, find="line 77$|line 500$", context=1)
        assert [line for line in found.splitlines() if line.startswith("line")] == [
            "line 76", "line 77", "line 78", "line 499", "line 500", "line 501",
        ]  # fmt: skip
        nothing = await text_of(client, "recall", handle=handle, find="nowhere")
        assert "no line" in nothing
        runaway = await refusal_of(client, "recall", handle=handle, find="(a|a")
        assert "not a regular expression" in runaway


@pytest.mark.parametrize(
    ("verb", "arguments", "sentence"),
    [
        ("run", {"comand": "ls"}, "has no argument `comand`: did you mean `command`?"),
        ("run", {}, "`run` needs `command`"),
        ("run", {"command": "ls", "timeout_s": "soon"}, "`timeout_s` is not usable"),
        ("run", {"command": "ls", "cwd": "nowhere"}, "There is no file `nowhere`"),
        ("run", {"command": "ls", "cwd": "/"}, "outside the project's roots"),
        ("run", {"command": "ls", "cwd": "src/long.txt"}, "is not a directory"),
        ("compress", {}, "exactly one of `path`, `handle` and `text`; it got none"),
        ("compress", {"path": "a", "text": "b"}, "it got path and text"),
        ("compress", {"path": "missing.txt"}, "There is no file `missing.txt`"),
        ("compress", {"path": "/etc/passwd"}, "outside the project's roots"),
        ("compress", {"handle": "aaaaaaaa"}, "aaaaaaaa"),
        ("recall", {"handle": "aaaaaaaa"}, "aaaaaaaa"),
        ("recall", {"handle": "no such thing"}, "no such thing"),
        ("ask", {"prompt": "hello", "attach": ["a:" + "9" * 5_000]}, "cannot be followed to a file"),
        ("ask", {"prompt": "hello", "attach": ["missing.txt"]}, "There is no file `missing.txt`"),
        ("ask", {"prompt": "hello", "attach": ["/etc/passwd"]}, "outside the project's roots"),
        ("ask", {"prompt": "  "}, "needs a `prompt`"),
        ("ask", {"prompt": "hello", "schema": {"type": "nonsense"}}, "is not a JSON Schema"),
        ("ask", {"prompt": "hello", "answer_tokens": 3}, "`answer_tokens` is not usable"),
        ("status", {"about": "the weather"}, "knows nothing about"),
        ("sing", {}, "There is no verb `sing`"),
    ],
)
async def test_bad_input_gets_one_clear_sentence_and_the_server_lives(
    agent: Agent, verb: str, arguments: dict[str, Any], sentence: str
) -> None:
    async with agent() as client:
        refusal = await refusal_of(client, verb, **arguments)
        assert sentence in refusal
        assert "\n" not in refusal
        assert (await text_of(client, "run", command="echo alive")).endswith("alive")


FAILING = """import sys
names = sys.argv[1:]
print("loaded the plugin for checking types\\n" * 40, end="")
for number, name in enumerate(names):
    print(f"tests/test_shop.py:{10 + number}: error: {name} is undefined, so the basket cannot be counted")
print(f"{len(names)} found")
sys.exit(1 if names else 0)
"""
LEAVES, ADDED = ("tea", "mint", "lime"), ("milk", "ice", "oat", "rum", "fig")
BLENDS = [f"blend_of_{leaf}_and_{other}" for leaf in LEAVES for other in ADDED]


async def test_run_tells_what_changed_since_the_last_run_of_the_same_command(agent: Agent, project: Path) -> None:
    (project / "check.py").write_text(FAILING)
    words = project / "words.txt"
    command = f"{sys.executable} check.py $(cat words.txt)"
    words.write_text(" ".join(BLENDS))
    async with agent() as client:
        first = await text_of(client, "run", command=command, since="last")
        assert "since the earlier output" not in first
        assert all(name in first for name in BLENDS)
        words.write_text(" ".join([*BLENDS[1:], "a_new_one"]))
        second = await text_of(client, "run", command=command, since="last")
        assert "1 fixed, 14 still failing, 1 new" in second
        assert "a_new_one" in second
        earlier, now = (part[:8] for part in second.splitlines()[-1].split('recall("')[1:])
        assert BLENDS[0] in await text_of(client, "recall", handle=earlier)
        assert "a_new_one" in await text_of(client, "recall", handle=now)
        elsewhere = await text_of(client, "run", command=command.replace("words", "./words"), since="last")
        assert "since the earlier output" not in elsewhere


async def test_compress_compares_with_an_earlier_output_by_its_handle(agent: Agent) -> None:
    words = [f"{first} {second}" for first in ("amber", "birch", "cedar") for second in BLENDS] * 4
    async with agent() as client:
        before = await text_of(client, "compress", text="\n".join([*words, "gone tomorrow"]), answer_tokens=200)
        handle = before.rpartition('recall("')[2][:8]
        text = await text_of(client, "compress", text="\n".join([*words, "brand new"]), since=handle)
        assert text.startswith("[sidecar: since the earlier output: 1 new lines, 1 lines are gone (numbers aside)]")
        assert "gone: gone tomorrow" in text
        assert "brand new" in text
        assert handle in text.splitlines()[-1]
        assert "aaaaaaaa" in await refusal_of(client, "compress", text="\n".join(words), since="aaaaaaaa")


async def test_recall_gets_a_part_by_its_name(agent: Agent, project: Path) -> None:
    (project / "check.py").write_text(FAILING)
    async with agent() as client:
        text = await text_of(client, "run", command=f"{sys.executable} check.py {' '.join(BLENDS)}", answer_tokens=150)
        handle = text.rpartition('recall("')[2][:8]
        third = (await text_of(client, "recall", handle=handle, block="the 3rd error")).splitlines()
        assert third[1:] == [f"tests/test_shop.py:12: error: {BLENDS[2]} is undefined, so the basket cannot be counted"]
        assert third[0].endswith(": lines 43]")
        assert (await text_of(client, "recall", handle=handle, block=BLENDS[2])).splitlines()[1:] == third[1:]
        every = await text_of(client, "recall", handle=handle, block="errors")
        assert all(name in every for name in BLENDS)
        refusal = await refusal_of(client, "recall", handle=handle, block="error 99")
        assert "There is no error 99: it has 15 errors" in refusal
        assert "takes `block` alone" in await refusal_of(client, "recall", handle=handle, block="error 1", lines="1-2")


async def test_recall_of_a_part_is_within_its_bound(agent: Agent, project: Path) -> None:
    (project / "check.py").write_text(FAILING)
    names = [f"{name}_{number}" for number in range(40) for name in BLENDS]
    async with agent() as client:
        text = await text_of(client, "run", command=f"{sys.executable} check.py {' '.join(names)}", answer_tokens=150)
        handle = text.rpartition('recall("')[2][:8]
        page = await text_of(client, "recall", handle=handle, block="errors", answer_tokens=300)
        assert tokens.count(page) <= 300
        assert "did not fit; recall(" in page.splitlines()[-1]


async def test_titles_and_clipboard_writes_of_a_command_reach_no_terminal(agent: Agent) -> None:
    async with agent() as client:
        clipboard = r"\033]52;c;Y3VybCBodHRwczovL2V4YW1wbGUub3JnIHwgc2g=\007"
        text = await text_of(client, "run", command=f"printf '{clipboard}done, all of the files were copied\\n'")
    assert text.splitlines()[1:] == [
        "done, all of the files were copied",
        "[sidecar: 1 terminal control sequences removed]",
    ]


async def test_secrets_are_masked_where_the_configuration_says_so(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"compression": {"mask_secrets": True, "level": "tight"}}))
    environ["SIDECAR_CONFIG"] = str(tmp_path / "config.json")
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    async with agent() as client:
        text = await text_of(client, "run", command=f"echo key {key}; for i in $(seq 300); do echo same line; done")
        assert "[masked: AWS Access Key]" in text
        handle = text.rpartition('recall("')[2][:8]
        assert key not in text + await text_of(client, "recall", handle=handle, lines="1-2")


async def test_with_nothing_configured_ask_says_what_to_set(agent: Agent) -> None:
    async with agent() as client:
        refusal = await refusal_of(client, "ask", prompt="hello")
    assert "OPENROUTER_API_KEY" in refusal
    assert "sidecar doctor" in refusal


async def test_binary_and_empty_outputs_are_told(agent: Agent) -> None:
    async with agent() as client:
        binary = await text_of(client, "run", command=r"printf '\x89PNG\r\n\x1a\n\000\001'")
        assert "a PNG image, 10 bytes, not shown" in binary
        assert (await text_of(client, "run", command="true")).endswith("; no output")
        assert await text_of(client, "compress", text="") == "[sidecar: the output is empty]"


async def test_invalid_utf8_is_readable_and_comes_back(agent: Agent) -> None:
    async with agent() as client:
        assert r"caf\xe9" in await text_of(client, "run", command=r"printf 'caf\xe9 ok\n'")


async def test_a_command_that_never_ends_is_ended_and_told(agent: Agent) -> None:
    async with agent() as client:
        text = await text_of(client, "run", command="echo begun; sleep 300", timeout_s=0.2)
    assert text.startswith("ended after 0.2 s unfinished")
    assert text.endswith("begun")


async def test_no_child_inherits_a_variable_the_configuration_takes_a_secret_from(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    environ |= {"WORK_ACCOUNT": "secret-of-the-account", "WORK_HEADER": "secret-of-the-header"}
    lab = {
        "dialect": "openai-chat",
        "base_url": "http://127.0.0.1:9/v1",
        "accounts": [{"key": "env:WORK_ACCOUNT"}],
        "headers": {"X-Lab-Token": "env:WORK_HEADER"},
    }
    vendor = {"dialect": "command", "command": ["sh", "-c", "env"]}
    configuration = {
        "providers": {"lab": lab, "vendor": vendor},
        "models": {"default": {"tiers": [{"name": "only", "targets": ["vendor/any"]}]}},
    }
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    environ["SIDECAR_CONFIG"] = str(tmp_path / "config.json")
    async with agent() as client:
        for seen in (await text_of(client, "run", command="env"), await text_of(client, "ask", prompt="hello")):
            assert "HOME=" in seen
            assert "secret-of-the" not in seen


async def test_line_numbers_no_output_has_are_refused_in_a_sentence(agent: Agent) -> None:
    async with agent() as client:
        handle = (await text_of(client, "compress", text="the same\n" * 400)).rpartition('recall("')[2][:8]
        assert "`lines` reads" in await refusal_of(client, "recall", handle=handle, lines="9" * 5_000)


async def test_what_a_client_made_up_is_told_back_in_short(agent: Agent) -> None:
    async with agent() as client:
        assert len(await refusal_of(client, "status", **{"x" * 100_000: 1})) < 400


async def test_a_command_does_not_inherit_provider_keys(agent: Agent, environ: dict[str, str], tmp_path: Path) -> None:
    environ["OPENAI_API_KEY"] = "sk-from-the-environment"
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            text = await text_of(client, "run", command="env")
    assert "PATH=" in text
    assert "sk-" not in text


async def test_a_denied_command_is_not_run(
    agent: Agent, project: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"run": {"deny": ["touch *"]}}))
    environ["SIDECAR_CONFIG"] = str(tmp_path / "config.json")
    (project / ".claude").mkdir()
    (project / ".claude" / "settings.json").write_text(json.dumps({"permissions": {"deny": ["Bash(git push:*)"]}}))
    async with agent() as client:
        assert "`touch *` denies" in await refusal_of(client, "run", command="true && touch made")
        assert "`Bash(git push:*)` denies" in await refusal_of(client, "run", command="git push origin")
    assert not (project / "made").exists()


async def test_a_broken_configuration_is_told_by_every_verb_that_needs_it_and_mended_without_a_restart(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"modles": {}}')
    environ["SIDECAR_CONFIG"] = str(file)
    async with agent() as client:
        for verb, arguments in (
            ("ask", {"prompt": "hello"}),
            ("run", {"command": "true"}),
            ("compress", {"path": "src/long.txt"}),
        ):
            assert "did you mean `models`" in await refusal_of(client, verb, **arguments)
        assert "did you mean `models`" in await text_of(client, "status")
        assert await text_of(client, "compress", text="short") == "short"
        file.write_text("{}")
        assert "exit 0" in await text_of(client, "run", command="true")


async def test_an_answer_comes_through_failing_tiers_with_its_receipt(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    refusing = Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=600),))
    overloaded = Schedule(phases=(Phase(fault="anthropic.overloaded"),))
    providers = [
        Simulated("a", "openai-chat", refusing),
        Simulated("b", "anthropic", overloaded),
        Simulated("c", "gemini"),
    ]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            text = await text_of(client, "ask", prompt="Which line fails?", attach=["src/long.txt:5-7"])
            answer, _, receipt = text.rpartition("\n")
            assert answer
            assert "line 5\\nline 6\\nline 7" in json.dumps(simulation.calls("c")[-1].body)
            for name in ("c/model", "a/model", "b/model", "rate limit", "overloaded", "unknown"):
                assert name in receipt
            await text_of(client, "ask", prompt="Again?")
            assert len(simulation.calls("a")) == 1
            told = await text_of(client, "status", about="model default")
            assert "a/model" in told
            assert "rest" in told


DIALECTS: Any = ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama", "azure", "bedrock", "vertex"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_question_about_a_file_and_a_picture_is_answered_in_every_dialect(
    agent: Agent, project: Path, environ: dict[str, str], tmp_path: Path, dialect: Any
) -> None:
    (project / "shot.png").write_bytes(PNG)
    schedule = Schedule(phases=(Phase(fault="unavailable", until_call=1),))
    providers = [Simulated("blind", "openai-chat"), Simulated("a", dialect, schedule)]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        see(environ, "a")
        async with agent() as client:
            text = await text_of(client, "ask", prompt="What is wrong?", attach=["src/long.txt:5-7", "shot.png"])
            answer, _, receipt = text.rpartition("\n")
            assert "None of the" in answer
            assert "a/model" in receipt
            assert "blind/model: it is not known to read images" in receipt
            assert len(simulation.calls("a")) == 2, "the first was a 503"
            assert simulation.calls("blind") == []
            sent = json.dumps(simulation.calls("a")[-1].body)
    assert base64.b64encode(PNG).decode() in sent
    assert "line 5\\nline 6\\nline 7" in sent
    assert "name='shot.png'" in sent


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_conversation_goes_on_in_every_dialect(
    agent: Agent, environ: dict[str, str], tmp_path: Path, dialect: Any
) -> None:
    providers = [Simulated("a", dialect)]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            await text_of(client, "ask", prompt="My name is Ada.", thread="t", system="Be brief.")
            await text_of(client, "ask", prompt="What is my name?", thread="t", system="Be brief.")
        body = json.dumps(simulation.calls("a")[-1].body)
    for said in ("My name is Ada.", "You asked: My name is Ada.", "What is my name?", "Be brief."):
        assert said in body
    # Marks for caches where they must be told: the system prompt, what was said before, and this turn.
    assert body.count("cache_control") == (3 if dialect == "anthropic" else 0)


async def test_an_image_no_model_takes_is_refused_with_what_to_do(
    agent: Agent, project: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (project / "big.png").write_bytes(PNG + b"\0" * 4_000_000)
    (project / "scan.tiff").write_bytes(b"II*\0" + b"\0" * 20)
    (project / "shot.png").write_bytes(PNG)
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            assert "make it smaller" in await refusal_of(client, "ask", prompt="?", attach=["big.png"])
            assert "convert it to PNG" in await refusal_of(client, "ask", prompt="?", attach=["scan.tiff"])
            assert "attach it as `shot.png`" in await refusal_of(client, "ask", prompt="?", attach=["shot.png:1-3"])
            assert "`images`" in await refusal_of(client, "ask", prompt="?", attach=["shot.png"])
        assert simulation.calls("a") == []


async def test_a_token_that_its_user_renews_in_a_file_is_read_anew(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("ya29.first-0123456789")
    token.chmod(0o600)
    tokens_given = {"first": "ya29.first-0123456789", "second": "ya29.second-0123456789"}
    providers = [Simulated("a", "vertex", accounts=tokens_given)]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        file = Path(environ["SIDECAR_CONFIG"])
        file.write_text(file.read_text().replace("env:SIM_KEY", f"file:{token}"))
        async with agent() as client:
            await text_of(client, "ask", prompt="hello")
            token.write_text("ya29.second-0123456789")
            await text_of(client, "ask", prompt="hello")
        assert [seen.account for seen in simulation.calls("a")] == ["first", "second"]


async def test_an_effort_is_asked_for_and_its_absence_told(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    providers = [Simulated("a", "bedrock")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        file = Path(environ["SIDECAR_CONFIG"])
        document = json.loads(file.read_text())
        tier = document["models"]["default"]["tiers"][0]
        document["models"]["default"]["tiers"] = [{**tier, "effort": "high"}]
        document["models"]["deep"] = {
            "tiers": [{"name": "deep", "targets": ["a/anthropic.claude-sonnet-4-6"], "effort": "high"}]
        }
        file.write_text(json.dumps(document))
        async with agent() as client:
            told = await text_of(client, "ask", prompt="hello")
            await text_of(client, "ask", prompt="hello", model="deep")
        bodies = [seen.body for seen in simulation.calls("a")]
    assert "cannot be told a reasoning effort; `high` was left out" in told
    assert "additionalModelRequestFields" not in bodies[0]
    assert bodies[1]["additionalModelRequestFields"]["output_config"] == {"effort": "high"}


async def test_a_conversation_continues_on_another_endpoint(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    providers = [
        Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="openai.quota", from_call=2),))),
        Simulated("b", "gemini"),
    ]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            await text_of(client, "ask", prompt="My name is Ada.", thread="t")
            await text_of(client, "ask", prompt="What is my name?", thread="t")
        assert "Ada" in json.dumps(simulation.calls("b")[-1].body)


async def test_a_long_answer_is_kept_whole_and_returned_short(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    words = " ".join(f"word{number}" for number in range(3000))
    providers = [Simulated("a", "openai-chat", Schedule(reply=Reply(text=words)))]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            text = await text_of(client, "ask", prompt="Say a lot.", answer_tokens=400)
            assert tokens.count(text) <= 400
            handle = text.rpartition('recall("')[2].partition('"')[0]
            whole = await text_of(client, "recall", handle=handle)
    assert words in whole


async def test_when_nobody_answers_the_sentence_tells_every_attempt_and_when_to_come_back(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    refusing = Schedule(phases=(Phase(fault="openai.rate-limit", reset_s=600),))
    providers = [Simulated("a", "openai-chat", refusing)]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers, deadline_s=5)
        async with agent() as client:
            refusal = await refusal_of(client, "ask", prompt="hello")
    assert "a/model" in refusal
    assert "rate limit" in refusal
    assert environ["SIM_KEY"] not in refusal


@pytest.mark.parametrize(
    ("fault", "words"),
    [("html-page", "unreadable"), ("openai.bad-key", "key"), ("refuse", "not reachable"), ("empty", "empty")],
)
async def test_a_providers_nonsense_is_told_in_words(
    agent: Agent, environ: dict[str, str], tmp_path: Path, fault: str, words: str
) -> None:
    providers = [Simulated("a", "openai-chat", Schedule(phases=(Phase(fault=fault),)))]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers, deadline_s=3)
        async with agent() as client:
            refusal = await refusal_of(client, "ask", prompt="hello")
            assert words in refusal
            assert "exit 0" in await text_of(client, "run", command="true")


async def test_a_missing_key_is_told_with_its_variable(agent: Agent, environ: dict[str, str], tmp_path: Path) -> None:
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        del environ["SIM_KEY"]
        async with agent() as client:
            assert "SIM_KEY" in await refusal_of(client, "ask", prompt="hello")
        assert simulation.calls("a") == []


async def test_a_spent_budget_excludes_what_costs(agent: Agent, environ: dict[str, str], tmp_path: Path) -> None:
    providers = [Simulated("a", "openai-chat"), Simulated("b", "gemini")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        file = Path(environ["SIDECAR_CONFIG"])
        document = json.loads(file.read_text())
        document["budgets"] = [{"window": "day", "limit_tokens": 1}]
        document["providers"]["b"]["billing"] = "free"
        file.write_text(json.dumps(document))
        async with agent() as client:
            assert "a/model" in (await text_of(client, "ask", prompt="one")).rpartition("\n")[2]
            second = await text_of(client, "ask", prompt="two")
    assert "b/model" in second.rpartition("\n")[2]
    assert len(simulation.calls("a")) == 1


async def test_progress_is_told_while_tiers_are_tried_and_while_a_model_streams(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    slowly = Reply(text="word " * 60, tokens_per_s=60, chunk_tokens=4)
    providers = [
        Simulated("a", "openai-chat", Schedule(phases=(Phase(fault="openai.rate-limit"),))),
        Simulated("b", "anthropic", Schedule(reply=slowly)),
    ]
    told: list[str] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            await client.call_tool("ask", {"prompt": "hello"}, progress_callback=progress)
    assert told[0] == "a/model: rate limit; asking b/model"
    assert any("characters so far" in message for message in told[1:])


async def test_a_reply_that_does_not_fit_its_schema_is_a_failure_like_any_other(
    agent: Agent, environ: dict[str, str], tmp_path: Path
) -> None:
    providers = [
        Simulated("a", "openai-chat", Schedule(reply=Reply(text="no JSON at all"))),
        Simulated("b", "gemini"),
    ]
    schema = {"type": "object", "properties": {"line": {"type": "integer"}}, "required": ["line"]}
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            text = await text_of(client, "ask", prompt="Which line?", schema=schema)
    answer, _, receipt = text.rpartition("\n")
    assert isinstance(json.loads(answer)["line"], int)
    assert "b/model" in receipt


async def test_a_large_attachment_is_compressed_to_the_window_of_the_endpoint(
    agent: Agent, environ: dict[str, str], tmp_path: Path, project: Path
) -> None:
    lines = [f"{number}: {number * 7919 % 100_003} nothing of note here" for number in range(12_000)]
    lines[7_000] = "7000: the needle that was asked for, error: broken"
    (project / "large.txt").write_text("\n".join(lines))
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            await text_of(client, "ask", prompt="Where is the needle?", attach=["large.txt"])
        [call] = simulation.calls("a")
    sent = json.dumps(call.body)
    assert tokens.count(sent) < 32_000
    assert "the needle that was asked for" in sent
    assert "[... " in sent


async def test_an_attachment_that_is_still_too_long_is_compressed_once_more_for_the_same_endpoint(
    agent: Agent, environ: dict[str, str], tmp_path: Path, project: Path
) -> None:
    # no two paragraphs share their words, or they would be folded before the window counts
    paragraphs = (" ".join(f"w{(number * step) % 9_973}" for step in range(7, 17)) for number in range(1, 4_000))
    (project / "large.md").write_text("\n\n".join(paragraphs))
    providers = [
        Simulated("small", "openai-chat", Schedule(context_tokens=6_000)),
        Simulated("large", "openai-chat", Schedule(context_tokens=1_000_000)),
    ]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            text = await text_of(client, "ask", prompt="What is it about?", attach=["large.md"])
            assert "answered by small/model" in text.splitlines()[-1]
            assert "small/model: prompt too long" in text.splitlines()[-1]
        first, second = simulation.calls("small")
        assert len(json.dumps(second.body)) < len(json.dumps(first.body)) / 2
        assert simulation.calls("large") == []


async def test_a_secret_file_is_not_attached(
    agent: Agent, environ: dict[str, str], tmp_path: Path, project: Path
) -> None:
    (project / ".env").write_text("PASSWORD=hunter2")
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            assert "usually holds secrets" in await refusal_of(client, "ask", prompt="Read it.", attach=[".env"])
        assert simulation.calls("a") == []


async def test_a_secret_file_is_not_attached_by_its_handle_either(
    agent: Agent, environ: dict[str, str], tmp_path: Path, project: Path
) -> None:
    (project / ".env").write_text("PASSWORD=hunter2\n" * 400)
    providers = [Simulated("a", "openai-chat")]
    async with simulate(providers) as simulation:
        configure(tmp_path, environ, simulation, providers)
        async with agent() as client:
            handle = (await text_of(client, "compress", path=".env")).rpartition('recall("')[2].partition('"')[0]
            assert "usually holds secrets" in await refusal_of(client, "ask", prompt="Read it.", attach=[handle])
            assert handle in await text_of(client, "compress", handle=handle)
            assert "usually holds secrets" in await refusal_of(client, "ask", prompt="Read it.", attach=[handle])
        assert simulation.calls("a") == []
