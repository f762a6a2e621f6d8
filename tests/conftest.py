"""What every test may lean on: the async backend, and a place that stands for a user's home."""

import pytest
from hypothesis import settings

settings.register_profile("sidecar", deadline=None)  # a busy machine must not decide whether a property holds
settings.load_profile("sidecar")


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, as the SDK does; so do the tests."""
    return "asyncio"
