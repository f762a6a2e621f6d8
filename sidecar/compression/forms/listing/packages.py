"""Trees of packages (`npm ls --all`, `cargo tree`): what is told elsewhere in the tree is named beside its parent.

├─┬ debug@2.6.9                                     debug@2.6.9 (deduped: depd) > ms@2.0.0
│ ├── depd@2.0.0 deduped                            esbuild@0.28.2
│ └── ms@2.0.0                                       UNMET OPTIONAL DEPENDENCY @esbuild/{sunos-x64,win32-x64}@0.28.2
├─┬ esbuild@0.28.2                              ->
│ ├── UNMET OPTIONAL DEPENDENCY @esbuild/sunos-x64@0.28.2
│ └── UNMET OPTIONAL DEPENDENCY @esbuild/win32-x64@0.28.2

A package whose children are printed elsewhere repeats a line that stands in full there; its version is written only
where the tree holds more than one. Problems (invalid, missing, extraneous) keep their lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sidecar.compression.filling import filled
from sidecar.compression.forms.listing.trees import branches_of
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import Block, Evidence, Rank, Segment, keep, note

__all__ = ["is_of_packages", "packages_evidence", "packages_reduced"]

_REPEATED = (" deduped", " (*)")
"""How npm and cargo mark a package whose children are printed elsewhere."""
_OPTIONAL = "UNMET OPTIONAL DEPENDENCY "
_NAME_AND_VERSION = re.compile(r"(?P<folder>@?[\w.-]{1,200}/)?(?P<name>[\w.-]{1,200})(?P<version>(?:@| v)\S{1,200})$")
_CHUNK_LINES = 100
_WIDTH = 400
_FEWEST = 2


def is_of_packages(text: str) -> bool:
    """Whether a drawn tree marks packages that it prints elsewhere."""
    return any(text.count(f"{mark}\n") >= _FEWEST for mark in _REPEATED) or text.count(_OPTIONAL) >= _FEWEST


@dataclass(slots=True)
class _Tree:
    """The packages of a tree by the lines they stand on."""

    said: dict[int, str] = field(default_factory=dict)
    """What each branch says, its drawing apart."""
    depths: dict[int, int] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)
    tops: set[int] = field(default_factory=set)
    """The lines that no other of their stretch stands above."""
    repeated: dict[int, str] = field(default_factory=dict)
    """The shortest name of each package that stands in full elsewhere, under its line."""
    mark: str = ""


@kept
def _read(segment: Segment) -> _Tree:
    """The tree of a segment, kept with it: both what must survive and what is printed are read from it."""
    branches = branches_of(segment)
    columns = sorted({match.start(2) for match in branches if match is not None})
    depth_of = {column: depth for depth, column in enumerate(columns, 1)}
    tree = _Tree()
    above: list[int] = []
    for index, match in enumerate(branches):
        if match is None:
            above.clear()
            continue
        depth = depth_of[match.start(2)]
        while above and tree.depths[above[-1]] >= depth:
            above.pop()
        tree.said[index], tree.depths[index] = match[2], depth
        if above:
            tree.children.setdefault(above[-1], []).append(index)
        else:
            tree.tops.add(index)
        above.append(index)
    tree.mark = max(_REPEATED, key=lambda mark: sum(said.endswith(mark) for said in tree.said.values()))
    _shorten_repeated(tree)
    return tree


def _shorten_repeated(tree: _Tree) -> None:
    in_full = {said for said in tree.said.values() if not said.endswith(tree.mark)}
    versions: dict[str, set[str]] = {}
    for said in in_full:
        if (named := _NAME_AND_VERSION.match(said)) is not None:
            versions.setdefault(_bare(named), set()).add(named["version"])
    for index, said in tree.said.items():
        name = said.removesuffix(tree.mark)
        named = _NAME_AND_VERSION.match(name) if name != said and name in in_full else None
        if named is not None and index not in tree.children:
            tree.repeated[index] = _bare(named) if len(versions[_bare(named)]) == 1 else name


def _bare(named: re.Match[str]) -> str:
    return (named["folder"] or "") + named["name"]


def packages_evidence(segment: Segment) -> list[Evidence]:
    """Every package with its version where it stands in full, its name where it stands again, and every problem."""
    tree = _read(segment)
    found: list[Evidence] = []
    for index, line in enumerate(segment.lines):
        said = tree.said.get(index, line)
        if index in tree.repeated:
            found.append(Evidence(index, (tree.repeated[index],)))
        elif (named := _optional(said)) is not None:
            parts = (_OPTIONAL.rstrip(), named["folder"] or "", named["name"], named["version"])
            found.append(Evidence(index, tuple(filter(None, parts))))
        elif said:
            found.append(Evidence(index, (said,)))
    return found


def _optional(said: str) -> re.Match[str] | None:
    return _NAME_AND_VERSION.match(said, len(_OPTIONAL)) if said.startswith(_OPTIONAL) else None


def packages_reduced(segment: Segment) -> list[Block]:
    """Stretches of whole packages that stand right below the root, so that a bound can cut between them."""
    tree = _read(segment)
    total = len(segment.lines)
    blocks: list[Block] = []
    index = 0
    while index < total:
        if index not in tree.said:
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            index += 1
            continue
        siblings: list[int] = []
        end = index
        while end in tree.said:
            if end in tree.tops:
                if end - index >= _CHUNK_LINES or tree.depths[end] != tree.depths[index]:
                    break
                siblings.append(end)
            end += 1
        blocks.append(note(index, end, _written(tree, siblings), Rank.EVIDENCE))
        index = end
    return blocks


def _written(tree: _Tree, siblings: Sequence[int]) -> list[str]:
    """Packages with all below them; those that share lines stand before the others."""
    shown: list[str] = []
    waiting: list[tuple[int, ...]] = [tuple(siblings)]
    while waiting:
        group = waiting.pop()
        indent = " " * tree.depths[group[0]]
        chains = {index: _chain(tree, index) for index in group}
        if len(group) == 1 and not chains[group[0]]:
            index = group[0]
            shown.append(indent + _headed(tree, index))
            waiting.append(tuple(_own(tree, index)))
            continue
        shown += [indent + line for line in _on_lines(tree, list(filter(None, chains.values())))]
        waiting += [(index,) for index in reversed(group) if not chains[index]]
    return shown


def _chain(tree: _Tree, index: int) -> list[int]:
    """A package, its only child, the only child of that ...; nothing where one has more, or is more than a package."""
    chain = [index]
    while own := _own(tree, chain[-1]):
        if len(own) > 1 or not all(_NAME_AND_VERSION.match(tree.said[one]) for one in (chain[-1], *own)):
            return []
        chain += own
    return chain


def _own(tree: _Tree, index: int) -> list[int]:
    """The children that do not stand elsewhere."""
    return [child for child in tree.children.get(index, ()) if child not in tree.repeated]


def _headed(tree: _Tree, index: int) -> str:
    """A package, and beside it those of its children that stand elsewhere."""
    names = [tree.repeated[child] for child in tree.children.get(index, ()) if child in tree.repeated]
    if not names:
        return tree.said[index]
    between = ", " if any(" " in name for name in names) else " "
    return f"{tree.said[index]} ({tree.mark.strip(' ()')}: {between.join(names)})"


def _on_lines(tree: _Tree, chains: Sequence[Sequence[int]]) -> Iterable[str]:
    """Siblings that have at most one child each; what names more than a package has a line for itself."""
    optional: dict[tuple[str, str], list[str]] = {}
    plain: list[str] = []
    for chain in chains:
        said = tree.said[chain[0]]
        if chain[0] in tree.repeated:
            plain.append(f"{tree.repeated[chain[0]]}{tree.mark}")
        elif (named := _optional(said)) is not None:
            optional.setdefault((named["folder"] or "", named["version"]), []).append(named["name"])
        elif _NAME_AND_VERSION.match(said) is not None:
            plain.append(" > ".join(_headed(tree, one) for one in chain))
        else:
            yield _headed(tree, chain[0])
    between = ", " if any(" " in name for name in plain) else " "
    yield from filled(plain, _WIDTH, between=between)
    for (folder, version), names in optional.items():
        each = f"{{{','.join(names)}}}" if len(names) > 1 else names[0]
        yield f"{_OPTIONAL}{folder}{each}{version}"
