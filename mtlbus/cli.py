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


def audit(arguments: argparse.Namespace) -> int:
    """Copies across splits and labels, faulty masks, burned-in marks of a dataset on disk."""
    from .data import audit as audits

    dataset = audits.load_everything(arguments.layout, arguments.path)
    found = audits.audit(dataset, report=_report)
    document = found.as_dict()
    lines = audits.lines(found)
    if arguments.reference:
        document["agreement"] = audits.agreement(found, arguments.reference)
        lines += [f"{name:<24}{value}" for name, value in document["agreement"].items()]
    if arguments.out:
        audits.write_groups(arguments.out, found)
    _print(document, arguments.json, lambda: lines)
    return 0


def train(arguments: argparse.Namespace) -> int:
    """Train a method, choose on the validation part, judge the test fold once."""
    from .checkpoints import find_checkpoint
    from .data.layouts import parse_dataset
    from .methods import get_spec
    from .protocol import exclusions, make_plan, produce, split_datasets
    from .training.recipes import make_recipe

    spec = get_spec(arguments.method)
    recipe = make_recipe(
        spec, arguments.recipe, arguments.epochs, arguments.size, arguments.stages, arguments.rate
    )
    options = dict(_option(text) for text in arguments.option)
    datasets = [parse_dataset(text) for text in arguments.data]
    split = split_datasets(datasets, arguments.fold)
    start = find_checkpoint(arguments.start) if arguments.start else None
    plan = make_plan(
        spec.name, arguments.variant, options, recipe, split, arguments.fold, arguments.seed, start
    )
    checkpoint = produce(
        plan, split, Path(arguments.out), arguments.resume, _report, start, exclusions(datasets)
    )
    document = {"method": spec.name, "folder": str(checkpoint.folder), **checkpoint.card["metrics"]}
    _print(document, arguments.json, lambda: _metric_lines(document))
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Judge trained weights on a dataset, with 95 % intervals over groups."""
    from .checkpoints import find_checkpoint
    from .data.layouts import parse_dataset
    from .evaluation.tables import write_predictions
    from .protocol import evaluate as judge
    from .protocol import figures, renew_card

    checkpoint = find_checkpoint(arguments.method)
    datasets = [parse_dataset(text) for text in arguments.data]
    if arguments.card and (arguments.flip or arguments.fold != checkpoint.card["training"]["fold"]):
        raise InputError(
            "--card completes a card by the judgement that is on it: give its --fold "
            f"{checkpoint.card['training']['fold']}, without --flip."
        )
    frame = judge(checkpoint, datasets, arguments.fold, _report, arguments.flip)
    if arguments.out:
        write_predictions(arguments.out, frame)
    document = figures(checkpoint, frame)
    if arguments.card:
        document["reproduced"] = renew_card(checkpoint, frame, datasets)
    _print(document, arguments.json, lambda: _metric_lines(document))
    return 0


def crossvalidate(arguments: argparse.Namespace) -> int:
    """Train and test methods on all folds; print them beside the tables of the COSA paper."""
    from .data.layouts import parse_dataset
    from .methods import get_spec
    from .protocol.crossvalidation import COSA_NAMES, CrossValidation, cross_validate
    from .training.recipes import make_recipe

    methods = [get_spec(name).name for name in arguments.method or COSA_NAMES]
    recipe = make_recipe(
        get_spec(methods[0]), arguments.recipe, arguments.epochs, arguments.size,
        arguments.stages, arguments.rate,
    )  # fmt: skip
    plan = CrossValidation(
        methods=tuple(methods),
        datasets=tuple(parse_dataset(text) for text in arguments.data),
        out=Path(arguments.out),
        recipe=recipe,
        folds=tuple(arguments.fold or range(1, 6)),
        split=arguments.split,
        variant=arguments.variant,
        seed=arguments.seed,
    )
    document = cross_validate(plan, _report)
    _print(document, arguments.json, lambda: document["markdown"])
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """The speed of the shipped methods side by side; --markdown: their quality too."""
    from dataclasses import asdict

    from .checkpoints import find_checkpoint, list_checkpoints
    from .inference.cost import measure_cost
    from .inference.predictor import Predictor
    from .protocol import benchmark, write_cost

    shipped = [find_checkpoint(name) for name in arguments.method or list_checkpoints()]
    if arguments.markdown:
        lines = benchmark.markdown(shipped)
        _print("\n".join(lines), arguments.json, lambda: lines)
        return 0
    entries = []
    for checkpoint in shipped:
        predictor = Predictor(checkpoint)
        cost = measure_cost(predictor.model, predictor.size, arguments.forwards)
        if arguments.write:
            write_cost(checkpoint, cost)
        entries.append(benchmark.entry(checkpoint) | {"cost": asdict(cost)})
        _report(f"{checkpoint.method}: {cost.milliseconds:.0f} ms")
    rows = benchmark.speed_rows(entries)
    _print(entries, arguments.json, lambda: _table(benchmark.SPEED_HEADER, rows))
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
                    "–" if lesion is None else _area(lesion),
                    entry["input"],
                )
            )
        return _table(("image", "method", "P(malignant)", "lesion", "input"), rows) if rows else []

    _print(entries, arguments.json, lines)
    refused = [entry["error"] for entry in entries if "error" in entry]
    for line in refused:
        _report(line)
    return 1 if refused else 0


def explain(arguments: argparse.Namespace) -> int:
    """Which pixels an answer rests on, by attribution maps; arrays and pictures with --out."""
    from .core.files import write_atomically
    from .data.intake import read_image, read_mask
    from .explain.attributions import Attribution
    from .explain.options import Options
    from .explain.record import attribution_npz, document_of
    from .explain.request import Request, answer
    from .explain.subject import Subject
    from .explain.targets import Target
    from .export.origin import DISCLAIMER
    from .figures.attribution_maps import labelled_png
    from .inference.predictor import MASK_THRESHOLD, Predictor, prepare

    request = Request(
        tuple(arguments.attribution or Request().attributions),
        Target.parse(arguments.target),
        Options.parse(arguments.settings),
        arguments.placebo,
    )
    image, predictor = read_image(arguments.image), Predictor.of(arguments.method)
    truth = read_mask(arguments.truth) if arguments.truth else None
    if truth is not None and truth.shape != image.pixels.shape:
        raise InputError(
            f"The true mask is {truth.shape[1]}×{truth.shape[0]} px, the image "
            f"{image.pixels.shape[1]}×{image.pixels.shape[0]} px; give a mask of the image's size."
        )
    prepared = prepare(image, predictor.size)
    prediction = predictor.predict(prepared)
    square = prediction.mask_square
    lesion = None if square is None else square > MASK_THRESHOLD
    subject = Subject.of(
        predictor, prepared.grey, prepared.frame, request.target, lesion, truth
    )
    found = answer(request, subject, _report)
    document = {
        "image": str(arguments.image),
        "method": prediction.method,
        **document_of(request, subject, found, prediction.mask()),
        "image_sha256": prediction.image_sha256,
        "weights_sha256": prediction.weights_sha256,
        "terms": DISCLAIMER,
    }
    if arguments.out:
        maps = {n: value for n, value in found.items() if isinstance(value, Attribution)}
        stem = f"{Path(arguments.image).stem}.{image.sha256[:8]}.{prediction.method}"
        files = {f"{stem}.attributions.npz": attribution_npz(image.pixels, maps, document)}
        for name, value in maps.items():
            files[f"{stem}.{name}.png"] = labelled_png(
                image.pixels, name, value, request.target, DISCLAIMER
            )
        for name, content in files.items():
            write_atomically(Path(arguments.out) / name, content)
        document["files"] = [str(Path(arguments.out) / name) for name in files]

    def lines() -> list[str]:
        header = ("attribution", "sum", "should be", "strongest at", "placebo ρ")
        rows = [
            (
                entry["attribution"],
                *("–" if entry[key] is None else f"{entry[key]:.4g}"
                  for key in ("sum", "should_be")),
                "row {}, column {}".format(*entry["strongest"]),
                "–" if entry.get("placebo_rank_correlation") is None
                else f"{entry['placebo_rank_correlation']:.2f}",
            )
            for entry in document["maps"] if "error" not in entry
        ]  # fmt: skip
        shown = [f"{document['target_in_words']}: {document['value']:.4g}"]
        return [*shown, *(_table(header, rows) if rows else []), *document.get("files", [])]

    _print(document, arguments.json, lines)
    refused = [value for value in found.values() if not isinstance(value, Attribution)]
    for value in refused:
        _report(f"mtlbus: {value}")
    return 1 if refused else 0


def _area(lesion: dict[str, Any]) -> str:
    area = f"{lesion['area_px']} px"
    return area if lesion["area_mm2"] is None else f"{lesion['area_mm2']:.1f} mm² ({area})"


def familiarity(arguments: argparse.Namespace) -> int:
    """Learn what the training images look like to a network; written beside its weights."""
    from .checkpoints import find_checkpoint
    from .data.layouts import parse_dataset
    from .inference.familiarity import fit_checkpoint, write_familiarity
    from .inference.predictor import Predictor
    from .protocol import split_datasets

    checkpoint = find_checkpoint(arguments.method)
    split = split_datasets([parse_dataset(text) for text in arguments.data], arguments.fold)
    found, parts = fit_checkpoint(Predictor(checkpoint), split, _report)
    path = write_familiarity(checkpoint, found)
    document = {
        "method": checkpoint.method,
        "weights_sha256": checkpoint.digest,
        "maps": list(found.maps),
        "quantile": found.quantile,
        "limit": found.limit,
        "parts": parts,
        "file": str(path),
    }

    def lines() -> list[str]:
        rows = [
            (part, dataset, str(entry["n"]), f"{entry['beyond']:.3f}")
            for part, datasets in parts.items()
            for dataset, entry in datasets.items()
        ]
        return [*_table(("part", "data", "n", "beyond the limit"), rows), str(path)]

    _print(document, arguments.json, lines)
    return 0


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
        listed = summary.replace("%", "%%")  # argparse formats it
        added = verbs.add_parser(function.__name__, help=listed, description=summary)
        added.add_argument("--json", action="store_true", help="print one JSON document")
        added.set_defaults(run=function)
        return added

    def data_argument(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--data", action="append", required=True, metavar="LAYOUT=PATH",
            help="busi=, busbra=, folder= with a folder, manifest=FILE.csv, or phantom=COUNT; "
            "may be given several times",
        )  # fmt: skip

    def recipe_arguments(added: argparse.ArgumentParser) -> None:
        added.add_argument("--epochs", type=int, help="another total number of epochs")
        added.add_argument("--size", type=int, help="one input size for all epochs, pixels")
        added.add_argument("--stages", metavar="EPOCHS@SIZE,…", help="progressive resizing")
        added.add_argument("--rate", type=float, help="another learning rate")
        added.add_argument("--recipe", default="house", help="house (default) or paper")
        added.add_argument("--variant", default="compact", help="compact (default) or paper")
        added.add_argument("--seed", type=int, default=0, help="of weights, order and augmentation")

    added = verb(methods)
    added.add_argument("method", nargs="?", help="one method only")

    added = verb(data)
    added.add_argument("path", help="folder, manifest file, or a count of phantoms")
    added.add_argument("--layout", default="folder", help="busi, busbra, folder, manifest, phantom")

    added = verb(audit)
    added.add_argument("path", help="folder, manifest file, or a count of phantoms")
    added.add_argument("--layout", default="folder", help="busi, busbra, folder, manifest, phantom")
    added.add_argument("--out", metavar="FILE.csv", help="write the group of each image")
    added.add_argument("--reference", metavar="FILE.csv", help="groups to compare with: id,group")

    added = verb(train)
    added.add_argument("method", help="a name from `methods`")
    data_argument(added)
    added.add_argument("--fold", type=int, default=1, help="test fold, 1 to 5 (default 1)")
    added.add_argument("--out", required=True, help="folder of the run and its checkpoint")
    added.add_argument("--resume", action="store_true", help="continue an interrupted run")
    added.add_argument(
        "--start", metavar="DIR", help="train on from a checkpoint of the same method and parts"
    )
    recipe_arguments(added)
    added.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE",
        help="a numbered decision of the method",
    )  # fmt: skip

    added = verb(evaluate)
    added.add_argument("method", help="a shipped method, or the folder of a checkpoint")
    data_argument(added)
    added.add_argument("--fold", type=int, help="test fold; without it, all lesion images")
    added.add_argument("--out", metavar="FILE.csv", help="write one row an image")
    added.add_argument(
        "--flip", action="store_true", help="average with the mirror image (two forwards)"
    )
    added.add_argument(
        "--card", action="store_true",
        help="compare with the stored predictions and complete the card; changes no figure",
    )  # fmt: skip

    added = verb(crossvalidate)
    added.add_argument("method", nargs="*", help="without: the five of the COSA paper")
    data_argument(added)
    added.add_argument("--out", required=True, help="folder of all runs and of the report")
    added.add_argument(
        "--fold", type=int, action="append", help="one test fold; may be given several times"
    )
    added.add_argument(
        "--split", default="group",
        help="group (default), image (random images: leaks), or both to compare the two",
    )  # fmt: skip
    recipe_arguments(added)

    added = verb(bench)
    added.add_argument("method", nargs="*", help="shipped methods or folders; all without")
    added.add_argument("--forwards", type=int, default=20, help="forwards to time (default 20)")
    added.add_argument("--write", action="store_true", help="put what was measured into the cards")
    added.add_argument(
        "--markdown", action="store_true", help="the table of the cards; measures nothing"
    )

    added = verb(predict)
    added.add_argument("images", nargs="+", metavar="IMAGE", help="PNG, JPEG, BMP, TIFF or DICOM")
    added.add_argument(
        "--method", action="append", required=True,
        help="a shipped method or a checkpoint folder; may be given several times",
    )  # fmt: skip
    added.add_argument("--out", help="folder for overlays and masks (PNG) and predictions.json")

    added = verb(explain)
    added.add_argument("image", metavar="IMAGE", help="PNG, JPEG, BMP, TIFF or DICOM")
    added.add_argument("--method", required=True, help="a shipped method or a checkpoint folder")
    added.add_argument(
        "--attribution", action="append", metavar="NAME",
        help="gradcam, integrated_gradients, occlusion, …; may be given several times",
    )  # fmt: skip
    added.add_argument(
        "--target", default="class:difference", metavar="HEAD:ANSWER:REGION",
        help="class:difference (default), class:malignant, mask:difference:lesion, "
        "mask:tumour:box=LEFT,TOP,WIDTH,HEIGHT, …",
    )  # fmt: skip
    added.add_argument(
        "--settings", default="", metavar="NAME=VALUE,…", help="steps=32,baseline=black, …"
    )
    added.add_argument("--placebo", action="store_true", help="also of shuffled weights")
    added.add_argument("--truth", metavar="MASK", help="true mask, for the region truth")
    added.add_argument("--out", help="folder for the arrays (NPZ) and pictures (PNG)")

    added = verb(familiarity)
    added.add_argument("method", help="a shipped method, or the folder of a checkpoint")
    data_argument(added)
    added.add_argument("--fold", type=int, default=1, help="test fold, 1 to 5 (default 1)")

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
