"""A user's configuration, read from a file as the sidecar reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sidecar.config.layers import Configuration, load
from sidecar.providers.catalogue import catalogue

Configured = Callable[..., Configuration]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """The configuration with these providers, and a model `default` of these tiers (a target or several each)."""

    def read(*tiers: str | list[str], providers: dict[str, Any] | None = None, **model: Any) -> Configuration:
        path = tmp_path / "config.json"
        entries = [
            {"name": f"tier{number}", "targets": [tier] if isinstance(tier, str) else tier}
            for number, tier in enumerate(tiers, start=1)
        ]
        path.write_text(json.dumps({"providers": providers or {}, "models": {"default": {"tiers": entries, **model}}}))
        environ = {"HOME": str(tmp_path), "SIDECAR_CONFIG": str(path), "SIDECAR_STATE": str(tmp_path / "state")}
        return load(cwd=tmp_path, environ=environ, catalogue=catalogue())

    return read
