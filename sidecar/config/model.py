"""What a configuration file may say, in the words of the design; everything unknown is refused.

    Settings
    ├── providers   name -> Provider   who can be called, as whom, on what terms
    ├── models      name -> Model      what a caller asks for, and the tiers that answer it
    ├── budgets     limits on spending
    ├── compression, run, attach       how the verbs behave
    └── roots       where the verbs may read

Each layer of the configuration is validated alone (so a mistake is told with its own file), and the merged
whole once more. Rules that need the whole or the catalogue stand in `hosts.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sidecar.config.secrets import check_reference

__all__ = [
    "FOCUS",
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
    "Suffix",
    "Tier",
    "without_suffix",
]

_SECRET_HEADERS = ("auth", "cookie", "key", "password", "secret", "token")


def _plain_name(name: str) -> str:
    if not name or " " in name or "/" in name or "@" in name or not name.isprintable():
        raise ValueError("a name without `/`, `@` or spaces")
    return name


def _target(target: str) -> str:
    provider, slash, model_id = target.partition("/")
    if not (slash and provider and model_id) or not target.isprintable() or " " in target:
        raise ValueError("`PROVIDER/MODEL`, such as `ollama/qwen3:8b`")
    return target


def _url(url: str) -> str:
    expected = "an address such as `http://127.0.0.1:8080/v1`, without a login, a query or a fragment"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what validates it
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError(expected)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(expected)
    return url.rstrip("/")


def _headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not name or not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError("header names of letters, digits, `-` and `_`")
        if not value.isprintable():
            raise ValueError("header values without line breaks")
        if any(word in name.lower() for word in _SECRET_HEADERS):
            check_reference(value)
    return headers


def _clock_time(text: str) -> str:
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == len(minute) == 2 and text.isascii() and hour.isdigit() and minute.isdigit()):
        raise ValueError("a time of day such as `08:30`")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError("a time of day between `00:00` and `23:59`")
    return text


def _zone(name: str) -> str:
    import zoneinfo

    if name == "UTC":  # needs no zone data, which not every machine has
        return name
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("a time zone this machine knows, such as `Europe/Berlin` or `UTC`") from None
    return name


def _who(who: str) -> str:
    if not who or " " in who or not who.isprintable() or who[0] in "/@" or who[-1] in "/@":
        raise ValueError("a provider, `PROVIDER/MODEL` or `PROVIDER/MODEL@ACCOUNT`")
    return who


def _path(path: str) -> str:
    if not path or "\0" in path:
        raise ValueError("a path")
    return path


FOCUS = "focus"
"""The model of this name, where one is configured, reads outputs and picks the lines that a `focus` asks for."""

Name = Annotated[str, AfterValidator(_plain_name)]
Reference = Annotated[str, AfterValidator(check_reference)]
Target = Annotated[str, AfterValidator(_target)]
Who = Annotated[str, AfterValidator(_who)]
Path = Annotated[str, AfterValidator(_path)]
Word = Annotated[str, Field(min_length=1)]
ClockTime = Annotated[str, AfterValidator(_clock_time)]
Zone = Annotated[str, AfterValidator(_zone)]
PLACE = r"^[A-Za-z0-9][A-Za-z0-9.:_-]{0,99}$"
"""Part of an address: nothing that could end a host's name, begin a path, or name a user."""

Place = Annotated[str, Field(pattern=PLACE)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Speed = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Suffix = Literal["cheap", "fast", "free"]
"""What may follow a model's name after a colon where it is asked for."""
Percentile = Literal["p50", "p75", "p90", "p95", "p99"]


def without_suffix(name: str, models: Collection[str]) -> str:
    """The logical name in *name*, which a suffix may follow; a configured name with a colon in it stands for itself."""
    base, _, word = name.rpartition(":")
    return base if name not in models and base and word in get_args(Suffix) else name


class _Part(BaseModel):
    """Frozen, closed, and silent about its input: a literal key must not reappear in an error."""

    # Not `use_attribute_docstrings`: reading the source at import took 40 ms of 50; `schema.py` does it on demand.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Quota(_Part):
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


class Account(_Part):
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


class DataPolicy(_Part):
    """What the provider does with what it is sent."""

    training: bool | None = None
    """Whether it may train on it; null is unknown."""
    retention: Word | None = None
    """How long it keeps it: `none`, or a time in words; null is unknown."""


class Price(_Part):
    """What a million tokens cost, in US dollars."""

    input_usd_per_mtok: Usd
    """Of what is read."""
    output_usd_per_mtok: Usd
    """Of what is written."""


class Provider(_Part):
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
    base_url: Annotated[str, AfterValidator(_url)] | None = None
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
    headers: Annotated[Mapping[str, str], AfterValidator(_headers)] = Field(default_factory=dict)
    """Headers sent with every call; one that carries a secret must hold a reference such as `env:NAME`."""


class PolicyWanted(_Part):
    """What must become of a prompt; what nobody says of a provider counts as no."""

    training: Literal[False] | None = None
    """`false`: nobody is asked who may train on it, or does not say."""
    retention: Literal["none"] | None = None
    """`none`: nobody is asked who keeps it, or does not say."""


class MaxPrice(_Part):
    """What a million tokens may cost at most, in US dollars by list price; an unknown price is over it."""

    input_usd_per_mtok: Usd | None = None
    """Of what is read."""
    output_usd_per_mtok: Usd | None = None
    """Of what is written."""


class Choosing(_Part):
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


class Limits(_Part):
    """How long one attempt may take at each of its stations, in seconds."""

    connect_s: Seconds = 5.0
    """Until there is a connection."""
    first_token_s: Seconds = 30.0
    """From then until the first part of the answer. While others can answer: at most half of the time that is left, and
    at most four times the slowest of the endpoint's latest answers (15 seconds at least)."""
    silence_s: Seconds = 30.0
    """Between two parts of the answer."""


class Objectives(_Part):
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


class Budget(_Part):
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


class Compression(_Part):
    """How output gets shorter."""

    level: Literal["faithful", "tight"] = "faithful"
    """`faithful` keeps everything that may be needed to act on the output; `tight` of ordinary content only marks."""
    mask_secrets: bool = False
    """Whether passwords, keys and tokens in outputs are masked before they are shown or kept."""


class Run(_Part):
    """How `run` runs commands."""

    timeout_s: Seconds = 120.0
    """A command is stopped after so many seconds, unless the call says otherwise."""
    deny: tuple[Word, ...] = ()
    """Commands never to run, as patterns; every layer's patterns hold together."""


class Attach(_Part):
    """What `attach` may read."""

    allow_secret_files: bool = False
    """Whether files that usually hold secrets (`.env`, key files) may be sent; only your own file can say so."""


class Settings(_Part):
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
