"""What one model can do at one host, as far as anybody says: its window, tools, images, JSON, reasoning.

    the user's word (images) ──┐
    price data (windows) ──────┤
    capabilities.tsv ──────────┼──> Capabilities, where None is unknown
    the host's quirks (JSON) ──┤
    the model's name (images) ─┘

Sizes and JSON Schema are facts of a model at one host, and are only known where that host is listed; whether a model
calls tools, sees or reasons goes with the model, and what nearly all hosts agree on holds for others too. A filter
treats unknown as no: what nobody promises is not counted on.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sidecar.providers import pricing as prices
from sidecar.providers.catalogue import Host, Quirks, host_at
from sidecar.providers.vision import seems_to_see

__all__ = ["Capabilities", "Need", "capabilities", "plain_name", "takes_effort"]

Need = Literal["tools", "vision", "json-schema", "reasoning"]

_AREA = re.compile(r"^(?:us|eu|apac|jp|au|global|us-gov|ca)\.(?=[a-z0-9]+\.)")
_VENDOR = re.compile(
    r"^(?:anthropic|amazon|meta|mistral|cohere|deepseek|openai|qwen|google|minimax|moonshotai?|nvidia|zai|writer|ai21)\."
)
_VERSION = re.compile(r"(?:-v\d+)?:\d+$")
_VARIANT = re.compile(r"[:@](?:free|thinking|nitro|floor|online|default|latest)$")
_DAY = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d)$")

_FLAGS: Mapping[str, bool | None] = {"y": True, "n": False, "?": None}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Facts about one model at one host; None is unknown."""

    context_tokens: int | None = None
    """How much it reads at most."""
    output_tokens: int | None = None
    """How much it writes at most."""
    tools: bool | None = None
    vision: bool | None = None
    json_schema: bool | None = None
    """Whether the host itself holds the answer to a JSON Schema; we can ask for one in words everywhere."""
    reasoning: bool | None = None

    def has(self, need: Need) -> bool | None:
        """Whether it can do *need*; None is unknown."""
        return {
            "tools": self.tools,
            "vision": self.vision,
            "json-schema": self.json_schema,
            "reasoning": self.reasoning,
        }[need]

    def lacks(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        """Those of *needs* that it cannot do, or that nobody says it can."""
        return tuple(need for need in needs if not self.has(need))


def capabilities(
    model_id: str, *, dialect: str, host: Host | None, pricing: str | None = None, images: bool | None = None
) -> Capabilities:
    """What *model_id* can do at *host* (None: a server the catalogue does not know), spoken to in *dialect*.

    *pricing* is the host's id in genai-prices, *images* what the user says of the provider's models. The first
    call imports the price data, up to a second: call it in a thread, or after `pricing.load`.
    """
    listed = _listed(host, model_id)
    if dialect == "command":  # a program is given one text, and brings tools of its own
        return Capabilities(tools=False, vision=False, json_schema=False, reasoning=listed.reasoning)
    return Capabilities(
        # One counts what is written too, the other does not: the smaller one holds in both cases.
        context_tokens=min(
            filter(None, (prices.context_tokens(pricing, model_id), listed.context_tokens)), default=None
        ),
        output_tokens=listed.output_tokens,
        tools=listed.tools,
        vision=_sees(model_id, listed, images),
        json_schema=_json_schema(dialect, host, listed.json_schema),
        reasoning=listed.reasoning,
    )


def takes_effort(model_id: str, *, provider: str, base_url: str) -> bool:
    """Whether the model may be told how much to think; where it may not, its host answers 400 and the call ends.

    An unknown model is told: whoever sets an `effort` for it knows it.
    """
    host = host_at(provider, base_url)
    quirk = host.quirks if host is not None else Quirks()
    if quirk.effort == "none":
        return False
    if quirk.effort_for:
        return any(fnmatch.fnmatchcase(model_id.lower(), pattern) for pattern in quirk.effort_for)
    return _listed(host, model_id).reasoning is not False


def plain_name(model_id: str) -> str:
    """The model's name without who made it, who serves it, its day and its variant: as all hosts would call it.

    `eu.anthropic.claude-sonnet-4-5-20250929-v1:0` and `anthropic/claude-sonnet-4.5` are both `claude-sonnet-4-5`.
    """
    name = model_id.lower().rpartition("/")[2]
    for pattern in (_AREA, _VENDOR, _VERSION, _VARIANT):
        name = pattern.sub("", name)
    return _DAY.sub("", name.replace(".", "-").replace("_", "-"))


def _sees(model_id: str, listed: Capabilities, images: bool | None) -> bool:
    if images is not None:
        return images
    return seems_to_see(model_id) if listed.vision is None else listed.vision


def _json_schema(dialect: str, host: Host | None, listed: bool | None) -> bool | None:
    match dialect:
        case "openai-responses" | "gemini" | "vertex" | "ollama" | "azure":
            return listed is not False
        case "openai-chat":
            # A server we do not know is sent the schema as to OpenAI, and nobody knows what it makes of it.
            return host.quirks.schema == "json_schema" and listed is not False if host is not None else None
        case _:  # in words: `anthropic` and `bedrock` by our choice, programs for want of anything else
            return False


def _listed(host: Host | None, model_id: str) -> Capabilities:
    """What the table says of the model at *host*; else what goes with the model itself."""
    own = _row(host.name, model_id) if host is not None else None
    anywhere = _row("*", plain_name(model_id)) or Capabilities()
    if own is None:
        return anywhere
    return Capabilities(
        own.context_tokens,
        own.output_tokens,
        anywhere.tools if own.tools is None else own.tools,
        anywhere.vision if own.vision is None else own.vision,
        own.json_schema,
        anywhere.reasoning if own.reasoning is None else own.reasoning,
    )


def _row(section: str, name: str) -> Capabilities | None:
    row = _table().get(section, {}).get(name.lower())
    if row is None:
        return None
    read, written, flags = row.split("\t")
    return Capabilities(int(read) or None, int(written) or None, *(_FLAGS[flag] for flag in flags))


@functools.cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """The table's lines by host and model id in lower case; read once, which takes a few ms."""
    from importlib.resources import files

    table: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in files("sidecar.providers").joinpath("capabilities.tsv").read_text("utf-8").splitlines():
        name, tab, row = line.partition("\t")
        if tab:
            section[name.lower()] = row
        elif line.startswith("["):
            section = table.setdefault(line[1:-1], {})
    return table
