"""Panels in a configuration: what may sit together, and what a project's file may not arrange unasked."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sidecar.config.hosts import contradictions
from sidecar.config.layers import Layer, merge
from sidecar.config.model import Settings
from sidecar.config.panels import Panel, panel_called
from sidecar.config.trust import sift
from sidecar.config.words import Suffix
from sidecar.switchboard.routes import SUFFIXES

TIERS = {"tiers": [{"name": "only", "targets": ["lab/model"]}]}


def settings(panel: dict[str, Any], name: str = "review", **models: Any) -> Settings:
    lab = {"dialect": "openai-chat", "base_url": "http://127.0.0.1:1/v1"}
    three = {"a": TIERS, "b": TIERS, "c": TIERS}
    return Settings.model_validate(
        {"providers": {"lab": lab}, "models": {**three, name: {"kind": "panel", **panel}, **models}}, strict=False
    )


def test_a_panel_is_as_it_was_configured() -> None:
    known = settings({"members": ["a", "b:cheap"], "judge": "c:fast", "deadline_s": 9}).models
    assert contradictions(settings({"members": ["a", "b:cheap"], "judge": "c:fast"}), {}) == []
    assert panel_called("review", known) == Panel("review", ("a", "b:cheap"), "c:fast", 9.0)
    assert panel_called("a", known) is None
    assert panel_called("a + b", known) == Panel("a+b", ("a", "b"))


@pytest.mark.parametrize(
    ("panel", "path", "sentence"),
    [
        ({}, "members", "a panel has 2 to 8 members, and this one has 0"),
        ({"members": ["a"]}, "members", "and this one has 1"),
        ({"members": ["a", "b", "a"]}, "members", "`a` is in it twice"),
        ({"members": ["a", "bb"]}, 1, "no model is called `bb`; did you mean `b`"),
        ({"members": ["a", "b:chep"]}, 1, "no model is called `b:chep`"),
        ({"members": ["a", "other"]}, 1, "`other` is a panel itself"),
        ({"members": ["a", "b"], "judge": "other"}, "judge", "`other` is a panel itself"),
        ({"members": ["a", "b"], "judge": "d"}, "judge", "no model is called `d`"),
        ({"members": ["a", "b"], **TIERS}, "tiers", "says nothing of a panel"),
        ({"members": ["a", "b"], "only": ["lab"]}, "only", "says nothing of a panel"),
    ],
)
def test_what_cannot_sit_together_gets_one_sentence(panel: dict[str, Any], path: Any, sentence: str) -> None:
    other = {"kind": "panel", "members": ["a", "b"]}
    [(where, said)] = contradictions(settings(panel, other=other), {})
    assert where[-1] == path
    assert sentence in said
    assert "\n" not in said


def test_members_and_judge_are_for_panels() -> None:
    said = [
        sentence for _, sentence in contradictions(settings({"members": ["a", "b"]}, d={**TIERS, "judge": "a"}), {})
    ]
    assert said == ['`models.d.judge` is for a panel: add `"kind": "panel"` or remove it']


def test_the_lines_of_a_focus_are_named_by_one_model() -> None:
    [(_, said)] = contradictions(settings({"members": ["a", "b"]}, name="focus"), {})
    assert "cannot be a panel" in said


def test_a_budget_is_for_a_member_and_not_for_a_panel() -> None:
    wrong = settings({"members": ["a", "b"]}).model_dump(exclude_unset=True)
    wrong["budgets"] = [{"window": "day", "model": "review", "limit_usd": 1.0}]
    [(_, said)] = contradictions(Settings.model_validate(wrong, strict=False), {})
    assert "`review` is a panel, whose calls are its members'" in said


def test_a_panel_takes_the_place_of_tiers_that_were_detected() -> None:
    detected = Layer("detected", {"models": {"default": {**TIERS, "deadline_s": 5}}})
    own = Layer("mine", {"models": {"default": {"kind": "panel", "members": ["a", "b"]}}})
    merged, origins = merge([detected, own])
    assert merged["models"]["default"] == {"kind": "panel", "members": ["a", "b"]}
    assert "detected" not in origins.values()
    back, _ = merge([own, Layer("project", {"models": {"default": {"kind": "tiers", **TIERS}}})])
    assert back["models"]["default"] == {"kind": "tiers", **TIERS}


def test_an_untrusted_file_arranges_no_panel_and_turns_no_model_into_one() -> None:
    asked = {"models": {"new": {"kind": "panel", "members": ["a", "b"]}, "a": {"kind": "panel", "members": ["b", "c"]}}}
    sifted = sift(asked, own={"models": {"a": TIERS}}, known=["lab"], roots=(), is_trusted=False)
    assert sifted.values == {}
    held = {one.path: one.sentence for one in sifted.held_back}
    assert "several models at once" in held["models.new"]
    assert {"models.a.kind", "models.a.members"} <= held.keys()


def test_the_suffixes_of_the_configuration_are_those_of_the_routes() -> None:
    assert get_args(Suffix) == tuple(SUFFIXES)
