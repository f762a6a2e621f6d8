"""What a linker says of symbols: each once, as printed where it was missed first, and how often and where else.

/usr/bin/ld: cart.o: in function `total(int)':                 /usr/bin/ld: cart.o: in function `total(int)':
cart.cpp:(.text+0x17): undefined reference to `tax(int)'       cart.cpp:(.text+0x17): undefined ... to `tax(int)' (x3)
/usr/bin/ld: cart.cpp:(.text+0x86): undefined ... `tax(int)'
/usr/bin/ld: cart.o: in function `main':                  ->
cart.cpp:(.text+0x92): undefined reference to `tax(int)'

Of what was defined twice, the first of two files stays as printed and the other symbols of the two stand below it:
the function is the symbol, and where in an object file it is says nothing to whoever mends it. A place with a line
number is one, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["by_symbol"]

_NAME = r"(?:/\S*/)?(?:[\w-]+-)?ld(?:\.\w+)?: "
_LINKED = re.compile(
    rf"(?:{_NAME})?(?P<place>[^\s:(][^\s:]*(?::[^\s:(]+)?)(?::(?P<at>\([^\s()]*(?:\[[^\]\s]*\])?\+0x[0-9a-f]+\)))?: "
    r"(?P<said>(?:undefined reference to|multiple definition of) (?:symbol )?[`'\"].+?['\"])"
    r"(?P<first>; (?P<there>\S+?)(?::\([^\s()]*\))?: first defined here)?$"
)
_SAYS = (": undefined reference to ", ": multiple definition of ")
_FUNCTION = re.compile(rf"(?:{_NAME})?[^\s:(][^\s:]*: in function [`'\"].*['\"]:$")
_FEWEST = 6
_OFFSET_CHARS = 30
"""A longer one is the mangled name of a template's function."""


@dataclass(slots=True)
class _Symbol:
    """Where a symbol is told, how often it was printed for the same file, and the others of its pair of files."""

    index: int
    times: int = 1
    also: list[str] = field(default_factory=list)


def by_symbol(lines: Sequence[str], shown: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """What is printed for a linker's lines among *shown* (indexes, in order), where they are many."""
    undefined, multiple = _SAYS
    named = [index for index in shown if undefined in lines[index] or multiple in lines[index]]
    found = [(index, linked) for index in named if (linked := _LINKED.match(lines[index])) is not None]
    if len(found) < _FEWEST:
        return {}
    told: dict[tuple[str, str], _Symbol] = {}
    pairs: dict[tuple[str, str], _Symbol] = {}
    instead: dict[int, tuple[str, ...]] = {}
    for index, linked in found:
        place, said = linked["place"], linked["said"]
        if (place, said) in told:
            told[place, said].times += 1
            instead[index] = ()
            continue
        symbol = told[place, said] = _Symbol(index)
        if linked["first"]:
            pair = pairs.setdefault((place, linked["there"]), symbol)
            if pair is not symbol:
                pair.also.append(f"  also: {said}")
                instead[index] = ()
    for symbol in told.values():
        if symbol.index not in instead:
            instead[symbol.index] = (_printed(lines[symbol.index], symbol.times), *symbol.also)
    return instead | dict.fromkeys(_functions(lines, shown, instead), ())


def _printed(line: str, times: int) -> str:
    linked = _LINKED.match(line)
    if linked is not None and linked["at"] and len(linked["at"]) > _OFFSET_CHARS:
        line = f"{linked['place']}: {linked['said']}{linked['first'] or ''}"
    return f"{line} (x{times})" if times > 1 else line


def _functions(lines: Sequence[str], shown: Sequence[int], instead: Mapping[int, tuple[str, ...]]) -> Iterable[int]:
    """The headings that name a function of which nothing new is told, or that the symbol itself is."""
    heading, says_news = -1, True
    for index in shown:
        linked = _LINKED.match(lines[index])
        if linked is not None:
            says_news = says_news or (instead[index] != () and not linked["first"])
            continue
        if not says_news:
            yield heading
        is_function = _FUNCTION.match(lines[index]) is not None
        heading, says_news = index, not is_function
    if not says_news:
        yield heading
