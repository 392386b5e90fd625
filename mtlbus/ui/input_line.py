"""Whether networks may be asked about an image, in the same words on every page.

Each page asks `let_in` before it asks a network. The image is looked at once, see
`services.checks`.
"""

from __future__ import annotations

import streamlit as st

from ..core.text import literal
from ..findings import Finding
from ..inference.input_checks import refusal
from . import services, verdict
from .case import Case
from .finding import finding_of


def let_in(case: Case, cautions: bool = True, named: bool = False) -> bool:
    """Whether networks may be asked about a case; says why not, or what to be careful about.

    A person who knows better can have a refused image shown anyway; that marks all that follows.
    Cautions are drawn a short line each, `named` by their case where several are on the page.
    """
    checks = services.checks(case)
    refused = refusal(checks)
    if refused:
        st.error(literal(refused), icon=":material/block:", title=f"Refused: {literal(case.title)}")
        st.button(
            "It is ultrasound, show it anyway",
            key=f"_anyway_{case.image.sha256[:12]}",
            on_click=services.override,
            args=(case,),
            type="tertiary",
            icon=":material/visibility:",
            help="Everything that comes of it carries a caution: here, in reports and in files.",
        )
        return False
    if cautions:
        verdict.cautions(checks, f"{case.title}: " if named else "")
    return True


def known_to(case: Case, method: str) -> Finding:
    """What a network says about a case; a line each where that is to be doubted."""
    pixels = services.checks(case)  # told by `let_in`
    finding = finding_of(case, services.predict(case, method))
    verdict.cautions([check for check in finding.cautions if check not in pixels])
    return finding
