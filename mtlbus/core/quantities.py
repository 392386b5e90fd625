"""Every number that is shown: its name in files, its title, unit and digits, and what it is.

Tables, help texts, CSV units, verbs and reports read them here, so that a number says the same
wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .card import Figure
from .wording import UNDEFINED, percent, with_interval

SHARE, OF_LESION = "0..1", "share of the lesion"
NETWORK_PX = "px of the network's square"
ELLIPSE = "Of the ellipse with the same second moments."


@dataclass(frozen=True)
class Quantity:
    """A number that is shown.

    Attributes:
        name: in JSON, CSV and code.
        title: for people.
        unit: in which it is stored; "" for a count or a plain ratio.
        digits: behind the point, of one image.
        meaning: what it is, one sentence.
        better: "more", "less", or "" where neither is.
        form: "f" with so many digits, "g" with so many that count, "%" in whole per cent.
    """

    name: str
    title: str
    unit: str = ""
    digits: int = 2
    meaning: str = ""
    better: Literal["more", "less", ""] = ""
    form: Literal["f", "g", "%"] = "f"

    @property
    def head(self) -> str:
        """Its title over a column: with the unit, where one has to know it ("HD95 (px)")."""
        short = "px" if self.unit == NETWORK_PX else self.unit
        return f"{self.title} ({short})" if short in ("px", "mm", "mm²", "ms", "M") else self.title

    @property
    def digits_of_many(self) -> int:
        """Of a mean over images: a share has three, a length what one image has."""
        return 3 if self.unit in (SHARE, OF_LESION) else self.digits

    def said(self, value: float | None) -> str:
        """The value of one image for people, with its unit if that is a length: "12.3 px"."""
        if value is None or math.isnan(value):
            return UNDEFINED
        if self.form == "%":
            return percent(value)
        short = self.unit.partition(" ")[0] if self.unit in ("px", "mm", "mm²", NETWORK_PX) else ""
        return f"{value:,.{self.digits}{self.form}} {short}".rstrip()

    def figure(self, entry: Figure | Mapping[str, float | None] | None) -> str:
        """A mean over images with its 95 % interval ({value, low, high}), for people."""
        if not entry or entry["value"] is None:
            return UNDEFINED
        return with_interval(
            entry["value"], entry.get("low"), entry.get("high"), self.digits_of_many
        )


def _table(*quantities: Quantity) -> dict[str, Quantity]:
    return {one.name: one for one in quantities}


ANSWERS = _table(
    Quantity("probability", "Probability", "0..1, of malignancy", 3, "Of malignancy.",
             form="%"),
    Quantity("logit", "Logit", "log-odds", 3, "Log-odds of malignancy."),
    Quantity("threshold", "Threshold", SHARE, 3, "Probability from which the call is malignant."),
    Quantity("presence", "Presence", SHARE, 3,
             "How sure it is that there is a lesion: by its features, or by the core of the mask."),
    Quantity("presence_threshold", "Presence threshold", SHARE, 3,
             "Presence below which there is no lesion."),
    Quantity("distance", "Out-of-distribution distance", "multiple of the limit", 2,
             "How unlike the training images it is; above 1 it is unfamiliar.", "less"),
    Quantity("mask_threshold", "Mask threshold", SHARE, 2,
             "Tumour probability above which a pixel is inside."),
    Quantity("mask_area_px", "Area of all parts", "px", 0, "Of all parts of the outline."),
)  # fmt: skip
MEASURED = _table(
    Quantity("area_px", "Area", "px", 0, "Inside the outline, of its largest part."),
    Quantity("area_mm2", "Area", "mm²", 1, "Inside the outline, of its largest part."),
    Quantity("area_share", "Share of the image", SHARE, 3, "The area over that of the image."),
    Quantity("box", "Box", "px", 0, "Left, top, width and height."),
    Quantity("box_mm", "Box", "mm", 1, "Width and height."),
    Quantity("height_to_width", "Height to width", "ratio", 2, "Above 1 is taller than wide."),
    Quantity("major_axis_px", "Long axis", "px", 0, ELLIPSE),
    Quantity("minor_axis_px", "Short axis", "px", 0, ELLIPSE),
    Quantity("major_axis_mm", "Long axis", "mm", 1, ELLIPSE),
    Quantity("minor_axis_mm", "Short axis", "mm", 1, ELLIPSE),
    Quantity("angle_deg", "Angle of the long axis", "degrees", 0,
             "Against the horizontal; positive rises to the right."),
    Quantity("perimeter_px", "Perimeter", "px", 0, "Length of the outline."),
    Quantity("perimeter_mm", "Perimeter", "mm", 1, "Length of the outline."),
    Quantity("circularity", "Circularity", SHARE, 2, "1 is a disc, 0.79 a square."),
    Quantity("margin_roughness", "Margin roughness", "ratio", 2,
             "How much longer the outline is than a rubber band around it.", form="%"),
    Quantity("echo_ratio", "Echo of the lesion", "ratio of grey levels", 2,
             "Mean grey inside over mean grey left and right at the same depth; below 1 is "
             "darker."),
    Quantity("posterior_ratio", "Echo behind it", "ratio of grey levels", 2,
             "Mean grey below over beside at the same depth; above 1 enhancement, below 1 shadow."),
    Quantity("parts", "Parts", "count", 0, "Connected parts; the largest is measured."),
    Quantity("other_parts_px", "Other parts", "px", 0, "Of the parts that were not measured."),
    Quantity("spacing_mm", "Size of a pixel", "mm per px, down and across", 3),
)  # fmt: skip
OUTLINES = _table(
    Quantity("dice", "Dice", SHARE, 2, "Overlap with the true outline; 1 is the same, 0 none.",
             "more"),
    Quantity("jaccard", "Jaccard", SHARE, 2, "Intersection over union; 1 is the same, 0 none.",
             "more"),
    Quantity("pixel_tpr", "Lesion found", SHARE, 2,
             "Share of the lesion's pixels that is inside the outline (TPR).", "more", "%"),
    Quantity("pixel_fpr", "Marked in excess", OF_LESION, 2,
             "Pixels beside the lesion, over the lesion's own size (FPR).", "less", "%"),
    Quantity("aer", "Area error", OF_LESION, 2,
             "Pixels that only one of both outlines holds, over the lesion's own size.", "less"),
    Quantity("miou", "Mean IoU", SHARE, 2, "Intersection over union of lesion and background.",
             "more"),
    Quantity("hd95", "HD95", NETWORK_PX, 1,
             "95 of 100 outline points are nearer than this to the other outline, in pixels of the "
             "network's square.", "less"),
    Quantity("assd", "ASSD", NETWORK_PX, 1,
             "Mean distance of both outlines, in pixels of the network's square.", "less"),
)  # fmt: skip
CALLS = _table(
    Quantity("auc", "AUC", SHARE, 3, "Area under the ROC curve.", "more"),
    Quantity("accuracy", "Accuracy", SHARE, 3, "Share of right calls.", "more"),
    Quantity("balanced_accuracy", "Balanced accuracy", SHARE, 3,
             "Share of right calls of each class, and the mean of these.", "more"),
    Quantity("sensitivity", "Sensitivity", SHARE, 3, "Share of the malignant images found.",
             "more"),
    Quantity("specificity", "Specificity", SHARE, 3, "Share of the benign images cleared.",
             "more"),
    Quantity("f1", "F1, malignant", SHARE, 3, "Balance of PPV and sensitivity.", "more"),
    Quantity("f1_benign", "F1, benign", SHARE, 3, "The same with benign as the positive class.",
             "more"),
    Quantity("auc_hard", "AUC of the call", SHARE, 3, "Mean of sensitivity and specificity.",
             "more"),
    Quantity("brier", "Brier score", SHARE, 3, "Squared error of the probability; 0 is best.",
             "less"),
    Quantity("ece", "Calibration error", SHARE, 3, "Gap between promise and outcome; 0 is best.",
             "less"),
    Quantity("slope", "Slope", "", 3, "Of the logistic recalibration; below 1 the probabilities "
             "are too extreme."),
    Quantity("intercept", "Intercept", "log-odds", 3,
             "Of the logistic recalibration; below 0 the probabilities are too high."),
    Quantity("temperature", "Temperature", "", 2,
             "Dividing the logit by it fits the validation images best."),
    Quantity("ece_scaled", "Error, scaled", SHARE, 3,
             "Calibration error after division by the temperature.", "less"),
    Quantity("brier_scaled", "Brier, scaled", SHARE, 3,
             "Brier score after division by the temperature.", "less"),
)  # fmt: skip
ASIDE = _table(
    Quantity("parameters", "Weights", "M", 1, "Millions of parameters."),
    Quantity("milliseconds", "Time", "ms", 0, "Of the run that was kept; one image.", "less"),
    Quantity("dice_to_the_others", "Dice to the others", SHARE, 2, "Of the outlines, on average."),
    Quantity("probability_mirrored", "Mirror", "0..1, of malignancy", 3,
             "Probability of malignancy for the mirrored image.", form="%"),
    Quantity("change_points", "Change (points)", "percentage points", 1,
             "Mirror less case, in percentage points."),
    Quantity("area_px_mirrored", "Mirror", "px", 0, "The same on the mirrored image."),
    Quantity("mask_area_px_mirrored", "Area of all parts, mirror", "px", 0,
             "Of all parts of the outline on the mirrored image."),
    Quantity("dice_mirrored", "Dice, mirror", SHARE, 2,
             "Of the outline and that on the mirror, turned back; 1 is the same, 0 no overlap."),
)  # fmt: skip
ATTRIBUTED = _table(
    Quantity("total", "Sum", "", 3, "Of all shares.", form="g"),
    Quantity("change", "Should be", "", 3,
             "The answer for the image less the answer for the baseline.", form="g"),
    Quantity("completeness", "Error", "share of what it should be", 0,
             "Completeness: how far the sum misses, as a share of what it should be. More steps or "
             "samples make it smaller, unless the network jumps somewhere.", "less", "%"),
    Quantity("points_into", "Points into lesion", "", 0,
             "Pointing game: whether the strongest place of the map lies in the lesion."),
    Quantity("mass_inside", "Mass in lesion", SHARE, 0,
             "Share of the map's total size that lies in the lesion. Compare with the lesion's "
             "share of the image, below.", form="%"),
    Quantity("placebo", "Placebo ρ", "−1..1", 2,
             "Randomisation test: rank correlation with the placebo, with sign. Near 0 is good."),
    Quantity("placebo_sizes", "ρ of sizes", "−1..1", 2,
             "The same for sizes without sign; the stricter test."),
    Quantity("passes", "Passes", "", 0,
             "Images through the network: forwards and gradients that were run."),
    Quantity("seconds", "Seconds", "s", 1, "When it was computed.", "less"),
    Quantity("insertion", "Insertion", "", 3,
             "Mean height of the curve while the strongest pixels are shown one after another. "
             "Higher is better.", "more", "g"),
    Quantity("deletion", "Deletion", "", 3,
             "Mean height while they are taken away. Lower is better.", "less", "g"),
    Quantity("infidelity", "Infidelity", "", 3,
             "Random squares are covered: mean squared gap between what the map promises and what "
             "the answer does, in the unit of the answer squared, after the best common scale of "
             "the map. 0 is best.", "less", "g"),
    Quantity("max_sensitivity", "Max-sensitivity", "", 2,
             "Largest relative change of the map under tiny noise. 0 is best; above 1 the map "
             "changes by more than its own size.", "less"),
)  # fmt: skip
VALUES = _table(Quantity("mae", "Mean absolute error", "that of the values", 2, better="less"))
QUANTITIES = {**ANSWERS, **MEASURED, **OUTLINES, **CALLS, **ASIDE, **ATTRIBUTED, **VALUES}
"""All of them, by name."""


def unit_of(name: str) -> str:
    """The unit of a number in a file; "" where it has none."""
    return QUANTITIES[name].unit if name in QUANTITIES else ""


def heads(*names: str) -> dict[str, str]:
    """Over which column each of these quantities stands."""
    return {name: QUANTITIES[name].head for name in names}
