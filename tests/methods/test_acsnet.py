"""ACSNet: the shapes and sizes of its public code."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from mtlbus.methods import create_model, get_spec


@pytest.fixture(scope="module")
def paper():
    torch.manual_seed(0)
    model = create_model("acsnet", "paper").eval()
    with torch.inference_mode():
        return model, model(torch.randn(1, 3, 256, 256), maps=True)


def millions(module: nn.Module) -> float:
    return sum(parameter.numel() for parameter in module.parameters()) / 1e6


def test_size_is_that_measured_less_the_layer_that_nothing_reads(paper):
    """The public file has 32.34 M with all of torchvision's ResNet-18. Its layer for the 1,000
    classes of ImageNet feeds nothing there and is left out here: 32.34 M − 0.513 M = 31.82 M."""
    model, _ = paper
    unused = millions(torchvision.models.resnet18().fc)
    assert unused == 0.513
    assert millions(model) + unused == pytest.approx(32.34, abs=0.005)
    assert millions(model) == pytest.approx(31.82, abs=0.01)
    assert "32.34 M" in get_spec("acsnet").ours and "31.82 M" in get_spec("acsnet").ours


def test_shapes_of_the_steps():
    with torch.device("meta"):
        model = create_model("acsnet", "paper").eval()
    seen = {}
    for name in ("up1", "conv2", "up2", "conv3", "up3", "conv4", "up4", "conv5", "mask_head"):
        model.get_submodule(name).register_forward_hook(
            lambda _, __, out, name=name: seen.update({name: (out.shape[1], out.shape[2])})
        )
    with torch.device("meta"), torch.inference_mode():
        output = model(torch.empty(1, 3, 256, 256))
    assert seen == {
        "up1": (256, 8), "conv2": (512, 16), "up2": (128, 16), "conv3": (256, 32),
        "up3": (64, 32), "conv4": (128, 64), "up4": (64, 64), "conv5": (128, 128),
        "mask_head": (1, 256),
    }  # fmt: skip
    assert output.mask_logits.shape == (1, 1, 256, 256)
    assert output.class_logits["malignancy"].shape == (1, 2)


def test_shapes_of_the_maps(paper):
    _, output = paper
    shapes = {name: tuple(found.tensor.shape[1:]) for name, found in output.maps.items()}
    for level, side in enumerate((8, 16, 32, 64, 128), start=1):
        assert shapes[f"gate.{level}"] == (2,)
        assert shapes[f"gate_map.{level}"] == (2, side, side)
    for number, side in ((1, 16), (2, 32)):
        assert shapes[f"dsa_mean.{number}"] == shapes[f"dsa_max.{number}"] == (1, side, side)
        assert shapes[f"dcn_offset.{number}"] == (18, side, side)
        assert shapes[f"dcn_modulation.{number}"] == (9, side, side)
    weights = [shapes[f"channel_weight.{n}"] for n in (1, 2, 3)]
    assert weights == [(256, 1, 1), (512, 1, 1), (512, 1, 1)]
    assert shapes["pooled_features"] == (1280, 16, 16)
    for name, found in output.maps.items():
        if found.tensor.shape[-1] not in (1, 2):
            assert found.stride * found.tensor.shape[-1] == 256, name


def test_every_gate_lets_something_through(paper):
    _, output = paper
    for level in range(1, 6):
        total = output.maps[f"gate.{level}"].tensor.sum()
        assert 0 < total < 2


def test_groups_of_the_decoder_are_those_of_the_code(paper):
    model, _ = paper

    def groups(module: nn.Module) -> list[int]:
        return [m.num_groups for m in module.modules() if isinstance(m, nn.GroupNorm)]

    assert groups(model.conv2) == [16, 16] and groups(model.conv3) == [8, 8]
    assert groups(model.conv4) == [4, 4]
    assert groups(model.conv5) == [4] and groups(model.mask_head) == [4]
    assert groups(model.dsa1) == [128, 128] and groups(model.dsa2) == [64, 64]


def test_bilinear_steps_align_their_corners():
    from mtlbus.methods.acsnet.network import enlarge

    x = torch.randn(2, 3, 4, 5)
    expected = nn.UpsamplingBilinear2d(scale_factor=2)(x)
    torch.testing.assert_close(enlarge(x, (8, 10)), expected)


def test_the_class_reads_the_pooled_features(paper):
    model, output = paper
    pooled = output.maps["pooled_features"].tensor.mean(dim=(2, 3))
    first, last = model.class_head[0], model.class_head[2]
    assert (first.in_features, first.out_features) == (1280, 640)
    with torch.inference_mode():
        logits = last(torch.relu(first(pooled)))
    torch.testing.assert_close(logits, output.class_logits["malignancy"])


def test_the_offsets_start_at_zero_and_the_samples_at_one_half(paper):
    _, output = paper
    for number in (1, 2):
        assert (output.maps[f"dcn_offset.{number}"].tensor == 0).all()
        assert (output.maps[f"dcn_modulation.{number}"].tensor == 0.5).all()


@pytest.mark.parametrize("height,width", [(128, 128), (192, 192), (96, 160)])
def test_other_sizes_that_training_uses(height, width):
    model = create_model("acsnet").eval()
    with torch.inference_mode():
        assert model(torch.randn(1, 3, height, width)).mask_logits.shape[-2:] == (height, width)
