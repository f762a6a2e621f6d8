"""Event streams are read the same however their bytes are cut."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sidecar.providers.sse import EventReader

ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=12)
DATA = st.lists(LINE, min_size=1, max_size=3)


def read(*chunks: bytes) -> list[tuple[str, bytes]]:
    reader = EventReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.finish()


@given(
    st.lists(st.tuples(st.sampled_from(["", "ping", "delta"]), DATA, st.booleans()), max_size=6),
    ENDS,
    st.lists(st.integers(0, 400), max_size=12),
)
def test_a_stream_cut_anywhere_gives_the_same_events(
    events: list[tuple[str, list[str], bool]], end: bytes, cuts: list[int]
) -> None:
    stream = b""
    for name, lines, comment in events:
        stream += b": keep-alive" + end if comment else b""
        stream += f"event: {name}".encode() + end if name else b""
        stream += b"".join(b"data: " + line.encode() + end for line in lines) + end
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:stop] for start, stop in itertools.pairwise(places)]
    expected = [(name, "\n".join(lines).encode()) for name, lines, _ in events]
    assert read(*chunks) == expected
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == expected


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_read_without_an_error_and_the_same_in_two_pieces(data: bytes, cut: int) -> None:
    assert read(data[:cut], data[cut:]) == read(data)


def test_comments_ids_and_retry_are_no_events() -> None:
    assert read(b": hello\n\nid: 7\nretry: 10\n\ndata: x\n\n") == [("", b"x")]


def test_a_space_after_the_colon_is_not_data_and_a_second_one_is() -> None:
    assert read(b"data:x\n\ndata: x\n\ndata:  x\n\n") == [("", b"x"), ("", b"x"), ("", b" x")]


def test_a_byte_order_mark_before_the_first_field_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf", b"data: x\n\n") == [("", b"x")]


def test_an_event_without_its_blank_line_comes_at_the_end() -> None:
    reader = EventReader()
    assert reader.feed(b"data: [DONE]") == []
    assert reader.finish() == [("", b"[DONE]")]


def test_lines_that_are_no_fields_are_kept_aside() -> None:
    reader = EventReader()
    assert reader.feed(b'data: x\n\n{"error": "out of memory"}\n') == [("", b"x")]
    assert reader.stray == [b'{"error": "out of memory"}']


def test_a_long_line_in_single_bytes_costs_no_more_than_its_length() -> None:
    reader = EventReader()
    for _ in range(100_000):
        assert reader.feed(b"x") == []
    reader.feed(b"\n")
    assert len(reader.stray[0]) == 100_000
