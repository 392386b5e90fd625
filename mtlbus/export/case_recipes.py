"""The notebooks of Predict and Compare: what networks say about one image."""

from __future__ import annotations

from typing import Any

from . import cells
from .case_views import CompareView, PredictView
from .notebook import Cell, code, plain, words
from .numbers import numbers_of

COMPARED = ("probability_malignant", "mask_area", "area_px", "circularity", "dice", "hd95")
"""The numbers of a prediction that a notebook holds against those of the page."""


def prediction(view: PredictView) -> list[Cell]:
    """One network on one image."""
    found = view.prediction
    written = [
        cells.title(
            "A prediction",
            f"What **{plain(view.title)}** says about **{plain(view.case.title)}**.",
        ),
        cells.start(),
        *cells.image(view.case),
        code(
            """
            predictor = replay.network($method, weights=$weights)
            prediction = predictor.predict(image)
            print("probability of malignancy:", prediction.probability)
            """,
            method=found.method, weights=found.weights_sha256,
        ),
        *_call(view),
        *numbers_cells(view.mask_threshold),
    ]  # fmt: skip
    if found.mask_probability is not None:
        written += _picture()
    return [
        *written,
        code("here = {prediction.method: numbers(prediction, image, truth)}\nhere"),
        *cells.comparison({found.method: shown_of(view)}),
    ]


def comparison(view: CompareView) -> list[Cell]:
    """Several networks on one image."""
    return [
        cells.title(
            "A comparison", f"What **{names_of(view)}** say about **{plain(view.case.title)}**."
        ),
        cells.start(),
        *cells.image(view.case),
        networks_cell(view),
        code("predictions = predict_all(predictors, image)  # the image is prepared once for all"),
        *numbers_cells(view.views[0].mask_threshold),
        calls_cell(view),
        code("""
            import pandas as pd

            here = {one.method: numbers(one, image, truth) for one in predictions}
            table = pd.DataFrame(here).T
            table["call"] = [call(one) for one in predictions]
            table
        """),
        *cells.comparison({one.prediction.method: shown_of(one) for one in view.views}),
    ]


def names_of(view: CompareView) -> str:
    """The networks of a comparison, for Markdown."""
    return ", ".join(plain(one.title) for one in view.views)


def networks_cell(view: CompareView) -> Cell:
    """Give `predictors` and `predict_all`."""
    return code(
        """
        from mtlbus.inference.predictor import predict_all

        WEIGHTS = $weights
        predictors = [replay.network(name, weights) for name, weights in WEIGHTS.items()]
        """,
        weights={one.prediction.method: one.prediction.weights_sha256 for one in view.views},
    )


def calls_cell(view: CompareView) -> Cell:
    """Give `call(prediction)`."""
    return code(
        """
        # The probability from which each network's call is "malignant"; None: it makes none.
        CALL_FROM = $points


        def call(prediction):
            threshold = CALL_FROM[prediction.method]
            if threshold is None:
                return "–"
            return "malignant" if prediction.probability >= threshold else "benign"
        """,
        points={
            one.prediction.method: None if one.point is None else one.point.threshold
            for one in view.views
        },
    )


def _call(view: PredictView) -> list[Cell]:
    if view.point is None:
        return []
    return [
        code(
            """
            CALL_FROM = $threshold  # the operating point: a probability
            print("call:", "malignant" if prediction.probability >= CALL_FROM else "benign")
            """,
            threshold=view.point.threshold,
        )
    ]


def numbers_cells(mask_threshold: float) -> list[Cell]:
    """Give `numbers(prediction, image, truth)`."""
    return [
        words("""
            The outline is measured on the image's own grid. Against the true outline it is
            compared on the square that the network sees, where distances of different images
            compare.
        """),
        code(
            """
            from mtlbus.data.transforms import square_mask
            from mtlbus.evaluation.metrics import mask_metrics
            from mtlbus.inference.measure import measure

            MASK_THRESHOLD = $threshold  # a pixel is inside above this tumour probability


            def numbers(prediction, image, truth):
                found = {"probability_malignant": prediction.probability, "mask_area": None}
                mask = prediction.mask(MASK_THRESHOLD)
                if mask is None:
                    return found
                found["mask_area"] = int(mask.sum())
                lesion = measure(mask, image.pixels, image.spacing)
                if lesion is not None:
                    found |= {"area_px": lesion.area_px, "circularity": lesion.circularity}
                if truth is not None:
                    square = square_mask(truth, prediction.size).numpy()
                    metrics = mask_metrics(prediction.mask_square > MASK_THRESHOLD, square)
                    found |= {"dice": metrics["dice"], "hd95": metrics["hd95"]}
                return found
            """,
            threshold=mask_threshold,
        ),
    ]


def _picture() -> list[Cell]:
    return [
        code("""
            from PIL import Image
            from mtlbus.figures import colours, overlay

            panel = overlay.grey_panel(image.pixels)
            if truth is not None:
                panel = overlay.draw_region(panel, truth, colours.TRUTH)
            panel = overlay.draw_region(
                panel, prediction.mask_probability, colours.OUTLINE, MASK_THRESHOLD
            )
            Image.fromarray(panel)
        """),
        code("measure(prediction.mask(MASK_THRESHOLD), image.pixels, image.spacing)"),
    ]


def shown_of(view: PredictView) -> dict[str, Any]:
    """The numbers of the page that a notebook is held against."""
    numbers = numbers_of(view)
    return {name: numbers[name] for name in COMPARED if name in numbers}
