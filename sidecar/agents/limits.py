"""How much of a result each agent shows before it cuts by itself, so that we cut first and say so.

Measured with the real clients in November 2026 (Claude Code 2.1.330, Codex CLI 0.169, Gemini CLI 0.61, Qwen Code
0.24, Cline 3.0, opencode 1.18); each figure here stays a little below what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Shown", "shown_by"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What one client shows of a result: *chars* characters and, where it counts them, *tokens*."""

    chars: int
    tokens: int | None = None


_BY_NAME = (
    ("claude", Shown(49_000, 24_000)),  # over 50,000 characters it shows 2 KB; MAX_MCP_OUTPUT_TOKENS is 25,000
    ("codex", Shown(11_000)),  # cuts the middle at about 12 KB
    ("cline", Shown(7_000)),  # cuts the result's JSON at 8,000 characters
    ("qwen", Shown(24_000)),
    ("gemini", Shown(39_000)),
    ("opencode", Shown(49_000)),
)
_OTHERS = Shown(49_000)


def shown_by(client: str) -> Shown:
    """The limits of the client that named itself *client* when it connected."""
    name = client.lower()
    return next((shown for part, shown in _BY_NAME if part in name), _OTHERS)
