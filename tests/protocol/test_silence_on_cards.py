"""What the shipped cards say of their silent parts, against the methods and the README."""

from __future__ import annotations

import pytest
import torch

from mtlbus.checkpoints import CHECKPOINTS, list_checkpoints
from mtlbus.methods import create_model
from mtlbus.methods.pretraining import stored_options
from mtlbus.methods.registry import get_entry
from mtlbus.protocol.benchmark import hearing
from mtlbus.protocol.silencing import QUIET_DICE, QUIET_PROBABILITY

# No other part may be silent in weights that ship. Of these the Swin branch and what lies in it
# never learned to differ between images; the others are told in checkpoints/README.md.
SILENT = {
    "hybrid_mt_estan": {
        "aaa_gate",
        "swin_attention.3",
        "estan_rowcol.2",
        "estan_rowcol.3",
        "estan_rowcol.4",
    },
    "mt_estan_swin": {"swin_branch", "swin_attention"},
    "acsnet": {"gate", "dsa_mean", "dsa_max.2", "channel_weight"},
}


@pytest.mark.parametrize("name", list_checkpoints())
def test_a_card_tells_of_every_part_and_of_no_other(name):
    checkpoint = list_checkpoints()[name]
    card = checkpoint.card.to_json()
    with torch.device("meta"):
        model = create_model(name, card["variant"], **stored_options(name, card["options"]))
    parts = get_entry(name).parts_of(model)
    told = (card.get("silence") or {"parts": {}})["parts"]
    assert set(told) == {part.name for part in parts}
    for part in parts:
        entry = told[part.name]
        assert entry["maps"] == list(part.maps) and entry["says"] == part.says
        moved, kept = entry["probability"], entry["dice"]
        quiet = (moved is None or moved["value"] < QUIET_PROBABILITY) and (
            kept is None or kept["value"] > QUIET_DICE
        )
        assert entry["silent"] == quiet
        assert (moved is not None) == model.spec.classifies
        assert (kept is not None) == model.spec.segments
        known = SILENT.get(name, set())
        said = part.name in known or part.name.rpartition(".")[0] in known
        assert quiet == said, f"{part.name} of {name} is {'silent' if quiet else 'heard'}"


def test_the_readme_has_the_table_of_the_cards():
    text = (CHECKPOINTS / "README.md").read_text(encoding="utf-8")
    for line in hearing(list(list_checkpoints().values())):
        assert line in text, line
