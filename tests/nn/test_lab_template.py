"""Head and decoder of the lab's template, and the backbones it goes on."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mtlbus.core.errors import CheckpointError
from mtlbus.nn.backbones import refuse_weights, variant_backbone
from mtlbus.nn.lab_template import LabDecoder, LabHead


def test_head_has_the_stated_layers():
    layers = list(LabHead(320).layers)
    sizes = [(layer.in_features, layer.out_features) for layer in layers if hasattr(layer, "bias")]
    assert sizes == [(320, 512), (512, 64), (64, 1)]
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.3]


def test_head_starts_as_he_et_al():
    """The variance of a weight is 2 / inputs, and the biases are zero."""
    first = LabHead(1024).layers[0]
    assert first.weight.std().item() == pytest.approx((2 / 1024) ** 0.5, rel=0.01)
    assert not first.bias.any()


def test_head_reads_the_mean_over_cells():
    head = LabHead(8).eval()
    features = torch.randn(2, 8, 6, 4)
    flat = features.mean(dim=(2, 3), keepdim=True).expand(-1, -1, 3, 3)
    torch.testing.assert_close(head(features), head(flat))


@pytest.mark.parametrize("height,width", [(64, 64), (96, 128)])
def test_decoder_climbs_from_stride_16_to_the_image(height, width):
    decoder = LabDecoder((4, 6, 8, 12), (10, 8, 6, 4)).eval()
    channels = [block[0][0].in_channels for block in decoder.blocks]
    assert channels == [10 + 8, 8 + 6, 6 + 4, 4 + 3]  # width and skip; the last is the image
    features = [
        torch.randn(2, count, height // stride, width // stride)
        for count, stride in ((4, 2), (6, 4), (8, 8), (12, 16))
    ]
    images = torch.randn(2, 3, height, width)
    assert decoder(images, features).shape == (2, 1, height, width)


def test_every_skip_reaches_the_mask():
    decoder = LabDecoder((4, 6, 8, 12)).eval()
    features = [
        torch.randn(1, count, 64 // stride, 64 // stride, requires_grad=True)
        for count, stride in ((4, 2), (6, 4), (8, 8), (12, 16))
    ]
    images = torch.randn(1, 3, 64, 64, requires_grad=True)
    decoder(images, features).sum().backward()
    assert all(tensor.grad.abs().sum() > 0 for tensor in (*features, images))


def test_weights_are_refused_where_there_are_none():
    refuse_weights(False)
    with pytest.raises(CheckpointError, match=r"compact variant.*variant='paper'"):
        variant_backbone("compact", True, "mobilenetv1_100", {})
    with pytest.raises(CheckpointError, match="LeNet"):
        refuse_weights("weights.safetensors", "LeNet")
