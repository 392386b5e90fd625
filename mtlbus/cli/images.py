"""The verbs about image files: what a network answers, and which pixels its answer rests on."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import InputError, OutputError
from ..core.files import fitting, require_folder, write_atomically
from .printing import NOTHING, print_result, report, table

if TYPE_CHECKING:
    import numpy as np

    from ..checkpoints import Checkpoint
    from ..explain.attributions import Attribution
    from ..explain.request import Request
    from ..explain.subject import Subject
    from ..explain.targets import Target
    from ..explain.task_targets import TaskTarget
    from ..inference.predictor import Prediction
    from ..inference.task_predictor import TaskPrediction


def predict(arguments: argparse.Namespace) -> int:
    """Predict images: JSON on stdout, and overlays with --out."""
    from ..batch import image_files, predict_each
    from ..core import processes
    from ..core.wording import DISCLAIMER
    from ..evaluation.panels import find_network
    from ..inference.predictor import Predictor
    from ..inference.task_predictor import open_networks

    if arguments.out:
        require_folder(arguments.out)
    images = image_files(arguments.images)
    predictors = open_networks([find_network(name) for name in arguments.method])
    for network in predictors:
        if isinstance(network, Predictor) and network.form is not None:
            report(f"{network.checkpoint.method}: computed by ONNX Runtime, as faster wrote it")
    entries, problems = [], []
    try:
        for some in predict_each(images, predictors, arguments.out, report):
            entries += some
    except OutputError as error:  # what is known by then is printed all the same
        problems.append(f"mtlbus: {error}")
    if not processes.is_first():  # the rest is said once
        return 0

    def lines() -> list[str]:
        good = [entry for entry in entries if "error" not in entry]
        header: tuple[str, ...] = ("image", "method", "says", "lesion", "cautions")
        rows = [_prediction_row(entry) for entry in good if "tasks" not in entry]
        if not rows:
            header = ("image", "method", "task", "says")
            rows = [
                (entry["image"], entry["method"], name, _told(numbers))
                for entry in good
                for name, numbers in entry["tasks"].items()
            ]
        limits = dict.fromkeys(entry["limits"] for entry in good if "tasks" in entry)
        return [*table(header, rows), *limits, DISCLAIMER] if rows else []

    print_result(entries, arguments.json, lines)
    problems[:0] = [entry["error"] for entry in entries if "error" in entry]
    for line in problems:
        report(line)
    return 1 if problems else 0


def _told(numbers: Mapping[str, Any]) -> str:
    """The numbers of an answer (`Answer.numbers`) in words."""
    if "pixels" in numbers:
        found = [f"{name} {count} px" for name, count in numbers["pixels"].items() if count]
        return ", ".join(found) or NOTHING
    if "says" in numbers:
        return f"{numbers['says']} ({numbers['probabilities'][numbers['says']]:.0%})"
    unit = f" {numbers['unit']}".rstrip()
    return f"{numbers['low']:.1f} to {numbers['high']:.1f}{unit}, mean {numbers['mean']:.1f}{unit}"


def _prediction_row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """A record of `batch.predict_each` in the words of the table."""
    lesion = entry["lesion"]
    return (
        entry["image"],
        entry["method"],
        entry["verdict"],
        NOTHING if lesion is None else _area(lesion),
        ", ".join(one["name"] for one in entry["cautions"]) or NOTHING,
    )


def _area(lesion: Mapping[str, Any]) -> str:
    area = f"{lesion['area_px']} px"
    return area if lesion["area_mm2"] is None else f"{lesion['area_mm2']:.1f} mm² ({area})"


def explain(arguments: argparse.Namespace) -> int:
    """Which pixels an answer rests on, by attribution maps; arrays and pictures with --out."""
    from ..core.declaration import BREAST
    from ..core.wording import DISCLAIMER
    from ..evaluation.panels import find_network
    from ..explain.attributions import Attribution
    from ..explain.record import document_of
    from ..explain.request import answer

    if arguments.out:
        require_folder(arguments.out)
    checkpoint = find_network(arguments.method)
    ask = _ask if checkpoint.declaration == BREAST else _ask_tasks
    asked = ask(arguments, checkpoint)
    found = answer(asked.request, asked.subject, report)
    document: dict[str, Any] = {
        "image": str(arguments.image),
        "method": asked.said.method,
        **document_of(asked.request, asked.subject, found, asked.mask),
        "image_sha256": asked.said.image_sha256,
        "weights_sha256": asked.said.weights_sha256,
        "terms": DISCLAIMER,
    }
    maps = {name: value for name, value in found.items() if isinstance(value, Attribution)}
    problems: list[Any] = [value for name, value in found.items() if name not in maps]
    if arguments.out:
        try:
            document["files"] = _write_maps(
                Path(arguments.out), asked.pixels, maps, asked.request.target, document
            )
        except OutputError as error:  # the answer is printed all the same
            problems.append(error)
    print_result(document, arguments.json, lambda: _map_lines(document))
    for problem in problems:
        report(f"mtlbus: {problem}")
    return 1 if problems else 0


class _Asked(NamedTuple):
    """What is explained of one image: the request, what the network says, and its mask if any."""

    request: Request
    subject: Subject
    said: Prediction | TaskPrediction
    mask: np.ndarray | None
    pixels: np.ndarray


def _ask(arguments: argparse.Namespace, checkpoint: Checkpoint) -> _Asked:
    """Of a network of breast ultrasound."""
    from ..data.decoding import read_image
    from ..data.masks import fitting_mask
    from ..explain.subject import Subject
    from ..explain.targets import Target
    from ..inference.input_checks import require_answerable
    from ..inference.predictor import MASK_THRESHOLD, Predictor

    target = Target.parse(arguments.target or str(Target()))
    request = _request(arguments, checkpoint, target)
    image, predictor = read_image(arguments.image), Predictor(checkpoint)
    require_answerable(image)
    truth = fitting_mask(arguments.truth, image.pixels.shape) if arguments.truth else None
    prepared = predictor.prepare(image)
    said = predictor.predict(prepared)
    lesion = None if said.mask_square is None else said.mask_square > MASK_THRESHOLD
    subject = Subject.of(predictor, prepared.grey, prepared.frame, target, lesion, truth)
    return _Asked(request, subject, said, said.mask(), image.pixels)


def _ask_tasks(arguments: argparse.Namespace, checkpoint: Checkpoint) -> _Asked:
    """Of a network for tasks of its own."""
    from ..data.task_case import open_picture
    from ..explain.subject import Subject
    from ..explain.task_targets import first_target, read_task_target
    from ..inference.task_predictor import TaskPredictor

    if arguments.truth:
        raise InputError("--truth is for networks of breast ultrasound.")
    target = read_task_target(arguments.target or "", checkpoint.tasks)
    request, predictor = _request(arguments, checkpoint, target), TaskPredictor(checkpoint)
    image = open_picture(arguments.image, checkpoint.declaration.image)
    prepared = predictor.prepare(image)
    said = predictor.predict(prepared)
    if not arguments.target:
        target = first_target(checkpoint.tasks, said.planes)
        request = replace(request, target=target)
    subject = Subject.of_tasks(predictor, prepared.grey, prepared.frame, target, said.planes)
    return _Asked(request, subject, said, None, image.seen)


def _request(
    arguments: argparse.Namespace, checkpoint: Checkpoint, target: Target | TaskTarget
) -> Request:
    """What is asked; where no attribution is named, the usual ones that this network can have."""
    from ..explain.options import Options
    from ..explain.request import DEFAULT, Request
    from ..explain.techniques import served_by

    served = served_by(checkpoint.card.spec.maps)
    names = arguments.attribution or [name for name in DEFAULT if name in served]
    return Request(tuple(names), target, Options.parse(arguments.settings), arguments.placebo)


def _write_maps(
    out: Path,
    pixels: np.ndarray,
    maps: Mapping[str, Attribution],
    target: Target | TaskTarget,
    document: Mapping[str, Any],
) -> list[str]:
    """Write the maps as one NPZ, with the document in its README, and a PNG each.

    Args:
        out: the folder.
        pixels: H×W uint8, the image.
        maps: by name, a placebo's with its ending.
        target: what they explain.
        document: what `explain` prints.

    Returns:
        The paths of the files.
    """
    from ..explain.record import attribution_npz
    from ..figures.attribution_maps import labelled_png

    image, digest = Path(document["image"]).stem, document["image_sha256"][:8]
    mark = f".{digest}.{document['method']}"
    npz = attribution_npz(pixels, maps, document)
    files = {fitting(image, f"{mark}.attributions.npz"): npz}
    for name, found in maps.items():
        picture = labelled_png(pixels, name, found, target, document["terms"])
        files[fitting(image, f"{mark}.{name}.png")] = picture
    for name, content in files.items():
        write_atomically(out / name, content)
    return [str(out / name) for name in files]


def _map_lines(document: Mapping[str, Any]) -> list[str]:
    """The answer, a row for each map, and the files."""
    header = ("attribution", "sum", "should be", "strongest at", "placebo ρ")
    rows = [_map_row(entry) for entry in document["maps"] if "error" not in entry]
    shown = [f"{document['target_in_words']}: {document['value']:.4g}"]
    return [*shown, *(table(header, rows) if rows else []), *document.get("files", [])]


def _map_row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """An entry of `explain.record.document_of` in the words of the table."""
    correlation = entry.get("placebo_rank_correlation")
    return (
        entry["attribution"],
        *(NOTHING if entry[key] is None else f"{entry[key]:.4g}" for key in ("sum", "should_be")),
        "row {}, column {}".format(*entry["strongest"]),
        NOTHING if correlation is None else f"{correlation:.2f}",
    )
