"""The encoder and decoder of MT-ESTAN: taps, kernels and shapes of the lab's network."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn
from torch.nn import functional as F

from mtlbus.core.errors import InputError
from mtlbus.nn.estan import STAGES, ESTANStage, MTESTANEncoder, ResNetTaps, mt_estan_encoder
from mtlbus.nn.estan_decoder import Bottleneck, DenseHead, MTESTANDecoder, UpBlock

PAPER_WIDTHS = (32, 64, 128, 256, 512)


@pytest.fixture(scope="module")
def paper():
    """The paper's sizes without memory: shapes and counts only."""
    with torch.device("meta"):
        encoder = mt_estan_encoder("paper", PAPER_WIDTHS).eval()
        return encoder, encoder(torch.randn(1, 3, 256, 256))


def test_shapes_are_those_of_the_table(paper):
    _, features = paper
    shapes = {name: [(t.shape[1], t.shape[2]) for t in getattr(features, name)] for name in "acn"}
    assert shapes["a"] == [(64, 128), (64, 64), (128, 32), (256, 16), (512, 8)]
    assert shapes["c"] == [(64, 128), (256, 64), (512, 32), (1024, 16), (2048, 8)]
    assert shapes["n"] == [(32, 256), (64, 128), (128, 64), (256, 32), (512, 16)]
    assert [t.shape for t in features.rowcol] == [t.shape for t in features.n]


def test_sizes_are_those_measured(paper):
    encoder, _ = paper

    def millions(module: nn.Module) -> float:
        return sum(p.numel() for p in module.parameters()) / 1e6

    assert millions(encoder.resnet) == pytest.approx(23.5, rel=0.01)
    assert millions(encoder.stages) == pytest.approx(18.4, rel=0.01)


def test_bottleneck_and_up_blocks_have_the_shapes_of_the_table(paper):
    encoder, features = paper
    with torch.device("meta"):
        bottleneck = Bottleneck(encoder, 512)
        decoder = MTESTANDecoder(encoder, bottleneck.channels, (256, 128, 64, 32))
        up6 = bottleneck(features)
        seen = []
        for block in (decoder.up1, decoder.up2, decoder.up3, decoder.up4):
            block.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:])))
        mask = decoder(up6, features)
    assert up6.shape == (1, 2048, 16, 16)
    assert seen == [(256, 32, 32), (128, 64, 64), (64, 128, 128), (32, 256, 256)]
    assert mask.shape == (1, 1, 256, 256)


def test_taps_are_what_the_resnet_computes_inside():
    body = timm.create_model("resnet26", num_classes=0, channels=(8, 16, 24, 32)).eval()
    images = torch.randn(2, 3, 64, 96)
    inside, hooks = {}, []
    for name in ("conv1", "act1", "layer1.0.bn1", "layer2.0.bn2", "layer3.0.bn2", "layer4.0.bn2",
                 "layer1", "layer2", "layer3", "layer4"):  # fmt: skip
        hooks.append(
            body.get_submodule(name).register_forward_hook(
                lambda _, __, out, name=name: inside.update({name: out.clone()})
            )
        )
    with torch.inference_mode():
        body(images)
        for hook in hooks:
            hook.remove()
        taps, outputs = ResNetTaps(body)(images)
    names = ("conv1", "layer1.0.bn1", "layer2.0.bn2", "layer3.0.bn2", "layer4.0.bn2")
    for tap, name in zip(taps, names, strict=True):
        torch.testing.assert_close(tap, inside[name])
        assert tap.min() < 0  # before the activation, and not written over by it
    for output, name in zip(outputs, ("act1", "layer1", "layer2", "layer3", "layer4"), strict=True):
        torch.testing.assert_close(output, inside[name])


def test_kernels_are_those_of_the_table():
    sizes = []
    for kernels in STAGES:
        stage = ESTANStage(2, 4, kernels)
        sizes.append(
            ["x".join(map(str, m.kernel_size)) for m in stage.modules() if isinstance(m, nn.Conv2d)]
        )
        norms = [m for m in stage.modules() if isinstance(m, nn.BatchNorm2d)]
        assert len(norms) == (0 if kernels is STAGES[4] else 2)
    assert sizes == [
        ["1x1", "3x3", "1x15", "15x1", "3x3", "5x5"],
        ["3x3", "3x3", "1x13", "13x1", "3x3", "5x5"],
        ["3x3", "3x3", "1x11", "11x1", "1x1", "3x3"],
        ["3x3", "3x3", "1x9", "9x1", "3x3", "1x1"],
        ["3x3", "3x3", "3x7", "7x3", "3x3", "1x1"],
    ]


def test_a_stage_is_conv_relu_norm_in_this_order():
    stage = ESTANStage(3, 4, STAGES[0]).train()
    x = torch.randn(2, 3, 12, 12)
    square, strips = stage.square, stage.rowcol

    def conv(module: nn.Sequential, value: torch.Tensor, padding) -> torch.Tensor:
        return F.conv2d(value, module[0].weight, module[0].bias, padding=padding).clamp_min(0)

    def normal(value: torch.Tensor) -> torch.Tensor:
        mean = value.mean(dim=(0, 2, 3), keepdim=True)
        deviation = value.var(dim=(0, 2, 3), keepdim=True, unbiased=False).add(1e-5).sqrt()
        return (value - mean) / deviation

    left = conv(square[2], normal(conv(square[0], x, 0)), 1)
    right = conv(strips[1], conv(strips[0], x, (0, 7)), (7, 0))
    right = conv(strips[3], normal(right), 1)
    fused, rowcol = stage(x)
    torch.testing.assert_close(rowcol, right, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        fused, conv(stage.fuse, torch.cat([left, right], dim=1), 2), rtol=1e-4, atol=1e-5
    )


def test_an_up_block_is_three_convolutions_and_one_upsampling():
    plain, last = UpBlock(8, 4, 4, 6), UpBlock(8, 4, 4, 6, second=5, lift=True)
    for block, lifts in ((plain, 1), (last, 2)):
        kinds = [type(m) for m in block.modules()]
        assert kinds.count(nn.Conv2d) == 3 and kinds.count(nn.ConvTranspose2d) == lifts


def test_head_counts_its_layers_and_drops_where_told():
    literal = DenseHead(2048, (512, 256, 128), dropout_after=3).layers
    lab = DenseHead(2048, (512, 128), dropout_after=1).layers
    names = [[type(layer).__name__ for layer in head] for head in (literal, lab)]
    assert names[0] == ["Linear", "ReLU"] * 3 + ["Dropout", "Linear"]
    assert names[1] == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Linear"]
    assert [layer.out_features for layer in literal if isinstance(layer, nn.Linear)] == [
        512,
        256,
        128,
        1,
    ]
    assert literal[6].p == 0.5


def test_sides_that_do_not_fit_are_refused():
    body = timm.create_model("resnet26", num_classes=0, channels=(8, 8, 8, 8))
    with pytest.raises(InputError, match="multiples of 32"):
        MTESTANEncoder(body, (4, 4, 4, 4, 4))(torch.randn(1, 3, 100, 128))
