"""The verbs that judge trained weights: how good, how fast, and on which images to be believed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..core.errors import InputError
from ..core.files import require_file
from ..core.tables import write_frame
from .options import parse_machine
from .printing import NOTHING, metric_lines, print_result, report, table, task_lines
from .sets import open_datasets

if TYPE_CHECKING:
    from ..checkpoints import Checkpoint
    from ..core.machine import Machine
    from ..data.dataset import Dataset
    from ..inference.predictor import Predictor


def evaluate(arguments: argparse.Namespace) -> int:
    """Judge trained weights on a dataset, with 95 % intervals over groups."""
    from ..core import processes
    from ..core.declaration import BREAST
    from ..evaluation.panels import PanelCheckpoint, find_network
    from ..evaluation.tables import write_predictions
    from ..protocol import evaluate as judge
    from ..protocol import figures, renew_card, require_external, write_external, write_panel
    from ..protocol.task_judging import require_same_tasks

    if arguments.out:
        require_file(arguments.out)
    machine = parse_machine(arguments)
    checkpoint = find_network(arguments.method)
    panel = checkpoint if isinstance(checkpoint, PanelCheckpoint) else None
    datasets = open_datasets(arguments.data, any_tasks=True)
    for dataset in datasets:
        require_same_tasks(checkpoint, dataset)
    if checkpoint.declaration != BREAST:
        return _evaluate_tasks(checkpoint, datasets, arguments, machine)
    external = arguments.external is not None
    if external and panel is not None:
        raise InputError("--external is for one network; ask those of the panel one by one.")
    if external and (not arguments.card or arguments.flip or arguments.seen):
        raise InputError(
            "--external appends to a card: give --card with it, and neither --flip nor --seen."
        )
    if external:
        require_external(checkpoint, arguments.external, datasets)
    elif arguments.card and processes.count() > 1:
        raise InputError("--card is written by one process: start it without torchrun.")
    elif arguments.card and (arguments.flip or arguments.fold != checkpoint.trained("fold")):
        raise InputError(
            "--card completes a card by the judgement that is on it: give its --fold "
            f"{checkpoint.trained('fold')}, without --flip."
        )
    frame, seen = judge(
        checkpoint, datasets, arguments.fold, report, arguments.flip, arguments.seen, machine,
        arguments.batch_size,
    )  # fmt: skip
    if not processes.is_first():  # the rest is written and said once
        return 0
    renewed = {}
    if arguments.card and not external:
        if panel is None:
            renewed["reproduced"] = renew_card(checkpoint, frame, datasets, report)
        else:
            renewed["reproduced"] = write_panel(panel, frame, datasets, report, machine)
        checkpoint = find_network(arguments.method)  # with the thresholds that its card has now
    document = figures(checkpoint, frame) | {"seen": seen} | renewed
    if external:
        document["external"] = write_external(checkpoint, arguments.external, document)
    print_result(document, arguments.json, lambda: metric_lines(document))
    if arguments.out:
        write_predictions(arguments.out, frame)
    return 0


def _evaluate_tasks(
    checkpoint: Checkpoint,
    datasets: Sequence[Dataset],
    arguments: argparse.Namespace,
    machine: Machine,
) -> int:
    """As `evaluate`, of the tasks of a declaration."""
    from ..core import processes
    from ..protocol.task_judging import BATCH, evaluate_tasks

    if arguments.flip or arguments.card or arguments.external is not None:
        raise InputError("--flip, --card and --external are for networks of breast ultrasound.")
    frame, document = evaluate_tasks(
        checkpoint, datasets, arguments.fold, report, arguments.seen, machine,
        arguments.batch_size or BATCH,
    )  # fmt: skip
    if not processes.is_first():
        return 0
    print_result(document, arguments.json, lambda: task_lines(document))
    if arguments.out:
        write_frame(arguments.out, frame)
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """The speed of the shipped methods side by side; --markdown: their quality too."""
    from ..checkpoints import list_checkpoints
    from ..evaluation.panels import find_network, list_panels
    from ..inference.cost import measure_costs
    from ..inference.predictor import Predictor
    from ..protocol import benchmark, write_card

    names = arguments.method or [*list_checkpoints(), *list_panels()]
    shipped = [find_network(name) for name in names]
    if arguments.markdown:
        lines = benchmark.markdown(shipped)
        print_result("\n".join(lines), arguments.json, lambda: lines)
        return 0
    if arguments.app:
        return _app([checkpoint.method for checkpoint in shipped[:3]], arguments.json)
    if arguments.peers:
        return _peers([Predictor(checkpoint) for checkpoint in shipped[:3]], arguments)
    predictors = [Predictor(checkpoint) for checkpoint in shipped]
    report(f"timing {', '.join(checkpoint.method for checkpoint in shipped)} by turns")
    costs = measure_costs([(p.model, p.size) for p in predictors], arguments.forwards)
    entries = []
    for checkpoint, cost in zip(shipped, costs, strict=True):
        if arguments.write:
            write_card(checkpoint, {"cost": asdict(cost)})
        entries.append(benchmark.entry(checkpoint) | {"cost": asdict(cost)})
    rows = benchmark.speed_rows(entries)
    print_result(entries, arguments.json, lambda: table(benchmark.SPEED_HEADER, rows))
    return 0


def faster(arguments: argparse.Namespace) -> int:
    """Write the form of a network that ONNX Runtime computes, where it is faster and as good."""
    from ..checkpoints import find_checkpoint
    from ..core.machine import Machine
    from ..inference.onnx_form import write_form
    from ..inference.predictor import Predictor

    entries: list[dict[str, Any]] = []
    for name in arguments.method:
        predictor = Predictor(find_checkpoint(name), Machine.of("cpu"))
        report(f"trying {predictor.checkpoint.method}")
        found = write_form(predictor)
        entries.append(
            {
                "method": predictor.checkpoint.method,
                "pytorch_ms": round(found.ours, 2),
                "onnx_ms": round(found.onnx, 2),
                "probability_apart": found.drift.probability,
                "dice": found.drift.dice,
                "written": found.written,
            }
        )

    def lines() -> list[str]:
        header = ("method", "PyTorch, ms", "ONNX, ms", "onnx / PyTorch", "apart", "Dice", "written")
        rows = []
        for method, ours, onnx, apart, dice, written in map(dict.values, entries):
            figures = f"{onnx / ours:.2f}", f"{apart:.5f}", f"{dice:.4f}"
            rows.append((method, ours, onnx, *figures, "yes" if written else "no"))
        return table(header, rows)

    print_result(entries, arguments.json, lines)
    return 0


def _app(methods: Sequence[str], as_json: bool) -> int:
    """As `bench`, of the app, which is another program."""
    import json
    import subprocess
    import sys

    from ..core import sharing

    sharing.wait_briefly()  # as the server does, so that both sides wait alike
    command = [sys.executable, "-m", "mtlbus.ui.speed", *methods]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    entries = [dict(zip(("what", "app_ms", "bare_ms"), row, strict=True)) for row in rows]

    def lines() -> list[str]:
        header = ("what", "app, ms", "bare forwards, ms", "app / bare")
        cells = [
            (what, f"{app:.1f}", f"{bare:.1f}", f"{app / bare:.2f}")
            if bare
            else (what, f"{app:.1f}", NOTHING, NOTHING)
            for what, app, bare in rows
        ]
        return table(header, cells)

    print_result(entries, as_json, lines)
    return done.returncode


def _peers(predictors: Sequence[Predictor], arguments: argparse.Namespace) -> int:
    """As `bench`, beside other libraries."""
    from ..protocol import peers

    rows = [row.cells() for row in peers.compare_peers(predictors, report=report)]
    grown = peers.growth(predictors[0])
    document = {
        "method": predictors[0].checkpoint.method,
        "peers": [dict(zip(peers.HEADER, row, strict=True)) for row in rows],
        "growth": [dict(zip(peers.GROWTH, row, strict=True)) for row in grown],
    }
    print_result(
        document,
        arguments.json,
        lambda: [*table(peers.HEADER, rows), "", *table(peers.GROWTH, grown)],
    )
    return 0


def familiarity(arguments: argparse.Namespace) -> int:
    """Learn what training images look like to a network, and what tells a lesion there."""
    from ..checkpoints import find_checkpoint
    from ..inference.familiarity import write_familiarity
    from ..inference.predictor import Predictor
    from ..inference.presence import write_presence
    from ..protocol import fit_familiarity, split_datasets

    checkpoint = find_checkpoint(arguments.method)
    split = split_datasets(open_datasets(arguments.data), arguments.fold)
    if not checkpoint.card.trained_with_normals:
        split = split.lesions()
    found, presence, parts = fit_familiarity(Predictor(checkpoint), split, report)
    path = write_familiarity(checkpoint, found)
    if presence is not None:
        write_presence(checkpoint, presence)
        report("what tells a lesion changed: evaluate … --card counts anew what it is worth")
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
        return [*table(("part", "data", "n", "beyond the limit"), rows), str(path)]

    print_result(document, arguments.json, lines)
    return 0


def similar(arguments: argparse.Namespace) -> int:
    """Where the test images lie among a network's features; written beside its weights."""
    from ..checkpoints import find_checkpoint
    from ..inference.predictor import Predictor
    from ..inference.similar import write_similar
    from ..protocol import split_datasets
    from ..protocol.similar import places_of

    checkpoint = find_checkpoint(arguments.method)
    split = split_datasets(open_datasets(arguments.data), checkpoint.trained("fold"))
    images, places, likeness = places_of(Predictor(checkpoint), split.lesions().test, report)
    path = write_similar(checkpoint, images, places)
    document = {
        "method": checkpoint.method,
        "weights_sha256": checkpoint.digest,
        "images": len(images),
        **likeness,
        "file": str(path),
    }

    def lines() -> list[str]:
        same, chance = likeness["same"], likeness["chance"]
        return [
            f"{len(images)} test images. Of the 6 nearest to one, {same:.1%} are of its class; by "
            f"chance it would be {chance:.1%}.",
            str(path),
        ]

    print_result(document, arguments.json, lines)
    return 0


def gates(arguments: argparse.Namespace) -> int:
    """How much of each gate is the same on every test image; 1 is a gate that does not look."""
    from ..checkpoints import find_checkpoint
    from ..inference.predictor import Predictor
    from ..protocol import measure_gates, split_datasets, write_card

    checkpoint = find_checkpoint(arguments.method)
    datasets = open_datasets(arguments.data)
    split = split_datasets(datasets, checkpoint.trained("fold")).lesions()
    found = measure_gates(Predictor(checkpoint), split.test, report)
    if not found["fixed_share"]:
        raise InputError(f"{checkpoint.method} has no gate with a value for each place.")
    if arguments.card:
        write_card(checkpoint, {"gates": found})
    rows = [(name, f"{share:.4f}") for name, share in found["fixed_share"].items()]
    document = {"method": checkpoint.method, **found}
    print_result(document, arguments.json, lambda: table(("gate", "the same share"), rows))
    return 0


def checks(arguments: argparse.Namespace) -> int:
    """How often the input checks speak: on good scans, and on pictures made wrong."""
    from ..protocol.check_rates import good_rates, wrong_rates
    from ..protocol.judging import split_datasets

    datasets = open_datasets(arguments.data)
    rates: list[Any] = []
    test: list[Any] = []
    for dataset in datasets:
        part = split_datasets([dataset], arguments.fold).test
        report(f"{dataset.name}: {len(part)} images of fold {arguments.fold}")
        rates += good_rates(f"{dataset.name}, fold {arguments.fold}", part)
        test += part
    rates += good_rates(f"all, fold {arguments.fold}", test) if len(datasets) > 1 else []
    rates += wrong_rates(test, arguments.count, report)
    entries = [rate.as_dict() for rate in rates]

    def lines() -> list[str]:
        count, share = "{count} of {n}", "{share:.1%} ({low:.1%} to {high:.1%})"
        rows = [
            (entry["images"], entry["found"], count.format(**entry), share.format(**entry))
            for entry in entries
        ]
        return table(("images", "what", "count", "share, 95 % interval"), rows)

    print_result(entries, arguments.json, lines)
    return 0


def silence(arguments: argparse.Namespace) -> int:
    """Silence each part that makes a map, on unseen images: does the answer hear it?"""
    from ..checkpoints import find_checkpoint
    from ..core.declaration import BREAST
    from ..inference.task_predictor import open_networks
    from ..protocol import measure_silence, split_datasets, write_card
    from ..protocol.silencing import HEADER, silence_lines, spread
    from ..protocol.task_judging import require_same_tasks

    checkpoint = find_checkpoint(arguments.method)
    if arguments.images < 2:
        raise InputError(f"Got --images {arguments.images}; at least 2 are needed for a mean.")
    datasets = open_datasets(arguments.data, any_tasks=True)
    for dataset in datasets:
        require_same_tasks(checkpoint, dataset)
    split = split_datasets(datasets, checkpoint.trained("fold"))
    split = split.lesions() if checkpoint.declaration == BREAST else split
    (network,) = open_networks([checkpoint])
    found = measure_silence(network, spread(split.test, arguments.images), report)
    if arguments.card:
        write_card(checkpoint, {"silence": found})
    document = {"method": checkpoint.method, "weights_sha256": checkpoint.digest, **found}
    print_result(document, arguments.json, lambda: table(HEADER, silence_lines(found["parts"])))
    return 0
