"""What is wrong with a configuration, in sentences: the path, what was expected, the nearest known word.

The values themselves are never repeated: one of them may be a key pasted into the wrong place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from sidecar.config.located import Path
from sidecar.config.model import Settings

__all__ = ["complaints", "dotted", "nearest", "told", "unheard"]

_LINES = 20
_LINE_CHARACTERS = 500

_EXPECTED = {
    "bool_type": "true or false",
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "mapping_type": "an object",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "int_from_float": "a whole number",
    "string_too_short": "a text that is not empty",
    "too_short": "a list with at least one entry",
    "finite_number": "a number",
}


def complaints(values: Mapping[str, Any], *, models: type[BaseModel] = Settings) -> list[tuple[Path, str]]:
    """Everything that keeps *values* from being a configuration, as (path, what is wrong), in their order.

    The sentences name keys and what was expected, and repeat no value.
    """
    import json

    try:
        models.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
    else:
        return []
    # A list whose only entry is wrong also counts as too short; the entry's own complaint says it all.
    inner = {loc[:length] for loc in (error["loc"] for error in errors) for length in range(len(loc))}
    return [
        _complaint(error["loc"], error["type"], error.get("ctx", {}), models)
        for error in errors
        if error["type"] != "too_short" or error["loc"] not in inner
    ]


def told(lines: Sequence[str]) -> str:
    """*lines* as one text of a size to be read: a cloned project's file may hold 100,000 mistakes, or a long one."""
    short = [line if len(line) <= _LINE_CHARACTERS else f"{line[:_LINE_CHARACTERS]} ..." for line in lines[:_LINES]]
    left = len(lines) - _LINES
    return "\n".join((*short, f"... and {left:,} more; correct these first.") if left > 0 else short)


def dotted(path: Iterable[str | int]) -> str:
    """A path as `models.default.tiers[0].targets`; a key with a dot or a space in it stands in quotes."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step and not any(c in step for c in '." []') and step.isprintable()
            name = step if plain else '"' + step.encode("unicode_escape").decode().replace('"', '\\"') + '"'
            text += f".{name}" if text else name
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that *word* was probably meant to be, or None."""
    by_lower = {name.lower(): name for name in sorted(known)}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def unheard(where: Path, name: str, known: Iterable[str], what: str) -> str:
    """That nothing of what *where* names is called *name*, with the nearest of the *known* names."""
    meant = nearest(name, known)
    hint = (
        f"did you mean `{meant}`" if meant else f"there is {', '.join(f'`{each}`' for each in sorted(known)) or 'none'}"
    )
    return f"`{dotted(where)}`: no {what} is called `{name}`; {hint}"


def _complaint(loc: Path, kind: str, context: Mapping[str, Any], models: type[BaseModel]) -> tuple[Path, str]:
    if loc and loc[-1] == "[key]":
        loc = loc[:-1]
        return loc, f"`{dotted(loc)}` must be {_expected(kind, context)}"
    if kind == "extra_forbidden":
        return loc, _unknown(loc, models)
    if kind == "missing":
        return loc[:-1], f"`{dotted(loc[:-1])}`: the key `{loc[-1]}` is missing"
    return loc, f"`{dotted(loc) or 'the file'}` must be {_expected(kind, context)}"


def _unknown(loc: Path, models: type[BaseModel]) -> str:
    known = [key for key in _keys_at(loc[:-1], models) if key != "$schema"]
    meant = nearest(str(loc[-1]), known)
    hint = f"did you mean `{meant}`" if meant else f"known here: {', '.join(f'`{key}`' for key in known)}"
    return f"`{dotted(loc)}`: unknown key `{loc[-1]}`; {hint}"


_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda context: f"more than {context['gt']:g}",
    "greater_than_equal": lambda context: f"{context['ge']:g} or more",
    "less_than_equal": lambda context: f"{context['le']:g} or less",
}


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", "`")
        return f"one of {words.replace(' or ', ', ')}" if " or " in words else words
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        return _BOUNDS[kind](context)
    return _EXPECTED.get(kind, kind.replace("_", " "))


def _keys_at(path: Path, models: type[BaseModel]) -> list[str]:
    """The keys that are known at *path*: the aliases of the fields of the model that stands there."""
    here: Any = models
    for step in path:
        here = _inside(here, step)
    here = _bare(here)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _inside(annotation: Any, step: str | int) -> Any:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.model_fields[str(step)].annotation
    arguments = get_args(annotation)
    return arguments[0] if isinstance(step, int) else arguments[-1]


def _bare(annotation: Any) -> Any:
    """*annotation* without `Annotated` and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation
