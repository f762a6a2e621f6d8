"""What counts as this machine, for which no proxy is used."""

from __future__ import annotations

import pytest

from sidecar.providers.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "127.1", "localhost", "ollama.localhost", "::1"])
def test_the_machines_own_addresses_and_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "127.example", "localhost.example", "10.0.0.1", "", "::2"])
def test_what_only_looks_like_it(host: str) -> None:
    assert not is_loopback(host)
