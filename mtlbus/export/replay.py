"""What an exported notebook calls: the same image, the same weights, and whether both are.

Each function takes the SHA-256 that the notebook was written with and refuses anything else, so
that no number is compared with one that was computed from something different. `None` in place
of a digest takes what there is.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn

from ..checkpoints import Checkpoint
from ..core.card import Card
from ..core.errors import CheckpointError, DataError, InputError, UnknownNameError
from ..data.case import Case
from ..data.intake import GreyImage
from ..data.phantom import make_phantom
from ..data.phantom_state import read_state
from ..evaluation import panels
from ..findings import Finding, find
from ..inference.input_checks import Check, State
from ..inference.predictor import Predictor, predict_all
from ..methods import create_model
from .origin import pixels_sha256

Numbers = Mapping[str, float | None]
Spacing = tuple[float, float] | None
TOLERANCE, LEAST = 0.01, 1e-4
"""Of `compare`: what another processor may change, as a share of the number and at least."""


def embedded_image(
    png: str, name: str, sha256: str, pixels: str | None, spacing: Spacing = None
) -> GreyImage:
    """The image that travels in a notebook.

    Args:
        png: base64 of an 8-bit grey PNG.
        name: of the file that it came from.
        sha256: of that file.
        pixels: SHA-256 of the pixels, see `origin.pixels_sha256`.
        spacing: mm per pixel, down and across, where that file told it.

    Raises:
        InputError: it is another image, or none.
    """
    grey = _decode(png)
    _check_pixels(grey, pixels, "The image in this notebook")
    return GreyImage(grey, sha256, (), name, spacing)


def embedded_mask(png: str, pixels: str | None) -> np.ndarray:
    """The true lesion that travels in a notebook, H×W bool; arguments as of `embedded_image`."""
    mask = _decode(png) > 0
    _check_pixels(mask, pixels, "The true outline in this notebook")
    return mask


def phantom(
    key: str, sha256: str, pixels: str | None, spacing: Spacing = None
) -> tuple[GreyImage, np.ndarray]:
    """A phantom made again, with its true lesion (H×W bool).

    Args:
        key: as `data.phantom_state` names it: of the gallery, or one with turned knobs.
        sha256: that the explorer gives this image.
        pixels: SHA-256 of the pixels, see `origin.pixels_sha256`.
        spacing: mm per pixel, down and across, where the explorer tells it.

    Raises:
        InputError: no such phantom, or this version draws another one.
    """
    try:
        state = read_state(key)
    except (InputError, UnknownNameError):
        raise InputError(
            f"This version of mtlbus has no phantom {key!r}. Take the version that the first "
            "cell names."
        ) from None
    made = make_phantom(state.parameters)
    _check_pixels(made.image, pixels, f"The phantom {key!r} as this version draws it")
    return GreyImage(made.image, sha256, (), f"{state.base}.png", spacing), made.mask


def case(image: GreyImage, truth: np.ndarray | None, title: str, **facts: Any) -> Case:
    """The image of a notebook as a case.

    Args:
        image: the image.
        truth: its true lesion, H×W bool; None where that is unknown.
        title: of the case.
        facts: label, origin and dataset, as `data.case.Case` has them.
    """
    return Case(key="notebook", title=title, image=image, truth=truth, about="", **facts)


def findings(
    predictors: Sequence[Predictor],
    case: Case,
    mask_threshold: float,
    points: Mapping[str, str],
    checks: Sequence[tuple[State, str, str]] = (),
) -> list[Finding]:
    """What networks say about a case; the image is prepared once for all.

    Args:
        predictors: the networks.
        case: the image and what is known about it.
        mask_threshold: tumour probability above which a pixel is inside.
        points: name of the operating point by method.
        checks: what the pixels say against the image, as (state, name, reason).
    """
    found = [Check(*one) for one in checks]
    return [
        find(case, prediction, one.checkpoint, found, mask_threshold, points.get(prediction.method))
        for one, prediction in zip(predictors, predict_all(predictors, case.image), strict=True)
    ]


def checkpoint(method: str) -> Checkpoint:
    """The checkpoint of a method, from where all are: see `checkpoints.checkpoints_folder`."""
    return panels.find_network(method)


def network(method: str, weights: str | None) -> Predictor:
    """A trained network, if its weights are those with this SHA-256.

    Raises:
        CheckpointError: other weights are here, or none.
    """
    return Predictor(_with_weights(method, weights))


def card(method: str, weights: str | None) -> Card:
    """The card of trained weights; arguments and errors as of `network`."""
    return _with_weights(method, weights).card


def _with_weights(method: str, weights: str | None) -> Checkpoint:
    found = checkpoint(method)
    if weights is not None and found.digest != weights:
        raise CheckpointError(
            f"This notebook was made with the weights {weights[:12]}… of {method}; here are "
            f"{found.digest[:12]}…, so its numbers would be others. Name the folder that holds "
            "the first in MTLBUS_CHECKPOINTS, or write weights=None to go on with these."
        )
    return found


def untrained_network(method: str, seed: int) -> nn.Module:
    """A network with random weights, which shows how it is wired and knows nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return create_model(method).eval().requires_grad_(False)


def judged_images(method: str, predictions: str | None) -> pd.DataFrame:
    """`predictions.csv` of a method, if it is the file with this SHA-256.

    Raises:
        CheckpointError, DataError: it is another one, or missing.
    """
    rows, here = panels.judged_images(checkpoint(method))
    if predictions is not None and here != predictions:
        raise DataError(
            f"This notebook was made with the predictions {predictions[:12]}… of {method}; here "
            f"are {here[:12]}…. Name the folder that holds the first in MTLBUS_CHECKPOINTS, or "
            "write predictions=None to go on with these."
        )
    return rows


def compare(here: Mapping[str, Numbers], page: Mapping[str, Numbers]) -> pd.DataFrame:
    """The numbers of this run beside those of the page; says in a line whether all are the same.

    Args:
        here: as computed now, by what they belong to (a method, a map) and by name; None or NaN
            where a number is not defined.
        page: as the page showed them; the same names, but `here` may hold more numbers.

    Returns:
        One row a number: "here", "on the page", and "same": within `TOLERANCE`, or both undefined.

    Raises:
        InputError: a number of the page was not computed here.
    """
    rows = {}
    for what, numbers in page.items():
        for name, shown in numbers.items():
            if name not in here.get(what, {}):
                raise InputError(f"{what} has no {name} in this run, but had one on the page.")
            rows[what, name] = (_number(here[what][name]), _number(shown))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["here", "on the page"])
    table.index = pd.MultiIndex.from_tuples(rows, names=["of", "number"])
    table["same"] = [_same(*pair) for pair in rows.values()]
    print("The same as on the page." if table["same"].all() else "Some numbers are different.")
    return table


def _same(here: float, page: float) -> bool:
    if math.isnan(here) or math.isnan(page):
        return math.isnan(here) and math.isnan(page)
    return math.isclose(here, page, rel_tol=TOLERANCE, abs_tol=LEAST)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _decode(png: str) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(base64.b64decode(png)), formats=("PNG",)) as image:
            return np.array(image.convert("L"))
    except Exception:  # a decoder fails in many ways; to the reader they mean the same
        raise InputError(
            "The picture in this notebook is damaged. Export the notebook again."
        ) from None


def _check_pixels(plane: np.ndarray, wanted: str | None, what: str) -> None:
    here = pixels_sha256(plane)
    if wanted is not None and here != wanted:
        raise InputError(
            f"{what} has the pixels {here[:12]}…, the view was made from {wanted[:12]}…. "
            "Its numbers would be others; export the notebook again."
        )
