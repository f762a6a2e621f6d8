"""What grep, rg, ag, ack and git grep found: the path once above its lines, a repeated text once for its places."""

from sidecar.compression.forms.search.form import FORM

__all__ = ["FORM"]
