"""The baselines: shapes, published sizes, and what makes each of them itself."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from mtlbus.core.errors import CheckpointError, InputError, UnknownNameError
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.methods import create_model, get_spec
from mtlbus.methods.shapes import on_meta
from mtlbus.nn.backbones import timm_model
from mtlbus.training.recipes import make_recipe

from ..made import narrow

SEGMENTING = ("sha_mtl", "emt_net", "chowdary")
CLASSIFYING = ("vgga_vit", "vgg16", "lenet", "mobilenet", "densenet121", "vit")
BASELINES = SEGMENTING + CLASSIFYING
TWO_LOGITS = ("vgga_vit", "vgg16", "lenet")

# Channels and stride of the map the class head pools, at paper size.
POOLED = {
    "sha_mtl": (1024, 32),
    "emt_net": (1280, 32),  # the lab's template pools what the last convolution makes
    "chowdary": (512, 16),
    "vgga_vit": (512, 32),
    "vgg16": (512, 32),
    "mobilenet": (1024, 32),
    "densenet121": (1024, 32),
    "vit": (768, 16),
}


def images(batch: int = 1, height: int = 128, width: int = 128) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(batch, 3, height, width, generator=generator)


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("height,width", [(128, 128), (192, 192), (192, 256)])
def test_other_input_sizes(name, height, width):
    with torch.inference_mode():
        output = create_model(name).eval()(images(1, height, width), maps=True)
    assert output.class_logits[MALIGNANCY.name].shape == (1, 2 if name in TWO_LOGITS else 1)
    if name in SEGMENTING:
        assert output.mask_logits.shape == (1, 1, height, width)
    pooled = output.maps["pooled_features"]
    if name != "lenet":  # its convolutions are not padded
        assert pooled.tensor.shape[2:] == (height // pooled.stride, width // pooled.stride)


@pytest.mark.parametrize("name", POOLED)
def test_paper_shapes(name):
    model = on_meta(name, "paper").eval()
    with torch.device("meta"), torch.inference_mode():
        pooled = model(torch.empty(1, 3, 128, 128), maps=True).maps["pooled_features"]
    channels, stride = POOLED[name]
    assert pooled.stride == stride
    assert pooled.tensor.shape == (1, channels, 128 // stride, 128 // stride)


@pytest.mark.parametrize("name", BASELINES)
def test_the_class_can_be_traced_to_the_pooled_features(name):
    """Grad-CAM needs a gradient at every cell of the map, and not only at a class token."""
    output = create_model(name).eval()(images(), maps=True)
    features = output.maps["pooled_features"].tensor
    (gradient,) = torch.autograd.grad(output.class_logits[MALIGNANCY.name][:, -1].sum(), features)
    assert torch.isfinite(gradient).all() and (gradient.abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize(
    "name,part,published",
    [
        # 138,357,544 with 1,000 classes (Simonyan and Zisserman, "138 M"); two classes here.
        ("vgg16", lambda model: model, 138_357_544 - 998 * 4097),
        ("densenet121", lambda model: model.encoder, 6.95e6),
        ("sha_mtl", lambda model: model.encoder, 6.95e6),
        ("vit", lambda model: model.encoder, 85.8e6),
        ("vgga_vit", lambda model: model.transformer, 85.8e6),
        ("vgga_vit", lambda model: model.vgg, 14.71e6),
        ("mobilenet", lambda model: model.encoder, 3.2e6),
        # Weights and biases by hand: 456 + 2,416 + 7,144,440 + 10,164 + 170.
        ("lenet", lambda model: model, 7_157_646),
    ],
)
def test_sizes_are_the_published_ones(name, part, published):
    assert parameters(part(on_meta(name, "paper"))) == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize("name", BASELINES)
def test_reported_rows_agree_with_themselves(name):
    """FNR = 100 − Sens and FPR = 100 − Spec, to rounding, and the printed AUC is their mean."""
    tables = [table for table in get_spec(name).reported if "FNR" in table.columns]
    assert tables or name in ("vgg16", "lenet")
    for table in tables:
        assert len(table.rows) == 2 and table.rows[1][0] == "Hybrid-MT-ESTAN"
        assert "balanced accuracy" in table.caveat
        for row in table.rows:
            found = dict(zip(table.columns, row, strict=True))
            sensitivity, specificity = float(found["Sens"]), float(found["Spec"])
            assert float(found["FNR"]) == pytest.approx(100 - sensitivity, abs=0.11)
            assert float(found["FPR"]) == pytest.approx(100 - specificity, abs=0.11)
            assert float(found["AUC"]) == pytest.approx((sensitivity + specificity) / 2, abs=0.11)


@pytest.mark.parametrize("name", SEGMENTING)
def test_what_was_only_an_abstract_says_so(name):
    assert get_spec(name).title.endswith("(rebuilt from the abstract)")
    assert "rebuilt from the abstract" in get_spec(name).ours
    assert "abstract" in get_spec(name).stated


def test_recipes_are_those_of_the_labs_scripts():
    multi = get_spec("emt_net").recipe
    assert (multi.select, multi.schedule, multi.flip, multi.rotation) == ("last", "plateau", 0, 0)
    for name, weight in (("densenet121", 4), ("mobilenet", 3)):
        single = get_spec(name).recipe
        assert (single.schedule, single.select) == ("constant", "last")
        assert single.positive_weight == weight
        assert (single.flip, single.rotation, single.shift) == (0.5, 20, 0.2)
        assert f"weight {weight} on" in single.note


def test_vit_has_the_recipe_of_its_table_and_vgga_vit_its_own():
    assert get_spec("vit").recipe == get_spec("swin").recipe
    recipe = get_spec("vgga_vit").recipe
    assert (recipe.optimizer, recipe.learning_rate, recipe.batch_size) == ("adam", 1e-4, 16)
    assert (recipe.epochs, recipe.input_size, recipe.schedule) == (100, 224, "steps")
    augmentation = make_recipe(get_spec("vgga_vit"), "paper").augmentation
    assert (augmentation.crop, augmentation.jitter) == (0.2, 0.4)


# --- SHA-MTL -------------------------------------------------------------------------------------


def with_constant_mask(logit: float, **options) -> torch.nn.Module:
    model = create_model("sha_mtl", **options).eval()
    torch.nn.init.zeros_(model.mask_head.weight)
    torch.nn.init.constant_(model.mask_head.bias, logit)
    return model


@pytest.mark.parametrize("hard_pooling", ["mean", "masked"])
def test_an_empty_mask_leaves_a_finite_class(hard_pooling):
    model = with_constant_mask(-5.0, hard_pooling=hard_pooling)
    with torch.inference_mode():
        output = model(images(), maps=True)
    maps, half = output.maps, model.encoder.channels[-1]
    assert maps["hard_attention"].tensor.sum() == 0
    whole = maps["pooled_features"].tensor.mean(dim=(2, 3))
    weight, bias = model.classifier.weight, model.classifier.bias
    expected = whole @ weight[:, :half].T + bias  # the lesion's half adds nothing
    torch.testing.assert_close(output.class_logits[MALIGNANCY.name], expected)


def test_a_full_mask_reads_the_whole_image_twice():
    model = with_constant_mask(5.0)
    with torch.inference_mode():
        output = model(images(), maps=True)
    assert (output.maps["hard_attention"].tensor == 1).all()
    whole = output.maps["pooled_features"].tensor.mean(dim=(2, 3))
    expected = model.classifier(torch.cat([whole, whole], dim=1))
    torch.testing.assert_close(output.class_logits[MALIGNANCY.name], expected)


def test_hard_attention_has_no_gradient_to_the_mask():
    model = create_model("sha_mtl")
    model(images(2)).class_logits[MALIGNANCY.name].sum().backward()
    for part in (model.gates, model.fusers, model.mask_head):
        assert all(parameter.grad is None for parameter in part.parameters())
    assert all(parameter.grad is not None for parameter in model.encoder.parameters())


def test_cells_hold_fractions_or_touches():
    mask = torch.full((1, 1, 64, 64), -1.0)
    mask[..., :8, :16] = 1.0  # 128 of the 1,024 pixels of the first cell
    bottleneck = torch.zeros(1, 4, 2, 2)
    fraction = create_model("sha_mtl").hard_mask(mask, bottleneck)
    touched = create_model("sha_mtl", mask_cells="any").hard_mask(mask, bottleneck)
    assert fraction.flatten().tolist() == [0.125, 0, 0, 0]
    assert touched.flatten().tolist() == [1, 0, 0, 0]


def test_gates_go_from_the_deepest_skip_to_the_finest():
    model = on_meta("sha_mtl", "paper").eval()
    with torch.device("meta"), torch.inference_mode():
        maps = model(torch.empty(1, 3, 256, 256), maps=True).maps
    shapes = [tuple(maps[f"ag_gate.{level}"].tensor.shape[1:]) for level in (1, 2, 3, 4)]
    assert shapes == [(1, 16, 16), (1, 32, 32), (1, 64, 64), (1, 128, 128)]


# --- VGGA-ViT ------------------------------------------------------------------------------------


def test_adaptive_pooling_takes_224_and_256_and_the_fixed_one_only_224():
    adaptive = create_model("vgga_vit").eval()
    fixed = create_model("vgga_vit", pooling="fixed").eval()
    with torch.inference_mode():
        for size in (224, 256):
            output = adaptive(images(1, size, size))
            assert output.class_logits[MALIGNANCY.name].shape == (1, 2)
        assert fixed(images(1, 224, 224)).class_logits[MALIGNANCY.name].shape == (1, 2)
        with pytest.raises(InputError, match="adaptive"):
            fixed(images(1, 256, 256))


def test_the_fixed_pooling_sees_only_the_upper_left():
    """What the public code does at 224: 16 of the 49 cells."""
    head = create_model("vgga_vit", pooling="fixed").eval().vgg_out
    features = torch.rand(1, 128, 7, 7)
    changed = features.clone()
    changed[..., 4:, :] = 0
    changed[..., :, 4:] = 0
    torch.testing.assert_close(head._fixed(features), head._fixed(changed))
    torch.testing.assert_close(head._fixed(features), features[..., :4, :4].mean(dim=(2, 3)))


def test_channel_weights_lie_between_0_and_1():
    with torch.inference_mode():
        weight = create_model("vgga_vit").eval()(images(), maps=True).maps["channel_weight"].tensor
    assert weight.shape == (1, 64) and weight.min() >= 0 and weight.max() <= 1


# --- LeNet, ViT, weights -------------------------------------------------------------------------


def test_lenet_reads_16_maps_of_61_by_61():
    model = create_model("lenet", "paper").eval()
    assert model.classifier[0].in_features == 16 * 61 * 61 == 59_536
    with torch.inference_mode():
        output = model(images(1, 256, 256), maps=True)
        features = output.maps["pooled_features"].tensor
        direct = model.classifier(features.flatten(1))  # at 256 nothing is averaged
    assert features.shape == (1, 16, 61, 61)
    torch.testing.assert_close(output.class_logits[MALIGNANCY.name], direct)


def test_lenet_of_1998():
    model = create_model("lenet", activation="tanh", pooling="average").eval()
    kinds = {type(layer).__name__ for layer in model.modules()}
    assert {"Tanh", "AvgPool2d"} <= kinds and not {"ReLU", "MaxPool2d"} & kinds


def test_vit_has_a_token_a_patch_and_one_for_the_class():
    """257 tokens at 256; positions are those learned where the grid is the learned one."""
    encoder = create_model("vit").eval().encoder
    with torch.inference_mode():
        whole = encoder(images(1, 224, 224))
        expected = encoder.body.forward_features(images(1, 224, 224))
        assert encoder(images(1, 256, 256)).patches[0, 0].numel() + 1 == 257
    torch.testing.assert_close(whole.class_token, expected[:, 0])
    torch.testing.assert_close(whole.patches.flatten(2).transpose(1, 2), expected[:, 1:])


def test_vit_pools_the_token_or_the_patches():
    model = create_model("vit", pool="mean").eval()
    with torch.inference_mode():
        output = model(images(), maps=True)
        patches = output.maps["pooled_features"].tensor
        expected = model.classifier(patches.mean(dim=(2, 3)))
    torch.testing.assert_close(output.class_logits[MALIGNANCY.name], expected)


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "emt_net"])
def test_the_compact_variant_has_no_weights_to_start_from(name):
    with pytest.raises(CheckpointError, match="no ImageNet weights"):
        create_model(name, pretrained=True, **narrow(name))


@pytest.mark.parametrize(
    "name,backbone",
    [
        ("mobilenet", "mobilenetv1_100"),
        ("densenet121", "densenet121"),
        ("sha_mtl", "densenet121"),
        ("emt_net", "efficientnet_b0"),
    ],
)
def test_the_paper_variant_starts_from_a_file(name, backbone, tmp_path):
    source = timm_model(backbone)
    path = tmp_path / "weights.safetensors"
    save_file(source.state_dict(), path)
    model = create_model(name, "paper", pretrained=path)
    loaded = {tensor.flatten()[:8].sum().item() for tensor in model.state_dict().values()}
    kept = [
        value.flatten()[:8].sum().item() in loaded
        for key, value in source.named_parameters()
        if value.ndim == 4 and "conv_head" not in key
    ]
    assert len(kept) > 20 and all(kept)


def test_two_backbones_need_two_files(tmp_path):
    with pytest.raises(CheckpointError, match=r"vit.*vgg16"):
        create_model("vgga_vit", "paper", pretrained=tmp_path / "one.safetensors")


@pytest.mark.parametrize(
    "name,options",
    [
        ("sha_mtl", {"mask_cells": "fractions"}),
        ("sha_mtl", {"hard_pooling": "max"}),
        ("vgga_vit", {"pooling": "fix"}),
        ("lenet", {"activation": "sigmoid"}),
        ("vit", {"pool": "cls"}),
        ("mobilenet", {"width": 1}),
    ],
)
def test_unknown_options_are_named(name, options):
    with pytest.raises(UnknownNameError, match="Allowed"):
        create_model(name, **options)
