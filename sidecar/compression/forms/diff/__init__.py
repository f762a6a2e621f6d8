"""Diffs: unified, git's own, combined, word diffs, and the logs and statistics that come with them."""

from sidecar.compression.forms.diff.form import FORM

__all__ = ["FORM"]
