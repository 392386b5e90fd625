"""The verbs about data: what a dataset holds, what is wrong with it, and phantoms to make."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ..core.declaration import BREAST
from ..core.errors import InputError
from ..core.files import require_file, require_folder
from .options import parse_options
from .printing import NOTHING, print_result, report


def data(arguments: argparse.Namespace) -> int:
    """Counts, groups, folds and defects of a dataset on disk."""
    from ..data.layouts import load_dataset
    from ..data.summary import summarise_dataset

    summary = summarise_dataset(load_dataset(*_place(arguments)))

    def lines() -> list[str]:
        shown = [f"{key:<24}{_told(value)}" for key, value in summary.items() if key != "defects"]
        return shown + ["defect".ljust(24) + defect for defect in summary["defects"]]

    print_result(summary, arguments.json, lines)
    return 0


def _place(arguments: argparse.Namespace) -> tuple[str, str]:
    """Layout and path of the one dataset that is asked about, in either form."""
    from ..data.layouts import layout_and_path

    given, path, layout = arguments.data or [], arguments.path, arguments.layout
    if len(given) + (path is not None) != 1 or (given and layout is not None):
        raise InputError(
            "Give one dataset: --data LAYOUT=PATH, or PATH with --layout NAME. "
            f"Example: {arguments.verb} --data busbra=data/BUSBRA."
        )
    return layout_and_path(given[0]) if given else (layout or "folder", path)


def _told(value: object) -> str:
    """A count, or counts by name, which may be of several kinds each: "cord: known 3; dose: …"."""
    if not isinstance(value, dict):
        return str(value)
    nested = any(isinstance(one, dict) for one in value.values())
    parts = [f"{name}{':' * nested} {_told(one)}" for name, one in value.items()]
    return ("; " if nested else ", ").join(parts) or NOTHING


def audit(arguments: argparse.Namespace) -> int:
    """Copies across splits and labels, faulty masks, burned-in marks of a dataset on disk."""
    from ..data import audit as audits

    if arguments.out:
        require_file(arguments.out)
    dataset = audits.load_everything(*_place(arguments))
    if dataset.declaration != BREAST:
        raise InputError(
            f"An audit is for breast ultrasound; {dataset.name} is about "
            f"{dataset.declaration.about}. The verb data counts what is known of it."
        )
    found = audits.audit(dataset, report=report)
    document = found.as_dict()
    lines = audits.lines(found)
    if arguments.reference:
        document["agreement"] = audits.agreement(found, arguments.reference)
        lines += [f"{name:<24}{value}" for name, value in document["agreement"].items()]
    print_result(document, arguments.json, lambda: lines)
    if arguments.out:
        audits.write_groups(arguments.out, found)
    return 0


def phantom(arguments: argparse.Namespace) -> int:
    """Make phantom images with their true masks and parameters."""
    from ..data.phantom import GALLERY, PhantomParameters, make_phantom, random_parameters
    from ..data.synthetic import save_phantom

    if arguments.gallery:
        wanted = {name: entry.parameters for name, entry in GALLERY.items()}
    else:
        label = True if arguments.malignant else False if arguments.benign else None
        drawn = asdict(random_parameters(arguments.seed, label))
        given = parse_options(arguments.set, PhantomParameters.knobs(), "phantom parameter")
        wanted = {f"phantom-{arguments.seed}": PhantomParameters(**{**drawn, **given})}
    require_folder(arguments.out)
    entries = [
        save_phantom(Path(arguments.out), name, make_phantom(parameters, arguments.size))
        for name, parameters in wanted.items()
    ]
    print_result(
        entries, arguments.json, lambda: [file for entry in entries for file in entry["files"]]
    )
    return 0
