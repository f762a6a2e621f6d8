"""What a configuration file may say, in the words of the design; everything unknown is refused.

    Settings
    ├── providers   name -> Provider   who can be called, as whom, on what terms
    ├── models      name -> Model      what a caller asks for, and the tiers that answer it
    ├── budgets     limits on spending
    ├── compression, run, attach       how the verbs behave
    └── roots       where the verbs may read

Each layer of the configuration is validated alone (so a mistake is told with its own file), and the merged
whole once more. What a name or a price may be stands in `words.py`, rules that need the whole or the catalogue in
`hosts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from sidecar.config.words import (
    ClockTime,
    Count,
    Headers,
    Name,
    Part,
    Path,
    Percentile,
    Place,
    Reference,
    Seconds,
    Speed,
    Target,
    Url,
    Usd,
    Who,
    Word,
    Zone,
)

__all__ = [
    "Account",
    "Attach",
    "Budget",
    "Choosing",
    "Compression",
    "DataPolicy",
    "Limits",
    "MaxPrice",
    "Model",
    "Objectives",
    "PolicyWanted",
    "Price",
    "Provider",
    "Quota",
    "Run",
    "Settings",
    "Tier",
]


class Quota(Part):
    """How much one account may be used in a window; give at least one of the limits."""

    window: Literal["5h", "day", "week", "month"]
    """The window in which it counts."""
    kind: Literal["fixed", "rolling"] | None = None
    """`rolling` is the last so many hours or days (a month: 30 days); `fixed` begins anew at its time, or, for `5h`,
    with the first call after the last one ended. Null: `5h` is rolling, the others are fixed."""
    starts_at: ClockTime | None = None
    """For a fixed day, week (on Monday) or month (on its 1st): the time of day at which it begins, such as `08:30`."""
    time_zone: Zone | None = None
    """Where `starts_at` is told, such as `Europe/Berlin`; null is UTC."""
    limit_usd: Usd | None = None
    """At most so many US dollars in the window."""
    limit_tokens: Count | None = None
    """At most so many tokens in the window."""
    limit_requests: Count | None = None
    """At most so many calls in the window."""


class Account(Part):
    """One credential at a provider."""

    name: Name = "default"
    """What receipts and `status` call it."""
    key: Reference | None = None
    """Where the key is: `env:NAME`, `file:PATH` or `keyring:SERVICE/NAME`; null for a server that wants none."""
    key_id: Reference | None = None
    """For AWS: where the access key id is; `key` is then the secret access key, which signs and is not sent."""
    session_token: Reference | None = None
    """For AWS: where the token of a temporary pair of keys is."""
    quotas: tuple[Quota, ...] = ()
    """How much of this account may be used."""
    weight: Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)] = 1
    """For the orders `spread` and `least-used`: an account of weight 2 gets twice the share of one of weight 1."""


class DataPolicy(Part):
    """What the provider does with what it is sent."""

    training: bool | None = None
    """Whether it may train on it; null is unknown."""
    retention: Word | None = None
    """How long it keeps it: `none`, or a time in words; null is unknown."""


class Price(Part):
    """What a million tokens cost, in US dollars."""

    input_usd_per_mtok: Usd
    """Of what is read."""
    output_usd_per_mtok: Usd
    """Of what is written."""


class Provider(Part):
    """Who can be called. A host of the catalogue needs only its accounts."""

    dialect: (
        Literal[
            "openai-chat",
            "openai-responses",
            "anthropic",
            "gemini",
            "ollama",
            "azure",
            "bedrock",
            "vertex",
            "command",
        ]
        | None
    ) = None
    """The wire format it speaks; known for a host of the catalogue."""
    base_url: Url | None = None
    """Its address, up to and including a version such as `/v1`; known for a host of the catalogue."""
    resource: Place | None = None
    """What a cloud's address needs of yours: at `azure` the name in `https://RESOURCE.openai.azure.com`, at
    `cloudflare` and `snowflake` the id of your account, at `infomaniak` of your product."""
    region: Place | None = None
    """Where it is: for `bedrock` and `vertex` the region to call, such as `eu-central-1` or `europe-west4`; elsewhere
    what you know of it, such as `eu`."""
    project: Place | None = None
    """For `vertex`: your project's id."""
    api_version: Place | None = None
    """For `azure`: a dated version of its API, such as `2025-04-01-preview`, where `v1`, the usual one, does not do."""
    images: bool | None = None
    """Whether its models read images; null goes by the name of the model."""
    capabilities: tuple[Literal["tools", "json-schema", "reasoning"], ...] = ()
    """What its models can do beside what is known of them, for `needs`; images have a key of their own."""
    context_tokens: Annotated[int, Field(gt=0)] | None = None
    """How many tokens its models read, such as a server of yours was started with; null goes by what is known."""
    command: Annotated[tuple[Word, ...], Field(min_length=1)] | None = None
    """For the dialect `command`: the program and its arguments; `{model}` stands for the target's model."""
    accounts: Annotated[tuple[Account, ...], Field(min_length=1)] | None = None
    """The credentials; `order` says which is tried first."""
    order: Literal["listed", "spread", "least-used", "soonest-reset"] = "listed"
    """Which account of a target is tried first: as listed, by chance (by `weight`), the one used least in the last 24
    hours, or the one whose quota resets soonest while some of it is left (use it or lose it)."""
    billing: Literal["metered", "flat", "free"] | None = None
    """How it charges: by use, by subscription, or not at all."""
    prices: Mapping[Word, Price] = Field(default_factory=dict)
    """What its models cost, by their id, or `*` for all that are not named; this goes before list prices. Under a limit
    in US dollars, a model whose price nobody says is not asked."""
    data_policy: DataPolicy | None = None
    """What it does with what it is sent, as far as you know."""
    headers: Headers = Field(default_factory=dict)
    """Headers sent with every call; one that carries a secret must hold a reference such as `env:NAME`."""


class PolicyWanted(Part):
    """What must become of a prompt; what nobody says of a provider counts as no."""

    training: Literal[False] | None = None
    """`false`: nobody is asked who may train on it, or does not say."""
    retention: Literal["none"] | None = None
    """`none`: nobody is asked who keeps it, or does not say."""


class MaxPrice(Part):
    """What a million tokens may cost at most, in US dollars by list price; an unknown price is over it."""

    input_usd_per_mtok: Usd | None = None
    """Of what is read."""
    output_usd_per_mtok: Usd | None = None
    """Of what is written."""


class Choosing(Part):
    """Who of the targets may answer, which is never relaxed, and who is preferred; for a model and for a tier of it."""

    only: tuple[Who, ...] = ()
    """Nobody else is asked: providers, targets `PROVIDER/MODEL`, or endpoints `PROVIDER/MODEL@ACCOUNT`."""
    ignore: tuple[Who, ...] = ()
    """These are not asked; named as in `only`."""
    data_policy: PolicyWanted | None = None
    """What must become of a prompt."""
    region: tuple[Place, ...] = ()
    """Prompts are worked on there and nowhere else: `eu`, `us`, or a cloud's region such as `eu-central-1`."""
    min_context_tokens: Count | None = None
    """Nobody is asked who reads fewer tokens, or does not say how many."""
    needs: tuple[Literal["tools", "vision", "json-schema", "reasoning"], ...] = ()
    """Nobody is asked who cannot do these, or does not say so."""
    max_price: MaxPrice | None = None
    """Nobody is asked who costs more."""
    prefer_latency_s: Mapping[Percentile, Seconds] = Field(default_factory=dict)
    """How soon the first part of an answer should come, such as `{"p90": 3}`; who is slower of late is asked last."""
    prefer_tokens_per_s: Mapping[Percentile, Speed] = Field(default_factory=dict)
    """How fast answers should come, such as `{"p50": 40}`, over their whole time; who is slower is asked last."""
    hedge: bool | None = None
    """Whether a slow answer is asked for again elsewhere in its tier, the first to come counting: 1 call in 20 at most,
    and only among endpoints that cost nothing more per call. Null in a tier is as its model; in a model it is no."""


class Tier(Choosing):
    """An ordered group of targets inside a model; what it asks for adds to what its model asks for."""

    name: Name
    """What receipts call it, such as `subscription`, `cheap` or `free`."""
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    """Who may answer, each as `PROVIDER/MODEL`."""
    order: Literal["listed", "cheapest", "fastest", "throughput", "reliable", "balanced"] = "listed"
    """Which target is tried first: as listed, the lowest price, or by the last 24 hours: the soonest first token, the
    most tokens per second, the fewest failures, or (`balanced`) each its share of calls by all of these and price."""
    effort: Literal["low", "medium", "high"] | None = None
    """How much the models think before they answer; null leaves it to the provider. Not every model can be told."""


class Limits(Part):
    """How long one attempt may take at each of its stations, in seconds."""

    connect_s: Seconds = 5.0
    """Until there is a connection."""
    first_token_s: Seconds = 30.0
    """From then until the first part of the answer. While others can answer: at most half of the time that is left, and
    at most four times the slowest of the endpoint's latest answers (15 seconds at least)."""
    silence_s: Seconds = 30.0
    """Between two parts of the answer."""


class Objectives(Part):
    """What you expect of a model, to be measured against."""

    success_rate: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    """The share of asks that are answered, 0 to 1."""
    p95_s: Seconds | None = None
    """Nineteen of twenty answers come within so many seconds."""


class Model(Choosing):
    """A logical name a caller asks for."""

    kind: Literal["tiers", "panel"] = "tiers"
    """Whether tiers answer one after the other, or several models side by side."""
    tiers: tuple[Tier, ...] = ()
    """The groups that may answer, the best first."""
    members: tuple[Name, ...] = ()
    """For a panel: the models that are asked, 2 to 8; each name may end in `:cheap`, `:fast` or `:free`."""
    judge: Name | None = None
    """For a panel: the model that makes one answer of the members'; null gives them all."""
    deadline_s: Seconds = 120.0
    """One ask ends within so many seconds, whatever is tried for it."""
    limits: Limits = Limits()
    """How long one attempt may take."""
    objectives: Objectives | None = None
    """What you expect of this model."""
    after_refusal: Literal["stop", "next-tier"] = "stop"
    """What follows when a provider's policy refuses the prompt: its answer stands, or the next tier is asked."""


class Budget(Part):
    """A limit on spending: over all models, or for one of them, or for the tiers of one name."""

    window: Literal["call", "session", "day", "month"]
    """The window in which it counts: one call, this sidecar's run, a day or a month (from 00:00 UTC)."""
    model: Name | None = None
    """The model it is for; null is all of them together."""
    tier: Name | None = None
    """The tiers it is for, by their name; null is all of them together."""
    limit_usd: Usd | None = None
    """At most so many US dollars in the window."""
    limit_tokens: Count | None = None
    """At most so many tokens in the window."""
    over: Literal["next-tier", "stop"] = "next-tier"
    """What follows when it is spent: tiers that cost nothing (for a tier's budget: the other tiers) still answer, or
    nobody does."""


class Compression(Part):
    """How output gets shorter."""

    level: Literal["faithful", "tight"] = "faithful"
    """`faithful` keeps everything that may be needed to act on the output; `tight` of ordinary content only marks."""
    mask_secrets: bool = False
    """Whether passwords, keys and tokens in outputs are masked before they are shown or kept."""


class Run(Part):
    """How `run` runs commands."""

    timeout_s: Seconds = 120.0
    """A command is stopped after so many seconds, unless the call says otherwise."""
    deny: tuple[Word, ...] = ()
    """Commands never to run, as patterns; every layer's patterns hold together."""


class Attach(Part):
    """What `attach` may read."""

    allow_secret_files: bool = False
    """Whether files that usually hold secrets (`.env`, key files) may be sent; only your own file can say so."""


class Settings(Part):
    """The configuration of the sidecar."""

    schema_: Annotated[str | None, Field(alias="$schema")] = None
    """The address of this schema, for editors."""
    providers: Mapping[Name, Provider] = Field(default_factory=dict)
    """Who can be called, by name; hosts of the catalogue are known without being listed."""
    models: Mapping[Name, Model] = Field(default_factory=dict)
    """What callers may ask for, by name; `default` answers when none is named."""
    budgets: tuple[Budget, ...] = ()
    """Limits on spending; every layer's budgets hold together."""
    compression: Compression = Compression()
    """How output gets shorter."""
    run: Run = Run()
    """How commands are run."""
    attach: Attach = Attach()
    """What may be sent."""
    roots: Annotated[tuple[Path, ...], Field(min_length=1)] = (".",)
    """The folders the verbs may read, relative to the folder the sidecar was started in
    (in a project's file: to the folder that holds `.sidecar`)."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target of every model, in the file's order, once."""
        every = (target for model in self.models.values() for tier in model.tiers for target in tier.targets)
        return tuple(dict.fromkeys(every))

    @property
    def key_variables(self) -> frozenset[str]:
        """The environment variables that secrets are taken from: by accounts, and by headers."""
        references = [
            reference
            for provider in self.providers.values()
            for account in (*(provider.accounts or ()), Account())
            for reference in (account.key, account.session_token, *provider.headers.values())
        ]
        return frozenset(
            reference.removeprefix("env:")
            for reference in references
            if reference is not None and reference.startswith("env:")
        )
