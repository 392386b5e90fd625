"""The one protocol for every checkpoint: train, choose on the validation part, judge once.

The test fold is read only after the epoch, the temperature and the thresholds are fixed.
"""

from .card import exclusions
from .crossvalidation import CrossValidation, cross_validate
from .external import require_external, write_external
from .familiarity import fit_familiarity
from .gates import measure_gates
from .judging import (
    declaration_of,
    evaluate,
    figures,
    judge_samples,
    split_datasets,
)
from .panels import write_panel
from .producing import make_plan, produce
from .renewal import renew_card, renew_spec, write_card
from .silencing import measure_silence
from .trials import Trials, run_trials

__all__ = [
    "CrossValidation",
    "Trials",
    "cross_validate",
    "declaration_of",
    "evaluate",
    "exclusions",
    "figures",
    "fit_familiarity",
    "judge_samples",
    "make_plan",
    "measure_gates",
    "measure_silence",
    "produce",
    "renew_card",
    "renew_spec",
    "require_external",
    "run_trials",
    "split_datasets",
    "write_card",
    "write_external",
    "write_panel",
]
