"""Installs, builds, downloads, clones: lines that only say that work goes on are left out, every other line stays."""

from sidecar.compression.forms.progress.form import FORM

__all__ = ["FORM"]
