"""Test runs: what failed, where and why stays; what passed becomes a list of names or its count."""

from sidecar.compression.forms.tests.form import FORM

__all__ = ["FORM"]
