"""The form `page`: what a reader of a web page sees survives, its markup goes; a page printed to be edited stays."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.page import FORM
from sidecar.compression.vocabulary import Command, Form, Segment

CAPTURES = Path(__file__).parents[2] / "captures"
FOUND = sorted((CAPTURES / "page").glob("*.txt"))
SMALL = [path for path in FOUND if path.stat().st_size < 24_000]
Holds = Callable[[Form, Segment], None]
Read = Callable[..., Segment]
Printed = Callable[[Form, Segment], list[str]]
Mangled = Callable[[st.DataObject, Sequence[Path]], Segment]

PAGE = """HTTP/1.1 200 OK
Content-Type: text/html

<!DOCTYPE html>
<html><head><title>Pens &amp; ink</title>
<style>h1 { color: red }</style><script>var x = "<h1>hidden</h1>";</script></head>
<body><nav><ul><li><a href="/">Home</a></ul></nav>
<h1>Prices</h1>
<p>See <a href="/list?a=1&amp;b=2">the
list</a>, or <a href="#top">the top</a>.</p>
<ul><li>one pen<li>two <b>blue</b> pens<ol><li>deeper</ol></ul>
<table><tr><th>Name<th>Cents</tr><tr><td>pen</td><td>300</td></tr></table>
<pre><span class=k>def</span> total():
    <b>return</b> 3
</pre><svg><text>drawn</text></svg><img src="x.png" alt="a pen">
<h2>Shipping</h2><p>It takes 3 days.
</body></html>
curl: (18) transfer closed"""


def of(text: str, command: str = "curl -si http://127.0.0.1/") -> Segment:
    return Segment(text.split("\n"), command=Command(tuple(command.split())) if command else None)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_every_capture_keeps_its_evidence(path: Path, read: Read, holds: Holds) -> None:
    holds(FORM, read(path))


@given(data=st.data())
def test_a_mangled_capture_keeps_its_evidence(data: st.DataObject, mangled: Mangled, holds: Holds) -> None:
    holds(FORM, mangled(data, SMALL))


@given(cut=st.integers(0, len(PAGE)), noise=st.text(max_size=20))
def test_a_page_cut_off_anywhere_is_read(cut: int, noise: str, holds: Holds) -> None:
    holds(FORM, of(PAGE[:cut] + noise.replace("\n", " ")))


def test_what_is_read_survives_and_markup_goes(printed: Printed) -> None:
    shown = printed(FORM, of(PAGE))
    for line in (
        "HTTP/1.1 200 OK",
        "Pens & ink",
        "# Prices",
        "See [the list](/list?a=1&b=2), or the top.",
        "- one pen",
        "- two blue pens",
        "  - deeper",
        "Name | Cents",
        "pen | 300",
        "def total():",
        "    return 3",
        "[image: a pen]",
        "## Shipping",
        "It takes 3 days.",
        "curl: (18) transfer closed",
    ):
        assert line in shown
    text = "\n".join(shown)
    assert not any(piece in text for piece in ("hidden", "drawn", "Home", "<p>", "color"))


def test_two_pages_in_a_row_are_both_read(printed: Printed) -> None:
    shown = printed(FORM, of("\n".join(PAGE.split("\n")[3:-1]) + "\n" + PAGE.replace("Prices", "Rates")))
    assert "# Prices" in shown
    assert "# Rates" in shown


def test_an_error_page_keeps_status_and_message(read: Read, printed: Printed) -> None:
    shown = printed(FORM, read(CAPTURES / "page" / "not_found.txt"))
    assert "HTTP/1.0 404 File not found" in shown
    assert "Message: File not found." in shown


def test_navigation_that_never_ends_does_not_swallow_the_page(printed: Printed) -> None:
    page = "<html><head><title>T</title></head><body><div role=navigation>" + "<p>A sentence.\n" * 9 + "</body></html>"
    assert "A sentence." in printed(FORM, of(page))


def test_a_page_that_is_printed_as_a_source_stays(read: Read) -> None:
    assert FORM.recognise(of(PAGE, "cat index.html")) == 0.0
    assert FORM.recognise(of(PAGE)) > 0.5


def test_sections_have_the_names_of_headings() -> None:
    assert [part.label for part in FORM.parts(of(PAGE))] == ["Prices", "Shipping"]


def test_markdown_loses_badges_and_contents_only(read: Read, printed: Printed) -> None:
    segment = read(CAPTURES / "page" / "readme.txt")
    shown = printed(FORM, segment)
    headings = [line for line in segment.lines if line.startswith("#")]
    assert headings
    assert all(line in shown for line in headings)


def test_code_in_markdown_stays_as_it_is(printed: Printed) -> None:
    lines = [
        "# A",
        "",
        "[![b](https://x/y.svg)](https://x)",
        "",
        "- [B](#b)",
        "",
        "## B",
        "",
        "```",
        "<!-- c -->",
        "```",
    ]
    shown = printed(FORM, Segment([*lines, "", "See [that](http://z) and **this**."] * 4))
    assert "<!-- c -->" in shown


@pytest.mark.parametrize(
    "text",
    [
        "a < b\nc > d\n" * 50,
        "<testsuite><testcase name='x'/></testsuite>",
        "# a comment\nx = 1\n# another\ny = 2\n" * 20,
        "diff --git a/x.html b/x.html\n--- a/x.html\n+++ b/x.html\n@@ -1 +1 @@\n-<html>\n+<html lang=en>\n",
    ],
)
def test_what_is_no_page_is_not_claimed(text: str) -> None:
    assert FORM.recognise(Segment(text.split("\n"))) == 0.0


@pytest.mark.parametrize("family", ["grep", "diff", "git", "log", "pytest", "junit", "csv", "jq", "gcc"])
def test_foreign_output_is_not_claimed(family: str, read: Read) -> None:
    for path in (CAPTURES / family).glob("*.txt"):
        assert FORM.recognise(read(path)) == 0.0, path.stem


def test_a_long_text_keeps_its_headings_the_beginnings_of_its_sections_and_what_is_urgent() -> None:
    path = CAPTURES / "page" / "readme_long.txt"
    result = compress(path.read_bytes(), command="cat README.md")
    headings = re.findall(r"^#{1,6} .*$", path.read_text("utf-8"), re.MULTILINE)
    shown = result.text.split("\n")
    assert [heading for heading in headings if heading not in shown and heading.startswith("## ")] == []
    assert (result.after_tokens or 0) * 2 < (result.before_tokens or 0)
    sections = "".join(f"## Part {at}\n\n{'It begins so. ' * 40}\n\n{'It goes on. ' * 40}\n\n" for at in range(20))
    text = (
        f"# Guide\n\n- `a`\n- `b`\n- `c`\n\n{sections}## Last\n\n{'Words. ' * 90}\n\nThis is deprecated since `2.0`.\n"
    )
    told = compress(text.encode(), command="cat guide.md").text
    assert told.count("It begins so. ") == 20 * 40
    assert "It goes on." not in told
    assert "This is deprecated since" in told


def test_a_long_changelog_keeps_its_newest_versions_whole_and_the_headings_of_all() -> None:
    path = CAPTURES / "page" / "changelog.txt"
    text = path.read_text("utf-8")
    result = compress(path.read_bytes(), command="cat CHANGELOG.md")
    versions = re.findall(r"^# v.*$", text, re.MULTILINE)
    assert len(versions) > 30
    assert [version for version in versions if version not in result.text] == []
    newest = text[: text.index(versions[5])]
    assert [line for line in newest.split("\n") if line not in result.text] == []
    breaking = [line for line in text.split("\n") if "breaking" in line.lower()]
    assert breaking
    assert [line for line in breaking if line not in result.text] == []


def test_a_text_of_middle_size_stays_whole(printed: Printed) -> None:
    text = "# Guide\n\n- `a`\n- `b`\n- `c`\n\n" + "".join(
        f"## Part {at}\n\n{'It goes on. ' * 40}\n\n" for at in range(12)
    )
    segment = Segment(text.split("\n"), command=Command(("cat", "guide.md")))
    assert printed(FORM, segment) == text.split("\n")


def test_a_long_page_is_read_whatever_printed_it() -> None:
    rows = "\n".join(
        f'<tr class="memitem:{number}"><td class="memItemLeft" valign="top"><a href="#a{number}">slot_{number}'
        f'</a></td><td class="memItemRight">What slot {number} is for.</td></tr>'
        for number in range(120)
    )
    head = "<!DOCTYPE html>\n<html>\n<head><title>Slots</title></head>\n<body>\n<h1>Slots</h1>"
    page = f"{head}\n<table>\n{rows}\n</table>\n</body>\n</html>\n"
    result = compress(page.encode(), command="cat html/slots.html", exit_code=0)
    assert result.forms == ("page",)
    assert all(f"What slot {number} is for." in result.text for number in range(120))
    assert "memItemLeft" not in result.text
    short = page.replace(rows, rows[:4_000])
    assert compress(short.encode(), command="cat html/slots.html", exit_code=0).forms != ("page",)


def test_what_curl_tells_of_a_transfer_goes_from_around_a_page_and_its_requests_stay() -> None:
    path = CAPTURES / "page" / "curl_verbose.txt"
    told = json.loads(path.with_suffix(".json").read_text("utf-8"))
    result = compress(path.read_bytes(), command=told["command"], exit_code=told["exit_code"])
    assert not result.faults
    assert "> GET /nowhere HTTP/1.1" in result.text
    assert "< HTTP/1.0 404 File not found" in result.text
    assert "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server" in result.text
    assert "- [operators/](operators/)" in result.text
    assert "Average Speed" not in result.text


def test_what_curl_says_between_two_pages_is_no_text_of_a_page() -> None:
    # `curl -v` of three addresses: everything from the first page to the last was joined into one paragraph
    def answered(status: str) -> str:
        page = f"<html>\n<head><title>{status}</title></head>\n<body>\n<h1>{status}</h1>\n</body>\n</html>"
        return (
            f"> GET /a HTTP/1.1\n> Host: 127.0.0.1:8571\n> Accept: */*\n> \n< HTTP/1.1 {status}\n"
            f"< Server: nginx/1.22.1\n< Content-Type: text/html\n< \n{{ [157 bytes data]\n{page}\n"
            "* Connection #0 to host 127.0.0.1 left intact"
        )

    output = "\n".join(map(answered, ("200 OK", "502 Bad Gateway", "404 Not Found")))
    lines = compress(output, command="curl -v http://127.0.0.1:8571/{a,b,c}", exit_code=0).text.splitlines()
    assert "# 200 OK" in lines
    assert {"< HTTP/1.1 200 OK", "< HTTP/1.1 502 Bad Gateway", "< HTTP/1.1 404 Not Found"} <= set(lines)
