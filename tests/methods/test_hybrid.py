"""Hybrid-MT-ESTAN and its ablations: sizes, shapes, decisions, pretrained weights."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from mtlbus.core.errors import CheckpointError, InputError, UnknownNameError
from mtlbus.core.outputs import positive_probability
from mtlbus.methods import create_model, get_spec
from mtlbus.methods.pretraining import weights_by_backbone
from mtlbus.methods.swin import SwinClassifier
from mtlbus.nn.swin import run_block, swin_encoder
from tests.made import narrow

FAMILY = ("hybrid_mt_estan", "mt_estan", "mt_estan_swin", "swin")
MASKED = FAMILY[:3]
GATES = [(128, 64), (256, 32), (512, 16), (1024, 8)]


def on_paper(name: str, **options) -> torch.nn.Module:
    """The paper variant without memory: shapes and counts only."""
    with torch.device("meta"):
        return create_model(name, "paper", **options).eval()


def millions(model: torch.nn.Module) -> float:
    return sum(parameter.numel() for parameter in model.parameters()) / 1e6


@pytest.mark.parametrize(
    "name,expected",
    [("mt_estan", 55.9), ("hybrid_mt_estan", 181.0), ("mt_estan_swin", 181.0 - 36.2),
     ("swin", 86.9)],
)  # fmt: skip
def test_sizes_are_those_measured(name, expected):
    assert millions(on_paper(name)) == pytest.approx(expected, rel=0.01)


def test_aaa_on_four_stages_has_the_size_measured():
    gates = on_paper("hybrid_mt_estan").swin.gates
    assert millions(gates) == pytest.approx(36.2, rel=0.01)


def test_shapes_of_the_paper_variant():
    model = on_paper("hybrid_mt_estan")
    with torch.device("meta"):
        output = model(torch.randn(1, 3, 256, 256), maps=True)
    maps = output.maps
    assert output.mask_logits.shape == (1, 1, 256, 256)
    assert output.class_logits["malignancy"].shape == (1, 1)
    assert [tuple(maps[f"aaa_gate.{n}"].tensor.shape[1:3]) for n in range(1, 5)] == GATES
    assert maps["swin_attention.3"].tensor.shape == (1, 16, 256, 256)
    assert maps["swin_attention.4"].tensor.shape == (1, 32, 64, 64)
    assert maps["pooled_features"].tensor.shape == (1, 2048, 16, 16)
    rowcol = [tuple(maps[f"estan_rowcol.{n}"].tensor.shape[1:3]) for n in range(1, 5)]
    assert rowcol == [(32, 256), (64, 128), (128, 64), (256, 32)]
    assert model.bottleneck.up.in_channels == 3584  # H6: 2560 of MT-ESTAN and 1024 of the Swin


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("height,width", [(64, 64), (128, 128), (192, 192), (96, 160)])
def test_other_sizes_that_training_uses(name, height, width):
    model = create_model(name).eval()
    with torch.inference_mode():
        output = model(torch.randn(1, 3, height, width), maps=True)
    assert output.mask_logits.shape == (1, 1, height, width)
    for found in output.maps.values():
        if found.kind in ("gate", "feature"):
            expected = (height // found.stride, width // found.stride)
            assert found.tensor.shape[-2:] == expected


def test_a_neutral_gate_is_one_half_everywhere():
    model = create_model("hybrid_mt_estan").eval()
    for gate in model.swin.gates.values():
        for parameter in gate.strips.parameters():
            torch.nn.init.zeros_(parameter)
    with torch.inference_mode():
        maps = model(torch.randn(1, 3, 64, 64), maps=True).maps
    assert all((maps[f"aaa_gate.{n}"].tensor == 0.5).all() for n in range(1, 5))


def test_an_open_gate_everywhere_is_the_ablation():
    """With σ(A(B)) = 1 the Hybrid computes what MT-ESTAN + Swin computes."""
    hybrid, plain = create_model("hybrid_mt_estan").eval(), create_model("mt_estan_swin").eval()
    for gate in hybrid.swin.gates.values():
        torch.nn.init.constant_(gate.strips.row.bias, 1000.0)
    shared = {k: v for k, v in hybrid.state_dict().items() if not k.startswith("swin.gates")}
    plain.load_state_dict(shared)
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        a, b = hybrid(images), plain(images)
    torch.testing.assert_close(a.mask_logits, b.mask_logits)
    torch.testing.assert_close(a.class_logits["malignancy"], b.class_logits["malignancy"])


def test_flow_reaches_the_next_stage_and_side_does_not():
    images = torch.randn(1, 3, 64, 64)
    for placement, stages in (("flow", ["1", "2", "3", "4"]), ("side", ["4"])):
        model = create_model("hybrid_mt_estan", aaa_placement=placement).eval()
        assert list(model.swin.gates) == stages
        with torch.inference_mode():
            maps = model(images, maps=True).maps
        for kind in ("aaa_gate", "aaa_features"):
            assert [n for n in maps if n.startswith(kind)] == [f"{kind}.{n}" for n in stages]


@pytest.mark.parametrize(
    "options",
    [{"aaa_combine": "sum"}, {"aaa_kernels": "depthwise"}, {"aaa_gate_channels": "one"},
     {"head": "lab"}, {"drop_path": 0.2}],
)  # fmt: skip
def test_options_build_and_answer(options):
    model = create_model("hybrid_mt_estan", **options).train()
    output = model(torch.randn(2, 3, 64, 64))
    assert torch.isfinite(output.mask_logits).all()


def test_heads_of_the_paper_and_of_the_lab():
    def widths(model: torch.nn.Module) -> list[int]:
        return [x.out_features for x in model.head.layers if isinstance(x, torch.nn.Linear)]

    assert widths(on_paper("hybrid_mt_estan")) == [512, 256, 128, 1]
    assert widths(on_paper("mt_estan")) == [512, 128, 1]
    assert widths(on_paper("mt_estan", head="literal")) == [512, 256, 128, 1]


@pytest.mark.parametrize("name", FAMILY)
def test_half_precision_keeps_the_probability(name):
    model = create_model(name).eval()
    images = torch.randn(2, 3, 128, 128)
    with torch.inference_mode():
        exact = positive_probability(model(images).class_logits["malignancy"])
        with torch.autocast("cpu", torch.bfloat16):
            rough = positive_probability(model(images).class_logits["malignancy"])
    assert (exact - rough).abs().max() < 0.02


def test_windows_do_not_depend_on_what_was_asked_before():
    """One module serves sizes in any order: nothing is resized inside."""
    model = create_model("swin").eval()
    small, large = torch.randn(1, 3, 96, 128), torch.randn(1, 3, 256, 256)
    with torch.inference_mode():
        before = model(small).class_logits["malignancy"]
        model(large)
        after = model(small).class_logits["malignancy"]
    assert torch.equal(before, after)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_the_class_of_swin_can_be_traced_to_every_stage(stage):
    """Grad-CAM may be asked of each, and familiarity rests on all."""
    output = create_model("swin").eval()(torch.randn(1, 3, 96, 128), maps=True)
    features = output.maps[f"swin_features.{stage}"].tensor
    (gradient,) = torch.autograd.grad(output.class_logits["malignancy"].sum(), features)
    assert torch.isfinite(gradient).all() and (gradient.abs().sum(dim=1) > 0).all()


def test_odd_sizes_are_refused_in_words():
    with pytest.raises(InputError, match="multiples of 32"):
        create_model("hybrid_mt_estan")(torch.randn(1, 3, 100, 100))


def test_weights_for_each_backbone():
    both = ("resnet", "swin")
    assert weights_by_backbone("paper", True, both) == {"resnet": True, "swin": True}
    assert weights_by_backbone("compact", False, both) == {"resnet": False, "swin": False}
    given = {"resnet": "a.safetensors"}
    assert weights_by_backbone("paper", given, both) == {"resnet": "a.safetensors", "swin": False}
    assert weights_by_backbone("paper", "a", ("resnet",)) == {"resnet": "a"}
    with pytest.raises(CheckpointError, match="2 backbones"):
        weights_by_backbone("paper", "a.safetensors", both)
    with pytest.raises(UnknownNameError, match="resnet"):
        weights_by_backbone("paper", {"resnett": True}, both)


@pytest.mark.parametrize("name", [*FAMILY, "acsnet", "resformer_mtl"])
@pytest.mark.parametrize("pretrained", [True, "some/file"])
def test_the_narrow_encoder_has_no_imagenet_weights(name, pretrained):
    with pytest.raises(CheckpointError):
        create_model(name, pretrained=pretrained, **narrow(name))


def test_a_missing_weight_file_is_named():
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors"):
        create_model("mt_estan", "paper", pretrained="nowhere.safetensors")


def test_imagenet_weights_come_from_a_file(tmp_path):
    import timm

    source = timm.create_model("resnet50")
    path = tmp_path / "resnet50.safetensors"
    save_file(source.state_dict(), path)
    model = create_model("mt_estan", "paper", pretrained=path)
    body = model.encoder.resnet.body
    assert torch.equal(body.conv1.weight, source.conv1.weight)
    assert torch.equal(body.layer4[2].conv3.weight, source.layer4[2].conv3.weight)


def test_reported_auc_is_balanced_accuracy():
    """What the caveat of the tables says, checked on every row."""
    results, images = get_spec("hybrid_mt_estan").reported[:2], get_spec("mt_estan").reported[2]
    assert images.caption == "Table 1, images" and images.rows[-1][1] == "3,320"
    for table in results:
        at = {column: index for index, column in enumerate(table.columns)}
        for row in table.rows:
            assert len(row) == len(table.columns)
            sensitivity, specificity = float(row[at["Sens"]]), float(row[at["Spec"]])
            auc = float(row[at["AUC"]])
            assert auc == pytest.approx((sensitivity + specificity) / 2, abs=0.06)
            assert float(row[at["FNR"]]) == pytest.approx(100 - sensitivity, abs=0.01)
            assert float(row[at["FPR"]]) == pytest.approx(100 - specificity, abs=0.01)


@torch.inference_mode()
@pytest.mark.parametrize("options", [{}, {"aaa_gate_channels": "one"}, {"aaa_placement": "side"}])
def test_features_before_the_gate_times_the_gate_go_on(options):
    """Stage by stage, with the stages of the plain Swin run outside the network."""
    model = create_model("hybrid_mt_estan", **options).eval()
    images = torch.randn(1, 3, 64, 64)
    found, maps = model.swin(images), model(images, maps=True).maps
    cells = model.swin.swin.embed(images)
    for stage in range(1, 5):
        cells = model.swin.swin.stage(stage - 1, cells)[0]
        if stage in found.gates:
            gate, ungated = (maps[f"aaa_{name}.{stage}"].tensor for name in ("gate", "features"))
            torch.testing.assert_close(ungated, cells.permute(0, 3, 1, 2), rtol=0, atol=1e-5)
            cells = (ungated * gate).permute(0, 2, 3, 1)
    torch.testing.assert_close(found.deepest, cells.permute(0, 3, 1, 2), rtol=0, atol=1e-5)


def test_swin_begins_with_blocks_that_are_heard_and_timms_with_blocks_that_are_not():
    """What the first block adds to cells of deviation 1: about as much as they are, or nothing."""
    cells = torch.nn.functional.layer_norm(torch.randn(1, 16, 16, 20), (20,))
    added = {}
    for start in ("xavier", "timm"):
        torch.manual_seed(0)
        block = create_model("swin", start=start).eval().encoder.body.layers[0].blocks[0]
        with torch.inference_mode():
            added[start] = float((run_block(block, cells, 8)[0] - cells).std())
        # Xavier's deviation of a layer from 20 to 80 values: sqrt(2 / (20 + 80))
        expected = {"xavier": 0.141, "timm": 0.02}[start]
        assert float(block.mlp.fc1.weight.detach().std()) == pytest.approx(expected, rel=0.1)
    assert added["timm"] == 0.0 and 0.5 < added["xavier"] < 1.0


def test_weights_of_imagenet_are_not_started_afresh(monkeypatch):
    known = swin_encoder("compact")
    monkeypatch.setattr("mtlbus.methods.swin.swin_encoder", lambda *_: known)
    before = {name: tensor.clone() for name, tensor in known.state_dict().items()}

    def untouched() -> bool:
        return all(torch.equal(tensor, before[name]) for name, tensor in known.state_dict().items())

    SwinClassifier("paper", "weights.safetensors", 0.0, "xavier")
    assert untouched()
    SwinClassifier("paper", False, 0.0, "xavier")
    assert not untouched()


@pytest.mark.parametrize("name", ["hybrid_mt_estan", "mt_estan_swin"])
def test_the_swin_branch_is_heard_from_the_first_step(name):
    """Every block adds half its norm (B12); with timm's start none adds anything."""
    torch.manual_seed(0)
    noise = torch.randn(2, 3, 64, 64)
    for start, weight in (("xavier", 0.5), ("timm", 0.0)):
        branch = create_model(name, start=start).eval().swin
        blocks = [block for layer in branch.swin.body.layers for block in layer.blocks]
        norms = [norm.weight for block in blocks for norm in (block.norm1, block.norm2)]
        assert all(bool((one == weight).all()) for one in norms)
    with torch.inference_mode():
        first, second = create_model(name).eval().swin(noise).deepest
    assert (first - second).norm() > 0.1 * first.norm(), "images look different to it"


@pytest.mark.parametrize("name", ["hybrid_mt_estan", "mt_estan_swin"])
def test_a_normalised_fusion_hears_both_encoders_however_loud_one_is(name):
    """H6: a hundredfold ResNet leaves the Swin's share of the first product as it was."""
    torch.manual_seed(0)
    model = create_model(name, fusion="normalised").train()
    cnn, swin = model.encoder(torch.randn(4, 3, 64, 64)), model.swin(torch.randn(4, 3, 64, 64))
    loud = cnn._replace(c=[100 * x for x in cnn.c], a=[100 * x for x in cnn.a])
    quiet = model.bottleneck.up(torch.cat([
        scale(x) for scale, x in zip(
            model.bottleneck.scales, (torch.cat([cnn.c[4], cnn.a[4]], 1), swin.deepest), strict=True
        )
    ], dim=1))  # fmt: skip
    width = quiet.shape[1]
    found = model.bottleneck(loud, swin.deepest)[:, :width]
    assert (found - quiet).abs().max() < 0.01 * quiet.std()
    assert create_model(name).bottleneck.scales is None
