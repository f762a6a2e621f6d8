"""What a line of a compiler's or a linter's output is, as grammar.py reads it and everybody else asks."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PLAIN", "Kind", "Known", "Line"]


class Kind:
    """What a line of such an output is: integers, because a big build is asked a million times.

    No enumeration, for Python 3.11 takes 200 ns to look up a member of one.
    """

    ERROR = 1
    LINT = 2
    """A finding without a severity of its own: a rule's code."""
    WARNING = 3
    NOTE = 4
    REQUIRED = 5
    """A step of a template's instantiation."""
    HERE = 6
    """The last of them, in the user's code."""
    ARROW = 7
    SAID = 8
    """The message of the place in the line above."""
    ROW = 9
    CONTEXT = 10
    INCLUDED = 11
    SOURCE = 12
    MARKED = 13
    """The source line that a diagnostic is about, where no mark below points into it."""
    MARK = 14
    LABEL = 15
    """A mark with words: they belong to the message."""
    HELP = 16
    CHANGE = 17
    BUILD = 18
    FAILURE = 19
    SUMMARY = 20
    HINT = 21
    """Where to read more; every run ends with the same."""
    BLANK = 22
    OTHER = 23


class Line(NamedTuple):
    """A line's kind; *place* (path with line and column, as printed) and *said* take a heading apart.

    A tuple, because a frozen dataclass takes three times as long to make and a linter prints 100,000 headings.
    """

    kind: int
    place: str = ""
    said: str = ""


Known = tuple[dict[str, Line], dict[str, Line]]
"""Lines with what they are outside and inside a diagnostic."""
PLAIN = tuple(map(Line, range(Kind.OTHER + 1)))
"""A line of each kind that has no place, by the number of its kind: made once."""
