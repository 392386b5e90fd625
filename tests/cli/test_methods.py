"""`python -m mtlbus methods`: every method in the table and in the document."""

from __future__ import annotations

import json

import pytest

from mtlbus.cli import main
from mtlbus.methods import get_spec, list_methods

# Millions of parameters of the paper variants, as measured on the papers' own sizes.
MEASURED = {
    "mt_estan": "55.9 M",
    "ctan": "49.6 M",
    "mtl_cosa": "75.5 M",
    "acsnet": "31.8 M",  # 32.34 M less the layer that nothing reads, see tests/methods/test_acsnet
}


def test_every_method_stands_in_the_table_and_in_the_document(capsys):
    assert main(["methods"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert main(["methods", "--json"]) == 0
    documents = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert list(documents) == list_methods()
    for name, found in documents.items():
        spec = get_spec(name)
        assert spec.title in rows[name] and str(spec.paper.year) in rows[name]
        assert MEASURED.get(name, " M") in rows[name]
        assert {"title", "authors", "year", "reference"} <= found["paper"].keys()
        assert found["title"] == spec.title and found["idea"] == spec.idea
        assert found["tasks"] == [task.name for task in spec.tasks]
        assert found["maps"] == [one.name for one in spec.maps]
        assert found["stated"] == spec.stated and found["ours"] == spec.ours
        assert [one["number"] for one in found["decisions"]] == [d.number for d in spec.decisions]
        assert found["paper_errors"] == list(spec.paper_errors)
        assert [one["caption"] for one in found["reported"]] == [t.caption for t in spec.reported]
        assert all(found["variants"][one]["parameters"] > 0 for one in ("compact", "paper"))


@pytest.mark.parametrize("wrong,right", [("acsnett", "acsnet"), ("hybrid_mtestan", "hybrid_mt")])
def test_a_name_that_is_nearly_right_is_offered(capsys, wrong, right):
    assert main(["methods", wrong]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and f"Did you mean '{right}" in err
