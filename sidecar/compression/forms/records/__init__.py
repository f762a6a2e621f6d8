"""Records: JSON, CSV, YAML, XML, tables and lists of keys with their values."""

from sidecar.compression.forms.records.form import FORM

__all__ = ["FORM"]
