"""Launch to the first `tools/list` answer: `sidecar serve` beside bare SDK servers with five tools, alternating.

    python tests/bench/bench_launch.py [ROUNDS]

Prints medians and their ratio to the bare server (`MCPServer`, the SDK's own decorator API), and, for a look,
the SDK's low-level server with the same five empty tools.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = """
from mcp.server.mcpserver import MCPServer

server = MCPServer("bare")

@server.tool(structured_output=False)
def one(prompt: str, model: str = "default") -> str:
    return prompt

@server.tool(structured_output=False)
def two(command: str, cwd: str = "") -> str:
    return command

@server.tool(structured_output=False)
def three(path: str = "", text: str = "") -> str:
    return path

@server.tool(structured_output=False)
def four(handle: str, lines: str = "") -> str:
    return handle

@server.tool(structured_output=False)
def five(about: str = "") -> str:
    return about

server.run("stdio")
"""

LOW_LEVEL = """
import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool

async def tools(context, params):
    schema = {"type": "object", "properties": {"words": {"type": "string"}}}
    names = ("one", "two", "three", "four", "five")
    return ListToolsResult(tools=[Tool(name=name, input_schema=schema) for name in names])

async def call(context, params):
    return CallToolResult(content=[TextContent(type="text", text="")])

async def main():
    server = Server("bare", on_list_tools=tools, on_call_tool=call)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())

anyio.run(main)
"""

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}


def first_list_s(command: list[str], cwd: Path) -> float:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for message in (
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}},
    ):
        process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    took_s = time.perf_counter() - started
    assert len(next(answer for answer in answers if answer.get("id") == 2)["result"]["tools"]) == 5
    process.stdin.close()
    process.wait(10)
    return took_s


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    sidecar = shutil.which("sidecar", path=str(Path(sys.executable).parent)) or "sidecar"
    with tempfile.TemporaryDirectory() as folder:
        cwd = Path(folder)
        (cwd / "bare.py").write_text(BARE)
        (cwd / "low_level.py").write_text(LOW_LEVEL)
        commands = {
            "bare MCPServer": [sys.executable, "bare.py"],
            "bare low-level server": [sys.executable, "low_level.py"],
            "sidecar serve": [sidecar, "serve"],
        }
        took: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(rounds + 1):
            for name, command in commands.items():
                launch_s = first_list_s(command, cwd)
                if round_:  # the first round only warms the file cache
                    took[name].append(launch_s)
    base = statistics.median(took["bare MCPServer"])
    print(f"launch to first tools/list, {rounds} rounds, alternating")
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"  {name:24} median {median * 1000:7.0f} ms   min {min(seconds) * 1000:7.0f} ms   x{median / base:.2f}")


if __name__ == "__main__":
    main()
