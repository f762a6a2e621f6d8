"""Compilers, linters and type checkers: every diagnostic stays, its excerpts and the build around it mostly go."""

from sidecar.compression.forms.diagnostics.form import FORM

__all__ = ["FORM"]
