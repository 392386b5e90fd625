"""The answers of any tasks over their image: regions in their colours, values as a heat map."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image
from plotly.colors import sample_colorscale, sequential

from ..inference.task_predictor import Answer
from . import overlay

# Of Okabe and Ito, for classes without a colour of their own.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
STEPS = 256
SEEN = 0.6  # of a heat map over the image
FAINT = 0.02  # of the span; less is left clear


def picture(pixels: np.ndarray, answers: Iterable[Answer], note: str = "") -> np.ndarray:
    """One panel an answer, side by side, each with its legend below; h×w×3 uint8.

    Args:
        pixels: as `intake.read_picture` gives them.
        answers: of the image.
        note: a last line under all.
    """
    panel = _panel(pixels)
    drawn = [_drawn(panel, answer) for answer in answers]
    tallest = max(len(one) for one in drawn)
    padded = [np.pad(one, ((0, tallest - len(one)), (0, 0), (0, 0))) for one in drawn]
    joined = np.concatenate(padded, axis=1)
    return overlay.add_strip(joined, [(None, note)]) if note else joined


def class_colours(answer: Answer) -> dict[str, str]:
    """The colour of each foreground class of the pixels."""
    names = answer.task.foreground
    chosen = answer.task.colours or COLOURS
    return {name: chosen[number % len(chosen)] for number, name in enumerate(names)}


def _panel(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim == 2:
        return overlay.grey_panel(pixels.astype(np.uint8))
    height, width = overlay.panel_size(*pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def _drawn(panel: np.ndarray, answer: Answer) -> np.ndarray:
    task = answer.task
    if answer.values is not None:
        return _heat(panel, answer)
    if answer.classes is not None:
        colours, legend = class_colours(answer), []
        for name, plane in answer.planes().items():
            if plane.any():
                panel = overlay.draw_region(panel, plane, colours[name], fill=0.3)
                legend.append((colours[name], name))
        return overlay.add_strip(panel, [(None, f"{task.name}:"), *(legend or [(None, "none")])])
    ranked = sorted(answer.probabilities.items(), key=lambda one: -one[1])
    said = [(None, f"{name} {100 * chance:.0f} %") for name, chance in ranked]
    return overlay.add_strip(panel, [(None, f"{task.name}:"), *said])


def _heat(panel: np.ndarray, answer: Answer) -> np.ndarray:
    """Values from 0 to the span, clear where they are next to nothing."""
    assert answer.values is not None
    task = answer.task
    size = (panel.shape[1], panel.shape[0])
    values = Image.fromarray(answer.values.astype(np.float32)).resize(
        size, Image.Resampling.BILINEAR
    )
    share = np.clip(np.asarray(values) / task.span, 0, 1)
    scale = task.colours or sequential.Inferno
    table = np.array(sample_colorscale(scale, np.linspace(0, 1, STEPS), colortype="tuple"))
    heat = 255 * table[(share * (STEPS - 1)).round().astype(int)]
    seen = np.where(share > FAINT, SEEN, 0.0)[..., None]
    mixed = ((1 - seen) * panel + seen * heat).round().astype(np.uint8)
    marks: list[tuple[str | None, str]] = [(None, f"{task.name}:")]
    for place in (0, 0.5, 1):
        colour = (255 * table[round(place * (STEPS - 1))]).round().astype(np.uint8)
        marks.append(("#" + colour.tobytes().hex(), f"{place * task.span:g} {task.unit}".strip()))
    return overlay.add_strip(mixed, marks)
