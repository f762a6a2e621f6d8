"""Opening the providers is cheap, and closing them leaves nothing open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from sidecar.errors import ConfigurationError
from sidecar.providers import Providers, open_providers
from sidecar.providers.opening import DIALECTS


async def test_each_dialect_is_one_object(providers: Providers) -> None:
    for name in DIALECTS:
        assert providers.dialect(name) is providers.dialect(name)


async def test_an_unknown_dialect_is_told_with_the_known_ones(providers: Providers) -> None:
    with pytest.raises(ConfigurationError, match=r"`morse`.*`openai-chat`"):
        providers.dialect("morse")


async def test_warming_up_makes_the_client_and_knows_the_prices(mocked: Any) -> None:
    async with mocked(lambda _: None) as providers:
        await providers.warm()


def test_importing_the_room_brings_nothing_heavy() -> None:
    source = (
        "import sys, sidecar.providers, sidecar.providers.vocabulary, sidecar.providers.catalogue, "
        "sidecar.providers.pricing, sidecar.providers.environment\n"
        "print([name for name in ('httpx2', 'genai_prices', 'tomllib', 'ssl', 'pydantic_core') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


async def test_opening_touches_neither_disk_nor_network(tmp_path: Path) -> None:
    async with open_providers(environ={}, run_dir=tmp_path / "run") as providers:
        for name in DIALECTS:
            providers.dialect(name)
    assert list(await anyio.to_thread.run_sync(tmp_path.iterdir)) == []
