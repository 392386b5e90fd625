"""What the lab alone can give away: the phantom as files, and its curves as tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.tables import csv_text
from ...core.wording import DISCLAIMER
from ...data.phantom import make_phantom
from ...data.phantom_state import Value, read_state
from ...data.synthetic import phantom_files
from ...export.origin import versions
from ...protocol.response import Answer
from .. import services
from ..case import Case
from ..takeaway import File, button


def phantom_zip(case: Case) -> File:
    """Image, mask and parameters of a phantom as one file."""

    def make() -> bytes:
        state = read_state(case.key)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in phantom_files(state.base, make_phantom(state.parameters)).items():
                archive.writestr(name, content)
            archive.writestr("README.txt", f"{case.title}. {case.about}\nA phantom. {DISCLAIMER}\n")
        return stream.getvalue()

    about = "Image, true mask and all parameters, to make it again and to train with."
    return File("Phantom (ZIP)", "_phantom.zip", about, make, "folder_zip")


def offer_csv(
    case: Case, found: Mapping[str, Mapping[str, Mapping[Value, Answer | None]]], name: str
) -> None:
    """A button for answers along knobs as a table; arguments as of `curves_csv`, and its name."""
    about = "Each answer with its knob, value, network and weights."
    file = File("Numbers (CSV)", ".csv", about, lambda: curves_csv(case, found))
    button(file, name, f"lab_csv_{name}")


def curves_csv(case: Case, found: Mapping[str, Mapping[str, Mapping[Value, Answer | None]]]) -> str:
    """Answers along knobs as CSV, one a row; of `found` by method, by knob, then by its value."""
    facts = {"phantom": case.key, **versions(), "terms": DISCLAIMER}
    weights = {method: services.checkpoint(method).digest for method in found}
    rows = [
        (
            knob,
            value,
            method,
            *_numbers(answer),
            weights[method],
            *facts.values(),
        )
        for method, knobs in found.items()
        for knob, by_value in knobs.items()
        for value, answer in by_value.items()
        if answer is not None
    ]
    columns = ("knob", "value", "method", "probability", "call", "outlined", "dice", "doubt",
               "weights_sha256", *facts)  # fmt: skip
    return csv_text(columns, rows)


def _numbers(answer: Answer) -> Sequence[Any]:
    return answer.probability, answer.call, answer.outlined, answer.dice, answer.doubt
