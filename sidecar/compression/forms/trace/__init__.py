"""Stack traces: what was raised, every cause, the user's own frames and the innermost one; library frames go."""

from sidecar.compression.forms.trace.form import FORM

__all__ = ["FORM"]
