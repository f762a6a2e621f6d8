"""What a child process may know of our environment: everything but keys."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping

from sidecar.providers.catalogue import catalogue

__all__ = ["is_secret_name", "without_keys"]

_SECRET_NAME = re.compile(
    r"(?:^|_)API_?KEYS?(?:$|_)|(?:^|_)(?:TOKEN|PAT)$|SECRET|PASSWORD|PASSWD|_ACCESS_KEY$"
    # The hosts' own names without `API`, as in `OPENAI_KEY`; `GPG_KEY` and `SSH_KEY_PATH` are none of theirs.
    r"|^(?:OPENAI|ANTHROPIC|CLAUDE|GEMINI|GOOGLE|OPENROUTER|DEEPSEEK|MISTRAL|GROQ|XAI)_KEY$",
    re.IGNORECASE,
)

_NESTING = frozenset({"CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT"})
"""Set by Claude Code for its children; `claude` refuses to start below itself while they are there
(anthropics/claude-code issue 29543, 2026-02)."""


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name usually holds a secret: a host's key variable, or a name that says so."""
    return _SECRET_NAME.search(name) is not None or name in _key_variables()


def without_keys(environ: Mapping[str, str], key_variables: Collection[str] = ()) -> dict[str, str]:
    """A copy of *environ* for a child: no provider keys, nothing named like a secret, no marks of a parent agent.

    *key_variables* are those that the configuration takes secrets from, whatever they are called.
    """
    return {
        name: value
        for name, value in environ.items()
        if name not in _NESTING and name not in key_variables and not is_secret_name(name)
    }


@functools.cache
def _key_variables() -> frozenset[str]:
    return frozenset(name for host in catalogue().values() for name in host.key_variables)
