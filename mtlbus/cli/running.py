"""From the words of a command line to an exit code.

A failure is one clear line on stderr and exit code 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.errors import MtlbusError
from .parser import build_parser
from .printing import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        arguments: the words after `python -m mtlbus`; None for those of the process.

    Returns:
        The exit code: 0, 1 for a failure, 130 for an interruption.

    Raises:
        SystemExit: the words are no command (code 2), or ask for help (code 0).
    """
    parsed = build_parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except MtlbusError as error:
        report(f"mtlbus: {error}")
        return 1
    except KeyboardInterrupt:
        report("mtlbus: interrupted")
        return 130
    except BrokenPipeError:
        return 1
