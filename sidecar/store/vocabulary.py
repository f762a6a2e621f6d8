"""The words of what is remembered: health of a scope, a call with its attempts, a saving, an original.

Times are seconds since the epoch (UTC), because several processes and restarts share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "AttemptRecord",
    "Call",
    "Experience",
    "FormSavings",
    "Health",
    "Keeping",
    "Meter",
    "News",
    "Original",
    "PanelSpending",
    "Position",
    "Reservation",
    "Saving",
    "Since",
    "Spending",
    "Summary",
    "Turn",
    "Use",
]


@dataclass(frozen=True, slots=True)
class Health:
    """What is remembered of one scope: an endpoint, an account or a provider.

    *outcomes* holds the latest results, newest last, "1" a success and "0" a failure.
    """

    rest_until: float = 0.0
    reason: str = ""
    is_named: bool = False
    """The provider itself named the end of the rest, so nothing calls before it."""
    failures: int = 0
    """Failures in a row that count against health."""
    ejections: int = 0
    """Rests in a row without a success between them."""
    probes_needed: int = 0
    """Good probes still needed before the scope counts as well again."""
    probe_until: float = 0.0
    """One process holds the probe until this time."""
    outcomes: str = ""


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    endpoint: str
    tier: str
    outcome: str
    """"answered", or the verdict's meaning ("rate", "money", "hang" ...)."""
    took_s: float
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    message: str = ""
    first_token_s: float | None = None
    """From the request to the first text of an answer; None where none came, or all of it at once."""
    cache_write_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """What a provider said is left of one of its windows; *limit* is None where it did not say of how much.

    *scope* is the health key of whom it limits, *name* the provider's own word for it.
    """

    scope: str
    name: str
    left: float
    limit: float | None
    resets_at: float
    seen_at: float


@dataclass(frozen=True, slots=True)
class Call:
    """One ask with everything that was tried for it."""

    asked_at: float
    model: str
    took_s: float
    answered_by: str | None
    attempts: tuple[AttemptRecord, ...]
    meters: tuple[Meter, ...] = ()
    """What providers said with their answers that was not known before."""
    panel: str | None = None
    """The panel that this was asked for, where the model is one of its members or its judge."""


@dataclass(frozen=True, slots=True)
class Use:
    """An attempt as limits see it, or *calls* alike of long ago as one, at the end of the last of them.

    *at* is the end of its call, *session* the sidecar that made it; of long ago only one's own are told from others'.
    """

    call: int
    at: float
    session: int
    model: str
    tier: str
    endpoint: str
    outcome: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Reservation:
    """A request that is about to be made; it counts until its call is recorded, or until *until* (epoch s)."""

    model: str
    tier: str
    endpoint: str
    until: float
    number: int = 0
    """Its place in the order in which reservations were made; given by the store."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has followed the ledger: up to a call, in one file (another *file* is another ledger)."""

    file: int
    call: int


@dataclass(frozen=True, slots=True)
class Since:
    """From when on uses are wanted (epoch s): one by one from *singly* on, before that together by *step_s*."""

    start: float
    singly: float = 0.0
    step_s: float = 900.0


@dataclass(frozen=True, slots=True)
class News:
    """What the ledger has after a position, in order, with all that is reserved, at one moment.

    *number* grows with every look: of two, the one with the larger number saw more. *own* is the reservation that was
    made in the same transaction.
    """

    number: int
    position: Position
    is_anew: bool
    """The uses are everything there is: the position was of another file, or of none."""
    uses: tuple[Use, ...]
    reserved: tuple[Reservation, ...]
    own: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said in a thread; of an answer, who gave it (an endpoint's key) and when (0.0 is not known)."""

    role: str
    text: str
    answered_by: str | None = None
    said_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Saving:
    """One shortened output, in o200k tokens."""

    saved_at: float
    verb: str
    form: str
    before_tokens: int
    after_tokens: int
    handle: str | None


@dataclass(frozen=True, slots=True)
class Spending:
    """Totals of one endpoint since a time; *cost_usd* sums the known costs, *unpriced* counts the rest."""

    endpoint: str
    calls: int
    answered: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced: int
    cached_tokens: int = 0
    """Of the tokens read, those that a provider had in its cache."""


@dataclass(frozen=True, slots=True)
class Experience:
    """How one endpoint's latest attempts went; both tuples are sorted, the smallest first.

    *outcomes* counts attempts by their outcome. *first_token_s* is how long callers waited for the first text (for
    all of it, where it came at once), *tokens_per_s* the tokens of an answer over its whole time, for answers of ten
    tokens or more: what a model thinks in silence is in its tokens, so the time from its first text would flatter it.
    *longest_tokens* is the most that an answered attempt had to read, as far as its provider said.
    """

    endpoint: str
    outcomes: Mapping[str, int]
    first_token_s: tuple[float, ...] = ()
    tokens_per_s: tuple[float, ...] = ()
    longest_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PanelSpending:
    """Totals of one panel since a time; *calls* are those of its members and its judge."""

    panel: str
    calls: int
    cost_usd: float
    unpriced: int


@dataclass(frozen=True, slots=True)
class Original:
    handle: str
    data: bytes
    command: str
    cwd: str
    exit_code: int | None
    kept_at: float
    size_bytes: int = 0
    """Of the whole original, also where *data* is only some of its lines; the same for *line_count*."""
    line_count: int = 0


@dataclass(frozen=True, slots=True)
class FormSavings:
    """What one form saved since a time, in o200k tokens."""

    form: str
    outputs: int
    before_tokens: int
    after_tokens: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long and how much: originals are removed at *age_s*, and the oldest first above *size_bytes* compressed."""

    age_s: float = 7 * 86_400.0
    size_bytes: int = 500_000_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What is remembered, in numbers; *faults* says why one of the two files could not be counted."""

    directory: str
    state_bytes: int = 0
    """On the disk now, the journal included; the same for *originals_bytes*."""
    scopes: int = 0
    calls: int = 0
    attempts: int = 0
    savings: int = 0
    threads: int = 0
    turns: int = 0
    originals_bytes: int = 0
    originals: int = 0
    content_bytes: int = 0
    """What the originals take as they came, and compressed in *stored_bytes*."""
    stored_bytes: int = 0
    oldest_kept_at: float | None = None
    keeping: Keeping = Keeping()
    faults: tuple[str, ...] = ()
