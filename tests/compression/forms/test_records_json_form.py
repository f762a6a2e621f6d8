"""JSON in the form `records`: the notation can be read back, and what stands out stays when rows must go."""

import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.records import FORM
from sidecar.compression.forms.records.json import read as read_json
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]
JSON = [
    path
    for family in ("json", "ndjson", "npm_json", "cargo_metadata", "terraform", "kubectl", "docker", "pip_list", "jq")
    for path in sorted((CAPTURES / family).glob("*.txt"))
    if path.read_text("utf-8", "replace").lstrip()[:1] in ("{", "[")
]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


# The inverse of the notation.

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$")
HEAD = re.compile(r"\((\d+) (rows|by key|values|items|pairs)\):")
MISSING = object()
KEY = "\0 the key of a row"


class Cells:
    """Reads one line from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        while self.peek() == " ":
            self.at += 1

    def word(self, stops: str) -> str:
        begin = self.at
        while self.peek() and self.peek() not in stops:
            if self.peek() == '"':
                match = TOKEN.match(self.text, self.at)
                assert match is not None
                self.at = match.end()
            else:
                self.at += 1
        return self.text[begin : self.at]

    def value(self, *, strings: bool = False) -> Any:
        first = self.peek()
        if first == "{":
            self.at += 1
            pairs: list[tuple[str, Any]] = []
            while self.peek() != "}":
                self.skip()
                key = plain(self.word(":"))
                self.at += 1
                pairs.append((key, self.value()))
                self.skip()
            self.at += 1
            return dict(pairs)
        if first == "[":
            self.at += 1
            items: list[Any] = []
            while self.peek() != "]":
                items.append(self.value())
                self.skip()
            self.at += 1
            return items
        if first == "(":
            self.at += 1
            columns = self.columns(":")
            rows: list[Any] = []
            while self.peek() != ")":
                self.at += 1
                self.skip()
                rows.append(self.row(columns, ";)"))
            self.at += 1
            return rows
        word = self.word(" {}[]();")
        if word == "-" and first != '"':
            return MISSING
        return word if strings and first != '"' else scalar(word)

    def columns(self, end: str) -> list[tuple[str, bool, Any]]:
        found: list[tuple[str, bool, Any]] = []
        self.skip()
        while self.peek() and self.peek() != end:
            key = self.key()
            strings = self.text.startswith(":str", self.at)
            self.at += 4 * strings
            usual = MISSING
            if self.peek() == "=":
                self.at += 1
                usual = self.value(strings=strings)
            found.append((key, strings, usual))
            self.skip()
        return found

    def key(self) -> str:
        if self.text.startswith("(key)", self.at):
            self.at += 5
            return "(key)"
        begin = self.at
        while self.peek() and self.peek() not in " :=":
            if self.peek() == '"':
                self.word(" :=.[")
            else:
                self.at += 1
        return self.text[begin : self.at]

    def row(self, columns: Sequence[tuple[str, bool, Any]], stops: str = "") -> dict[str, Any]:
        held = {key: usual for key, _, usual in columns if usual is not MISSING}
        for key, strings, usual in columns:
            if usual is MISSING:
                self.skip()
                held[key] = self.value(strings=strings)
        self.skip()
        kinds = {key: strings for key, strings, _ in columns}
        while self.peek() and self.peek() not in stops:
            key = self.key()
            self.at += 1
            held[key] = self.value(strings=kinds.get(key, False))
            self.skip()
        result: dict[str, Any] = {}
        for key, value in held.items():
            if value is not MISSING:
                put(result, key, value)
        return result


def plain(key: str) -> str:
    return str(json.loads(key)) if key[:1] == '"' else str(json.loads(f'"{key}"'))


def scalar(word: str) -> Any:
    if word in {"null", "true", "false", "NaN", "Infinity", "-Infinity"} or NUMBER.match(word):
        return json.loads(word)
    return json.loads(word) if word[:1] == '"' else json.loads(f'"{word}"')


def steps(path: str) -> list[str | int]:
    found = re.finditer(r'"((?:[^"\\]|\\.)*)"|\[0\]|([^.\[\]"]+)', path)
    return [0 if match[0] == "[0]" else plain(match[0]) for match in found]


def put(target: dict[str, Any], path: str, value: Any) -> None:
    if path == "(key)":
        target[KEY] = value
        return
    at: Any = target
    *before, last = steps(path)
    for step, after in pairwise([*before, last]):
        made: Any = [] if after == 0 and isinstance(after, int) else {}
        if isinstance(step, int):
            if not at:
                at.append(made)
            at = at[0]
        else:
            at = at.setdefault(step, made)
    if isinstance(last, int):
        at.append(value)
    else:
        at[last] = value


class Decoder:
    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = [(len(line) - len(line.lstrip(" ")), line.lstrip(" ")) for line in lines]
        self.at = 0

    def depth(self) -> int:
        return self.lines[self.at][0] if self.at < len(self.lines) else -1

    def document(self) -> Any:
        text = self.lines[0][1]
        if HEAD.match(text):
            return self.listed(text, 0)
        if text[:1] in "{[(":
            return Cells(text).value()
        return self.entries(0)

    def entries(self, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while self.depth() == depth and not self.lines[self.at][1].startswith("- "):
            self.entry(result, depth)
        return result

    def entry(self, result: dict[str, Any], depth: int) -> None:
        text = self.lines[self.at][1]
        cells = Cells(text)
        key = cells.key()
        rest = text[cells.at :]
        if rest.startswith(" ("):
            put(result, key, self.listed(rest[1:], depth))
        elif rest == ":":
            self.at += 1
            put(result, key, self.entries(depth + 1))
        else:
            self.at += 1
            put(result, key, alone(rest[2:]))

    def listed(self, text: str, depth: int) -> Any:
        head = HEAD.match(text)
        assert head is not None, text
        self.at += 1
        if head[2] in {"rows", "by key"}:
            columns = Cells(text[head.end() :]).columns("")
            rows: list[dict[str, Any]] = []
            while self.depth() == depth + 1:
                row = {} if columns[0][0] == "-" else Cells(self.lines[self.at][1]).row(columns)
                self.at += 1
                while self.depth() == depth + 2:
                    self.entry(row, depth + 2)
                rows.append(row)
            assert len(rows) == int(head[1])
            return {row.pop(KEY): row for row in rows} if head[2] == "by key" else rows
        items: list[Any] = []
        while self.depth() == depth + 1:
            line = self.lines[self.at][1]
            if head[2] == "values":
                cells = Cells(line)
                while cells.peek():
                    items.append(cells.value())
                    cells.skip()
                self.at += 1
            elif head[2] == "pairs":
                pair: dict[str, Any] = {}
                self.entry(pair, depth + 1)
                items.append(pair)
            elif line == "-":
                self.at += 1
                below = self.lines[self.at][1]
                items.append(self.listed(below, depth + 2) if HEAD.match(below) else self.entries(depth + 2))
            else:
                self.at += 1
                items.append(alone(line[2:]))
        if head[2] == "pairs":
            return {key: value for pair in items for key, value in pair.items()}
        assert len(items) == int(head[1])
        return items


def alone(text: str) -> Any:
    if text[:1] in '"{[(':
        return Cells(text).value()
    return scalar(text) if NUMBER.match(text) or " " not in text else json.loads(f'"{text}"')


def read_back(segment: Segment) -> Any:
    """The documents that the notation for a segment holds; None where lines were left out."""
    documents = read_json(segment)
    assert documents is not None
    shown: list[str] = []
    for block in FORM.reduce(segment):
        if block.is_omission:
            return None
        if block.shown is None and block.start >= documents.start and block.end <= documents.end:
            return json.loads("\n".join(segment.lines[block.start : block.end]))
        if block.shown is not None:
            shown += block.shown
    assert shown[0].startswith("[json")
    return Decoder(shown[1:]).document()


ODD = ["", "-", "1", "1.0", "true", "null", "a b", "a:b", "a.b", "a;b", "x=1", "[0]", '"', "\\", "\n", "é", "ok", " "]
texts = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=12),
    st.text("ab -:;=.(){}[]\"\\'", max_size=8),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts)
keys = st.one_of(st.sampled_from(["name", "id", "status", "node", "spec", "a.b", "a b", "", "(key)", "items"]), texts)


@st.composite
def rows(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> list[Any]:
    """Like objects: what becomes a table."""
    names = draw(st.lists(keys, min_size=1, max_size=5, unique=True))
    usual = {name: draw(inner) for name in names}
    return [
        {name: usual[name] if draw(st.integers(0, 3)) else draw(inner) for name in names if draw(st.integers(0, 9))}
        for _ in range(draw(st.integers(2, 12)))
    ]


values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(keys, inner, max_size=6),
        rows(inner),
        st.builds(lambda found: {str(at): row for at, row in enumerate(found)}, rows(inner)),
    ),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.one_of(rows(values), st.dictionaries(keys, values, min_size=1, max_size=8)),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_the_notation_can_be_read_back_to_the_same_value(value: Any, indent: int | None, escapes: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escapes)
    if re.search("[\x7f-\x9f]", text):
        return
    segment = of(text)
    if read_json(segment) is not None:
        back = read_back(segment)
        assert back is None or back == value


@pytest.mark.parametrize("path", JSON, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_promise_holds_for_real_documents(path: Path, read: Read, holds: Holds) -> None:
    holds(FORM, read(path))
    holds(FORM, read(path, hinted=False))


def test_links_that_a_service_prints_of_everything_are_named_once_but_the_page_of_each_row_stays() -> None:
    data = (CAPTURES / "gh_json" / "issues.txt").read_bytes()
    result = compress(data, command="cat search-issues/normalized-fixture.json")
    assert "followers_url" in result.text
    assert "https://api.github.com/users/octokit-fixture-user-b/followers" not in result.text
    assert "https://github.com/octokit-fixture-org/search-issues/issues/2" in result.text
    assert "Sesame seeds split without a pop!" in result.text
    assert re.search(r"\[\.\.\. of lines [\d-]+: \d+ links", result.text)
    asked = compress(data, command="cat search-issues/normalized-fixture.json", answer_tokens=4_000)
    assert "https://api.github.com/users/octokit-fixture-user-b/followers" in asked.text


def test_a_few_rows_of_many_columns_say_their_keys() -> None:
    rows = [{"id": f"a{at}", **{f"column{n}": f"v{at}x{n}" for n in range(30)}} for at in range(2)]
    result = compress(json.dumps(rows, indent=2).encode(), command="docker inspect web db")
    assert "column29:v1x29" in result.text
    rows = [{"id": f"a{at}", **{f"column{n}": f"v{at}x{n}" for n in range(30)}} for at in range(6)]
    result = compress(json.dumps(rows, indent=2).encode(), command="docker inspect web db")
    assert result.text.count("column29") == 1


def test_objects_of_unlike_kinds_are_a_table_each_with_the_numbers_of_their_rows() -> None:
    deployment = {"kind": "Deployment", "replicas": 3, "strategy": "RollingUpdate", "image": "nginx", "port": 80}
    service = {"kind": "Service", "cluster_ip": "10.0.0.1", "session_affinity": "None", "selector": "web"}
    rows = [{**(service if at % 3 == 2 else deployment), "name": f"bird-{at}"} for at in range(12)]
    listed = compress(json.dumps({"items": rows}, indent=2).encode(), command="kubectl get all -o json").text
    assert "items (12 rows by kind):" in listed
    assert "#1-2 #4-5 #7-8 #10-11 (8 rows): name kind=Deployment replicas=3" in listed
    assert "#3 #6 #9 #12 (4 rows): name kind=Service" in listed
    streamed = compress("\n".join(map(json.dumps, rows)).encode(), command="cat events.ndjson").text
    assert "by kind" not in streamed


def shop_rows(count: int) -> list[dict[str, Any]]:
    return [
        {"id": at, "name": f"item {at}", "state": "failed" if at == 7 else "sold", "note": 'a "quoted", {odd} word'}
        for at in range(count)
    ]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["indented", "one line", "lines", "indented stream"]), st.floats(0.3, 0.99))
def test_of_a_document_that_breaks_off_every_whole_member_and_the_half_one_are_there(how: str, share: float) -> None:
    """`head -c`, a limit of time, an agent's own cut: what came is read as what it is, to the last letter."""
    rows = shop_rows(60)
    text = {
        "indented": json.dumps({"items": rows}, indent=2),
        "one line": json.dumps({"items": rows}),
        "lines": "\n".join(map(json.dumps, rows)),
        "indented stream": "\n".join(json.dumps(row, indent=2) for row in rows),
    }[how]
    cut = text[: int(len(text) * share)]
    result = compress(cut.encode(), command="curl -s localhost/items")
    assert not result.faults
    assert result.forms == ("records",)
    whole = [row for row in rows if f'"name": "{row["name"]}", "state"' in cut or f'"name": "{row["name"]}",\n' in cut]
    for row in whole:
        assert row["name"] in result.text
    assert "failed" in result.text
    if cut.count("{") > cut.count("}"):
        half = re.split(r'[,{](?=[ \n"]|$)', cut)[-1]
        assert all(line.strip() in result.text for line in half.split("\n"))


def test_what_the_reader_of_a_pipe_said_stays_behind_a_document_that_breaks_off() -> None:
    cut = json.dumps(shop_rows(40), indent=1)[:2_500] + "\ncurl: (23) Failed writing body (0 != 1024)\n"
    result = compress(cut.encode(), command="curl -s localhost/items | head -c 2500", exit_code=23)
    assert result.forms == ("records",)
    assert "curl: (23) Failed writing body (0 != 1024)" in result.text
    assert "it breaks off" in result.text


def test_a_document_that_is_broken_in_its_middle_is_read_as_text() -> None:
    broken = json.dumps(shop_rows(40), indent=1).replace('"id": 20,', '"id" 20,')
    assert "records" not in compress(broken.encode(), command="cat items.json").forms


def test_a_document_that_breaks_off_in_a_long_list_of_words_or_in_a_long_text_is_still_read() -> None:
    versions = [f"0.{minor}.{patch}" for minor in range(40) for patch in range(9)]
    items = [{"name": f"part-{number}", "state": "ready", "size": 10 + number} for number in range(60)]
    text = json.dumps({"items": items, "versions": versions}, indent=2)
    for cut in (text[:-40], text[: text.index('"versions"')] + '"readme": "' + "many words of it " * 900):
        result = compress(cut.encode(), command="npm view shop --json | head -c 9000")
        assert result.shortened is not None
        assert [one.form for one in result.shortened.reduced] == ["records"]
        assert "here it breaks off" in result.text


def test_what_cargo_built_is_read_where_no_compiler_said_anything() -> None:
    built = [
        {"reason": "compiler-artifact", "package_id": f"shop#{name}@1.0.{number}", "features": ["std"], "fresh": False}
        for number, name in enumerate(("libc", "serde", "bytes", "tokio", "mio", "slab") * 3)
    ]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in built)
    result = compress(text.encode(), command="cargo check --message-format=json", exit_code=0)
    assert result.forms == ("records",)
    assert all(line["package_id"] in result.text for line in built)  # type: ignore[operator]


def test_lines_that_are_documents_only_when_a_comma_joins_them_are_none() -> None:
    # Read as one list, three objects stand on these three lines.
    broken = '{"cart": [{"id": 1}\n{"id": 2}]}\n{"id": 3},{"id": 4}\n'
    assert read_json(of(broken)) is None


def test_a_stream_is_read_to_where_its_lines_are_no_longer_documents() -> None:
    rows = [f'{{"id": {number}, "name": "cart {number}"}}' for number in range(30_000)]
    found = read_json(of("\n".join((*rows, "  ", ' {"id": -1}', "done"))))
    assert found is not None
    assert [row["id"] for row in found.values if isinstance(row, dict)] == [*map(str, range(30_000)), "-1"]
    assert found.end == 30_002


def test_of_a_long_value_less_is_told_where_the_command_failed_but_what_stands_out_stays() -> None:
    words = ("amber", "basalt", "cedar", "dune", "ember", "fjord", "grove")
    value = {
        f"{words[n % 7]}-{n}": {
            "version": f"{n}.{n % 9}.1",
            "needs": [words[n * 3 % 7], words[n * 5 % 7]],
            "at": f"/{n}",
        }
        for n in range(900)
    }
    value["dune-451"]["problem"] = "invalid: wants ^9.0.0"
    told = [
        compress(json.dumps(value, indent=2), command="shop ls --json", exit_code=exit_code).text
        for exit_code in (0, 1)
    ]
    assert len(told[1]) < 0.75 * len(told[0])
    assert all("invalid: wants ^9.0.0" in text for text in told)
    assert "dune-451" in told[1]
