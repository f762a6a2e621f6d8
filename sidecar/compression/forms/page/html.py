"""HTML as readable lines, each with the line of the source it stands on.

    <h2 class="x">Prices</h2>              ## Prices
    <p>See <a href="/p">the list</a>.      See [the list](/p).
    <table><tr><td>pen<td>3</table>   ->   pen | 3
    <script>...</script>

lxml reads the page: it takes markup that is closed twice, never, or cut off, and tells an element's line in the source.
It is imported when the first page is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

__all__ = ["Line", "readable"]

_RAW_SILENT = frozenset({"script", "style", "svg", "template"})
_SILENT_WORDS = "canvas datalist iframe map math nav noscript object select"
_SILENT = _RAW_SILENT | frozenset(_SILENT_WORDS.split())
"""What a reader of the page never sees, or sees on every page."""
_BLOCK_WORDS = """
address article aside blockquote body br button caption center dd details dialog div dl dt fieldset figcaption figure
footer form header hr html label legend li main menu ol option p pre section summary table tbody tfoot thead title tr ul
"""
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_INNER = frozenset({"p", "div", "label", "pre"})
"""Blocks that may stand in a list's item without ending its dash."""
_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### "}
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:sidebar|sphinxsidebar|breadcrumbs?|navbar|toctree-wrapper|skip-?link|headerlink"
    r"|related|cookie|rst-versions)\b",
    re.IGNORECASE,
)
"""Classes of what stands around the content."""
_AROUND_ROLES = frozenset({"banner", "navigation", "search"})
_ALL = frozenset({"article", "body", "html", "main"})
"""Whatever their class says, the content is in them."""
_SPACE = re.compile(r"\s+")
_NEVER = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Characters that no page may have, and at which a parser may stop."""
_ENDS = re.compile(r"</(?:html|body)[ \t]*>", re.IGNORECASE)
"""Not told to the parser, which drops what comes behind: another page, for one."""
_LONGEST_HREF = 200
_COUNTED_LINES = 65_000
"""libxml2 counts an element's line in 16 bits: from here on places are guesses, so every line has the whole page's."""


@dataclass(slots=True)
class Line:
    """A readable line and the source lines [start, end) it was read from."""

    text: str
    start: int
    end: int
    level: int = 0
    """Of a heading 1 to 6."""


def readable(text: str) -> list[Line]:
    """The page's readable lines, in order; none where there is nothing to read."""
    etree: Any = import_module("lxml.etree")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(_ENDS.sub("", _NEVER.sub(" ", _uncommented(text))).encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return []
    if root is None:
        return []
    count = text.count("\n") + 1
    lines = _Reader(count).read(etree, root, all_of_it=False)
    # A page with nothing but its title may have its content in what is opened as navigation and never closed.
    if len(lines) < 2:
        lines = _Reader(count).read(etree, root, all_of_it=True)
    if count > _COUNTED_LINES:
        return [Line(line.text, 0, count, line.level) for line in lines]
    return lines


def _uncommented(text: str) -> str:
    """The page without the beginning of a comment that never ends: what stands behind was cut out of order."""
    begun = text.find("<!--", text.rfind("-->") + 1)
    return text if begun < 0 else text[:begun] + text[begun:].replace("<!--", " ")


@dataclass(frozen=True, slots=True)
class _Link:
    """An open link: its target, "" where it need not be told, and where its text begins."""

    href: str
    piece: int
    line: int


@dataclass(slots=True)
class _Reader:
    """Collects the pieces of text of a page of *count* lines into readable lines."""

    count: int
    lines: list[Line] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    begun: int = -1
    last: int = 0
    at: int = 0
    prefix: str = ""
    heading: str = ""
    depth: int = 0
    pre: int = 0
    is_pre_open: bool = False
    links: list[_Link] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def read(self, etree: Any, root: Any, *, all_of_it: bool) -> list[Line]:
        walk = etree.iterwalk(root, events=("start", "end"))
        skipped: Any = None
        for event, element in walk:
            if event == "start":
                self.at = max(self.at, min((element.sourceline or 1) - 1, self.count - 1))
                if element.tag in _RAW_SILENT or (not all_of_it and _is_silent(element)):
                    skipped = element
                    walk.skip_subtree()
                    continue
                self.open(element)
                self.text(element.text)
            else:
                if element is skipped:
                    skipped = None
                else:
                    self.shut(element.tag)
                self.text(element.tail)
        self.close()
        return [line for line in self.lines if line.text.strip()]

    def open(self, element: Any) -> None:
        tag = element.tag
        if tag == "pre":
            self.close()
            self.pre += 1
            self.is_pre_open = False
        elif tag == "a":
            self.link(element.get("href", "").strip())
        elif tag in _HEADINGS:
            self.close()
            self.heading = tag
            self.prefix = _HEADINGS[tag]
        elif tag in {"td", "th"}:
            self.cell()
        elif tag in {"ul", "ol"}:
            self.close()
            self.depth += 1
        elif tag == "li":
            self.close()
            self.prefix = "  " * min(max(self.depth - 1, 0), 8) + "- "
        elif tag in _BLOCKS:
            self.border(tag)
        elif tag == "img" and (told := element.get("alt", "").strip()):
            self.write(f"[image: {told}]")
        elif tag == "meta" and element.get("name", "").lower() == "description":
            self.close()
            self.write(element.get("content", ""))
            self.close()

    def shut(self, tag: str) -> None:
        if tag == "pre":
            self.pre -= 1
            self.is_pre_open = False
        elif tag == "a":
            self.unlink()
        elif tag in _HEADINGS:
            self.close(len(_HEADINGS[tag]) - 1)
            self.heading = self.prefix = ""
        elif tag in {"ul", "ol"}:
            self.close()
            self.depth -= 1
        elif tag in _BLOCKS:
            self.border(tag)

    def border(self, tag: str) -> None:
        """Where a block begins or ends."""
        if self.pre:
            return
        self.close()
        if tag not in _INNER and not self.heading:
            self.prefix = ""

    def cell(self) -> None:
        if self.begun >= 0 and self.pieces[-1] != " | ":
            self.pieces.append(" | ")

    def text(self, told: str | None) -> None:
        if not told:
            return
        if self.pre:
            self.preformatted(told)
            return
        lead = len(told) - len(told.lstrip())
        self.at = min(self.at + told.count("\n", 0, lead), self.count - 1)
        ends = (
            min(self.at + told.count("\n", lead, len(told.rstrip())), self.count - 1) if lead < len(told) else self.at
        )
        self.write(told, ends)
        self.at = min(ends + told.count("\n", max(lead, len(told.rstrip()))), self.count - 1)

    def write(self, told: str, ends: int | None = None) -> None:
        if self.begun < 0:
            if not told.strip():
                return
            self.begun = self.at
        self.last = max(self.at, self.at if ends is None else ends)
        self.pieces.append(told)

    def close(self, level: int = 0) -> None:
        """End the line, if there is one."""
        if self.begun >= 0:
            told = _SPACE.sub(" ", "".join(self.pieces)).strip().removesuffix(" |")
            if told:
                self.lines.append(Line(self.prefix + told, self.begun, max(self.begun, self.last) + 1, level))
                self.prefix = ""
        self.pieces.clear()
        self.begun = -1

    def preformatted(self, told: str) -> None:
        """Text in `<pre>`, line by line: coloured code has its tags in the middle of lines."""
        for number, piece in enumerate(told.split("\n")):
            self.at = min(self.at + (number > 0), self.count - 1)
            if number == 0 and self.is_pre_open:
                self.lines[-1].text += piece
            else:
                self.lines.append(Line(piece, self.at, self.at + 1))
            self.is_pre_open = True

    def link(self, href: str) -> None:
        """A link's text in brackets with its target behind, the first time the target is named."""
        is_told = bool(href) and not href.startswith(("#", "javascript:", "data:")) and len(href) <= _LONGEST_HREF
        told = href if is_told and href not in self.seen and not self.pre else ""
        self.links.append(_Link(told, len(self.pieces), len(self.lines)))
        self.seen.add(href)

    def unlink(self) -> None:
        link = self.links.pop() if self.links else None
        if link is None or not link.href:
            return
        if link.line == len(self.lines):
            if "".join(self.pieces[link.piece :]).strip():
                self.pieces.insert(link.piece, "[")
                self.write(f"]({link.href})")
        elif self.begun < 0:
            self.lines[-1].text += f" ({link.href})"


def _is_silent(element: Any) -> bool:
    if element.tag in _SILENT:
        return True
    if element.tag in _ALL:
        return False
    role, names = element.get("role"), element.get("class")
    is_around = role in _AROUND_ROLES or (names is not None and _AROUND.search(names) is not None)
    # A page's heading may stand in its banner.
    return is_around and element.find(".//h1") is None and element.tag != "h1"
