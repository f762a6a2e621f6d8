"""What a scenario file may say, and the scenarios we ship.

    title = "the first tier refuses for 10 s and names the reset"
    lasts_s = 30
    calls_per_s = 10

    [[troubles]]
    at = "first-tier"
    what = "rate-limit"
    from_s = 5
    until_s = 15

One file is one scenario, named like the file; a user's own has the same words.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sidecar.config.complaints import complaints, nearest, told
from sidecar.errors import ConfigurationError, WrongUsage

__all__ = [
    "Answers",
    "Question",
    "Scenario",
    "Trouble",
    "Worded",
    "read_scenario",
    "scenario_called",
    "shipped",
    "troubles",
]

EPOCH = 1_795_521_600.0
"""2026-11-24 12:00 UTC, a Tuesday: whenever it is rehearsed, the windows of quotas and budgets stand the same."""

MOST_CALLS = 20_000
"""More would take minutes and show nothing new."""

Seconds = Annotated[float, Field(ge=0, le=31 * 86_400, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=31 * 86_400, allow_inf_nan=False)]

What = Literal[
    "rate-limit",
    "rate-limit-silent",
    "quota",
    "credit",
    "server-error",
    "error-in-reply",
    "bad-key",
    "hang",
    "hang-in-reply",
    "refuse",
    "cut",
    "empty",
    "slow",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Trouble(_Part):
    """Something that goes wrong at somebody for a while; from *from_s* (included) to *until_s* (not), or for good."""

    at: Literal["first-tier", "second-tier", "behind-the-first", "every-tier"]
    """Whose calls it meets, by the tiers of the model that is rehearsed."""
    what: What
    reach: Literal["target", "provider"] = "target"
    """The targets of that tier alone, or everything of their providers, as with a key or a network."""
    account: Literal["first"] | None = None
    """Only the first account of each provider; none means all of them."""
    from_s: Seconds = 0.0
    until_s: Seconds | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the calls it could meet."""
    reset_s: Positive | None = None
    """The reset that is named where one is; none names the end of the trouble."""
    times: Annotated[float, Field(gt=1, le=1000)] = 5.0
    """With `slow`: how many times as long everything takes."""


class Answers(_Part):
    """How a provider that is well answers: assumed, because nobody is called to find out."""

    first_token_s: Annotated[float, Field(ge=0, le=600)] = 0.6
    tokens_per_s: Annotated[float, Field(gt=0, le=100_000)] = 80.0
    input_tokens: Annotated[int, Field(ge=0, le=10_000_000)] = 2_000
    output_tokens: Annotated[int, Field(ge=1, le=4_000)] = 120


class Question(_Part):
    """What is asked, where a short question would not show it."""

    of_window: Annotated[float, Field(gt=0, le=2)]
    """How long it is, as a share of the smallest window among those of the first tier that are known."""


class Scenario(_Part):
    """An outage: how long it is watched, how often somebody asks meanwhile, what goes wrong when."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    lasts_s: Positive
    calls_per_s: Positive
    place: int = 1_000
    """Where it stands in the table, from small to large."""
    judged: Literal["all", "after"] = "all"
    """Which asks the objectives are held against: all, or those after the last trouble."""
    answers: Answers = Answers()
    question: Question | None = None
    quota_calls: Annotated[int, Field(ge=1, le=MOST_CALLS)] | None = None
    """Every quota of an account is good for so many of these calls at most; null leaves it as it is configured."""
    troubles: tuple[Trouble, ...] = ()
    name: str = ""
    """The name of its file."""

    @property
    def calls(self) -> int:
        return max(1, round(self.lasts_s * self.calls_per_s))

    @property
    def over_at_s(self) -> float | None:
        """When the last trouble is over; None when there is none, or one that does not end."""
        ends = [trouble.until_s for trouble in self.troubles]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None


def read_scenario(text: str, *, name: str, source: str) -> Scenario:
    """The scenario that *text* (TOML) describes; ConfigurationError says what in *source* cannot be used."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is not TOML: {error}.") from error
    wrong = complaints(values, models=Scenario)
    if wrong:
        raise ConfigurationError(told([f"{source}: {sentence}." for _, sentence in wrong]))
    import json

    scenario = Scenario.model_validate_json(json.dumps({**values, "name": name}), strict=True)
    if scenario.calls > MOST_CALLS:
        raise ConfigurationError(
            f"{source}: {scenario.calls:,} calls are more than the {MOST_CALLS:,} of one scenario; lower `calls_per_s`."
        )
    for trouble in scenario.troubles:
        if trouble.until_s is not None and trouble.until_s <= trouble.from_s:
            raise ConfigurationError(f"{source}: a trouble ends at {trouble.until_s:g} s, before it begins.")
    return scenario


@functools.cache
def shipped() -> Mapping[str, Scenario]:
    """Our scenarios by name, in the order of the table."""
    folder = files("sidecar.proof.drill.scenarios")
    found = [
        read_scenario(file.read_text("utf-8"), name=file.name.removesuffix(".toml"), source=file.name)
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    ]
    return {scenario.name: scenario for scenario in sorted(found, key=lambda one: (one.place, one.name))}


def scenario_called(word: str) -> Scenario:
    """One of ours by its name, or a user's own by the path of its file; raises WrongUsage or ConfigurationError."""
    if word in shipped():
        return shipped()[word]
    path = Path(word)
    if path.suffix != ".toml":
        meant = nearest(word, shipped())
        hint = f"did you mean `{meant}`?" if meant else f"there are {', '.join(f'`{name}`' for name in shipped())}."
        raise WrongUsage(f"There is no scenario `{word}`: {hint} Your own is a TOML file.")
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise WrongUsage(f"`{word}` cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"`{word}` is not a text in UTF-8.") from None
    return read_scenario(text, name=path.stem, source=word)


@dataclass(frozen=True, slots=True)
class Worded:
    """A trouble that vendors word differently: *meaning* is what the router may make of it."""

    about: str
    meaning: tuple[str, ...]
    by_vendor: Mapping[str, str]
    """The fault's name by host of the catalogue and by dialect; "" where it cannot happen."""


@functools.cache
def troubles() -> Mapping[str, Worded]:
    """The troubles of `vendors.toml` by name."""
    text = files("sidecar.proof.drill").joinpath("vendors.toml").read_text("utf-8")
    return {
        what: Worded(entry.pop("about"), tuple(entry.pop("meaning")), entry)
        for what, entry in tomllib.loads(text).items()
    }
