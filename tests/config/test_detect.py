"""Detection: keys, programs and local servers, sorted into tiers; nothing of the project is ever taken."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest

from sidecar.config.detect import Finding, LocalServer, arrange, look, probe
from sidecar.config.hosts import known_provider
from sidecar.providers.catalogue import Host, catalogue

OPENAI_LIST = {"object": "list", "data": [{"id": "qwen3-8b"}, {"id": "text-embedding-nomic"}]}


def reply(body: Any, *, status: str = "200 OK", headers: str = "") -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n{headers}Connection: close\r\n\r\n".encode() + text


@asynccontextmanager
async def serving(
    answer: bytes | None, handle: Callable[[anyio.abc.SocketStream], Awaitable[None]] | None = None
) -> AsyncIterator[str]:
    """A real server on a free loopback port that says *answer* to whoever asks; None says nothing at all."""

    async def say(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            if answer is None:
                await anyio.sleep_forever()
            else:
                await stream.send(answer)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle or say)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610  # anyio's, not Django's
        yield f"http://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


def server(origin: str, shape: Any = "openai") -> dict[str, LocalServer]:
    listing = "/api/tags" if shape == "ollama" else "/v1/models"
    return {"x": LocalServer("It", origin, listing, shape, "start it")}


async def probed(answer: bytes | None, shape: Any = "openai", limit_s: float = 5) -> Finding:
    async with serving(answer) as origin:
        (finding,) = await probe(server(origin, shape), limit_s=limit_s)
        assert origin in finding.place
        return finding


async def test_an_openai_compatible_server_is_found_with_its_models() -> None:
    finding = await probed(reply(OPENAI_LIST))
    assert finding.is_found
    assert finding.models == ("qwen3-8b",)
    assert finding.place.endswith("/v1")


async def test_ollama_is_found_with_its_models() -> None:
    finding = await probed(
        reply({"models": [{"name": "qwen3:8b", "size": 1}, {"name": "nomic-embed-text:latest"}]}), "ollama"
    )
    assert finding.models == ("qwen3:8b",)


async def test_a_server_without_models_is_found_with_what_to_do() -> None:
    finding = await probed(reply({"models": []}), "ollama")
    assert finding.is_found
    assert (finding.models, finding.todo) == ((), "`ollama pull qwen3:8b`")


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>Jenkins</html>"),
        reply({"status": "ok"}),
        reply({"data": [{"id": "no-object"}]}),
        reply({"object": "list", "data": "x"}),
        reply({"object": "list", "data": [3]}),
        reply({"object": "list", "data": [{"id": "a b\n"}]}),
        reply([]),
        reply(b"[" * 100_000),
        reply({}, status="404 Not Found"),
        reply(OPENAI_LIST, status="302 Found", headers="Location: http://127.0.0.1:9/\r\n"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
async def test_something_else_on_the_port_is_not_taken_for_a_model_server(answer: bytes) -> None:
    finding = await probed(answer)
    assert not finding.is_found
    assert finding.models == ()


async def test_a_server_that_says_nothing_costs_its_limit_only() -> None:
    finding = await probed(None, limit_s=0.05)
    assert not finding.is_found
    assert "did not answer within 0.05 s" in finding.detail


async def test_a_server_that_drips_costs_its_limit_only() -> None:
    async def drip(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while True:
                await stream.send(b" ")
                await anyio.sleep(0.005)

    async with serving(None, handle=drip) as origin:
        with anyio.fail_after(5):
            (finding,) = await probe(server(origin), limit_s=0.1)
    assert "did not answer within 0.1 s" in finding.detail


async def test_no_proxy_stands_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await probed(reply(OPENAI_LIST))).is_found


async def test_an_empty_port_is_not_found_and_says_how_to_start_it() -> None:
    async with serving(b"") as origin:
        pass
    (finding,) = await probe(server(origin), limit_s=5)
    assert (finding.is_found, finding.todo) == (False, "start it")


async def test_the_servers_are_asked_side_by_side_and_told_in_order() -> None:
    async with serving(reply(OPENAI_LIST)) as one, serving(reply({"models": [{"name": "m"}]})) as two:
        servers = {"b": server(one)["x"], "a": server(two, "ollama")["x"]}
        assert [finding.provider for finding in await probe(servers, limit_s=5)] == ["b", "a"]


def test_a_key_is_found_by_any_of_its_hosts_variables_and_its_value_is_not_kept(
    small_catalogue: Mapping[str, Host], tmp_path: Path
) -> None:
    findings = look(
        {"GOOGLE_API_KEY": "AIzaSecret", "ANTHROPIC_API_KEY": " "}, catalogue=small_catalogue, project=tmp_path
    )
    found = {finding.provider: finding for finding in findings}
    assert found["gemini"].is_found
    assert found["gemini"].place == "GOOGLE_API_KEY"
    assert not found["anthropic"].is_found
    assert "AIzaSecret" not in repr(findings)


def claude(findings: tuple[Finding, ...]) -> Finding:
    return next(finding for finding in findings if finding.provider == "claude-cli")


def test_a_key_of_a_host_without_suggested_models_says_where_they_are_listed(tmp_path: Path) -> None:
    environ = {"NEBIUS_API_KEY": "k", "GROQ_API_KEY": "k"}
    found = {one.provider: one for one in look(environ, catalogue=catalogue(), project=tmp_path) if one.is_found}
    assert "`sidecar models nebius`" in found["nebius"].todo
    assert found["groq"].todo == "", "it has models to begin with"


def test_a_program_on_the_path_is_found_by_its_absolute_path(
    small_catalogue: Mapping[str, Host], tmp_path: Path, program: Callable[[Path], Path]
) -> None:
    there = program(tmp_path / "bin" / "claude")
    finding = claude(
        look({"PATH": f"/nowhere:{there.parent}"}, catalogue=small_catalogue, project=tmp_path / "project")
    )
    assert (finding.is_found, finding.place) == (True, str(there))


def test_a_program_whose_plan_is_its_users_to_spend_answers_only_by_name(
    tmp_path: Path, program: Callable[[Path], Path]
) -> None:
    there = program(tmp_path / "bin" / "copilot")
    found = look({"PATH": str(there.parent)}, catalogue=catalogue(), project=tmp_path / "project")
    finding = next(finding for finding in found if finding.provider == "copilot-cli")
    assert finding.place == str(there)
    layer = arrange(found, catalogue=catalogue())
    assert layer["providers"]["copilot-cli"]["command"][0] == str(there)
    assert "copilot-cli" not in json.dumps(layer.get("models", {}))
    nothing = look({"PATH": ""}, catalogue=catalogue(), project=tmp_path)
    assert "copilot-cli" not in {finding.provider for finding in nothing}, "nobody is advised to install it"


def test_a_program_inside_the_project_is_never_taken(
    small_catalogue: Mapping[str, Host], tmp_path: Path, program: Callable[[Path], Path]
) -> None:
    project = tmp_path / "project"
    planted = program(project / "node_modules" / ".bin" / "claude")
    linked = tmp_path / "linked"
    linked.symlink_to(planted.parent)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "claude").symlink_to(planted)
    for folder in (planted.parent, linked, outside):
        finding = claude(look({"PATH": str(folder)}, catalogue=small_catalogue, project=project))
        assert not finding.is_found
        assert "inside the project" in finding.detail
    real = program(tmp_path / "bin" / "claude")
    path = f"{planted.parent}:{real.parent}"
    assert claude(look({"PATH": path}, catalogue=small_catalogue, project=project)).place == str(real)


def test_a_home_that_is_the_project_keeps_its_programs(
    small_catalogue: Mapping[str, Host], tmp_path: Path, program: Callable[[Path], Path]
) -> None:
    there = program(tmp_path / ".local" / "bin" / "claude")
    environ = {"PATH": str(there.parent), "HOME": str(tmp_path)}
    assert claude(look(environ, catalogue=small_catalogue, project=tmp_path)).place == str(there)


@pytest.mark.parametrize("path", ["", ".", "bin", ":", "bin:."])
def test_relative_entries_of_the_path_are_not_searched(
    small_catalogue: Mapping[str, Host],
    tmp_path: Path,
    program: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    program(tmp_path / "bin" / "claude")
    program(tmp_path / "claude")
    monkeypatch.chdir(tmp_path)
    assert not claude(look({"PATH": path}, catalogue=small_catalogue, project=tmp_path / "project")).is_found


def found(provider: str, kind: Any, place: str, *models: str) -> Finding:
    return Finding(provider, kind, True, place, models=models)


EVERYTHING = (
    found("anthropic", "key", "ANTHROPIC_API_KEY"),
    found("gemini", "key", "GOOGLE_API_KEY"),
    found("claude-cli", "program", "/usr/bin/claude"),
    found("codex-cli", "program", "/usr/bin/codex"),
    found("ollama", "server", "http://127.0.0.1:11434/v1", "qwen3:8b", "other"),
)


def test_what_was_found_is_sorted_into_tiers(small_catalogue: Mapping[str, Host]) -> None:
    models = arrange(EVERYTHING, catalogue=small_catalogue)["models"]
    assert models["default"]["tiers"] == [
        {"name": "subscription", "targets": ["claude-cli/sonnet", "codex-cli/default"]},
        {"name": "cheap", "targets": ["anthropic/small", "gemini/flash"], "order": "cheapest"},
        {"name": "free", "targets": ["ollama/qwen3:8b"]},
    ]
    assert [tier["targets"] for tier in models["smart"]["tiers"]] == [
        ["claude-cli/opus", "codex-cli/default"],
        ["anthropic/big"],
        ["ollama/qwen3:8b"],
    ]
    assert [tier["name"] for tier in models["cheap"]["tiers"]] == ["cheap", "free", "subscription"]


def test_a_found_program_is_started_by_its_path_and_without_a_model_nobody_named(
    small_catalogue: Mapping[str, Host],
) -> None:
    providers = arrange(EVERYTHING, catalogue=small_catalogue)["providers"]
    assert providers["claude-cli"] == {"command": ["/usr/bin/claude", "-p", "--model", "{model}"]}
    assert providers["codex-cli"] == {"command": ["/usr/bin/codex", "exec", "--model", "{model}", "-"]}
    assert providers["gemini"] == {"accounts": [{"key": "env:GOOGLE_API_KEY"}]}


def test_nothing_found_is_an_empty_layer(small_catalogue: Mapping[str, Host], tmp_path: Path) -> None:
    assert arrange(look({}, catalogue=small_catalogue, project=tmp_path), catalogue=small_catalogue) == {}


def test_what_is_arranged_is_a_configuration(machine: Any, small_catalogue: Mapping[str, Host]) -> None:
    configuration = machine.load(detect=lambda names: arrange(EVERYTHING, catalogue=small_catalogue, configured=names))
    assert configuration.origins["providers.claude-cli.command"] == "detected"


def test_with_the_shipped_catalogue_every_host_found_makes_a_configuration(machine: Any) -> None:
    from sidecar.config.layers import load

    real = catalogue()
    findings = [
        found(
            host.name,
            "program" if host.dialect == "command" else "key",
            f"/bin/{host.name}" if host.dialect == "command" else "A_KEY",
        )
        for host in real.values()
        if not host.local and not host.places
    ]
    configuration = load(
        cwd=machine.project,
        environ=machine.environ,
        catalogue=real,
        detect=lambda names: arrange(findings, catalogue=real, configured=names),
    )
    assert list(configuration.settings.models) == ["default", "smart", "cheap"]


def test_a_host_the_users_file_gives_an_account_counts_as_found(
    machine: Any, small_catalogue: Mapping[str, Host]
) -> None:
    machine.user({"providers": {"anthropic": {"accounts": [{"key": "file:~/key"}]}}})
    configuration = machine.load(detect=lambda names: arrange((), catalogue=small_catalogue, configured=names))
    assert configuration.settings.models["default"].tiers[0].targets == ("anthropic/small",)


def test_a_provider_is_the_catalogues_facts_with_the_users_on_top(
    machine: Any, small_catalogue: Mapping[str, Host]
) -> None:
    machine.user(
        {
            "providers": {
                "anthropic": {"headers": {"X-Title": "me"}},
                "lab": {"dialect": "openai-chat", "base_url": "http://h/v1/"},
            }
        }
    )
    settings = machine.load().settings

    def known(name: str, **environ: str) -> Any:
        return known_provider(name, settings=settings, catalogue=small_catalogue, environ=environ)

    assert known("anthropic", ANTHROPIC_API_KEY="k").accounts[0].key == "env:ANTHROPIC_API_KEY"
    assert known("anthropic").accounts == ()
    assert "set `ANTHROPIC_API_KEY`" in known("anthropic").problem
    assert (known("anthropic").dialect, known("anthropic").headers) == ("anthropic", {"X-Title": "me"})
    assert (known("lab").base_url, known("lab").accounts[0].key, known("lab").is_local) == ("http://h/v1", None, False)
    assert known("ollama").is_local
    assert known("ollama").problem is None
    assert known("claude-cli").problem == "the program `claude` is not on the PATH"
    assert known("nobody") is None
