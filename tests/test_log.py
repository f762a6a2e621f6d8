from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidecar import log as module
from sidecar.log import hide, new_log


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Secrets are remembered for the whole process; a test's own are forgotten with it."""
    before = list(module._hidden)
    yield
    module._hidden[:] = before


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def logged(stream: io.StringIO, **environ: str) -> Any:
    return new_log(environ, stream)


@dataclass
class Account:
    key: str
    again: tuple[str, ...] = ()


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    else:
        yield str(value)


# A secret that looks like the mask cannot be told from it.
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=30).filter(
    lambda text: len(set(text.strip())) > 4 and text.strip() not in "[hidden][hidden]"
)
around = st.sampled_from(["", " ", "'", '"', "'\"", "\\", "key=", "\n"])


def wherever(secret: str, before: str) -> dict[str, Any]:
    """An event with the secret in every kind of place."""
    text = before + secret + before
    return {
        "text": text,
        "nested": {"deeper": [{"still": (text,), text: 1}], "set": {text}},
        "object": Account(text, (text,)),
        "shown": repr(text),
        "shown_twice": [repr([text])],
        "bytes": text.encode(),
        "json": json.dumps({"a": text}),
        text: "as a name",
    }


def raised(secret: str) -> Exception:
    try:
        try:
            raise KeyError(secret)
        except KeyError as error:
            error.add_note(f"tried with {secret}")
            raise ExceptionGroup("both", [ValueError(f"bad {secret!r}"), OSError(5, secret)]) from error
    except ExceptionGroup as error:
        return error


@given(secret=secrets, before=around, is_terminal=st.booleans())
@example(secret="pa\"ss'wo\\rd", before="'\"", is_terminal=False)
@example(secret="line one of it\nline two of it\n", before="", is_terminal=True)
@example(secret="sec'ret\0of mine", before="", is_terminal=False)
@example(secret="1234567890", before="", is_terminal=False)
def test_a_hidden_secret_never_appears_wherever_it_stood(secret: str, before: str, is_terminal: bool) -> None:
    hide(secret)
    stream = Terminal() if is_terminal else io.StringIO()
    log = logged(stream)
    log.warning(f"failed with {before}{secret}", **wherever(secret, before))
    log.error("failed", exc_info=raised(secret))
    written = stream.getvalue()
    assert "failed" in written
    assert secret.strip() not in written
    if not is_terminal:
        for line in written.splitlines():
            for spelling in (secret.strip(), repr(secret.strip())[1:-1], json.dumps(secret.strip())[1:-1]):
                assert not any(spelling in text for text in strings(json.loads(line)))


def test_the_lines_of_a_private_key_are_hidden_one_by_one() -> None:
    hide("-----BEGIN KEY-----\nMIIabcdefgh\nMIIijklmnop\n-----END KEY-----\n")
    stream = io.StringIO()
    logged(stream).warning("x", text="| MIIijklmnop\n| MIIabcdefgh")
    assert "MII" not in stream.getvalue()


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcDEF0123456789",
        "sk-ant-api03-abcdef_0123456789",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "ghp_0123456789abcdefghij",
        "gho_0123456789abcdefghij",
        "github_pat_0123456789abcdefghij",
        "xoxb-012345678901-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "gsk_0123456789abcdefghij",
        "hf_0123456789abcdefghij",
    ],
)
def test_what_looks_like_a_key_is_hidden_though_nobody_named_it(key: str) -> None:
    stream = io.StringIO()
    logged(stream).warning(f"refused: {key}.", headers={"x": [key]})
    assert key not in stream.getvalue()
    assert json.loads(stream.getvalue())["event"] == "refused: [hidden]."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-012345", "Authorization: Bearer [hidden]"),
        ("proxy http://me:hunter2@proxy:8080 is down", "proxy http://[hidden]@proxy:8080 is down"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "[hidden]"),
        ("see https://example.org:8080/a@b and task-force-of-many-words", None),
    ],
)
def test_other_shapes_of_secrets(text: str, shown: str | None) -> None:
    stream = io.StringIO()
    logged(stream).warning(text)
    assert json.loads(stream.getvalue())["event"] == (shown or text)


def test_a_value_is_hidden_by_its_name() -> None:
    stream = io.StringIO()
    logged(stream).warning(
        "x", api_key="short", headers={"X-Api-Key": "a", "Authorization": "b", "Accept": "c"}, input_tokens=5, key=None
    )
    line = json.loads(stream.getvalue())
    assert line["api_key"] == "[hidden]"
    assert line["headers"] == {"X-Api-Key": "[hidden]", "Authorization": "[hidden]", "Accept": "c"}
    assert (line["input_tokens"], line["key"]) == (5, None)


@pytest.mark.parametrize("placeholder", ["", "  ", "abc", "hidden"])
def test_a_placeholder_does_not_shred_the_log(placeholder: str) -> None:
    hide(placeholder)
    stream = io.StringIO()
    logged(stream).warning("abc hidden")
    assert json.loads(stream.getvalue())["event"] == "abc hidden"


def test_a_line_is_json_for_a_program_and_text_for_a_person() -> None:
    stream, terminal = io.StringIO(), Terminal()
    logged(stream).warning("state set aside", path="/x")
    logged(terminal).warning("state set aside", path="/x")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["path"], line["level"]) == ("state set aside", "/x", "warning")
    assert stream.getvalue().count("\n") == 1
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(terminal.getvalue())


@pytest.mark.parametrize(("level", "lines"), [("", 2), ("debug", 4), ("INFO", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_what_the_variable_says(level: str, lines: int) -> None:
    stream = io.StringIO()
    log = logged(stream, SIDECAR_LOG=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)(name)
    assert len(stream.getvalue().splitlines()) == lines


def test_an_unknown_level_is_said_once_and_costs_nothing_else() -> None:
    stream = io.StringIO()
    logged(stream, SIDECAR_LOG="verbose").info("x")
    line = json.loads(stream.getvalue())
    assert line["value"] == "verbose"
    assert "`SIDECAR_LOG` names no level" in line["event"]


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def test_what_cannot_be_shown_does_not_stop_the_line() -> None:
    itself: list[Any] = []
    itself.append(itself)
    stream = io.StringIO()
    logged(stream).warning("x", broken=Broken(), itself=itself, keys={Broken(): 1}, text="\ud800")
    assert "Broken whose repr raised RuntimeError" in stream.getvalue()


def test_a_closed_stderr_does_not_stop_the_sidecar() -> None:
    stream = io.StringIO()
    log = logged(stream)
    stream.close()
    log.warning("x")


def test_stdout_stays_empty_and_nothing_is_configured_at_import() -> None:
    source = (
        "import sys, sidecar.log as module\n"
        "module.hide('hunter2hunter2')\n"
        "assert 'structlog' not in sys.modules\n"
        "module.log().warning('key hunter2hunter2')\n"
        "import structlog\n"
        "assert not structlog.is_configured()\n"
        "assert module.log() is module.log()\n"
    )
    environ = {name: value for name, value in os.environ.items() if name != "SIDECAR_LOG"}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout == ""
    assert json.loads(done.stderr)["event"] == "key [hidden]"
