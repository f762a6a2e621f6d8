"""What every form must keep, whatever it reads."""

from collections.abc import Callable

import pytest

from sidecar.compression.shorten import broken_promise
from sidecar.compression.vocabulary import Form, Segment


@pytest.fixture(scope="session")
def holds() -> Callable[[Form, Segment], None]:
    """Asserts that every line is covered once, in order, and each evidence is in the block standing for its line."""

    def check(form: Form, segment: Segment) -> None:
        assert 0.0 <= form.recognise(segment) <= 1.0
        assert broken_promise(segment, form.reduce(segment), form.evidence(segment)) == ""

    return check
