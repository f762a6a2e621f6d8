"""The `command` dialect, with small Python scripts in place of vendors' programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import anyio
import pytest

from sidecar.errors import ProviderFailed
from sidecar.providers import open_providers
from sidecar.providers.command import arguments_for, prompt_of
from sidecar.providers.vocabulary import Access, Answer, Failure, Limits, Message, Request, Usage

PATIENT = Limits(first_token_s=20.0, silence_s=20.0)
ENVIRON = {"PATH": os.environ.get("PATH", ""), "HOME": "/home/someone"}


def program(tmp_path: Path, source: str, *arguments: str) -> Access:
    script = tmp_path / "vendor.py"
    script.write_text("import sys, json, os, time\n" + source)
    return Access(provider="vendor-cli", command=(sys.executable, "-S", "-E", str(script), *arguments))


async def answer_of(
    access: Access,
    request: Request,
    tmp_path: Path,
    *,
    limits: Limits = PATIENT,
    environ: Any = ENVIRON,
    on_text: Any = None,
) -> Answer:
    async with open_providers(environ=environ, run_dir=tmp_path / "run") as providers:
        return await providers.dialect("command").send(request, access, limits=limits, on_text=on_text)


async def failure_of(answer: Awaitable[Answer]) -> Failure:
    with pytest.raises(ProviderFailed) as caught:
        await answer
    return caught.value.failure


async def test_a_program_gets_the_prompt_on_stdin_and_the_model_among_its_arguments(
    tmp_path: Path, ask: Request
) -> None:
    access = program(tmp_path, "print(sys.argv[1:], sys.stdin.read(), os.getcwd())", "--model", "{model}", "$HOME;`id`")
    answer = await answer_of(access, ask, tmp_path)
    assert answer.text == f"['--model', 'small-1', '$HOME;`id`'] Why? {(tmp_path / 'run').resolve()}"
    assert answer.usage == Usage()


def test_a_conversation_is_one_text_with_its_speakers_named() -> None:
    messages = (Message("user", "Why?"), Message("assistant", "So."), Message("user", "Hm."))
    text = prompt_of(Request("m", messages, system="Be brief.", schema={"type": "array"}))
    assert text.startswith("Be brief.\n\nUser:\nWhy?\n\nAssistant:\nSo.\n\nUser:\nHm.\n\n")
    assert '{"type": "array"}' in text


async def test_a_programs_environment_has_no_keys_and_no_marks_of_a_parent(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "print(json.dumps(sorted(os.environ)))")
    environ = {
        **ENVIRON, "ANTHROPIC_API_KEY": "a", "HF_TOKEN": "b", "PPLX_API_KEY": "c", "MY_SECRET_THING": "d",
        "CLAUDECODE": "1", "EDITOR": "vi", "GITHUB_TOKEN": "e",
    }  # fmt: skip
    names = json.loads((await answer_of(access, ask, tmp_path, environ=environ)).text)
    assert set(names) - {"LC_CTYPE"} == {"PATH", "HOME", "EDITOR"}


async def test_json_of_claude_becomes_an_answer_with_usage_and_cost(tmp_path: Path, ask: Request) -> None:
    document = {
        "type": "result", "subtype": "success", "is_error": False, "result": "Because.", "total_cost_usd": 0.0123,
        "usage": {"input_tokens": 4, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 100,
                  "output_tokens": 6},
        "modelUsage": {"claude-sonnet-5-5": {}},
    }  # fmt: skip
    for printed in (document, [{"type": "system"}, document]):
        answer = await answer_of(program(tmp_path, f"print(json.dumps({printed!r}))"), ask, tmp_path)
        assert answer.text == "Because."
        assert answer.usage == Usage(134, 100, 30, 6)
        assert (answer.cost_usd, answer.model_id) == (0.0123, "claude-sonnet-5-5")


async def test_json_of_gemini_becomes_an_answer(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "print(json.dumps({'response': 'So.', 'stats': {}}, indent=2))")
    assert (await answer_of(access, ask, tmp_path)).text == "So."


async def test_json_that_is_the_answer_itself_stays_as_it_is(tmp_path: Path) -> None:
    access = program(tmp_path, """print('```json\\n{"result": 1}\\n```')""")
    request = Request("m", (Message("user", "Why?"),), schema={"type": "object"})
    assert (await answer_of(access, request, tmp_path)).text == '{"result": 1}'


async def test_an_error_in_json_is_a_failure_even_with_exit_code_zero(tmp_path: Path, ask: Request) -> None:
    document = {"type": "result", "is_error": True, "result": "You've hit your limit \u00b7 resets 3pm"}
    failure = await failure_of(answer_of(program(tmp_path, f"print(json.dumps({document!r}))"), ask, tmp_path))
    assert failure.kind == "exit"
    assert failure.body == document
    assert "resets 3pm" in failure.sentence


async def test_an_exit_code_is_a_failure_with_what_the_program_said(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "print('Usage limit reached|1763900000', file=sys.stderr); sys.exit(3)")
    failure = await failure_of(answer_of(access, ask, tmp_path))
    assert failure.kind == "exit"
    assert failure.text == "Usage limit reached|1763900000"
    assert failure.sentence == "The program of `vendor-cli` ended with exit code 3: Usage limit reached|1763900000"


async def test_a_key_of_our_environment_is_masked_in_what_a_program_says(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "sys.exit('bad key ' + 'correct-horse-' + 'battery')")
    failure = await failure_of(
        answer_of(access, ask, tmp_path, environ={**ENVIRON, "LAB_API_KEY": "correct-horse-battery"})
    )
    assert failure.text == "bad key ***"


async def test_a_program_that_prints_nothing_is_empty(tmp_path: Path, ask: Request) -> None:
    assert (await failure_of(answer_of(program(tmp_path, ""), ask, tmp_path))).kind == "empty"


@pytest.mark.parametrize("command", [(), ("no-such-program-anywhere",), ("/",), ("a\0b",)])
async def test_a_program_that_cannot_be_started_is_missing(
    tmp_path: Path, ask: Request, command: tuple[str, ...]
) -> None:
    access = Access(provider="vendor-cli", command=command)
    assert (await failure_of(answer_of(access, ask, tmp_path))).kind == "missing"


async def test_a_program_that_does_not_read_its_prompt_still_answers(tmp_path: Path) -> None:
    access = program(tmp_path, "sys.stdin.close(); os.close(0); print('So.')")
    request = Request("m", (Message("user", "x" * 1_000_000),))
    assert (await answer_of(access, request, tmp_path)).text == "So."


async def test_output_past_the_limit_ends_the_program(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "while True: print('x' * 10_000)")
    limits = Limits(first_token_s=20.0, silence_s=20.0, reply_bytes=50_000)
    failure = await failure_of(answer_of(access, ask, tmp_path, limits=limits))
    assert failure.kind == "malformed"


async def test_text_is_told_as_it_comes_and_json_is_not(tmp_path: Path, ask: Request) -> None:
    heard: list[str] = []

    async def on_text(text: str) -> None:
        heard.append(text)

    await answer_of(program(tmp_path, "print('So.')"), ask, tmp_path, on_text=on_text)
    await answer_of(program(tmp_path, 'print(\'{"result": "x", "is_error": false}\')'), ask, tmp_path, on_text=on_text)
    assert "".join(heard) == "So.\n"


PARENT = """
child = os.fork()
if child == 0:
    time.sleep(600)
print(os.getpid(), child, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(*pids: int) -> None:
    with anyio.fail_after(5):
        while any(alive(pid) for pid in pids):  # noqa: ASYNC110 - nothing tells of another's end
            await anyio.sleep(0.005)


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")


@linux
async def test_a_program_over_its_limit_ends_with_all_its_children(tmp_path: Path, ask: Request) -> None:
    pids: list[int] = []

    async def on_text(text: str) -> None:
        pids.extend(int(pid) for pid in text.split())

    limits = Limits(first_token_s=20.0, silence_s=0.05)
    failure = await failure_of(answer_of(program(tmp_path, PARENT), ask, tmp_path, limits=limits, on_text=on_text))
    assert (failure.kind, failure.answered) == ("silence_limit", True)
    assert len(pids) == 2
    await gone(*pids)


@linux
async def test_a_cancelled_ask_ends_the_program_and_its_children(tmp_path: Path, ask: Request) -> None:
    pids: list[int] = []
    started = anyio.Event()

    async def on_text(text: str) -> None:
        pids.extend(int(pid) for pid in text.split())
        started.set()

    async with anyio.create_task_group() as group:
        group.start_soon(lambda: answer_of(program(tmp_path, PARENT), ask, tmp_path, on_text=on_text))
        await started.wait()
        group.cancel_scope.cancel()
    await gone(*pids)


@linux
async def test_a_child_that_holds_the_output_open_does_not_hold_the_answer(tmp_path: Path, ask: Request) -> None:
    source = "child = os.fork()\nif child == 0:\n    time.sleep(600)\nprint('So.', child)"
    answer = await answer_of(program(tmp_path, source), ask, tmp_path)
    text, pid = answer.text.split()
    assert text == "So."
    await gone(int(pid))


async def test_a_program_that_starts_slowly_costs_its_first_token_limit(tmp_path: Path, ask: Request) -> None:
    access = program(tmp_path, "time.sleep(600)")
    failure = await failure_of(answer_of(access, ask, tmp_path, limits=Limits(first_token_s=0.05)))
    assert (failure.kind, failure.answered) == ("first_token_limit", False)


async def test_an_error_of_a_listener_reaches_the_caller_as_it_is(tmp_path: Path, ask: Request) -> None:
    async def on_text(text: str) -> None:
        raise LookupError(text)

    with pytest.raises(LookupError):
        await answer_of(program(tmp_path, "print('So.')"), ask, tmp_path, on_text=on_text)


@pytest.mark.parametrize(
    ("model_id", "arguments"),
    [
        ("gpt-6", ["codex", "exec", "--model", "gpt-6", "--config=m=gpt-6", "-"]),
        ("default", ["codex", "exec", "-"]),
    ],
)
def test_the_model_default_is_the_one_its_user_has_chosen(model_id: str, arguments: list[str]) -> None:
    command = ("codex", "exec", "--model", "{model}", "--config=m={model}", "-")
    assert arguments_for(command, model_id) == arguments
    assert arguments_for(("tool", "{model}"), "default") == ["tool"]
