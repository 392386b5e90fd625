"""The cells that all notebooks share: title, start, the image, and the comparison at the end."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.encoding import encoded
from ..core.wording import DISCLAIMER
from ..data.case import Case
from ..data.phantom import make_phantom
from ..data.phantom_state import is_phantom, read_state
from ..findings import Finding
from .notebook import Cell, code, words
from .origin import now, pixels_sha256, versions


def title(what: str, about: str) -> Cell:
    """The first cell; foreign text in `about` must have passed `plain`."""
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    return words(f"# {what}\n\n{about}\n\nMade with {made} on {now()}. **{DISCLAIMER}**")


def start() -> Cell:
    """Find the package, or say where it has to be."""
    return code("""
        try:
            from mtlbus.export import replay
        except ModuleNotFoundError as error:
            if error.name != "mtlbus":
                raise
            raise ModuleNotFoundError(
                "mtlbus is not found. Start Jupyter in the folder that holds it (the one with "
                "app.py), in an environment with its requirements.txt."
            ) from None
    """)


def image(case: Case) -> list[Cell]:
    """Give `image` and `truth`: a phantom is made again, all else is unpacked."""
    facts: dict[str, Any] = {
        "sha256": case.image.sha256,
        "pixels": pixels_sha256(case.image.pixels),
        "spacing": case.image.spacing,
    }
    if _can_be_made_again(case):
        return [
            words("The image is a phantom, computed from physics: it is made again here."),
            code(
                """
                image, truth = replay.phantom(
                    $key,
                    sha256=$sha256,
                    pixels=$pixels,
                    spacing=$spacing,  # mm per pixel, down and across
                )
                """,
                key=case.key,
                **facts,
            ),
        ]
    cells = [
        words("The image travels in the next cell, which is folded: its pixels as a grey PNG."),
        code("IMAGE = $png", folded=True, png=_png(case.image.pixels)),
        code(
            """
            image = replay.embedded_image(
                IMAGE,
                name=$name,
                sha256=$sha256,
                pixels=$pixels,
                spacing=$spacing,  # mm per pixel, down and across
            )
            """,
            name=case.image.name,
            **facts,
        ),
    ]
    if case.truth is None:
        return [*cells, code("truth = None  # the true outline is not known")]
    return [
        *cells,
        code("TRUTH = $png", folded=True, png=_png(case.truth)),
        code(
            "truth = replay.embedded_mask(TRUTH, pixels=$pixels)", pixels=pixels_sha256(case.truth)
        ),
    ]


def case(one: Case) -> Cell:
    """Give `case`, from `image` and `truth`."""
    return code(
        """
        case = replay.case(
            image,
            truth,
            title=$title,
            label=$label,  # 1 malignant, 0 benign, None unknown
            origin=$origin,
            dataset=$dataset,
        )
        """,
        title=one.title,
        label=one.label,
        origin=one.origin,
        dataset=one.dataset,
    )


def asked(
    views: Sequence[Finding], predictors: str = "predictors", of: str = "case", name: str = "found"
) -> Cell:
    """Ask networks about a case; the findings go into a variable.

    Args:
        views: what they said on the page.
        predictors, of, name: variables: of the networks, of the case, and of what they say.
    """
    return code(
        f"""
        {name} = replay.findings(
            {predictors},
            {of},
            mask_threshold=$threshold,  # a pixel is inside above this tumour probability
            points=$points,
            checks=$checks,  # what the pixels said against the image, on the page
        )
        for one in {name}:
            print(one.sentence)
        """,
        threshold=views[0].mask_threshold,
        points={v.prediction.method: v.point.key for v in views if v.point is not None},
        checks=[(c.state, c.name, c.reason) for c in views[0].input_checks],
    )


def comparison(page: Mapping[str, Mapping[str, Any]]) -> list[Cell]:
    """Hold the numbers in `here` against those that the page showed, by what and by name."""
    return [
        words("""
            ## As on the page?

            The numbers of this run beside those that the page showed. They count as the same
            within one hundredth, which another processor may change.
        """),
        code(
            """
            PAGE = $page

            check = replay.compare(here, PAGE)
            check
            """,
            page=page,
        ),
    ]


def _can_be_made_again(case: Case) -> bool:
    if not is_phantom(case.key) or case.truth is None:
        return False
    made = make_phantom(read_state(case.key).parameters)
    return np.array_equal(made.image, case.image.pixels) and np.array_equal(made.mask, case.truth)


def _png(plane: np.ndarray) -> str:
    """H×W uint8 or bool as base64 of a PNG that holds pixels and nothing else."""
    return base64.b64encode(encoded(plane, "png")).decode()
