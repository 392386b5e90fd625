"""Weights and cards on disk."""

from __future__ import annotations

import json

import pytest
import torch

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.checkpoints import CARD, WEIGHTS, find_checkpoint, list_checkpoints, sha256
from mtlbus.core.errors import CheckpointError, UnknownNameError
from mtlbus.methods import create_model

from .made import narrow, untrained_checkpoint


def test_a_checkpoint_reads_back_as_it_was_in_fp16(tmp_path):
    checkpoint = untrained_checkpoint(tmp_path / "mtl_cosa", seed=4)
    torch.manual_seed(4)
    original = create_model("mtl_cosa", **narrow("mtl_cosa"))
    loaded = checkpoint.load()
    for key, tensor in original.state_dict().items():
        expected = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(loaded.state_dict()[key], expected)
    assert not loaded.training
    assert checkpoint.digest == sha256((tmp_path / "mtl_cosa" / WEIGHTS).read_bytes())
    assert checkpoint.card.to_json()["spec"]["name"] == "mtl_cosa" and checkpoint.threshold == 0.5


def test_options_travel_with_the_weights(tmp_path):
    from mtlbus.checkpoint_writing import write_checkpoint

    model = create_model("mtl_cosa", region_resize="max")
    loaded = write_checkpoint(tmp_path, model, {}, []).load()
    assert loaded.options["region_resize"] == "max" and loaded.cosa.resize == "max"


def test_rounds_are_told_from_the_first_and_their_kept_epochs_add_up(tmp_path):
    checkpoint = untrained_checkpoint(tmp_path, "resnet")
    assert checkpoint.epochs is None, "no epoch was kept of random weights"
    first = {"epoch": 21, "epochs": 39}
    last = {"epoch": 8, "epochs": 8, "before": first}
    for training, epochs in ((last, 29), ({"epochs": 8, "before": first}, None)):
        (tmp_path / CARD).write_text(
            json.dumps({**checkpoint.card.to_json(), "training": training})
        )
        found = type(checkpoint)(tmp_path)
        assert [one.epochs for one in found.rounds] == [39, 8] and found.epochs == epochs


def test_a_changed_file_is_refused(tmp_path):
    checkpoint = untrained_checkpoint(tmp_path, "resnet")
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged or was exchanged"):
        checkpoint.load()


@pytest.mark.parametrize(
    "content,words",
    [(b"\x80\x04 a pickle", "not a safetensors file"), (b"", "not a safetensors file")],
)
def test_pickles_and_rubbish_are_refused(tmp_path, content, words):
    checkpoint = untrained_checkpoint(tmp_path, "resnet")
    (tmp_path / WEIGHTS).write_bytes(content)
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps({**card, "weights_sha256": sha256(content)}))
    with pytest.raises(CheckpointError, match=words):
        type(checkpoint)(tmp_path).load()


def test_weights_of_another_method_are_refused(tmp_path):
    untrained_checkpoint(tmp_path, "resnet")
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps({**card, "method": "mtl"}))
    with pytest.raises(CheckpointError, match="does not fit mtl"):
        find_checkpoint(tmp_path).load()


def test_weights_that_half_precision_cannot_hold_are_kept_whole_and_named(tmp_path):
    """A variance of a batch normalisation may well lie above 65,504."""
    model = create_model("resnet")
    with torch.no_grad():
        model.head.classifier.bias.fill_(1e6)
    written = write_checkpoint(tmp_path / "large", model, {}, [])
    assert written.card.float32 == ["head.classifier.bias"]
    assert float(written.load().head.classifier.bias.min()) == 1e6
    with torch.no_grad():
        model.head.classifier.bias.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="no finite number"):
        write_checkpoint(tmp_path / "nan", model, {}, [])
    assert not (tmp_path / "nan").exists()


def test_what_ships_is_found_by_name(tmp_path):
    untrained_checkpoint(tmp_path / "mtl", "mtl")
    assert list(list_checkpoints(tmp_path)) == ["mtl"]
    assert find_checkpoint("mtl", tmp_path).method == "mtl"
    with pytest.raises(CheckpointError, match=r"No trained weights ship for resnet\. Shipped: mtl"):
        find_checkpoint("resnet", tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean 'mtl'"):
        find_checkpoint("mtll", tmp_path)


def test_a_broken_card_is_one_clear_line(tmp_path):
    untrained_checkpoint(tmp_path, "mtl")
    (tmp_path / CARD).write_text("{")
    with pytest.raises(CheckpointError, match="not valid JSON"):
        find_checkpoint(tmp_path).load()
