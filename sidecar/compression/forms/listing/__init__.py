"""Lists of files: ls, find, fd, tree, du, tar, `git ls-files`, `git status`, and what searchers list with -l."""

from sidecar.compression.forms.listing.form import FORM

__all__ = ["FORM"]
