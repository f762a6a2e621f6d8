"""The `sidecar` command: arguments in, one call, text out.

stdout carries the result alone, stderr the rest. Exit codes: 0 done, 1 the thing asked for failed,
2 wrong usage or configuration; `run` passes the command's own.
"""

from sidecar.cli import asking, output, rehearsing, setting_up, shelf
from sidecar.cli.common import main

__all__ = ["asking", "main", "output", "rehearsing", "setting_up", "shelf"]
