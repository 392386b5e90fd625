"""From the words of a command line to an exit code.

A failure is one clear line on stderr and exit code 1.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from ..core.errors import InputError, MtlbusError
from .parser import build_parser
from .printing import report, report_own

SHARED = ("train", "crossvalidate", "evaluate", "predict")  # verbs that several processes do as one
_LONGEST = 300  # signs of a line about a fault of the system, which may quote a path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        arguments: the words after `python -m mtlbus`; None for those of the process.

    Returns:
        The exit code: 0, 1 for a failure, 130 for an interruption.

    Raises:
        SystemExit: the words are no command (code 2), or ask for help (code 0).
    """
    _write_what_the_terminal_can()
    parsed = build_parser().parse_args(arguments)
    try:
        if "TORCHELASTIC_RUN_ID" in os.environ and parsed.verb not in SHARED:
            raise InputError(
                f"{parsed.verb} is one process: start it without torchrun, which is for "
                f"{', '.join(SHARED)}."
            )
        code = parsed.run(parsed)
        sys.stdout.flush()
        return code
    except MtlbusError as error:
        (report if error.everywhere else report_own)(f"mtlbus: {error}")
    except KeyboardInterrupt:
        report("mtlbus: interrupted")
        return 130
    except BrokenPipeError:  # whoever reads the results has enough, as `head` does
        _forget_stdout()
    except OSError as error:
        report_own(f"mtlbus: {str(error)[:_LONGEST]}")
        _forget_stdout()
    except MemoryError:
        report_own("mtlbus: this needs more memory than there is. Give fewer or smaller images.")
    return 1


def _write_what_the_terminal_can() -> None:
    """A sign that the terminal's encoding lacks becomes a question mark, not the end of a run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _forget_stdout() -> None:
    """What could not be printed is not tried again when Python ends, which would complain."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
