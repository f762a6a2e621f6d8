"""Imports point one way, those inside functions included: no module of ours needs one that needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sidecar

ROOT = Path(sidecar.__file__).parent
"""Where the package under test is: the sources beside the tests, or a wheel that was installed."""

ONE_STORY = "sidecar.compression"
"""Its forms know each other's literals and load each other late: one module here."""


def imported(node: ast.AST) -> Iterator[str]:
    """What is imported anywhere below *node* when it runs: not what is for the type checker alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (name.name for name in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{name.name}" for name in child.names)
        yield from imported(child)


def graph(root: Path) -> dict[str, set[str]]:
    files = {".".join(file.relative_to(root.parent).with_suffix("").parts): file for file in root.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): file for name, file in files.items()}

    def module(name: str) -> str | None:
        found = name if name in modules else name.rpartition(".")[0]
        if found.startswith(f"{ONE_STORY}."):
            return ONE_STORY
        return found if found in modules else None

    needs: dict[str, set[str]] = {}
    for name, file in modules.items():
        own = module(name) or name
        found = {module(each) for each in imported(ast.parse(file.read_text("utf-8")))}
        needs.setdefault(own, set()).update(each for each in found if each is not None and each != own)
    return needs


def test_no_two_modules_need_each_other() -> None:
    needs = graph(ROOT)
    assert "sidecar.routing.vocabulary" in needs["sidecar.routing.router"]
    TopologicalSorter(needs).prepare()  # raises a CycleError that names the circle


def test_a_circle_is_seen_also_where_it_is_closed_inside_a_function(tmp_path: Path) -> None:
    package = tmp_path / "sidecar"
    package.mkdir()
    (package / "a.py").write_text("from sidecar import b\n")
    (package / "b.py").write_text("def late():\n    from sidecar.a import name\n")
    with pytest.raises(CycleError):
        TopologicalSorter(graph(package)).prepare()
