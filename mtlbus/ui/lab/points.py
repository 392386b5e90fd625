"""What networks say about phantoms, kept by the knobs and the weights; shared by all sessions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from ...data.phantom_parameters import PhantomParameters
from ...data.transforms import PREPROCESSING_VERSION
from ...inference.predictor import Predictor
from ...protocol import response
from ...protocol.response import Answer
from .. import services
from ..gate import GATE
from ..results import ResultStore
from ..tables import short

_ANSWERS = ResultStore(48 * services.MEGABYTE, lambda answer: len(answer.picture) + 512, GATE)


def known(parameters: PhantomParameters, method: str) -> Answer | None:
    """What a network said about a phantom; None where it has not been asked."""
    return _ANSWERS.peek(_key(parameters, services.checkpoint(method).digest))


def missing(wanted: Sequence[PhantomParameters], methods: Sequence[str]) -> list[PhantomParameters]:
    """The phantoms about which not all of these networks have been asked."""
    return [one for one in wanted if any(known(one, method) is None for method in methods)]


def ask(networks: Mapping[str, Predictor], parameters: PhantomParameters) -> None:
    """Ask those networks that have not been asked about a phantom, and keep what they say.

    Needs no session: a thread in the background calls it, inside of the gate.
    """
    keys = {m: _key(parameters, one.checkpoint.digest) for m, one in networks.items()}
    lacking = {m: networks[m] for m, key in keys.items() if _ANSWERS.peek(key) is None}
    for method, answer in response.ask(lacking, parameters).items() if lacking else ():
        _ANSWERS.get(keys[method], lambda answer=answer: answer)


def titles_of(methods: Sequence[str]) -> dict[str, str]:
    """The names of networks as curves and bars have them, by method."""
    return {method: short(services.title_of(method)) for method in methods}


def _key(parameters: PhantomParameters, weights: str) -> tuple:
    knobs = hashlib.sha256(repr(parameters).encode()).hexdigest()
    return "phantom", knobs, weights, PREPROCESSING_VERSION
