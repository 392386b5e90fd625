"""The notebooks of Methods: one method built and told, and the table of several."""

from __future__ import annotations

from pathlib import Path

from ..checkpoints import sha256
from ..core.spec import ReportedTable, Spec
from ..methods.registry import VARIANTS
from . import cells
from .method_views import MethodView, OverviewView
from .notebook import Cell, code, plain, words
from .numbers import method_numbers


def method(view: MethodView) -> list[Cell]:
    """The network in both variants, what its paper says, what we decided, and its card."""
    spec = view.spec
    return [
        cells.title(spec.title, spec.idea),
        cells.start(),
        code(
            """
            from mtlbus.methods import create_model, get_spec

            METHOD = $method
            spec = get_spec(METHOD)
            print(spec.title, "answers:", ", ".join(task.name for task in spec.tasks))
            print(f"{spec.paper.authors} ({spec.paper.year}). {spec.paper.title}.")
            print(f"Input: {spec.input_size} px square, mean {spec.mean}, std {spec.std}")
            print("Inner maps:", ", ".join(found.name for found in spec.maps) or "none")
            """,
            method=spec.name,
        ),
        words("""
            ## The network, built

            In both variants with random weights: compact, small enough to be trained and shipped,
            and with the sizes of the paper. An empty image shows what comes out.
        """),
        code(
            """
            import torch


            def built(variant):
                network = create_model(METHOD, variant).eval()
                with torch.inference_mode():
                    output = network(torch.zeros(1, 3, spec.input_size, spec.input_size))
                answers = {"mask": output.mask_logits, **output.class_logits}
                shapes = {what: tuple(a.shape) for what, a in answers.items() if a is not None}
                count = sum(parameter.numel() for parameter in network.parameters())
                print(f"{variant}: {count:,} parameters; answers {shapes}")
                return {"parameters": count}


            here = {variant: built(variant) for variant in $variants}
            """,
            variants=VARIANTS,
        ),
        words(f"## Stated and decided\n\n**Stated.** {spec.stated}\n\n**Ours.** {spec.ours}"),
        code("""
            import pandas as pd

            pd.set_option("display.max_colwidth", None)
            columns = ("number", "question", "default", "reason", "choices")
            pd.DataFrame([{c: getattr(one, c) for c in columns} for one in spec.decisions])
        """),
        *_paper(spec),
        *_card(view),
        *cells.comparison(method_numbers(view)),
    ]


def _paper(spec: Spec) -> list[Cell]:
    """The tables that the paper prints, and its errors."""
    found = []
    if spec.reported:
        found.append(
            words("""
            ## In the paper

            Printed in the papers, on other images, splits and starting weights: not comparable
            with what is measured here, nor one paper with another.
        """)
        )
    for number, table in enumerate(spec.reported):
        found += [
            words(_caption(table)),
            code(f"""
            printed = spec.reported[{number}]
            pd.DataFrame(printed.rows, columns=printed.columns)
        """),
        ]
    if spec.paper_errors:
        found.append(words("Errors and gaps of the paper:"))
        found.append(code("""for error in spec.paper_errors:\n    print("-", error)"""))
    return found


def _caption(table: ReportedTable) -> str:
    return f"**{table.caption}**, {table.data}. {table.caveat}"


def _card(view: MethodView) -> list[Cell]:
    """The shipped weights, counted, and the figures of their card, computed again."""
    if view.checkpoint is None:
        return [words("## Trained weights\n\nNone ship for this method yet.")]
    variant = view.checkpoint.card.variant
    opened = [
        words("## The trained weights and their card"),
        code(
            """
            predictor = replay.network(METHOD, weights=$weights)
            card = predictor.checkpoint.card
            count = sum(parameter.numel() for parameter in predictor.model.parameters())
            here[$variant] = {"parameters": count}  # its options may not be the defaults
            print("options:", card.options)
            print("intended use:", card.intended_use)
            print("limits:", card.limits)
            pd.DataFrame(card.to_json().get("operating_points", {})).T
            """,
            weights=view.weights_sha256,
            variant=variant,
        ),
        code("""
            print("epochs of the training:")
            pd.DataFrame(predictor.checkpoint.history)
        """),
    ]
    return [*opened, *_figures(view, view.checkpoint.predictions)] if view.judged else opened


def _figures(view: MethodView, path: Path) -> list[Cell]:
    if path.is_file():
        about = words("""
            The figures of the card are computed again, from its table of judged images. Intervals
            hold 95 % of 1000 draws of whole patients or groups. This takes some seconds.
        """)
        found = code(
            """
            from mtlbus.evaluation.tables import summarise

            rows = replay.judged_images(METHOD, predictions=$digest)
            threshold = predictor.checkpoint.threshold
            figures = summarise(rows, 0.5 if threshold is None else threshold)
            """,
            digest=sha256(path.read_bytes()),
        )
    else:
        about = words("The table of judged images is not here, so these are the card's figures.")
        found = code('figures = card.to_json()["metrics"]')
    return [
        about,
        found,
        code(
            """
            from mtlbus.export.numbers import entry_numbers

            METRICS = $metrics
            entries = {**figures["datasets"], "pooled": figures["pooled"]}
            found = {images: entry_numbers(one, METRICS) for images, one in entries.items()}
            here |= found
            pd.DataFrame(found)
            """,
            metrics=view.metrics,
        ),
    ]


def overview(view: OverviewView) -> list[Cell]:
    """The table of several methods with their parameters, counted on the networks."""
    trained = [one for one in view.methods if one.checkpoint is not None]
    return [
        cells.title("Methods", f"The methods here: {plain(view.title)}."),
        cells.start(),
        words("""
            Each network is built with its sizes, but without numbers in it, and its parameters
            are counted. Where trained weights ship, their card tells the count of that variant.
        """),
        code(
            """
            import pandas as pd

            from mtlbus.methods import get_spec
            from mtlbus.methods.shapes import count_parameters

            METHODS = $methods
            WEIGHTS = $weights  # SHA-256 of the trained weights that ship

            here, rows = {}, []
            for name in METHODS:
                spec, counts = get_spec(name), {v: count_parameters(name, v) for v in $variants}
                if name in WEIGHTS:
                    card = replay.card(name, weights=WEIGHTS[name])
                    counts[card.variant] = card.parameters
                here[name] = counts
                rows.append({
                    "method": spec.title, "role": spec.role,
                    "answers": " + ".join(task.name for task in spec.tasks),
                    "paper": f"{spec.paper.authors.split(',')[0]} {spec.paper.year}",
                    **counts, "weights": "ship" if name in WEIGHTS else "not yet",
                })
            table = pd.DataFrame(rows)
            table
            """,
            methods=tuple(one.spec.name for one in view.methods),
            weights={one.spec.name: one.weights_sha256 for one in trained},
            variants=VARIANTS,
        ),
        *cells.comparison({one.spec.name: one.parameters for one in view.methods}),
    ]
