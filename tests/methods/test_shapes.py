"""The shapes that the diagrams show are those of the networks."""

from __future__ import annotations

import pytest
import torch

from mtlbus.methods import create_model, get_spec, list_methods
from mtlbus.methods.shapes import count_parameters, diagram_shapes, tap_shapes, taps_of

# Shapes at 256 from the tables of the design notes (sections 1.2, 1.3, 2.3, 3.2, 4.1, 5.2).
PAPER = {
    "hybrid_mt_estan": {
        "t1": (128, 64, 64), "t2": (256, 32, 32), "t3": (512, 16, 16), "t4": (1024, 8, 8),
        "g1": (128, 64, 64), "g4": (1024, 8, 8),
        "e1 c": (64, 128, 128), "e2 c": (256, 64, 64), "e4 c": (1024, 16, 16),
        "e5 c": (2048, 8, 8), "e1 n": (32, 256, 256), "e3 n": (128, 64, 64), "e5 n": (512, 16, 16),
        "u6": (2048, 16, 16), "h1": (256, 32, 32), "h2": (128, 64, 64), "h3": (64, 128, 128),
        "h4": (32, 256, 256), "mask": (1, 256, 256), "vector": (2048,), "class": (1,),
    },
    "ctan": {
        "p1": (256, 64, 64), "p2": (512, 32, 32), "p3": (1024, 16, 16), "p4": (2048, 8, 8),
        "a10": (256, 64, 64), "a21": (512, 32, 32), "a40": (2048, 8, 8),
        "g11": (256, 64, 64), "g30": (1024, 16, 16), "g41": (2048, 8, 8),
        "b0": (512, 8, 8), "b1": (512, 8, 8),
        "s3": (256, 16, 16), "s2": (128, 32, 32), "s1": (64, 64, 64), "mask": (1, 256, 256),
        "i1": (128, 32, 32), "i2": (256, 16, 16), "i3": (512, 8, 8), "i4": (512, 4, 4),
        "class": (2,),
    },
    "mtl_cosa": {
        "c1": (64, 128, 128), "c2": (256, 64, 64), "c3": (512, 32, 32), "c4": (1024, 16, 16),
        "c5": (2048, 8, 8), "u4": (512, 16, 16), "u3": (256, 32, 32), "u2": (128, 64, 64),
        "u1": (64, 128, 128), "mask": (2, 256, 256), "regions": (3, 256, 256),
        "weights": (3, 8, 8), "background": (2048, 8, 8), "tumour": (2048, 8, 8),
        "margin": (2048, 8, 8), "vector": (2048,), "class": (2,),
    },
    "acsnet": {
        "layer0": (64, 128, 128), "layer1": (64, 64, 64), "layer2": (128, 32, 32),
        "layer3": (256, 16, 16), "layer4": (512, 8, 8), "g1": (512, 8, 8), "g5": (64, 128, 128),
        "f1": (512, 16, 16), "d1": (512, 16, 16), "f2": (256, 32, 32), "d2": (256, 32, 32),
        "f3": (128, 64, 64), "f4": (128, 128, 128), "mask": (1, 256, 256),
        "w3": (256, 16, 16), "w4": (512, 8, 8), "w1": (512, 16, 16), "vector": (1280,),
        "class": (2,),
    },
    "resformer_mtl": {
        "f0": (64, 128, 128), "r1": (64, 64, 64), "f1": (64, 64, 64), "f2": (128, 32, 32),
        "f3": (256, 16, 16), "f4": (512, 8, 8), "e0": (64, 128, 128), "e3": (256, 16, 16),
        "h3": (256, 16, 16), "h2": (128, 32, 32), "h1": (64, 64, 64), "h0": (64, 128, 128),
        "mask": (1, 256, 256), "vector": (960,), "class": (2,),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PAPER)
def test_boxes_of_the_proposals_have_the_shapes_of_the_papers_networks(name):
    shapes, boxes = diagram_shapes(name, "paper"), {}
    for node in get_spec(name).diagram.nodes:
        boxes |= {f"{node.name} {symbol}".strip(): shapes[tap] for symbol, tap in node.taps}
    assert {box: boxes[box] for box in PAPER[name]} == PAPER[name]


@pytest.mark.parametrize("name", list_methods())
def test_every_box_of_every_method_stands_for_a_feature(name):
    spec = get_spec(name)
    shapes = diagram_shapes(name)
    assert all(node.taps for node in spec.diagram.nodes)
    assert set(shapes) == set(taps_of(spec.diagram))
    answers = {node.name for node in spec.diagram.nodes if node.kind == "answer"}
    said = {"mask": spec.segments, "class": spec.classifies}
    assert answers == {name for name, possible in said.items() if possible}
    assert shapes["<"] == (3, 256, 256)


def test_sizes_without_numbers_are_those_of_a_real_forward():
    model = create_model("mtl_cosa").eval()
    shapes = diagram_shapes("mtl_cosa")
    with torch.no_grad():
        features = model.encoder(torch.zeros(1, 3, 256, 256))
        output = model(torch.zeros(1, 3, 256, 256), maps=True)
    for level, feature in enumerate(features):
        assert shapes[f"encoder:{level}"] == tuple(feature.shape[1:])
    assert shapes["cosa:weights"] == tuple(output.maps["region_weights"].tensor.shape[1:])
    assert shapes[":mask_logits"] == tuple(output.mask_logits.shape[1:])
    assert count_parameters("mtl_cosa") == sum(p.numel() for p in model.parameters())


def test_taps_leave_no_hook_and_say_what_is_wrong():
    model = create_model("lenet").eval()
    shapes = tap_shapes(model, ["<features", "features.0", ":maps:pooled_features"], size=64)
    assert shapes == {
        "<features": (3, 64, 64),
        "features.0": (6, 60, 60),
        ":maps:pooled_features": (16, 13, 13),
    }
    assert not any(module._forward_hooks for module in model.modules())
    for tap, words in (("features.0:9", "names nothing"), ("not a tap", "No taps")):
        with pytest.raises(ValueError, match=words):
            tap_shapes(model, [tap], size=64)


@pytest.mark.parametrize(
    "name,millions",
    [("ctan", 49.6), ("mtl_cosa", 75.5), ("mt_estan", 55.9), ("hybrid_mt_estan", 181)],
)
def test_parameters_are_those_that_were_measured_before(name, millions):
    assert count_parameters(name, "paper") / 1e6 == pytest.approx(millions, rel=0.005)
