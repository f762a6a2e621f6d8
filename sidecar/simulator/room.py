"""One simulated provider while it runs: takes a call in, decides, remembers."""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace

from sidecar.simulator.anthropic import Anthropic
from sidecar.simulator.azure import Azure
from sidecar.simulator.bedrock import Bedrock
from sidecar.simulator.counting import Counted
from sidecar.simulator.course import Course, Effect
from sidecar.simulator.dialect import Asked, Dialect, Problem, Received, speak, tokens
from sidecar.simulator.faults import fault_named
from sidecar.simulator.gemini import Gemini
from sidecar.simulator.ollama import Ollama
from sidecar.simulator.openai_chat import OpenAIChat
from sidecar.simulator.openai_responses import OpenAIResponses
from sidecar.simulator.script import Step, json_script, script
from sidecar.simulator.vertex import Vertex
from sidecar.simulator.vocabulary import DialectName, Reply, Schedule, Seen, Simulated

__all__ = ["KEPT_CALLS", "Room", "record"]

KEPT_CALLS = 10_000
_DIALECTS: Mapping[DialectName, Dialect] = {
    "openai-chat": OpenAIChat(),
    "anthropic": Anthropic(),
    "gemini": Gemini(),
    "openai-responses": OpenAIResponses(),
    "ollama": Ollama(),
    "azure": Azure(),
    "bedrock": Bedrock(),
    "vertex": Vertex(),
}
_SECRET_HEADERS = frozenset(
    {
        *("authorization", "x-api-key", "x-goog-api-key", "api-key", "x-amz-security-token"),
        *("cookie", "proxy-authorization"),
    }
)
_KEY_ID = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/.*")


class Room:
    """A provider's schedule under way, and the calls it has seen."""

    def __init__(self, provider: Simulated, *, seed: int) -> None:
        self.provider = provider
        self.dialect = _DIALECTS[provider.dialect]
        self.seen: deque[Seen] = deque(maxlen=KEPT_CALLS)
        self.listings: deque[Seen] = deque(maxlen=KEPT_CALLS)
        self.outcomes: Counter[str] = Counter()
        self._seed = seed
        self.follow(provider.schedule)

    def follow(self, schedule: Schedule) -> None:
        """Begins *schedule*, its first call still to come; what was seen stays."""
        # Seeded by a string: the same in every process, and apart for every provider.
        chance = random.Random(f"{self._seed}:{self.provider.name}")  # noqa: S311 - chance, not a secret
        self._course = Course(schedule, f"{self.dialect.prefix}.rate-limit", chance)

    def counted(self, at_s: float) -> tuple[Counted, ...]:
        """What its quotas have counted, as it stands *at_s* seconds after the start."""
        return self._course.counted(at_s)

    def serve(
        self, call: Received, *, at_s: float, now: float, serial: int, elsewhere: str
    ) -> tuple[Seen | None, list[Step]]:
        """What to send for *call*; the record is None where no model was called.

        *at_s* is seconds since the start, *now* the same moment since the epoch.
        """
        if call.path in self.dialect.listing_paths:
            return self._list(call, at_s=at_s, now=now, serial=serial, elsewhere=elsewhere)
        model = self.dialect.call(call.path)
        if model is None:
            return None, self._beside(call)
        call = replace(call, model=model)
        seen = record(self.provider.name, call, at_s=at_s)
        self.seen.append(seen)
        asked, effect = self._decide(call, seen)
        seen.outcome = effect.outcome
        self.outcomes[effect.outcome] += 1
        return seen, script(asked, effect, self.dialect, serial=serial, now=now, elsewhere=elsewhere)

    def _list(self, call: Received, *, at_s: float, now: float, serial: int, elsewhere: str) -> tuple[Seen, list[Step]]:
        """The list of models, for whoever has a key; seen apart from calls to a model."""
        seen = record(self.provider.name, call, at_s=at_s)
        self.listings.append(seen)
        asked = Asked(model="", read="", question="")
        fault = self.provider.listing
        try:
            self._recognise(call, seen)
        except Problem as problem:
            fault = problem.fault
        if fault is None:
            return seen, json_script(200, self.dialect.listing(self.provider.models, call.query))
        seen.outcome = fault if isinstance(fault, str) else fault.kind
        effect = Effect(seen.outcome, Reply(), fault_named(fault) if isinstance(fault, str) else fault)
        return seen, script(asked, effect, self.dialect, serial=serial, now=now, elsewhere=elsewhere)

    def _decide(self, call: Received, seen: Seen) -> tuple[Asked, Effect]:
        try:
            asked = self.dialect.read(call)
            seen.model, seen.streams = asked.model, asked.streams
            self._admit(call, asked, seen)
        except Problem as problem:
            asked = Asked(model=seen.model, read="", question="")
            return asked, Effect(
                problem.fault, Reply(), fault_named(problem.fault), problem=problem.what, lengths=problem.lengths
            )
        return asked, self._course.effect(
            at_s=seen.at, model=asked.model, account=seen.account, usage=lambda reply: _usage(asked, reply)
        )

    def _recognise(self, call: Received, seen: Seen) -> None:
        if self.provider.accounts:
            key = next((call.headers[name] for name in self.dialect.key_headers if name in call.headers), "")
            names = {secret: name for name, secret in self.provider.accounts.items()}
            seen.account = names.get(_KEY_ID.sub(r"\1", key).removeprefix("Bearer "))
            if seen.account is None:
                raise Problem(f"{self.dialect.prefix}.bad-key", "no account has this key")

    def _admit(self, call: Received, asked: Asked, seen: Seen) -> None:
        prefix = self.dialect.prefix
        self._recognise(call, seen)
        if self.provider.models and asked.model not in self.provider.models:
            raise Problem(f"{prefix}.no-model", f"there is no model `{asked.model}`")
        window = self._course.schedule.window_tokens(asked.model)
        if window is not None and (sent := tokens(asked.read)) > window:
            raise Problem(f"{prefix}.too-long", f"{sent} tokens are more than {window}", lengths=(sent, window))

    def _beside(self, call: Received) -> list[Step]:
        what = f"`{call.path}` is no path of the {self.provider.dialect} dialect."
        error = {"message": what, "type": "not_found_error", "status": "NOT_FOUND", "code": 404}
        return json_script(404, {"type": "error", "error": error})


def _usage(asked: Asked, reply: Reply) -> tuple[int, int]:
    spoken = speak(asked, reply, serial=0)
    return spoken.input_tokens, spoken.output_tokens


def record(provider: str, call: Received, *, at_s: float) -> Seen:
    """What is kept of a call: everything but the value of a key."""
    given = _SECRET_HEADERS & call.headers.keys()
    return Seen(
        at=at_s,
        provider=provider,
        path=call.path,
        model=call.model,
        body=call.body,
        headers={name: "(given)" if name in given else value for name, value in call.headers.items()},
        has_key=bool(given) or any(part.startswith("key=") for part in call.query.split("&")),
    )
