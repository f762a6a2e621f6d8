"""Logs: text whose records begin with a time or a level, shown as its kinds of records with their counts."""

from sidecar.compression.forms.log.form import FORM

__all__ = ["FORM"]
