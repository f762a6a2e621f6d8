"""Pages: what curl prints of a web page as its text, and Markdown without its ornaments.

    HTTP/1.1 502 Bad Gateway                      HTTP/1.1 502 Bad Gateway
    Content-Type: text/html                       Content-Type: text/html
                                           ->
    <html><head><title>502 Bad Gateway...         502 Bad Gateway
    <center><h1>502 Bad Gateway</h1>...           # 502 Bad Gateway
                                                  [... of lines 4-9: markup]

A page that somebody prints with `cat` is a source: somebody is about to edit its markup, so it stays, unless it is
long: then, as of any long source, what it says is shown, and its markup is one `recall` away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape
from itertools import pairwise

from sidecar.compression.forms.drafting import BLANK
from sidecar.compression.forms.marking import marked
from sidecar.compression.forms.page.html import Line, readable
from sidecar.compression.forms.page.markdown import ends_of_sections, looks_like_markdown, what_may_go
from sidecar.compression.forms.progress import FORM as PROGRESS
from sidecar.compression.kept import kept
from sidecar.compression.vocabulary import MARKUP, Block, Evidence, Form, Part, Rank, Segment, keep, moved, verbatim

__all__ = ["FORM"]

_ROOT = re.compile(r"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_FOREWORD_LINES = 60
"""At most so many lines (a progress meter, headers) stand above a page."""
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>")
_PRINTS_SOURCES = frozenset({"bat", "batcat", "cat", "git", "head", "less", "more", "nl", "sed", "tail", "type"})
_HEADING = re.compile(
    r"<(title|h1)\b[^>]{0,500}>([^<]{1,300})</(?:title|h1)>"
    r"|<(/?)(script|style|svg|template|noscript|iframe|select|nav)\b|(<!--)|(-->)",
    re.IGNORECASE,
)
_OPENS_LINE = re.compile(r"\s*<(?:!doctype|!--|\?xml|html|head|body|meta)", re.IGNORECASE)
_NEXT_ANSWER = "< HTTP/"
"""So `curl -v` begins to tell of an answer: of several pages the first is read as one, and the rest stays."""
_TRANSFER = ("--:--:--", "> Host: ", "* Connected to ")
_LONG_CHARS = 16_000
"""About 5,000 tokens: a longer page is hardly written by hand."""
_SECTION_CHARS = 3_000
"""A block shows at least so much: each costs a marker."""
_SPACE = re.compile(r"\s+")
_MARKDOWN = (".md", ".markdown", ".mdx", ".mkd", ".mdown")


def _recognise(segment: Segment) -> float:
    text = segment.text
    if "<" in text and _page(segment) is not None:
        return 0.0 if _prints_a_source(segment) else 0.9
    if "\n#" not in text and not text.startswith("#"):
        return 0.0
    if _names_markdown(segment):
        return 0.8 if looks_like_markdown(segment.lines, text) else 0.0
    # Without its name a text is Markdown when most of what could be a comment of a script is not.
    return 0.55 if "](" in text and looks_like_markdown(segment.lines, text) else 0.0


def _prints_a_source(segment: Segment) -> bool:
    is_printed = segment.command is not None and segment.command.program in _PRINTS_SOURCES
    return is_printed and len(segment.text) <= _LONG_CHARS


def _names_markdown(segment: Segment) -> bool:
    return segment.command is not None and segment.command.words[-1].lower().endswith(_MARKDOWN)


@kept
def _page(segment: Segment) -> tuple[int, int] | None:
    """The lines [start, end) of an HTML document; None where the segment has none, or has it inside something else."""
    lines = segment.lines
    start = next((i for i, line in enumerate(lines[:_FOREWORD_LINES]) if _OPENS_LINE.match(line[:200])), None)
    if start is None or not any(_ROOT.search(line[:100_000]) for line in lines[start : start + 40]):
        return None
    end = len(lines)
    while end > start and "</html" not in lines[end - 1].lower() and len(lines) - end < _FOREWORD_LINES:
        end -= 1
    if end <= start or "</html" not in lines[end - 1].lower():
        end = len(lines)
    if "\n" + _NEXT_ANSWER in segment.text:
        answers = (i for i in range(start, end) if lines[i].startswith(_NEXT_ANSWER))
        below = next(answers, end)
        end = next((i + 1 for i in range(start, below) if "</html" in lines[i].lower()), end)
    size = sum(map(len, lines[start:end]))
    marked = sum(1 for _ in _TAG.finditer(segment.text[:200_000]))
    return (start, end) if (marked >= 4 and marked * 400 >= min(size, 200_000)) or "<script" in segment.text else None


@kept
def _evidence(segment: Segment) -> list[Evidence]:
    """The title and the first headings of an HTML page, in their own words; the headings of Markdown."""
    page = _page(segment)
    if page is None:
        headings = [i for i, line in enumerate(segment.lines) if re.match(r"#{1,6} \S", line[:10])]
        return verbatim(segment, headings)
    start, end = page
    return [
        *_evidence_around(segment, 0, start),
        *_headings(segment, start, end),
        *_evidence_around(segment, end, len(segment.lines)),
    ]


def _headings(segment: Segment, start: int, end: int) -> list[Evidence]:
    found: list[Evidence] = []
    silent = ""
    for index in range(start, end):
        line = segment.lines[index]
        if "<" not in line:
            continue
        for match in _HEADING.finditer(line):
            if match[5] or match[6]:
                if silent in ("", "!"):
                    silent = "!" if match[5] else ""
            elif match[4]:
                name = match[4].lower()
                if silent == name and match[3]:
                    silent = ""
                elif not silent and not match[3]:
                    silent = name
            elif not silent and (told := _SPACE.sub(" ", unescape(match[2])).strip()):
                found.append(Evidence(index, (told,)))
    return found


def _reduce(segment: Segment) -> list[Block]:
    page = _page(segment)
    lines = segment.lines
    if page is None:
        whats = what_may_go(lines)
        ends_of_sections(lines, whats)
        for index in range(1, len(lines)):
            if whats[index - 1].strip() and not lines[index].strip():
                whats[index] = BLANK
        return list(marked(lines, whats, (), start=0, end=len(lines), rank=Rank.CONTENT))
    start, end = page
    blocks = _around(segment, 0, start)
    told = readable("\n".join(lines[start:end]))
    sections = list(_sections(told, start, end, "\n".join(lines[start:end]).lower()))
    # Where markup is so out of order that a heading was read as something else, the page stays.
    blocks += sections if _are_told(_headings(segment, start, end), sections) else [keep(start, end)]
    return blocks + _around(segment, end, len(lines))


def _said_around(segment: Segment, start: int, end: int) -> Segment | None:
    """What curl tells of a transfer above or below the page, as another form reads it; None where it tells nothing."""
    if not any(sign in line for line in segment.lines[start:end] for sign in _TRANSFER):
        return None
    return segment.part(start, end)


def _around(segment: Segment, start: int, end: int) -> list[Block]:
    if start >= end:
        return []
    if (said := _said_around(segment, start, end)) is None:
        return [keep(start, end, Rank.STRUCTURE)]
    return moved(PROGRESS.reduce(said), start)


def _evidence_around(segment: Segment, start: int, end: int) -> Iterable[Evidence]:
    if (said := _said_around(segment, start, end)) is not None:
        yield from (item.moved(start.__add__) for item in PROGRESS.evidence(said))


def _are_told(headings: Iterable[Evidence], sections: Sequence[Block]) -> bool:
    texts = [(block.start, block.end, "\n".join(block.shown or ())) for block in sections]
    return all(
        heading.parts[0] in text
        for heading in headings
        for begun, ended, text in texts
        if begun <= heading.line < ended
    )


def _sections(told: Sequence[Line], start: int, end: int, text: str) -> Iterable[Block]:
    """Blocks that begin with a heading, where the source has it on a line of its own and it pays."""
    edges = [(0, start)]
    chars = 0
    for number, line in enumerate(told):
        begins = line.level in (1, 2, 3) and chars >= _SECTION_CHARS
        if begins and start + line.start > edges[-1][1] and told[number - 1].end <= line.start:
            edges.append((number, start + line.start))
            chars = 0
        chars += len(line.text)
    what = ", ".join([MARKUP, *(word for word, tag in _WEIGHTS if tag in text)])
    for (number, begun), (after, ended) in pairwise([*edges, (len(told), end)]):
        shown = tuple(line.text for line in told[number:after])
        rank = Rank.STRUCTURE if number == 0 else Rank.CONTENT
        yield Block(begun, ended, shown, what, rank)


_WEIGHTS = (("scripts", "<script"), ("styles", "<style"), ("navigation", "<nav"))


def _parts(segment: Segment) -> list[Part]:
    """Sections by their headings."""
    page = _page(segment)
    if page is not None:
        start, end = page
        headings = [
            (start + line.start, line.text.lstrip("# "))
            for line in readable("\n".join(segment.lines[start:end]))
            if line.level
        ]
    else:
        end = len(segment.lines)
        headings = []
        is_code = False
        for index, line in enumerate(segment.lines):
            is_code ^= line.startswith(("```", "~~~"))
            if not is_code and re.match(r"#{1,6} \S", line[:10]):
                headings.append((index, line.lstrip("# ").rstrip()))
    ends = [*(index for index, _ in headings[1:]), end][: len(headings)]
    return [
        Part("section", label, index, max(after, index + 1), label)
        for (index, label), after in zip(headings, ends, strict=True)
    ]


FORM = Form("page", _recognise, _evidence, _reduce, _parts)
