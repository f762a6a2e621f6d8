"""What every test may lean on: the async backend, and a place that stands for a user's home."""

import os

import pytest
from hypothesis import settings

# A busy machine must not decide whether a property holds, nor chance whether a change may land: the gate tries the same
# cases every time, and `HYPOTHESIS_PROFILE=explore` looks for new ones.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio, as the SDK does; so do the tests."""
    return "asyncio"
