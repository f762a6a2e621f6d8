"""What a search found, written: a path above its lines, a repeated text once, and of a crowd of matches a spread."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sidecar.compression.forms.search.lines import NUMBERED, Found, Hit, text_of
from sidecar.compression.prefixes import folder_and_name, names_on_lines
from sidecar.compression.vocabulary import Block, Rank, keep

__all__ = ["CROWD_SHOWN", "crowded", "long_line", "written"]

CROWD_SHOWN = 24_000
"""Characters of matches shown of a crowd, some 6,000 tokens, as long as that is one a file."""

_WINDOW = 400
_CUT = "[...]"
_SHARED_FILES = 3
_WORTH_SHARING = 60
"""What writing a text apart from its files must save, in characters: its places are harder to read there."""
_MERGED_CHARS = 4
_QUOTAS = (60, 40, 25, 16, 10, 7, 5, 4, 3, 2, 1)
_CROWD_BLOCK = 80


def written(chunk: Sequence[Hit | str]) -> list[str]:
    """The hits of some files, `--` between them where it must be said: texts of several files first, then each file."""
    hits = [item for item in chunk if isinstance(item, Hit)]
    if any(hit.is_context for hit in hits) or len(hits) < len(chunk):
        return _files(chunk, shared=frozenset())
    places = _shared(hits)
    shown: list[str] = []
    for text, found in places.items():
        shown += [text, f"^ in {len(found)} files:", *_placed(found)]
    return shown + _files(chunk, shared=frozenset(places))


def _shared(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    """The texts worth writing once for all the files they stand in, in the order of their first place."""
    found: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        found[text_of(hit)].append(hit)
    worth: dict[str, list[Hit]] = {}
    for text, places in found.items():
        paths = {hit.path for hit in places}
        if len(paths) < _SHARED_FILES or len(paths) < len(places) or not text.strip() or _looks_placed(text):
            continue
        if any(" " in path or ":" in path for path in paths):
            continue
        folders = dict.fromkeys(folder_and_name(hit.path)[0] for hit in places)
        cost = sum(len(hit.path) - len(folder_and_name(hit.path)[0]) + 2 for hit in places)
        cost += sum(len(folder) + 2 for folder in folders) + 16
        if (len(places) - 1) * (len(text) + 2) - cost > _WORTH_SHARING or (_fill(hits, places) and len(text) > 16):
            worth[text] = places
    return worth


def _fill(hits: Sequence[Hit], places: Sequence[Hit]) -> bool:
    """Whether most of these files have no other hit, so that their paths go too."""
    counts = Counter(hit.path for hit in hits)
    return sum(counts[hit.path] == 1 for hit in places) * 2 > len(places)


def _looks_placed(text: str) -> bool:
    return NUMBERED.match(text) is not None or text.startswith("^ in ")


def _placed(hits: Sequence[Hit]) -> list[str]:
    """Places of one text, each folder once."""
    folders: list[tuple[str, list[str]]] = []
    for hit in hits:
        folder, name = folder_and_name(hit.path)
        if not folders or folders[-1][0] != folder:
            folders.append((folder, []))
        folders[-1][1].append(f"{name}:{hit.number}" if hit.number else name)
    shown: list[str] = []
    for folder, names in folders:
        shown += names_on_lines(folder, names) if len(names) > 1 and folder else [folder + name for name in names]
    return shown


def _files(chunk: Sequence[Hit | str], shared: frozenset[str]) -> list[str]:
    shown: list[str] = []
    index = 0
    while index < len(chunk):
        item = chunk[index]
        if isinstance(item, str):
            shown.append(item)
            index += 1
            continue
        end = index + 1
        while end < len(chunk) and (isinstance(other := chunk[end], str) or other.path == item.path):
            end += 1
        while isinstance(chunk[end - 1], str):
            end -= 1
        shown += _file([one for one in chunk[index:end] if isinstance(one, str) or text_of(one) not in shared])
        index = end
    return shown


def _file(found: Sequence[Hit | str]) -> list[str]:
    """One file: its path above its lines, or in its line where there is only one; equal lines once."""
    hits = [item for item in found if isinstance(item, Hit)]
    if not hits:
        return [item for item in found if isinstance(item, str)]
    path = hits[0].path
    if path and (len(found) == 1 or NUMBERED.match(path) or path[0] in ":-^" or not all(map(_is_inline, hits))):
        return [item if isinstance(item, str) else f"{path}{_mark(item)}{item.rest}" for item in found]
    lines = [path] if path else []
    if len(hits) < len(found) or any(hit.is_context for hit in hits):
        return lines + [item if isinstance(item, str) else _stripped(item) for item in found]
    merged: defaultdict[str, list[int]] = defaultdict(list)
    for hit in hits:
        text = text_of(hit)
        apart = hit.number and len(text.strip()) >= _MERGED_CHARS
        merged[text if apart else f"{hit.number}\n{text}"].append(hit.number)
    for key, numbers in merged.items():
        head, newline, text = key.partition("\n")
        if newline and head.isdigit():
            lines += [f"{head}:{text}" if head != "0" else f":{text}"] * len(numbers)
        else:
            lines.append(f"{','.join(map(str, numbers))}:{key}")
    return lines


def _is_inline(hit: Hit) -> bool:
    return "\n" not in hit.rest


def _mark(hit: Hit) -> str:
    if not hit.is_context:
        return ":"
    return hit.rest[len(str(hit.number))] if hit.number else "-"  # the same as behind the number


def _stripped(hit: Hit) -> str:
    """A hit without its path; where it has no number the separator stays, to tell it from a path."""
    return hit.rest if hit.number else f"{_mark(hit)}{hit.rest}"


def long_line(line: str, hit: Hit, index: int, wanted: str, *, is_json: bool) -> Block:
    """A line of thousands of characters as its beginning, or the part around the pattern where that is known."""
    whole = f"{hit.path}{_mark(hit) if hit.path else ''}{hit.rest}" if is_json else line
    head = len(whole) - len(hit.rest) + (len(str(hit.number)) + 1 if hit.number else 0)
    place = whole.find(wanted, head) if wanted else -1
    if place < head + _WINDOW:
        rest = f"the rest of these {len(whole)} characters"
        return Block(index, index + 1, (whole[: head + _WINDOW],), rest, Rank.EVIDENCE)
    window = whole[place - _WINDOW // 4 : place + _WINDOW]
    told = f"all but this part of {len(whole)} characters"
    return Block(index, index + 1, (whole[:head], window), told, Rank.EVIDENCE)


# A crowd.


def crowded(lines: Sequence[str], found: Found, room: int) -> list[Block]:
    """Thousands of matches: every file with its number of matches, its first ones and a spread of the others."""
    hits = found.hits
    totals = Counter(hit.path for hit in hits if hit is not None and not hit.is_context)
    quota = _quota(found, totals, room)
    blocks: list[Block] = []
    shown: list[str] = []
    start = index = 0
    while index < len(lines):
        hit = hits[index]
        if hit is None and not (lines[index] == "--" or index in found.silent):
            if index > start:
                blocks.append(_of_crowd(start, index, shown))
            blocks.append(keep(index, index + 1, Rank.EVIDENCE))
            start, shown = index + 1, []
            index += 1
            continue
        if hit is None:
            index += 1
            continue
        end = index + 1
        while end < len(lines) and ((other := hits[end]) is None or other.path == hit.path):
            if other is None and not (lines[end] == "--" or end in found.silent):
                break
            end += 1
        matches = [one for one in hits[index:end] if one is not None and not one.is_context]
        shown += _sample(hit.path, matches or [hit], quota, totals[hit.path])
        index = end
        if len(shown) > _CROWD_BLOCK:
            blocks.append(_of_crowd(start, index, shown))
            start, shown = index, []
    if start < len(lines):
        blocks.append(_of_crowd(start, len(lines), shown))
    return blocks


def _of_crowd(start: int, end: int, shown: Sequence[str]) -> Block:
    what = "more matches; a file's total stands in brackets"
    if any(line.endswith(_CUT) for line in shown):
        what += f"; a line of over {_WINDOW} characters ends in {_CUT}"
    return Block(start, end, tuple(shown), what, Rank.EVIDENCE)


def _quota(found: Found, totals: Counter[str], room: int) -> int:
    """How many matches a file may show so that all fit; 0 where not even one does."""
    mean = sum(min(len(hit.rest), _WINDOW) for hit in found.hits if hit is not None) / max(1, len(found.hits))
    paths = sum(len(path) + 6 for path in totals)
    for quota in _QUOTAS:
        if paths + sum(min(count, quota) for count in totals.values()) * (mean + 1) <= room:
            return quota
    return 1 if paths < room * 2 else 0


def _sample(path: str, matches: Sequence[Hit], quota: int, total: int) -> list[str]:
    """Some matches of one file under its path and total: the first half of them in a row, the others spread."""
    head = f"{path} ({total})" if path else f"({total})"
    if len(matches) <= quota:
        picked = list(matches)
        head = path or head
    else:
        first = (quota + 1) // 2
        spread = quota - first
        rest = matches[first:]
        picked = [*matches[:first], *(rest[(at + 1) * len(rest) // spread - 1] for at in range(spread))]
    told = (_stripped(hit) for hit in picked)
    return [head, *(line if len(line) <= _WINDOW else line[:_WINDOW] + _CUT for line in told)]
