"""Any Python text in and out of SQLite.

SQLite's text is UTF-8, and a lone surrogate has no UTF-8: it comes from a file name that is not UTF-8 or from JSON
with a cut escape. Such a text is stored as a blob in CPython's `surrogatepass` encoding, every other one as text, so
that everything comes back as it went in and the files stay readable with the `sqlite3` program.
"""

from __future__ import annotations

__all__ = ["plain", "stored"]


def stored(text: str) -> str | bytes:
    """*text* as SQLite can hold it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def plain(value: str | bytes) -> str:
    """The text that `stored` was given."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value
