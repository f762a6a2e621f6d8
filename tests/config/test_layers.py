"""Layers: which value holds, where it came from, and how a mistake in a file is told."""

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.config.layers import Layer, merge, origin_of
from sidecar.config.render import inactive, render
from sidecar.errors import ConfigurationError

SMART = {"smart": {"tiers": [{"name": "best", "targets": ["anthropic/claude-opus-4-5"]}]}}
ROLLING = {"window": "5h", "kind": "rolling", "limit_requests": 5}
BERLIN = {"time_zone": "Europe/Berlinn"}
LAB = {"dialect": "openai-chat", "base_url": "http://127.0.0.1:9/v1"}


def tiers(*targets: str) -> list[dict[str, Any]]:
    return [{"name": "free", "targets": list(targets)}]


def refusal(machine: Any, **how: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        machine.load(**how)
    return str(refused.value).splitlines()


def test_with_nothing_configured_the_defaults_hold(machine: Any) -> None:
    configuration = machine.load()
    assert configuration.settings.run.timeout_s == 120
    assert configuration.roots == (machine.project,)
    assert configuration.files == ()
    assert origin_of(("run", "timeout_s"), configuration.origins) == "default"
    assert configuration.state_dir == machine.state


def test_each_layer_lies_over_the_one_below(machine: Any) -> None:
    def timeout() -> tuple[float, str]:
        configuration = machine.load(detect=lambda _names: {"run": {"timeout_s": 1}}, flags=flags)
        return configuration.settings.run.timeout_s, origin_of(("run", "timeout_s"), configuration.origins)

    flags: dict[str, Any] = {}
    assert timeout() == (1, "detected")
    user = machine.user({"run": {"timeout_s": 2}})
    assert timeout() == (2, str(user))
    theirs = machine.theirs({"run": {"timeout_s": 3}})
    assert timeout() == (3, str(theirs))
    machine.environ["SIDECAR_RUN_TIMEOUT_S"] = "4"
    assert timeout() == (4, "SIDECAR_RUN_TIMEOUT_S")
    flags["run.timeout_s"] = 5
    assert timeout() == (5, "command line")


def test_objects_merge_by_key_and_lists_replace(machine: Any) -> None:
    machine.user(
        {
            "models": {
                "default": {"deadline_s": 9, "tiers": tiers("ollama/a", "ollama/b")},
                "smart": {"tiers": tiers("ollama/c")},
            }
        }
    )
    machine.theirs({"models": {"default": {"tiers": tiers("ollama/z")}}})
    models = machine.load().settings.models
    assert models["default"].tiers[0].targets == ("ollama/z",)
    assert models["default"].deadline_s == 9
    assert set(models) == {"default", "smart"}


def test_denials_and_budgets_add_up_so_that_no_layer_lifts_another_s(machine: Any) -> None:
    user = machine.user({"run": {"deny": ["rm *"]}, "budgets": [{"window": "day", "limit_usd": 1}]})
    theirs = machine.theirs({"run": {"deny": ["curl *"]}, "budgets": [{"window": "day", "limit_usd": 900}]})
    configuration = machine.load()
    assert configuration.settings.run.deny == ("rm *", "curl *")
    assert [budget.limit_usd for budget in configuration.settings.budgets] == [1, 900]
    assert origin_of(("budgets", 0, "limit_usd"), configuration.origins) == str(user)
    assert origin_of(("budgets", 1, "limit_usd"), configuration.origins) == str(theirs)


def test_the_project_file_is_found_from_a_folder_below_and_not_beyond_the_repository(machine: Any) -> None:
    machine.theirs({"run": {"timeout_s": 3}})
    below = machine.project / "a" / "b"
    below.mkdir(parents=True)
    assert machine.load(cwd=below).settings.run.timeout_s == 3
    (below / ".git").mkdir()
    assert machine.load(cwd=below).settings.run.timeout_s == 120


def test_outside_a_repository_no_parent_s_file_is_used(machine: Any) -> None:
    (machine.project / ".git").rmdir()
    machine.theirs({"run": {"timeout_s": 3}})
    (machine.project / "below").mkdir()
    assert machine.load(cwd=machine.project / "below").settings.run.timeout_s == 120
    assert machine.load().settings.run.timeout_s == 3


def test_sidecar_config_names_the_users_file(machine: Any) -> None:
    machine.user({"run": {"timeout_s": 3}})
    other = machine.folder / "other.json"
    other.write_text('{"run": {"timeout_s": 7}}')
    machine.environ["SIDECAR_CONFIG"] = str(other)
    assert machine.load().settings.run.timeout_s == 7
    machine.environ["SIDECAR_CONFIG"] = str(machine.folder / "none.json")
    assert refusal(machine) == [
        f"{machine.folder}/none.json: there is no such configuration file; create it, or correct `SIDECAR_CONFIG`."
    ]


def test_every_mistake_of_every_file_is_told_with_its_place(machine: Any) -> None:
    user = machine.user('{\n  "run": {\n    "timeout_s": "x",\n    "dney": []\n  }\n}')
    theirs = machine.theirs('{"roots": ["."], "roots": []}')
    machine.environ["SIDECAR_RUN_TIMEOUT_S"] = "soon"
    assert refusal(machine, flags={"compression.level": "tigth"}) == [
        f"{user}:3:5: `run.timeout_s` must be a number.",
        f"{user}:4:5: `run.dney`: unknown key `dney`; did you mean `deny`.",
        f"{theirs}:1:18: `roots` is given twice; keep one.",
        f"{theirs}:1:18: `roots` must be a list with at least one entry.",
        "SIDECAR_RUN_TIMEOUT_S: `run.timeout_s` must be a number.",
        "command line: `compression.level` must be one of `faithful`, `tight`.",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"run": }', ":1:9: not JSON: a value was expected."),
        (b'{\n "a": "\xff"}', ":2: the file is not UTF-8; save it as UTF-8."),
        (b"[]", ": the file must hold one JSON object, `{ ... }`."),
        (b"", ":1:1: not JSON: the file ends where a value was expected."),
        (b" " * 1_000_001, ": larger than 1,000,000 bytes, so it is not a configuration file."),
    ],
)
def test_a_file_that_is_no_configuration_is_one_sentence(machine: Any, data: bytes, said: str) -> None:
    path = machine.user({})
    path.write_bytes(data)
    assert refusal(machine) == [f"{path}{said}"]


def test_a_byte_order_mark_is_no_mistake(machine: Any) -> None:
    machine.user({}).write_bytes(b'\xef\xbb\xbf{"run": {"timeout_s": 3}}')
    assert machine.load().settings.run.timeout_s == 3


def test_a_folder_or_a_pipe_in_place_of_the_file_is_one_sentence(machine: Any) -> None:
    machine.user_file.mkdir(parents=True)
    assert refusal(machine) == [f"{machine.user_file}: this is not a file; the configuration must be a JSON file."]
    machine.user_file.rmdir()
    os.mkfifo(machine.user_file)
    assert refusal(machine) == [f"{machine.user_file}: this is not a file; the configuration must be a JSON file."]


def test_a_key_pasted_into_a_file_is_in_no_part_of_the_error(machine: Any) -> None:
    machine.user({"providers": {"anthropic": {"accounts": [{"key": "sk-ant-secret"}]}}})
    with pytest.raises(ConfigurationError) as refused:
        machine.load()
    seen: BaseException | None = refused.value
    while seen is not None:
        assert "sk-ant-secret" not in repr(seen)
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"models": {"d": {"tiers": tiers("antropic/x")}}},
            (
                "`models.d.tiers[0].targets[0]` names the provider `antropic`, "
                "which is neither in `providers` nor in the catalogue; did you mean `anthropic`."
            ),
        ),
        (
            {"providers": {"lab": {}}},
            "`providers.lab`: it is not a host of the catalogue: give it a `dialect` and a `base_url`.",
        ),
        ({"providers": {"lab": {"dialect": "gemini"}}}, "`providers.lab`: the dialect `gemini` needs a `base_url`."),
        (
            {"providers": {"lab": {"dialect": "command"}}},
            "`providers.lab`: the dialect `command` needs a `command`, the program with its arguments.",
        ),
        (
            {"providers": {"lab": {**LAB, "command": ["x"]}}},
            "`providers.lab.command` stands beside the dialect `openai-chat`: remove one of them.",
        ),
        (
            {"providers": {"lab": {**LAB, "accounts": [{}, {}]}}},
            "`providers.lab.accounts[1]`: a second account is called `default`; give each its own name.",
        ),
        ({"models": {"d": {}}}, "`models.d` has no `tiers`: name the targets that may answer it."),
        ({"budgets": [{"window": "day"}]}, "`budgets[0]` limits nothing: give `limit_usd` or `limit_tokens`."),
        (
            {"models": SMART, "budgets": [{"window": "day", "limit_usd": 1, "model": "smrt"}]},
            "`budgets[0].model`: no model is called `smrt`; did you mean `smart`.",
        ),
        (
            {"models": SMART, "budgets": [{"window": "call", "limit_usd": 1, "model": "smart", "tier": "zzz"}]},
            "`budgets[0].tier`: no tier is called `zzz`; there is `best`.",
        ),
        (
            {"providers": {"lab": {**LAB, "accounts": [{"quotas": [{**ROLLING, "starts_at": "08:30"}]}]}}},
            (
                "`providers.lab.accounts[0].quotas[0].starts_at` says nothing here: a window of 5 hours begins with a "
                "call; remove it."
            ),
        ),
        (
            {
                "providers": {
                    "lab": {**LAB, "accounts": [{"quotas": [{**ROLLING, "window": "day", "time_zone": "Asia/Tokyo"}]}]}
                }
            },
            (
                "`providers.lab.accounts[0].quotas[0].time_zone` says nothing here: a rolling window has no beginning; "
                "remove it."
            ),
        ),
        (
            {"providers": {"lab": {**LAB, "accounts": [{"quotas": [{"window": "day", "limit_usd": 1, **BERLIN}]}]}}},
            (
                "`providers.lab.accounts[0].quotas[0].time_zone` must be a time zone this machine knows, such as "
                "`Europe/Berlin` or `UTC`."
            ),
        ),
        (
            {"providers": {"lab": {**LAB, "accounts": [{"quotas": [{"window": "day", "starts_at": "8:30"}]}]}}},
            "`providers.lab.accounts[0].quotas[0].starts_at` must be a time of day such as `08:30`.",
        ),
    ],
)
def test_what_a_configuration_cannot_mean_is_refused_with_its_place(machine: Any, values: Any, said: str) -> None:
    path = machine.user(values)
    (line,) = refusal(machine)
    place, _, sentence = line.partition(": ")
    assert place.startswith(f"{path}:1:")
    assert sentence == said


def test_roots_are_absolute_and_taken_from_where_they_were_written(machine: Any) -> None:
    machine.user({"roots": [".", "~/notes", "/srv"]})
    home = machine.folder / "home"
    assert [str(root) for root in machine.load().roots] == [str(machine.project), str(home / "notes"), "/srv"]


def test_a_misspelt_variable_is_told(machine: Any) -> None:
    machine.environ["SIDECAR_CONFG"] = "x"
    machine.environ["SIDECAR_INJECTOR_HOST"] = "another program's"
    assert machine.load().notes == ("the variable `SIDECAR_CONFG` is not read; did you mean `SIDECAR_CONFIG`?",)


def test_every_value_is_shown_with_its_origin_and_what_does_nothing_is_said(machine: Any) -> None:
    user = machine.user(
        {
            "providers": {"anthropic": {"accounts": [{"key": "env:K", "quotas": [{"window": "day", "limit_usd": 3}]}]}},
            "models": {"default": {"tiers": tiers("anthropic/big"), "objectives": {"p95_s": 2}}},
        }
    )
    machine.theirs({"providers": {"lab": LAB}})
    lines = "\n".join(render(machine.load()))
    assert 'providers.anthropic.accounts[0].key = "env:K"' in lines
    assert f"({user})" in lines
    assert "run.timeout_s = 120.0" in lines
    assert "(default)" in lines
    assert "held back: providers.lab calls `http://127.0.0.1:9/v1`" in lines
    assert "not enforced: `models.default.objectives`: objectives are kept but not yet measured" in lines


def test_nothing_is_called_inactive_that_nobody_set(machine: Any) -> None:
    assert inactive(machine.load().settings) == []


_TREES: Any = st.recursive(
    st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc.d"), inner, max_size=3),
    max_leaves=8,
).filter(lambda tree: isinstance(tree, dict))


def leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if isinstance(tree, dict) and tree:
        return {key: value for name, inner in tree.items() for key, value in leaves(inner, (*path, name)).items()}
    return {path: tree}


@given(st.lists(_TREES, min_size=1, max_size=4))
def test_every_merged_value_is_the_one_its_origin_said(trees: list[Any]) -> None:
    merged, origins = merge([Layer(str(index), tree) for index, tree in enumerate(trees)])
    for path, value in leaves(merged).items():
        if path:
            said: Any = trees[int(origin_of(path, origins))]
            for key in path:
                said = said[key]
            assert said == value


@given(_TREES, _TREES)
def test_the_upper_layer_is_whole_in_the_merged_one(below: Any, above: Any) -> None:
    merged, _ = merge([Layer("below", below), Layer("above", above)])
    for path, value in leaves(above).items():
        if path and value != {}:
            said: Any = merged
            for key in path:
                said = said[key]
            assert said == value


@given(_TREES)
def test_a_layer_over_itself_changes_nothing(tree: Any) -> None:
    assert merge([Layer("a", tree), Layer("b", tree)])[0] == merge([Layer("a", tree)])[0] == tree


def test_a_key_pasted_into_an_address_or_a_word_is_masked_where_values_are_shown(machine: Any) -> None:
    key = "sk-pasted-0123456789abcdef"
    said = {**LAB, "base_url": f"http://127.0.0.1:9/{key}/v1", "headers": {"X-Lab": key}}
    machine.user({"providers": {"lab": said}})
    shown = "\n".join(render(machine.load()))
    assert "providers.lab.base_url" in shown
    assert key not in shown
