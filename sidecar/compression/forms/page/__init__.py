"""Pages: what curl prints of a web page as its text, and Markdown without its ornaments."""

from sidecar.compression.forms.page.form import FORM

__all__ = ["FORM"]
