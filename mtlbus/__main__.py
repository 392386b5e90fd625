"""`python -m mtlbus`."""

import sys

from .cli import main

sys.exit(main())
