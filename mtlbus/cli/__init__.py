"""The command line, `python -m mtlbus`: the same verbs as the pages."""

from .running import main

__all__ = ["main"]
