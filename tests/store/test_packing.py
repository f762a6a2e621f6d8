from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.store.lane import Abandoned
from sidecar.store.packing import PackDamaged, cut, pack, unpack

contents = st.binary(max_size=2000) | st.lists(st.binary(max_size=12)).map(b"\n".join)


@given(data=contents, repeats=st.sampled_from([1, 3, 70_000]))
def test_what_was_packed_comes_back_byte_for_byte(data: bytes, repeats: int) -> None:
    data = (data * repeats)[:3_000_000]
    packed = pack(data)
    assert unpack(chunk for _, chunk in packed.chunks) == data
    assert packed.size_bytes == len(data)


@given(data=contents)
def test_an_unfinished_last_line_counts_as_a_line(data: bytes) -> None:
    lines = data.split(b"\n")
    assert pack(data).line_count == len(lines) - (lines[-1] == b"")


@given(data=contents, skip=st.integers(0, 20), take=st.integers(1, 20))
def test_cut_lines_are_the_lines_with_their_newlines(data: bytes, skip: int, take: int) -> None:
    skip = min(skip, data.count(b"\n"))
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    assert cut(data, skip=skip, take=take) == b"".join(lines[skip : skip + take])


def test_each_chunk_knows_how_many_newlines_stand_before_it() -> None:
    packed = pack(b"0123456\n" * 300_000)
    assert [newlines for newlines, _ in packed.chunks] == [0, 131_072, 262_144]


def test_a_changed_chunk_is_noticed() -> None:
    ((_, chunk),) = pack(b"some output\n" * 100).chunks
    with pytest.raises(PackDamaged):
        unpack([chunk[:-3] + b"xyz"])


def test_packing_stops_when_nobody_waits() -> None:
    with pytest.raises(Abandoned):
        pack(b"x", lambda: True)
