"""The typed card: nothing that a card says is lost, and another version is told as such."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from mtlbus.checkpoints import CARD, CHECKPOINTS
from mtlbus.core.card import VERSION, Card
from mtlbus.core.errors import CheckpointError
from tests.made import card_of


@pytest.mark.parametrize("path", sorted(CHECKPOINTS.glob(f"*/{CARD}")), ids=lambda p: p.parent.name)
def test_a_card_that_ships_is_read_and_written_without_loss(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert Card.from_json(document).to_json() == {"version": VERSION, **document}


def test_what_another_hand_added_stays():
    added = {"note": "kept", "training": {"seed": 3, "weather": "rain"}}
    said = card_of(**added).to_json()
    assert said["note"] == "kept" and said["training"] == added["training"]


def test_a_card_of_a_newer_version_says_what_to_do():
    document = card_of().to_json() | {"version": VERSION + 1}
    with pytest.raises(CheckpointError, match="Update the program"):
        Card.from_json(document)


def test_a_card_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        card_of().parameters = 2


def test_a_number_written_as_text_is_no_number():
    with pytest.raises(CheckpointError, match="temperature"):
        card_of(temperature="1.3")
