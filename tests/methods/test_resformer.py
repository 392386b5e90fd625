"""ResFormer-MTL, re-imagined: shapes of our proposal, its options, and its label."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.methods import create_model, get_spec
from mtlbus.methods.resformer_mtl.network import COMPACT_CHANNELS
from mtlbus.nn.dilated import DilatedFeatureEnhancement
from tests.made import narrow

NARROW = narrow("resformer_mtl")

LABEL = "re-imagined from the abstract"
REPOSITORY = Path(__file__).resolve().parents[2]


def test_it_never_poses_as_a_reproduction():
    spec = get_spec("resformer_mtl")
    assert LABEL in spec.title
    assert spec.reported == ()


def test_the_label_stands_wherever_it_is_named():
    """In every source file, which may take the name from the title, and in every line of text."""
    places = [REPOSITORY / "app.py"]
    for folder in ("mtlbus", "pages"):
        places += (REPOSITORY / folder).rglob("*.py")
    texts = [(path, path.read_text(encoding="utf-8")) for path in places]
    for name in ("README.md", "checkpoints/README.md"):
        lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
        texts += [(name, line) for line in lines]
    named = [(path, text) for path, text in texts if "ResFormer" in text]
    assert "README.md" in dict(named)
    for path, text in named:
        assert LABEL in " ".join(text.split()), path


def test_size_and_shapes_of_the_proposal():
    with torch.device("meta"):
        model = create_model("resformer_mtl", "paper").eval()
        output = model(torch.randn(1, 3, 256, 256), maps=True)
    assert 35e6 < sum(parameter.numel() for parameter in model.parameters()) < 40e6
    assert output.mask_logits.shape == (1, 1, 256, 256)
    assert output.class_logits["malignancy"].shape == (1, 2)
    assert model.class_head[0].in_features == 960
    maps = output.maps
    shapes = [(64, 128), (64, 64), (128, 32), (256, 16)]
    for level, expected in enumerate(shapes):
        for dilation in (1, 3, 5):
            found = maps[f"dfe_branch.{level}.{dilation}"]
            assert tuple(found.tensor.shape[1:3]) == expected
            assert found.stride * expected[1] == 256
    attention = [maps[f"swin_attention.{n}"] for n in range(1, 5)]
    assert [m.windows for m in attention] == [(8, 8), (4, 4), (2, 2), None]
    assert [m.grid for m in attention] == [(8, 8)] * 4
    assert attention[0].tensor.shape == (1, 64, 2, 64, 64)
    assert attention[3].tensor.shape == (1, 16, 64, 64)


def test_with_a_silent_fusion_the_resnet_is_left_alone():
    """R1: the residual hands R on, so ImageNet features survive an untrained Transformer."""
    block = create_model("resformer_mtl", **NARROW).eval().blocks[1]
    torch.nn.init.zeros_(block.fuse[1].weight)
    x = torch.randn(1, COMPACT_CHANNELS[0], 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(block(x)[0], block.stage(x))


def test_sum_adds_the_transformer_to_the_stage():
    block = create_model("resformer_mtl", block_fusion="sum", **NARROW).eval().blocks[1]
    x = torch.randn(1, COMPACT_CHANNELS[0], 32, 32)
    with torch.inference_mode():
        context = block.stage(x).permute(0, 2, 3, 1)
        for layer in block.swin:  # 16×16 cells, windows of 8: timm's own forward
            context = layer(context)
        torch.testing.assert_close(
            block(x)[0], block.stage(x) + context.permute(0, 3, 1, 2), rtol=1e-4, atol=1e-4
        )


def test_parallel_input_goes_past_the_stage():
    block = create_model("resformer_mtl", block_input="parallel", **NARROW).eval().blocks[1]
    assert block.adapt.stride == (2, 2) and block.adapt.kernel_size == (1, 1)
    inputs, outputs, *_ = COMPACT_CHANNELS
    with torch.inference_mode():
        assert block(torch.randn(1, inputs, 32, 32))[0].shape == (1, outputs, 16, 16)


def test_dilations_are_an_option():
    model = create_model("resformer_mtl", dilations=(1, 2, 4)).eval()
    with torch.inference_mode():
        maps = model(torch.randn(1, 3, 64, 64), maps=True).maps
    assert {name.rsplit(".", 1)[1] for name in maps if name.startswith("dfe")} == {"1", "2", "4"}


@pytest.mark.parametrize("bad", [{"block_fusion": "mean"}, {"block_input": "serial"}])
def test_unknown_values_are_refused(bad):
    with pytest.raises(UnknownNameError, match="R1"):
        create_model("resformer_mtl", **bad)


@pytest.mark.parametrize("height,width", [(128, 128), (192, 192), (96, 160)])
def test_other_sizes_that_training_uses(height, width):
    model = create_model("resformer_mtl").eval()
    with torch.inference_mode():
        assert model(torch.randn(1, 3, height, width)).mask_logits.shape[-2:] == (height, width)


def test_imagenet_weights_come_from_a_file(tmp_path):
    import timm

    source = timm.create_model("resnet34")
    path = tmp_path / "resnet34.safetensors"
    save_file(source.state_dict(), path)
    model = create_model("resformer_mtl", "paper", pretrained=str(path))
    stage = model.blocks[3].stage
    assert torch.equal(stage[2].conv2.weight, source.layer4[2].conv2.weight)


@pytest.mark.parametrize("channels", COMPACT_CHANNELS[:3])
def test_skips_can_be_trained_in_bfloat16(channels):
    """With 24 or 40 channels the gradient of a dilated convolution is NaN on some processors."""
    enhance = DilatedFeatureEnhancement(channels).to(memory_format=torch.channels_last)
    features = torch.randn(1, channels, 32, 32).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        enhanced, _ = enhance(features)
    enhanced.float().square().mean().backward()
    assert all(weight.grad.isfinite().all() for weight in enhance.parameters())


@pytest.mark.parametrize("rates", [(1, 1, 3), (1, 3), (1, 3, 5, 7), (0, 1, 2), (), (1.5, 2, 3)])
def test_equal_missing_or_broken_rates_are_refused(rates):
    with pytest.raises(InputError, match="three different whole numbers"):
        create_model("resformer_mtl", dilations=rates)
