"""Where the bodies of a source's functions stand, read by tree-sitter where the extra `code` is installed.

    func (s *Shop) Place(order Order) error {     1
        ...                                       2-30: a body
    }                                             31

The grammars are wheels of their own, each a shared library; without them, for another language, or where a source has
what its grammar cannot read (only a piece of it was printed), the outline is made from indentation and braces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["bodies"]

_GRAMMARS = {
    ".c": ("tree_sitter_c", "language"),
    ".cc": ("tree_sitter_cpp", "language"),
    ".cjs": ("tree_sitter_javascript", "language"),
    ".cpp": ("tree_sitter_cpp", "language"),
    ".cs": ("tree_sitter_c_sharp", "language"),
    ".cxx": ("tree_sitter_cpp", "language"),
    ".go": ("tree_sitter_go", "language"),
    ".hh": ("tree_sitter_cpp", "language"),
    ".hpp": ("tree_sitter_cpp", "language"),
    ".java": ("tree_sitter_java", "language"),
    ".js": ("tree_sitter_javascript", "language"),
    ".jsx": ("tree_sitter_javascript", "language"),
    ".mjs": ("tree_sitter_javascript", "language"),
    ".mts": ("tree_sitter_typescript", "language_typescript"),
    ".php": ("tree_sitter_php", "language_php"),
    ".py": ("tree_sitter_python", "language"),
    ".pyi": ("tree_sitter_python", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".rs": ("tree_sitter_rust", "language"),
    ".ts": ("tree_sitter_typescript", "language_typescript"),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
}
"""By a file's ending: the grammar's module, and its function that returns the language."""

_CALLABLE = ("function", "method", "constructor", "destructor")
"""Every grammar has one of these words in the names of what has a body that runs."""
_NAMELESS = frozenset({"arrow_function", "function_expression", "anonymous_function"})
_NAMING = frozenset(
    {"assignment_expression", "field_definition", "pair", "public_field_definition", "variable_declarator"}
)
"""What gives a nameless function its name; one that is an argument is looked into: test suites are written so."""
_LARGEST_CHARS = 4_000_000


def bodies(lines: Sequence[str], suffix: str) -> list[tuple[int, int]] | None:
    """The lines [start, end) of each function's body, outermost only, without the braces around it.

    None where there is no grammar for *suffix*, or the text is not what it reads.
    """
    language = _language(suffix)
    if language is None or sum(map(len, lines)) > _LARGEST_CHARS:
        return None
    parser = import_module("tree_sitter").Parser(language)
    root = parser.parse("\n".join(lines).encode("utf-8", "replace")).root_node
    return None if root.has_error else sorted(_bodies(root))


@cache
def _language(suffix: str) -> Any:
    if suffix not in _GRAMMARS:
        return None
    module, function = _GRAMMARS[suffix]
    try:
        tree_sitter: Any = import_module("tree_sitter")
        grammar: Any = import_module(module)
        return tree_sitter.Language(getattr(grammar, function)())
    except (ImportError, AttributeError, ValueError):
        return None  # not installed, or a grammar of another age than the library


def _bodies(root: Any) -> Iterator[tuple[int, int]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        body = node.child_by_field_name("body") if _is_callable(node) else None
        if body is None:
            waiting += node.named_children
            continue
        start, end = body.start_point[0], body.end_point[0]
        if body.type in {"block", "body_statement"} and body.children and body.children[0].type != "{":
            # Without braces, as in Python and Ruby, the first and the last line belong to the body.
            yield start, end + (body.end_point[1] > 0)
        else:
            yield start + 1, end


def _is_callable(node: Any) -> bool:
    kind: str = node.type
    if kind in _NAMELESS:
        return node.parent is not None and node.parent.type in _NAMING
    return kind.startswith(_CALLABLE) or kind in {"singleton_method", "local_function_statement", "generator_function"}
