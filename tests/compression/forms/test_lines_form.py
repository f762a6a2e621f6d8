import re
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.compression import compress
from sidecar.compression.forms.lines import lines_form
from sidecar.compression.shelf import Stage, ToolOutput
from sidecar.compression.vocabulary import Form, Segment

Holds = Callable[[Form, Segment], None]
STEPS = [f"step {n} of the long migration" for n in range(50)]


def form(*stages: Stage, keep: tuple[str, ...] = (), shows: tuple[str, ...] = ()) -> Form:
    patterns = tuple(re.compile(pattern) for pattern in keep)
    return lines_form(ToolOutput("shop", "migrate", (("shop",),), keep=patterns, shows=shows, stages=stages))


def shown(made: Form, lines: list[str], exit_code: int | None = 0) -> list[str]:
    blocks = made.reduce(Segment(lines, exit_code=exit_code))
    return [line for b in blocks for line in (lines[b.start : b.end] if b.shown is None else b.shown)]


def test_dropped_lines_go_and_the_others_stay() -> None:
    made = form(Stage(drop=re.compile("^step"), what="steps"))
    assert shown(made, ["begin", *STEPS, "end"]) == ["begin", "end"]
    assert made.reduce(Segment(STEPS, exit_code=0))[0].what == "steps"


def test_a_kept_line_and_an_alarm_outlive_every_stage() -> None:
    made = form(Stage(drop=re.compile(""), what="steps"), keep=("step 7 ",))
    assert shown(made, [*STEPS, "error: disk full"]) == [STEPS[7], "error: disk full"]


def test_head_and_tail_keep_both_ends() -> None:
    made = form(Stage(head=2, tail=1, what="more steps"))
    assert shown(made, STEPS) == [*STEPS[:2], STEPS[-1]]


def test_a_stage_for_success_leaves_a_failure_alone() -> None:
    made = form(Stage(head=1, tail=1, what="more steps", on="success"))
    assert shown(made, STEPS, exit_code=1) == STEPS
    assert shown(made, STEPS, exit_code=None) == STEPS
    assert len(shown(made, STEPS, exit_code=0)) == 2


def test_equal_lines_fold_with_their_count() -> None:
    made = form(Stage(repeats=True))
    assert shown(made, ["waiting"] * 9 + ["ready"]) == ["waiting (x9)", "ready"]


def test_an_omission_shorter_than_its_marker_does_not_happen() -> None:
    assert shown(form(Stage(drop=re.compile("^s"), what="steps")), ["step", "go"]) == ["step", "go"]


def test_the_text_has_the_last_word_where_the_shelf_says_what_it_shows() -> None:
    made = form(Stage(repeats=True), shows=("migration",))
    assert made.recognise(Segment(STEPS)) > 0.5
    assert made.recognise(Segment(["usage: shop"])) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.sampled_from([*STEPS[:5], "", "error: x", "waiting", "waiting", "x" * 300]), max_size=60),
    exit_code=st.sampled_from([0, 1]),
)
def test_any_lines_keep_their_promises(lines: list[str], exit_code: int, holds: Holds) -> None:
    stages = (
        Stage(drop=re.compile("step [13]"), what="steps"),
        Stage(repeats=True),
        Stage(head=4, tail=2, what="more"),
    )
    holds(form(*stages, keep=("step 4",)), Segment(lines, exit_code=exit_code))


def test_stages_that_find_nothing_to_leave_out_yield_to_a_form_that_reads_the_text() -> None:
    copied = [f"docs/part_{number}/page_{page}.txt" for number in range(12) for page in range(9)]
    told = [
        "sending incremental file list",
        *copied,
        "",
        "sent 118,673 bytes  received 1,324 bytes  239,994.00 bytes/sec",
    ]
    result = compress("\n".join(told).encode(), command="rsync -av docs/ copy/", exit_code=0)
    assert result.forms == ("listing",)
    assert "sent 118,673 bytes  received 1,324 bytes" in result.text
