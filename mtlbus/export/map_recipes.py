"""The notebooks of Attention and Attributions: maps of one network on one image."""

from __future__ import annotations

from ..core.wording import DISCLAIMER
from ..explain.attention import array_of
from . import cells
from .notebook import Cell, code, plain, words
from .numbers import attribution_numbers, map_numbers
from .views import AttentionView, AttributionView


def attention(view: AttentionView) -> list[Cell]:
    """All maps, one of them as a picture, and the statistics of those that were looked at."""
    about = f"Inner maps of **{plain(view.title)}** on **{plain(view.case.title)}**."
    if view.seed is not None:
        about += " **Its weights are random: this shows the wiring, not knowledge.**"
    return [
        cells.title("Inner maps", about),
        cells.start(),
        *cells.image(view.case),
        _run(view),
        code("""
            import pandas as pd

            from mtlbus.explain.attention import array_of

            pd.DataFrame(
                [(name, m.kind, tuple(m.tensor.shape), m.meaning) for name, m in maps.items()],
                columns=["map", "kind", "shape", "what it is"],
            )
        """),
        *_picture(view.names[0]),
        code(
            """
            from mtlbus.export.numbers import map_numbers

            here = {name: map_numbers(array_of(maps[name])) for name in $names}
            """,
            names=view.names,
        ),
        *cells.comparison({name: map_numbers(array_of(view.maps[name])) for name in view.names}),
    ]


def attributions(view: AttributionView) -> list[Cell]:
    """The maps of one or more attribution methods for one answer, and their numbers."""
    return [
        cells.title(
            "Attributions",
            f"What an answer of **{plain(view.title)}** rests on in **{plain(view.case.title)}**: "
            f"the {plain(view.target.words)}.",
        ),
        cells.start(),
        *cells.image(view.case),
        code(
            """
            from mtlbus.explain.options import Options
            from mtlbus.explain.subject import Subject
            from mtlbus.explain.targets import Target

            MASK_THRESHOLD = $threshold  # a pixel is inside above this tumour probability
            target = Target.parse($target)
            options = Options.parse($options)  # what is not named keeps its default

            predictor = replay.network($method, weights=$weights)
            prepared = predictor.prepare(image)
            prediction = predictor.predict(prepared)
            square = prediction.mask_square
            lesion = None if square is None else square > MASK_THRESHOLD
            subject = Subject.of(
                predictor, prepared.grey, prepared.frame, target, lesion, truth
            )
            print("explained:", target.words)
            """,
            threshold=view.mask_threshold,
            target=str(view.target),
            options=str(view.options),
            method=view.method,
            weights=view.weights_sha256,
        ),
        words("Each method is run here; how long it takes depends on the options."),
        code(
            """
            from mtlbus.explain.attributions import attribute

            found = {name: attribute(subject, name, options) for name in $names}
            {name: f"{one.seconds:.1f} s" for name, one in found.items()}
            """,
            names=tuple(view.found),
        ),
        code(
            """
            import io

            from PIL import Image

            from mtlbus.figures.attribution_maps import labelled_png

            NAME = $name
            png = labelled_png(image.pixels, NAME, found[NAME], target, $terms)
            Image.open(io.BytesIO(png))
            """,
            name=next(iter(view.found)),
            terms=DISCLAIMER,
        ),
        _against(view),
        *cells.comparison(
            {name: attribution_numbers(one, view.mask) for name, one in view.found.items()}
        ),
    ]


def _against(view: AttributionView) -> Cell:
    mask = "None  # there is no lesion to hold the maps against"
    if view.mask is not None:
        mask = "truth" if view.mask_is_true else "prediction.mask(MASK_THRESHOLD)"
    return code(f"""
        from mtlbus.export.numbers import attribution_numbers

        mask = {mask}
        here = {{name: attribution_numbers(one, mask) for name, one in found.items()}}
    """)


def _run(view: AttentionView) -> Cell:
    if view.seed is None:
        return code(
            """
            predictor = replay.network($method, weights=$weights)
            prediction = predictor.predict(image, maps=True)
            maps, frame = prediction.maps, prediction.frame
            """,
            method=view.method,
            weights=view.weights_sha256,
        )
    return code(
        """
        from mtlbus.inference.loaded import prepare
        from mtlbus.inference.predictor import inner_maps

        network = replay.untrained_network($method, seed=$seed)
        prepared = prepare(image, network.spec.input_size)
        maps, frame = inner_maps(network, prepared), prepared.frame
        """,
        method=view.method,
        seed=view.seed,
    )


def _picture(name: str) -> list[Cell]:
    return [
        words("""
            One map over the image, in cells of their true size. Of attention: how much each cell
            is looked at. Of regions: which one prevails. Of all else: the mean strength over the
            other axes. Change `NAME` to see another map.
        """),
        code(
            """
            import numpy as np
            from PIL import Image
            from plotly.colors import sequential

            from mtlbus.explain.attention import cells_on_image, received
            from mtlbus.figures.colours import rgb

            NAME = $name


            def plane_of(found):
                values = array_of(found)
                if found.kind == "attention":
                    return received(found)
                if found.kind == "region":
                    return values.argmax(axis=0)
                return np.abs(values).reshape(-1, *values.shape[-2:]).mean(axis=0)


            def picture(plane):
                low, high = float(plane.min()), float(plane.max())
                print(f"{NAME}: dark is {low:.4g}, bright is {high:.4g}")
                levels = (cells_on_image(plane, frame) - low) / ((high - low) or 1)
                stops = np.array([rgb(colour) for colour in sequential.Viridis])
                places = np.linspace(0, 1, len(stops))
                colours = np.stack([np.interp(levels, places, c) for c in stops.T], axis=-1)
                mixed = 0.5 * image.pixels[..., None] + 0.5 * colours
                return Image.fromarray(mixed.round().astype(np.uint8))


            is_a_plane = maps[NAME].tensor.ndim >= 3
            picture(plane_of(maps[NAME])) if is_a_plane else array_of(maps[NAME])
            """,
            name=name,
        ),
    ]
