"""How output gets shorter, with the evidence kept and every omission marked."""

from sidecar.compression.choosing import Compressed, EvidentLine, LeftOut, SegmentRead
from sidecar.compression.library import compress

__all__ = ["Compressed", "EvidentLine", "LeftOut", "SegmentRead", "compress"]
