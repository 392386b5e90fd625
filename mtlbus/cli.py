"""The command line: the same verbs as the pages. Progress to stderr, results to stdout.

A failure is one clear line on stderr and exit code 1; `--json` prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from .core.errors import InputError, MtlbusError

METRICS_SHOWN = ("auc", "accuracy", "sensitivity", "specificity", "f1", "dice", "jaccard", "hd95")


def _report(line: str) -> None:
    """Progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def _print(document: Any, as_json: bool, lines: Callable[[], Sequence[str]]) -> None:
    if as_json:
        print(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines():
            print(line)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns padded to their widest cell."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    return [
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]


def methods(arguments: argparse.Namespace) -> int:
    """Every method: title, paper, tasks, variants, parameters, maps, checkpoint."""
    import torch

    from .checkpoints import list_checkpoints
    from .methods import create_model, get_spec, list_methods
    from .methods.registry import VARIANTS

    shipped = list_checkpoints()
    names = list_methods() if arguments.method is None else [get_spec(arguments.method).name]
    documents = []
    for name in names:
        variants = {}
        for variant in VARIANTS:
            with torch.device("meta"):
                model = create_model(name, variant)
            count = sum(parameter.numel() for parameter in model.parameters())
            variants[variant] = {"parameters": count}
        spec = get_spec(name).as_dict()
        documents.append(
            {
                **spec,
                "tasks": [task["name"] for task in spec["tasks"]],
                "maps": [found["name"] for found in spec["maps"]],
                "map_meanings": {found["name"]: found["meaning"] for found in spec["maps"]},
                "variants": variants,
                "checkpoint": str(shipped[name].folder.name) if name in shipped else None,
            }
        )

    def lines() -> list[str]:
        rows = [
            (
                d["name"],
                d["title"],
                " + ".join(d["tasks"]),
                *(f"{d['variants'][v]['parameters'] / 1e6:.1f} M" for v in VARIANTS),
                "trained" if d["checkpoint"] else "–",
                f"{d['paper']['authors'].split(',')[0]} {d['paper']['year']}",
            )
            for d in documents
        ]
        return _table(("method", "title", "answers", *VARIANTS, "weights", "paper"), rows)

    _print(documents, arguments.json, lines)
    return 0


def data(arguments: argparse.Namespace) -> int:
    """Counts, groups, folds and defects of a dataset on disk."""
    from .data.layouts import load_dataset
    from .data.summary import summarise_dataset

    summary = summarise_dataset(load_dataset(arguments.layout, arguments.path))

    def lines() -> list[str]:
        shown = [f"{key:<24}{value}" for key, value in summary.items() if key != "defects"]
        return shown + ["defect".ljust(24) + defect for defect in summary["defects"]]

    _print(summary, arguments.json, lines)
    return 0


def train(arguments: argparse.Namespace) -> int:
    """Train a method, choose on the validation part, judge the test fold once."""
    from .checkpoints import find_checkpoint
    from .data.layouts import parse_dataset
    from .methods import get_spec
    from .protocol import make_plan, produce, split_datasets
    from .training.recipes import make_recipe

    spec = get_spec(arguments.method)
    recipe = make_recipe(
        spec, arguments.recipe, arguments.epochs, arguments.size, arguments.stages, arguments.rate
    )
    options = dict(_option(text) for text in arguments.option)
    split = split_datasets([parse_dataset(text) for text in arguments.data], arguments.fold)
    start = find_checkpoint(arguments.start) if arguments.start else None
    plan = make_plan(
        spec.name, arguments.variant, options, recipe, split, arguments.fold, arguments.seed, start
    )
    checkpoint = produce(plan, split, Path(arguments.out), arguments.resume, _report, start)
    document = {"method": spec.name, "folder": str(checkpoint.folder), **checkpoint.card["metrics"]}
    _print(document, arguments.json, lambda: _metric_lines(document))
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Judge trained weights on a dataset, with 95 % intervals over groups."""
    from .checkpoints import find_checkpoint
    from .data.layouts import parse_dataset
    from .protocol import evaluate as judge

    document = judge(
        find_checkpoint(arguments.method),
        [parse_dataset(text) for text in arguments.data],
        arguments.fold,
        Path(arguments.out) if arguments.out else None,
        _report,
    )
    _print(document, arguments.json, lambda: _metric_lines(document))
    return 0


def _metric_lines(document: dict[str, Any]) -> list[str]:
    def cell(metric: dict[str, float | None] | None) -> str:
        if metric is None or metric["value"] is None:
            return "–"
        return f"{metric['value']:.3f} ({metric['low']:.3f}–{metric['high']:.3f})"

    parts = {**document["datasets"], "pooled": document["pooled"]}
    shown = [name for name in METRICS_SHOWN if name in document["pooled"]]
    rows = [(name, part["n"], *(cell(part.get(m)) for m in shown)) for name, part in parts.items()]
    return _table(("data", "n", *shown), rows)


def predict(arguments: argparse.Namespace) -> int:
    """Predict images: JSON on stdout, and overlays with --out."""
    from .batch import predict_files
    from .checkpoints import find_checkpoint
    from .inference.predictor import Predictor

    predictors = [Predictor(find_checkpoint(name)) for name in arguments.method]
    entries = predict_files(arguments.images, predictors, arguments.out, _report)

    def lines() -> list[str]:
        rows = []
        for entry in entries:
            if "error" in entry:
                continue
            probability, lesion = entry["probability"], entry["lesion"]
            rows.append(
                (
                    entry["image"],
                    entry["method"],
                    "–" if probability is None else f"{probability:.3f}",
                    "–" if lesion is None else f"{lesion['area_px']} px",
                )
            )
        return _table(("image", "method", "P(malignant)", "lesion"), rows) if rows else []

    _print(entries, arguments.json, lines)
    refused = [entry["error"] for entry in entries if "error" in entry]
    for line in refused:
        _report(line)
    return 1 if refused else 0


def phantom(arguments: argparse.Namespace) -> int:
    """Make phantom images with their true masks and parameters."""
    from .data.phantom import GALLERY, PhantomParameters, make_phantom, random_parameters
    from .data.synthetic import save_phantom

    out = Path(arguments.out)
    if arguments.gallery:
        wanted = {name: entry.parameters for name, entry in GALLERY.items()}
    else:
        label = True if arguments.malignant else False if arguments.benign else None
        base = asdict(random_parameters(arguments.seed, label))
        known = {field.name for field in fields(PhantomParameters)}
        base |= dict(_option(text, known, "phantom parameter") for text in arguments.set)
        wanted = {f"phantom-{arguments.seed}": PhantomParameters(**base)}
    entries = []
    for name, parameters in wanted.items():
        entries.append(save_phantom(out, name, make_phantom(parameters, arguments.size)))
    _print(entries, arguments.json, lambda: [line for e in entries for line in e["files"]])
    return 0


def _option(text: str, known: set[str] | None = None, kind: str = "option") -> tuple[str, Any]:
    """NAME=VALUE with the value read as JSON where it is JSON, else as text."""
    from .core.errors import UnknownNameError

    name, separator, value = text.partition("=")
    if not separator:
        raise InputError(f"Expected NAME=VALUE, got {text!r}.")
    if known is not None and name not in known:
        raise UnknownNameError(kind, name, known)
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def parser() -> argparse.ArgumentParser:
    """The verbs and their arguments."""
    top = argparse.ArgumentParser(
        prog="python -m mtlbus",
        description="Multi-task learning on breast ultrasound. Research and education only; "
        "not a medical device.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        summary = (function.__doc__ or "").strip()
        added = verbs.add_parser(function.__name__, help=summary, description=summary)
        added.add_argument("--json", action="store_true", help="print one JSON document")
        added.set_defaults(run=function)
        return added

    def data_argument(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--data", action="append", required=True, metavar="LAYOUT=PATH",
            help="busi=, busbra=, folder= with a folder, manifest=FILE.csv, or phantom=COUNT; "
            "may be given several times",
        )  # fmt: skip

    added = verb(methods)
    added.add_argument("method", nargs="?", help="one method only")

    added = verb(data)
    added.add_argument("path", help="folder, manifest file, or a count of phantoms")
    added.add_argument("--layout", default="folder", help="busi, busbra, folder, manifest, phantom")

    added = verb(train)
    added.add_argument("method", help="a name from `methods`")
    data_argument(added)
    added.add_argument("--fold", type=int, default=1, help="test fold, 1 to 5 (default 1)")
    added.add_argument("--out", required=True, help="folder of the run and its checkpoint")
    added.add_argument("--resume", action="store_true", help="continue an interrupted run")
    added.add_argument(
        "--start", metavar="DIR", help="train on from a checkpoint of the same method and parts"
    )
    added.add_argument("--epochs", type=int, help="another total number of epochs")
    added.add_argument("--size", type=int, help="one input size for all epochs, pixels")
    added.add_argument("--stages", metavar="EPOCHS@SIZE,…", help="progressive resizing")
    added.add_argument("--rate", type=float, help="another learning rate")
    added.add_argument("--recipe", default="house", help="house (default) or paper")
    added.add_argument("--variant", default="compact", help="compact (default) or paper")
    added.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation")
    added.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="a numbered decision of the method",
    )  # fmt: skip

    added = verb(evaluate)
    added.add_argument("method", help="a shipped method, or the folder of a checkpoint")
    data_argument(added)
    added.add_argument("--fold", type=int, help="test fold; without it, all lesion images")
    added.add_argument("--out", metavar="FILE.csv", help="write one row an image")

    added = verb(predict)
    added.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG, BMP or TIFF")
    added.add_argument(
        "--method", action="append", required=True,
        help="a shipped method or a checkpoint folder; may be given several times",
    )  # fmt: skip
    added.add_argument("--out", help="folder for overlays and masks (PNG) and predictions.json")

    added = verb(phantom)
    added.add_argument("--out", required=True, help="folder for image, mask and parameters")
    added.add_argument("--seed", type=int, default=0)
    added.add_argument("--size", type=int, default=256, help="side, pixels (default 256)")
    added.add_argument("--gallery", action="store_true", help="the named phantoms of the app")
    kind = added.add_mutually_exclusive_group()
    kind.add_argument("--malignant", action="store_true")
    kind.add_argument("--benign", action="store_true")
    added.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="one knob of the phantom"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; the exit code."""
    parsed = parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except MtlbusError as error:
        _report(f"mtlbus: {error}")
        return 1
    except KeyboardInterrupt:
        _report("mtlbus: interrupted")
        return 130
    except BrokenPipeError:
        return 1
