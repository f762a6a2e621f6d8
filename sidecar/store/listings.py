"""What providers said they serve, kept for a day: `listings.json` in the state directory, 0600, replaced whole.

It is a convenience: what cannot be read counts as never asked. Two processes that write at once lose one's news,
which is asked for again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["KEPT_S", "keep_listings", "kept_listings"]

KEPT_S = 86_400.0

_NAME = "listings.json"
_LARGEST_BYTES = 64_000_000


def kept_listings(folder: Path, *, now: float) -> dict[str, Any]:
    """What was listed within the last day, by key: `{"listed_at": epoch s, "models": [...]}`."""
    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            found = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: entry for key, entry in found.items() if isinstance(entry, dict) and _is_fresh(entry, now)}


def keep_listings(folder: Path, listings: Mapping[str, Any]) -> None:
    """Replace what was kept; raises OSError where the state directory cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{_NAME}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        json.dump(listings, file, ensure_ascii=False)
    draft.replace(folder / _NAME)


def _is_fresh(entry: Mapping[str, Any], now: float) -> bool:
    at = entry.get("listed_at")
    return isinstance(at, int | float) and now - KEPT_S < at <= now
