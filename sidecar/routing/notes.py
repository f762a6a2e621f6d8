"""Notes of a call: sentences for its user, each said once."""

from __future__ import annotations

__all__ = ["note"]


def note(notes: list[str], *sentences: str) -> None:
    """Add those of *sentences* to *notes* that are not there yet."""
    notes.extend(sentence for sentence in dict.fromkeys(sentences) if sentence not in notes)
