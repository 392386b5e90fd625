"""Every number that is shown stands once, and says the same wherever it is read."""

from __future__ import annotations

import ast
import math
from dataclasses import fields
from pathlib import Path

import pytest

import mtlbus
from mtlbus.core.quantities import QUANTITIES, unit_of
from mtlbus.evaluation.metrics import CLASSIFICATION, SEGMENTATION
from mtlbus.findings.finding import flat
from mtlbus.inference.measure import Lesion
from tests.findings.made import LESION, case, found

PACKAGE = Path(mtlbus.__file__).parent
# Nobody else gives these names; a word such as "Area" may stand elsewhere in a sentence of its own.
OWN = {"HD95", "ASSD", "Mean IoU", "Brier score", "Calibration error", "Margin roughness"}


def test_every_metric_and_every_measurement_is_there():
    measured = {field.name for field in fields(Lesion)}
    assert {*CLASSIFICATION, *SEGMENTATION, *measured} <= QUANTITIES.keys()


def test_every_number_of_a_finding_has_a_unit_in_its_file():
    numbers = flat(found(case(label=1, truth=LESION)).numbers())
    counted = {
        name
        for name, value in numbers.items()
        if isinstance(value, float) and not math.isnan(value)
    }
    assert len(counted) > 15
    assert {name for name in counted if not unit_of(name)} == set()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("probability", 0.153, "15 %"),
        ("area_px", 4790, "4,790 px"),
        ("area_mm2", 95.04, "95.0 mm²"),
        ("hd95", 12.04, "12.0 px"),
        ("hd95", math.nan, "not defined"),
        ("dice", 0.8951, "0.90"),
        ("insertion", 0.012345, "0.0123"),
        ("echo_ratio", None, "not defined"),
    ],
)
def test_a_value_is_said_with_its_digits_and_its_unit(name, value, said):
    assert QUANTITIES[name].said(value) == said


def test_a_figure_is_said_with_its_interval():
    entry = {"value": 0.89412, "low": 0.8591, "high": 0.925}
    assert QUANTITIES["auc"].figure(entry) == "0.894 (0.859 to 0.925)"
    assert QUANTITIES["hd95"].figure({"value": 21.37, "low": 20.0, "high": 23.04}) == (
        "21.4 (20.0 to 23.0)"
    )
    assert QUANTITIES["auc"].figure({"value": 1.0, "low": None, "high": None}) == "1.000"


def test_no_other_file_gives_a_number_its_name():
    again = [
        f"{path.relative_to(PACKAGE)}: {node.value}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "quantities.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in OWN
    ]
    assert again == []
