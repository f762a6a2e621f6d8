"""Digests cut to their beginning: the name of a commit, of a file's content, of an image.

    + 3f2a9c1be07d4c5a96f1f3a1f9d0c2b7a4e5d6c8 Change the schema   ->   + 3f2a9c1be07d Change the schema

Git and docker take the first characters for the whole, and forty of them cost twice as much as the words beside them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from sidecar.compression.vocabulary import Block, Command

__all__ = ["with_short_digests"]

_DIGEST = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{12})[0-9a-f]{20,116}(?![0-9A-Za-z])")
_ABOUT_DIGESTS = ("sum", "openssl", "gpg")
"""Programs that print a digest because it was asked for."""
_FEW = 3
_CUT = "the rest of each digest"


def with_short_digests(
    blocks: Iterable[Block], lines: Sequence[str], loud: Container[int], command: Command | None
) -> Iterable[Block]:
    """The same blocks, digests of several lines cut in those that stay; *loud* lines as they are."""
    if command is not None and command.program.endswith(_ABOUT_DIGESTS):
        yield from blocks
        return
    for block in blocks:
        told = lines[block.start : block.end] if block.shown is None else block.shown
        if block.is_omission or len(_DIGEST.findall("\n".join(told))) < _FEW:
            yield block
            continue
        whole = {lines[index] for index in range(block.start, block.end) if index in loud}
        shown = tuple(line if line in whole else _DIGEST.sub(_beginning, line) for line in told)
        yield replace(block, shown=shown, what=_CUT) if shown != tuple(told) else block


def _beginning(found: re.Match[str]) -> str:
    """The first characters of what is a digest: one of digits alone, or of letters alone, is something else."""
    return found[0] if found[0].isdecimal() or found[0].isalpha() else found[1]
