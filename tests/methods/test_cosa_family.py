"""Shapes, equations and the exact split of the MTL-COSA family (methods of the paper)."""

from __future__ import annotations

import pytest
import torch

from mtlbus.core.tasks import MALIGNANCY
from mtlbus.methods import create_model
from mtlbus.methods.shapes import count_parameters
from mtlbus.nn.backbones import ResNetEncoder
from mtlbus.nn.context_regions import REGIONS

from ..made import narrow

LOGITS = MALIGNANCY.name


def images(batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, 3, 256, 256)


def with_gamma(name: str = "mtl_cosa", **options) -> torch.nn.Module:
    """A model whose attention counts, and whose mask is neither empty nor full."""
    torch.manual_seed(1)
    model = create_model(name, **narrow(name), **options).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if key.endswith("gamma"):
                parameter.fill_(0.5)
        if hasattr(model, "cosa"):
            model.cosa.mix.weight.copy_(torch.tensor([[[0.7], [-1.2], [2.0]]]))
            model.cosa.mix.bias.fill_(0.3)
    return model


def test_encoder_shapes_of_the_paper():
    encoder = ResNetEncoder(101)
    assert encoder.channels == (64, 256, 512, 1024, 2048)
    with torch.inference_mode():
        features = encoder(images(1))
    assert [tuple(f.shape[1:]) for f in features] == [
        (64, 128, 128), (256, 64, 64), (512, 32, 32), (1024, 16, 16), (2048, 8, 8),
    ]  # fmt: skip


def test_decoder_shapes_of_the_paper():
    """U4 … U1 as in section 3.2: 512@16, 256@32, 128@64, 64@128."""
    with torch.device("meta"):
        model = create_model("uresnet", "paper")
        literal = create_model("uresnet", "paper", decoder="literal")
    outputs = [fuser[0].out_channels for fuser in model.decoder.fusers]
    inputs = [fuser[0].in_channels for fuser in model.decoder.fusers]
    assert outputs == [512, 256, 128, 64]
    assert inputs == [2048 + 1024, 512 + 512, 256 + 256, 128 + 64]
    assert literal.decoder.classifier.in_channels == 3904


@pytest.mark.parametrize(
    "name,millions", [("mtl_cosa", 75.5), ("uresnet", 42.5 + 17.2), ("resnet", 42.5)]
)
def test_parameters_of_the_paper_variants(name, millions):
    assert abs(count_parameters(name, "paper") / 1e6 - millions) / millions < 0.01


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"region_resize": "max"},
        {"region_resize": "nearest"},
        {"region_attention": "shared"},
        {"attention_source": "regional_query"},
        {"region_pooling": "masked"},
    ],
    ids=lambda options: "-".join(options.values()) or "default",
)
def test_the_class_logit_splits_exactly_over_the_regions(options):
    model = with_gamma(**options)
    with torch.inference_mode():
        output = model(images(), maps=True)
    maps = output.maps
    score, constant = maps["region_score"].tensor, maps["region_constant"].tensor
    assert score.shape == (2, 2, len(REGIONS))
    total = score.sum(dim=-1) + constant
    torch.testing.assert_close(total, output.class_logits[LOGITS], rtol=0, atol=1e-4)
    by_cell = maps["region_score_map"].tensor.sum(dim=(-2, -1))
    torch.testing.assert_close(by_cell, score, rtol=0, atol=1e-5)
    assert score.abs().max() > 1e-3, "the split must say something"


def test_map_shapes():
    with torch.inference_mode():
        maps = create_model("mtl_cosa").eval()(images(), maps=True).maps
    assert maps["regions"].tensor.shape == (2, 3, 256, 256)
    assert maps["region_weights"].tensor.shape == (2, 3, 8, 8)
    for region in REGIONS:
        assert maps[f"cosa_attention.{region}"].tensor.shape == (2, 1, 64, 64)
    torch.testing.assert_close(
        maps["region_weights"].tensor,
        torch.nn.functional.avg_pool2d(maps["regions"].tensor, 32),
    )


def test_regions_follow_the_predicted_mask_without_gradient():
    model = with_gamma()
    output = model(images(), maps=True)
    predicted = output.mask_logits.argmax(dim=1).bool()
    background = output.maps["regions"].tensor[:, 0].bool()
    assert not (background & predicted).any()
    assert not output.maps["regions"].tensor.requires_grad
    output.class_logits[LOGITS].sum().backward()
    assert all(parameter.grad is None for parameter in model.decoder.parameters())


@pytest.mark.parametrize("sign,region", [(-1, 0), (1, 1)], ids=["empty", "full"])
def test_an_empty_or_full_mask_gives_finite_answers(sign, region):
    """The one region that is left takes the whole image; the split over the three stays exact."""
    model = with_gamma().train()
    with torch.no_grad():
        model.decoder.classifier.weight.zero_()
        model.decoder.classifier.bias.copy_(torch.tensor([-sign, sign]))
    output = model(images(), maps=True)
    maps, logits = output.maps, output.class_logits[LOGITS]
    assert (maps["regions"].tensor[:, region] == 1).all()
    assert all(torch.isfinite(found.tensor).all() for found in maps.values())
    total = maps["region_score"].tensor.sum(dim=-1) + maps["region_constant"].tensor
    torch.testing.assert_close(total, logits, rtol=0, atol=1e-4)
    logits.square().sum().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert gradients and all(torch.isfinite(gradient).all() for gradient in gradients)


def test_the_regions_can_be_cut_from_a_given_mask():
    """A square of 128 px whose regions, and with γ = 0 whose shares, are worked out by hand."""
    model = with_gamma()
    with torch.no_grad():
        for attention in model.cosa.attention:
            attention.gamma.zero_()
    given = torch.zeros(2, 256, 256)
    given[:, 64:192, 64:192] = 1
    inputs = images()
    with torch.inference_mode():
        output, bottleneck = model(inputs, maps=True, given_mask=given), model.encoder(inputs)[-1]
    # The margin runs from 61 to 66 and from 189 to 194; shares of each cell of 32 px, one way.
    outer = torch.tensor([0, 3 / 32, 1, 1, 1, 1, 3 / 32, 0])
    inner = torch.tensor([0, 0, 29 / 32, 1, 1, 29 / 32, 0, 0])
    tumour, inside = inner[:, None] * inner, outer[:, None] * outer
    for region, (share, weight) in enumerate(
        ((1 - inside, 0.7), (tumour, -1.2), (inside - tumour, 2.0))
    ):
        pooled = (share * bottleneck).sum(dim=(2, 3)) / 64
        expected = weight * pooled @ model.classifier.weight.T
        found = output.maps["region_score"].tensor[:, :, region]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        own = model(inputs)
    torch.testing.assert_close(own.mask_logits, output.mask_logits, rtol=0, atol=0)
    assert not torch.allclose(own.class_logits[LOGITS], output.class_logits[LOGITS])


def test_mtl_sa_and_mtl_cosa_start_as_mtl():
    """With γ = 0 and region weights 1 the three networks are one."""
    inputs = images()
    reference = create_model("mtl").eval()
    with torch.inference_mode():
        expected = reference(inputs)
    for name in ("mtl_sa", "mtl_cosa"):
        model = create_model(name).eval()
        state = model.state_dict()
        shared = {key: value for key, value in reference.state_dict().items() if key in state}
        model.load_state_dict(shared, strict=False)
        head = model.classifier if name == "mtl_cosa" else model.head.classifier
        head.load_state_dict(reference.head.classifier.state_dict())
        with torch.inference_mode():
            output = model(inputs)
        torch.testing.assert_close(output.mask_logits, expected.mask_logits, rtol=0, atol=1e-5)
        torch.testing.assert_close(
            output.class_logits[LOGITS], expected.class_logits[LOGITS], rtol=0, atol=1e-4
        )


def test_attention_of_mtl_sa_feeds_both_branches():
    inputs = images(1)
    model = with_gamma("mtl_sa")
    with torch.inference_mode():
        attended = model(inputs)
        model.attention.gamma.zero_()
        plain = model(inputs)
    assert not torch.allclose(attended.mask_logits, plain.mask_logits)
    assert not torch.allclose(attended.class_logits[LOGITS], plain.class_logits[LOGITS])
