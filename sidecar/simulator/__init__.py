"""Model providers on loopback that fail on schedule, spoken to over real HTTP.

refusing = Schedule(phases=(Phase(fault="openai.rate-limit", until_s=30),))
async with simulate([Simulated("a", "openai-chat", refusing)]) as simulation:
    simulation.base_url("a"), simulation.calls("a")
"""

from sidecar.simulator.faults import NamedFault, fault_named, named_faults
from sidecar.simulator.serving import serve_forever, simulate
from sidecar.simulator.simulation import Simulation
from sidecar.simulator.vocabulary import (
    Cut,
    Empty,
    ErrorBody,
    Exit,
    Fault,
    Garbage,
    Hang,
    Huge,
    Phase,
    Quota,
    Redirect,
    Refuse,
    Reply,
    Schedule,
    Seen,
    Simulated,
    Status,
    Trickle,
)

__all__ = [
    "Cut",
    "Empty",
    "ErrorBody",
    "Exit",
    "Fault",
    "Garbage",
    "Hang",
    "Huge",
    "NamedFault",
    "Phase",
    "Quota",
    "Redirect",
    "Refuse",
    "Reply",
    "Schedule",
    "Seen",
    "Simulated",
    "Simulation",
    "Status",
    "Trickle",
    "fault_named",
    "named_faults",
    "serve_forever",
    "simulate",
]
