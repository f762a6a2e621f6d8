"""Tables, CSV, YAML and XML in the form `records`: less of them is printed, and nothing that alarms is lost."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.records import FORM
from sidecar.compression.forms.records.yaml import read as read_yaml
from sidecar.compression.shelf import load
from sidecar.compression.shorten import shorten
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]
FAMILIES = (
    "psql", "csv", "sqlite", "kubectl", "docker", "systemctl", "df", "lsblk", "pip_list", "dpkg", "ps", "free", "lscpu",
    "top", "xml", "ini", "npm_json", "terraform", "svn",
)  # fmt: skip
PATHS = [path for family in FAMILIES for path in sorted((CAPTURES / family).glob("*.txt"))]
SMALL = [path for path in PATHS if path.stat().st_size < 20_000]


def of(text: str, command: str = "") -> Segment:
    return Segment(text.removesuffix("\n").split("\n"), command=Command(tuple(command.split())) if command else None)


def pods(count: int, *, failed: Sequence[int] = ()) -> str:
    rows = [
        f"web-{at:<8}{'0/1' if at in failed else '1/1'}     {'CrashLoopBackOff' if at in failed else 'Running':<19}0"
        f"          {at % 7}d"
        for at in range(count)
    ]
    return "\n".join(["NAME        READY   STATUS             RESTARTS   AGE", *rows])


def comma_separated(rows: Sequence[Sequence[str]]) -> str:
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows(rows)
    return held.getvalue()


# What must hold for all of them.


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_promise_holds_for_real_tables(path: Path, read: Read, holds: Holds) -> None:
    holds(FORM, read(path))
    holds(FORM, read(path, hinted=False))


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_every_promise_holds_for_what_is_left_of_tables(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


# Tables.


def test_what_most_rows_share_is_said_once(printed: Printed) -> None:
    shown = printed(FORM, of(pods(40)))
    assert "READY=1/1" in shown[0]
    assert sum(line.count("Running") for line in shown) == 1
    assert all(f"web-{at}" in "\n".join(shown) for at in range(40))


def test_a_row_with_a_status_of_failure_stays_as_it_was_printed(printed: Printed) -> None:
    text = pods(40, failed=[17])
    assert text.split("\n")[18] in printed(FORM, of(text))


def test_of_a_table_too_long_to_be_shown_failures_stay_and_the_rest_is_counted(printed: Printed) -> None:
    rows = [
        f"{at},customer{at},{at * 37 % 1000},{'failed' if at == 1234 else 'paid'},{at * 7919}" for at in range(3000)
    ]
    text = "\n".join(["id,name,total,status,note", *rows])
    shown = printed(FORM, of(text))
    assert rows[1234] in shown
    assert any(re.search(r"status: paid 2999, failed 1\b", line) for line in shown)
    assert any(re.search(r"^\.\.\. \d+ more rows$", line) for line in shown)
    assert "rows" in shown[-1]
    assert sum(map(len, shown)) < len(text) / 2


def test_where_failures_are_usual_rows_are_counted_by_their_status(printed: Printed) -> None:
    rows = [f"{at},customer{at},{('paid', 'failed', 'open')[at * 7 % 3]},{at * 7919}" for at in range(3000)]
    shown = printed(FORM, of("\n".join(["id,name,status,note", *rows])))
    told = next(line for line in shown if line.startswith("[all rows by status: "))
    assert all(f"{status} 1000" in told for status in ("paid", "open", "failed"))


def test_the_largest_number_of_a_long_table_stays(printed: Printed) -> None:
    rows = [f"{at},name{at},{987_654_321 if at == 1777 else at * 37 % 1000}" for at in range(4000)]
    assert any("987654321" in line for line in printed(FORM, of("\n".join(["id,name,total", *rows]))))


@pytest.mark.parametrize("name", ["svn/status", "git/diff_renames", "tree/plain", "flake8/default", "big/rg_replace"])
def test_what_other_tools_print_is_no_table(name: str, read: Read) -> None:
    assert FORM.recognise(read(CAPTURES / f"{name}.txt", hinted=False)) == 0.0


# CSV can be read back.


def read_back(shown: Sequence[str]) -> list[list[str]]:
    found = re.match(r"\[csv of (\d+) rows, unpadded[^\]]*\] (.*)", shown[0])
    assert found is not None
    gap = 2 if "  " in found[2] else 1
    headings = cells(found[2], gap)
    names = [name for name in headings if "=" not in name]
    usual = {name.split("=", 1)[0]: bare(name.split("=", 1)[1]) for name in headings if "=" in name}
    order: list[str] = ["id", "kind", "place", "note"]
    shared: dict[str, str] = {}
    rows: list[list[str]] = []
    for line in shown[1:]:
        if line.endswith(":") and not line.startswith("r"):
            shared = {part.split(":", 1)[0]: bare(part.split(":", 1)[1]) for part in cells(line[:-1], gap)}
            continue
        held = cells(line, gap)
        row = {**usual, **shared}
        if len(held) < len(names):
            held += [""] * (len(names) - len(held))
        *first, last = names
        row |= {name: bare(cell) for name, cell in zip(first, held, strict=False)}
        rest = held[len(first) :]
        others = [cell for cell in rest[1:] if re.match(r"(?:kind|place|note):", cell)]
        row[last] = bare((" " * gap).join(rest[: len(rest) - len(others)]))
        row |= {cell.split(":", 1)[0]: bare(cell.split(":", 1)[1]) for cell in others}
        rows.append([row[name] for name in order])
    return rows


def cells(line: str, gap: int) -> list[str]:
    return line.split("  ") if gap == 2 else re.findall(r'(?:[^\s"]|"[^"]*")+', line)


def bare(cell: str) -> str:
    return "" if cell == "-" else cell.strip('"')


@settings(max_examples=80, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["red", "red", "red", "red", "blue", ""]),
            st.sampled_from(["Oslo", "Lyon", "New York"]),
            st.sampled_from(["", "x", "some words", "12.50"]),
        ),
        min_size=4,
        max_size=40,
    ),
    st.booleans(),
)
def test_a_csv_of_which_nothing_is_left_out_can_be_read_back(drawn: list[tuple[str, str, str]], in_order: bool) -> None:
    table = [[f"r{at}", *row] for at, row in enumerate(sorted(drawn) if in_order else drawn)]
    segment = of(comma_separated([["id", "kind", "place", "note"], *table]))
    blocks = FORM.reduce(segment)
    assert not any(block.is_omission for block in blocks)
    if blocks[0].shown is not None and "grouped" not in blocks[0].shown[0]:
        assert read_back([line for block in blocks for line in block.shown or ()]) == table


# YAML and XML.


def test_items_of_a_yaml_document_become_rows(printed: Printed) -> None:
    items = "".join(
        f"- name: app{at}\n  image: registry/app{at}:1.0\n  replicas: 3\n  policy: Always\n" for at in range(20)
    )
    shown = "\n".join(printed(FORM, of(f"apiVersion: v1\nkind: List\nmetadata:\n  name: all\nitems:\n{items}")))
    assert "items (20 rows): name image replicas=3 policy=Always" in shown
    assert "app19 registry/app19:1.0" in shown


def test_an_error_in_yaml_stays(printed: Printed) -> None:
    items = "".join(
        f"- name: app{at}\n  status: {'Failed' if at == 700 else 'Running'}\n  note: n{at * 7919}\n"
        for at in range(6000)
    )
    shown = "\n".join(printed(FORM, of(f"kind: List\nitems:\n{items}")))
    assert "app700 n5543300 status:Failed" in shown
    assert "more rows" in shown


def test_anchors_tags_and_what_they_stand_for_are_read_in_yaml() -> None:
    text = "base: &base\n  image: web\none:\n  <<: *base\n  name: !Sub '${Stage}-one'\n  size: &size 4"
    assert read_yaml(text.split("\n")) == [
        {"base &base": {"image": "web"}, "one": {"<<": "*base", "name": "!Sub '${Stage}-one'", "size": "&size 4"}}
    ]


def test_texts_of_several_lines_are_one_in_yaml() -> None:
    text = r"""kind: Rule
spec:
  about: Reads what the shop
    has in stock
  single: 'a text that
    goes on

    in a second paragraph'
  double: "one line \n and \
    \ another"
  list: [one,
    two]
  below:
    stands by itself
  empty:
    {}
  # said before
  last: "said: so" # and behind"""
    assert read_yaml(text.split("\n")) == [
        {
            "kind": "Rule",
            "spec": {
                "about": "Reads what the shop has in stock",
                "single": [">", "'a text that", "goes on", "", "in a second paragraph'"],
                "double": r'"one line \n and  another"',
                "list": "[one, two]",
                "below": "stands by itself",
                "empty": {},
                "#": "said before",
                "last": '"said: so" # and behind',
            },
        }
    ]


@pytest.mark.parametrize(
    "line",
    [
        "  about: goes on\n    with: a key",
        "  ? complex\n  : key",
        "  list: [one,",
        "  text: 'never closed",
        "  at: @home",
    ],
)
def test_what_is_no_yaml_is_left_alone(line: str) -> None:
    assert FORM.recognise(of(f"kind: Rule\nname: one\nmore: 1\nother: 2\nspec:\n  size: 3\n{line}")) < 0.5


@pytest.mark.parametrize("name", ["helm_template", "crd", "node_local_dns"])
def test_manifests_with_remarks_and_folded_texts_are_records(name: str) -> None:
    path = CAPTURES / "kubectl" / f"{name}.txt"
    text = path.read_text("utf-8")
    result = compress(text.encode(), command=f"cat {name}.yaml")
    assert result.shortened is not None
    assert [one.form for one in result.shortened.reduced] == ["records"]
    assert (result.after_tokens or 0) < 0.85 * (result.before_tokens or 0)
    kinds = set(re.findall(r"^kind: (\w+)$", text, re.MULTILINE))
    assert all(kind in result.text for kind in kinds)
    remarks = re.findall(r"^#+ (\S.*)$", text, re.MULTILINE)
    assert all(remark.strip() in result.text for remark in remarks)


def test_lines_of_a_compiler_are_no_yaml() -> None:
    text = "\n".join(f"src/app_{at}.py:{at}: error: Incompatible types in assignment" for at in range(200))
    assert FORM.recognise(of(text)) == 0.0


def test_repeated_elements_of_xml_become_rows(printed: Printed) -> None:
    rows = "".join(
        f"    <dependency>\n      <groupId>org.example</groupId>\n      <artifactId>part{at}</artifactId>\n"
        f"    </dependency>\n"
        for at in range(20)
    )
    text = f"<project>\n  <name>shop</name>\n  <dependencies>\n{rows}  </dependencies>\n</project>"
    shown = "\n".join(printed(FORM, of(text)))
    assert "dependency (20 rows): artifactId groupId=org.example" in shown
    assert "part19" in shown
    assert "<artifactId>" not in shown


def test_xml_with_text_between_its_elements_is_left_alone() -> None:
    assert FORM.recognise(of("<doc>\n<p>Some <b>bold</b> words here</p>\n<p>and more</p>\n</doc>")) == 0.0


@pytest.mark.parametrize("name", ["sqlite/json", "sqlite/box", "sqlite/csv", "psql/settings", "jq/stream"])
def test_a_bound_with_room_for_the_whole_table_gets_it_without_loss_in_fewer_tokens(name: str) -> None:
    path = CAPTURES / f"{name}.txt"
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    data = path.read_bytes()
    unasked = compress(data, command=told["command"], exit_code=told["exit_code"])
    assert unasked.omissions > 0
    before, after = unasked.before_tokens or 0, unasked.after_tokens or 0
    asked = compress(data, command=told["command"], exit_code=told["exit_code"], answer_tokens=before + 100)
    assert asked.omissions == 0
    assert after < (asked.after_tokens or 0) <= before
    cells = set(re.findall(r"[A-Za-z][\w.@/-]{3,}", data.decode())) - {"null"}
    assert [cell for cell in sorted(cells) if cell not in asked.text] == []


def test_rows_that_go_are_still_named_where_their_names_are_words() -> None:
    birds = [f"{first}{second}" for first in ("grey", "red", "night") for second in ("owl", "hawk", "wren", "jay")]
    rows = [f"{bird}-{place} {'a long description of it ' * 3}{at}" for at, bird in enumerate(birds * 4)
            for place in ("north", "south")]  # fmt: skip
    text = "id,description,seen\n" + "\n".join(f"{row.replace(' ', ',', 1)},{at}" for at, row in enumerate(rows))
    result = compress(text.encode(), command="cat birds.csv")
    assert result.omissions == 1
    assert all(f"{bird}-north" in result.text for bird in birds)
    assert (result.after_tokens or 0) * 2 < (result.before_tokens or 0)


def test_how_a_table_is_read_is_said_once_in_an_output_of_many() -> None:
    path = CAPTURES / "big" / "psql_describe.txt"
    result = compress(path.read_bytes(), command="psql -f describe.sql", exit_code=1)
    assert result.text.count("COLUMN=value holds for rows") < 8
    assert result.text.count("rows as above] Column Type") > 20


def test_xml_with_many_remarks_or_declared_types_is_read_and_says_what_it_leaves_out() -> None:
    poms = compress((CAPTURES / "xml" / "parent_pom.txt").read_bytes(), command="cat commons-parent-56.pom")
    assert "commons-parent" in poms.text
    assert re.search(r"\d+ comments", poms.text)
    currencies = compress((CAPTURES / "xml" / "currencies.txt").read_bytes(), command="cat iso_4217.xml")
    assert "declarations of types" in currencies.text
    assert (currencies.after_tokens or 0) * 2 < (currencies.before_tokens or 0)


POD = """\
- kind: Pod
  metadata:
    name: web-{at}
    uid: {at}bcb91ce375bc8fbbcbde5c099{at}
  spec:
    nodeName: node-{node}
    image: {image}
    tolerations:
    - key: node.kubernetes.io/not-ready
      operator: Exists
      tolerationSeconds: 300
  status:
    phase: {phase}
    podIP: {ip}
    containerStatuses:
    - name: web
      ready: true
      restartCount: {restarts}
      state:
        {state}
      imageID: sha256:d7210dff076ce2ef87b0b125ec1d7da0a6eb8c9ebd69fe29d76d4330f144{at}"""

WELL = {"image": "nginx:1.27", "phase": "Running", "restarts": "0", "state": "running:\n          startedAt: '10:00'"}
UNWELL = {
    1: {"state": "waiting:\n          reason: CrashLoopBackOff\n          message: back-off 5m0s restarting web"},
    3: {"image": "nginx:broken"},
    4: {"phase": "Pending"},
    6: {"ip": "null"},
    7: {"restarts": "4711"},
    9: {"state": "terminated:\n          exitCode: 137"},
}


@pytest.mark.parametrize("count", [30, 60, 200])
def test_of_pods_in_yaml_every_one_that_is_not_as_the_others_is_shown(count: int) -> None:
    pods = [
        POD.format(**{**WELL, "at": at + 100, "node": at % 7, "ip": f"10.0.3.{at}", **UNWELL.get(at, {})})
        for at in range(count)
    ]
    result = compress(("apiVersion: v1\nitems:\n" + "\n".join(pods)).encode(), command="kubectl get pods -o yaml")
    assert result.faults == ()
    assert (result.after_tokens or 0) * 2 < (result.before_tokens or 0)
    for told in ("CrashLoopBackOff", "nginx:broken", "Pending", "4711", "137", *(f"web-{at + 100}" for at in UNWELL)):
        assert told in result.text


@pytest.mark.parametrize("mark", [",", "\t"])
def test_the_row_that_lacks_what_all_others_have_is_shown(mark: str) -> None:
    rows = [f"{at}{mark}bird-{at}{mark}{at * 7 % 83}{mark}paid" for at in range(400)]
    rows[217] = f"217{mark}bird-217{mark}{mark}paid"
    text = "\n".join([mark.join(("id", "name", "grams", "state")), *rows])
    result = compress(text.encode(), command="cat birds.csv")
    assert result.omissions == 1
    assert "bird-217" in result.text


def test_tab_separated_rows_under_no_heading_are_a_table_of_numbered_columns(printed: Printed) -> None:
    text = "\n".join(f"bird-{at}\t{at}.0\tall of them\t{at * 7 % 83}" for at in range(90))
    segment = of(text)
    assert FORM.recognise(segment) >= 0.5
    shown = printed(FORM, segment)
    assert shown[0].endswith('#1 #2 #4 #3="all of them"')
    assert "bird-7 7.0 49" in shown
    assert FORM.recognise(of(text + "\nand\tmore" * 5)) < 0.5


def test_packages_that_go_are_named_and_the_others_keep_their_descriptions() -> None:
    path = CAPTURES / "big" / "dpkg_l.txt"
    result = compress(path.read_bytes(), command="dpkg -l")
    names = re.findall(r"^ii  ([^\s:]+)", path.read_text("utf-8"), re.MULTILINE)
    assert [name for name in names if name not in result.text] == []
    assert "adds and removes" in result.text or "add and remove users" in result.text
    assert (result.after_tokens or 0) * 2 < (result.before_tokens or 0)


def test_remarks_above_a_document_in_yaml_stay(printed: Printed) -> None:
    text = "# Written by a tool.\n#\n# Do not edit.\n" + "\n".join(
        f"- name: bird-{at}\n  place: north\n  food: seeds" for at in range(8)
    )
    for document in (text, text.replace("- name", "birds:\n- name", 1)):
        assert "Written by a tool. Do not edit." in "\n".join(printed(FORM, of(document)))


@pytest.mark.parametrize(
    ("name", "skipped", "between"),
    [("sqlite/list_mode", 0, "bars"), ("big/psql_orders", 200, "bars"), ("sqlite/csv", 40, "commas")],
)
def test_rows_whose_heading_is_not_there_are_a_table_of_numbered_columns(name: str, skipped: int, between: str) -> None:
    """`sqlite3`, `psql -t`, and the end of any table."""
    lines = (CAPTURES / f"{name}.txt").read_text("utf-8").splitlines()[skipped:]
    result = compress("\n".join(lines).encode(), command="tail")
    assert result.text.startswith(f"[list between {between} of ")
    assert "#1" in result.text.splitlines()[0]
    assert result.after_tokens is not None
    assert result.before_tokens is not None
    assert result.after_tokens < 0.7 * result.before_tokens


def test_the_one_disputed_row_of_a_list_without_a_heading_stays() -> None:
    data = (CAPTURES / "sqlite" / "list_mode.txt").read_bytes()
    result = compress(data, command="sqlite3 kiosk.db 'select * from tickets'")
    assert data.count(b"|disputed|") == 1
    assert "disputed" in result.text


def test_sentences_and_calls_with_as_many_commas_are_no_table() -> None:
    sentences = "\n".join(f"On day {day}, rain, {day * 3} mm, wind from the west, and no sun" for day in range(40))
    assert compress(sentences.encode(), command="cat diary.txt").forms == ("text",)


def test_blanks_that_tell_who_belongs_to_whom_are_no_padding() -> None:
    data = (CAPTURES / "big" / "python_importtime.txt").read_bytes()
    assert "records" not in compress(data, command="python -X importtime -c x").forms


def test_tables_of_mysql_below_one_another_are_two_tables() -> None:
    """The border that closes one and the border that opens the next stand in a row; MariaDB 10.11."""
    border, narrow = "+----+-----------------+------+", "+---------+----+"
    lines = [border, "| id | name            | vip  |", border]
    lines += [f"| {n:2} | Jonas Ricci {n:3} |    0 |" for n in range(30)]
    lines += [border, narrow, "| city    | n  |", narrow]
    lines += [f"| Nairobi | {n:2} |" for n in range(10, 30)]
    lines += [narrow]
    short = shorten(lines, shelf=load(), command="mariadb -t -e 'select 1; select 2'")
    assert not short.faults
    assert "[table of 30 rows" in short.text
    assert "[20 rows as above]" in short.text


def test_no_column_is_lost_where_rows_are_left_out() -> None:
    """A column that changes seldom is said above its rows; where most rows go it was said nowhere."""
    lines = ["NAME            TOTAL   SECONDS"]
    lines += [f"function_{n * 7919 % 1000:<6} {n:<7} {(400 - n) // 40}.134" for n in range(400)]
    text = shorten(lines, shelf=load(), command="").text
    assert "of 400 rows" in text
    assert "10.134" in text
    assert " 3.134" in text


def test_a_profile_of_python_is_a_table_whose_columns_of_one_name_are_told_apart() -> None:
    lines = [
        "         64390 function calls (43010 primitive calls) in 0.134 seconds",
        "",
        "   Ordered by: cumulative time",
    ]
    lines += ["", "   ncalls  tottime  percall  cumtime  percall filename:lineno(function)"]
    lines += [
        f"{n + 1:9}    0.000    0.000    0.00{9 - n // 9}    0.00{9 - n // 9} tool.py:{n}(step)" for n in range(80)
    ]
    text = shorten(["usage: tool", *lines], shelf=load(), command="python -m cProfile -s cumtime tool.py").text
    assert lines[0] in text
    assert "percall=0.000" in text
    assert "percall#2" in text
    assert "tool.py:79(step)" in text


def test_tables_that_follow_one_another_are_each_read_by_their_own_heading() -> None:
    """`df -h; free -m`: the second heading was a row of the first table, its names cut where the columns were."""
    df = (
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        "/dev/vda        252G   56G   36G  61% /\n"
        "tmpfs            12G     0   12G   0% /run\n"
    )
    free = (
        "               total        used        free      shared  buff/cache   available\n"
        "Mem:           24105        1239        9342           8       13907       22865\n"
        "Swap:              0           0           0\n"
    )
    found = compress(df + free, command="df -h; free -m", exit_code=0)
    assert "total used free shared buff/cache available" in " ".join(found.text.split())
    assert "Swap:" in found.text


def test_what_a_program_says_of_an_error_is_no_row_of_the_table_above_it() -> None:
    """`ps aux; cat /nope.txt`: the message was cut into cells, so that nobody could search for it."""
    rows = "".join(
        f"root      {n:4}  0.0  0.0  {n * 40:5} {n * 7:4} ?        S    Nov25   0:0{n % 10} [kworker/{n}:0H]\n"
        for n in range(40)
    )
    head = "USER       PID %CPU %MEM    VSZ  RSS TTY      STAT START   TIME COMMAND\n"
    said = (
        "ls: cannot access '/srv/shop/none': No such file or directory",
        "cat: /nope.txt: No such file or directory",
    )
    found = compress(head + rows + "\n".join(said), command="ps aux; ls /srv/shop/none; cat /nope.txt", exit_code=1)
    assert all(one in found.text.split("\n") for one in said)


def test_a_quoted_text_of_several_lines_keeps_its_own_quotation_marks_alone() -> None:
    items = "".join(f"- name: n{at}\n  about: 'part {at} of\n    the: order'\n  size: {at}\n" for at in range(12))
    text = compress(f"apiVersion: v1\nkind: Order\nitems:\n{items}").text
    assert "\n n3 'part 3 of the: order' 3\n" in text


def test_a_column_of_a_name_in_two_words_is_one_column_and_what_all_its_rows_hold_is_said_of_every_row() -> None:
    rows = "".join(
        f"package-{n}{' ' * (4 - len(str(n)))} 1.0.{n}    2.0.{n % 7}  node_modules/{n:04}  web\n" for n in range(9, 30)
    )
    text = compress(
        f"Package      Current  Wanted  Location           Depended by\n{rows}", command="npm outdated"
    ).text
    assert "COLUMN=value holds for every row] Package Current Wanted Location Depended_by=web\n" in text
