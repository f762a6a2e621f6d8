import os
from pathlib import Path

import anyio
import pytest

from sidecar import shell
from sidecar.errors import WrongUsage


async def ran(command: str, *, timeout_s: float = 20, limit_bytes: int = 200_000_000) -> shell.Ran:
    return await shell.run(command, cwd=Path.cwd(), environ=os.environ, timeout_s=timeout_s, limit_bytes=limit_bytes)


async def test_output_comes_in_the_programs_own_order_with_its_status() -> None:
    result = await ran("echo one; echo two >&2; echo three; exit 3")
    assert result.output == b"one\ntwo\nthree\n"
    assert result.exit_code == 3


async def test_a_command_that_never_ends_is_ended_with_its_children() -> None:
    result = await ran("echo started; sleep 300 & sleep 300", timeout_s=0.3)
    assert result.is_timed_out
    assert result.exit_code is None
    assert result.output == b"started\n"


async def test_children_left_behind_are_ended_and_told() -> None:
    result = await ran("sleep 300 & echo $!")
    assert result.left_children
    assert result.exit_code == 0
    stat = Path(f"/proc/{int(result.output)}/stat")
    # A container without an init leaves the dead as zombies; a zombie runs nothing.
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


async def test_a_flood_keeps_its_two_ends_and_says_how_much_is_missing() -> None:
    result = await ran("echo first; yes | head -c 3000000; echo; echo last", limit_bytes=1_000_000)
    assert result.output.startswith(b"first\n")
    assert result.output.endswith(b"last\n")
    assert result.dropped_bytes > 1_000_000
    assert f"{result.dropped_bytes:,} bytes".encode() in result.output


async def test_standard_input_is_empty() -> None:
    assert (await ran("cat; echo end")).output == b"end\n"


async def test_a_signal_shows_as_a_negative_status() -> None:
    assert (await ran("kill -9 $$")).exit_code == -9


async def test_cancelling_ends_the_whole_group() -> None:
    marker = f"sleep 299.{os.getpid()}"
    with anyio.move_on_after(0.3):
        await ran(f"{marker} & {marker}; wait")
    running = [
        path.read_bytes()
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists() and path.stat().st_uid == os.getuid()
    ]
    assert not any(marker.replace(" ", "\0").encode() in line for line in running)


async def test_a_missing_directory_is_told_in_one_sentence() -> None:
    with pytest.raises(WrongUsage, match="could not be started"):
        await shell.run("true", cwd=Path("/nonexistent"), environ=os.environ, timeout_s=1)


async def test_a_daemon_that_left_the_group_and_holds_the_output_open_does_not_hold_the_command() -> None:
    result = await ran("setsid -f sh -c 'exec sleep 3'; echo started", timeout_s=20)
    assert result.output == b"started\n"
    assert result.exit_code == 0
    assert result.took_s < 2.5


async def test_a_daemon_that_goes_on_printing_does_not_hold_the_command() -> None:
    chatty = "for i in $(seq 60); do echo noise; sleep 0.05; done"
    result = await ran(f"setsid -f sh -c '{chatty}'; echo started", timeout_s=20)
    assert result.exit_code == 0
    assert result.took_s < 2.8
