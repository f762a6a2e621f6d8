"""Source files that somebody printed: small ones as they are, long ones as their outline with bodies on request."""

from sidecar.compression.forms.code.form import FORM

__all__ = ["FORM"]
