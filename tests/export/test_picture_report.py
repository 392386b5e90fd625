"""Reports of maps carry the caution about an image that the network was trained with."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from mtlbus.export.picture_report import attention_report, attribution_report

CAUTION = "Its training <knew> it."
MARKED = "<strong>caution</strong> Its training &lt;knew&gt; it."


def test_of_inner_maps(phantom, attention_view):
    view = attention_view(phantom)
    assert "caution" not in _body(attention_report(view, [], []))
    assert MARKED in _body(attention_report(replace(view, seen=CAUTION), [], []))


def test_of_attributions(phantom, attribution_view):
    view = attribution_view(phantom, "class:difference", "superpixels=4", ("feature_ablation",))
    numbers = pd.DataFrame({"map": ["feature_ablation"], "sum": [1.0]})
    assert "caution" not in _body(attribution_report(view, [], numbers))
    assert MARKED in _body(attribution_report(replace(view, seen=CAUTION), [], numbers))


def _body(report: str) -> str:
    return report.split("<body>")[1]
