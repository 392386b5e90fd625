"""A panel is the mean of the log-odds of its members, each asked in its own scale."""

import pytest
import torch

from mtlbus import create_model, get_spec
from mtlbus.core.errors import InputError, UnknownNameError
from mtlbus.core.outputs import positive_logit
from mtlbus.data.transforms import normalise
from mtlbus.methods import list_methods
from mtlbus.methods.panel import MOST, Panel, members_of


@pytest.fixture(scope="module")
def members():
    """Two draw and say, with different scales and one or two logits; the last only draws."""
    torch.manual_seed(0)
    found = {
        "mtl": create_model("mtl", compact_encoder="lite0"),
        "hps": create_model("hps", compact_encoder="narrow"),
        "uresnet": create_model("uresnet", compact_encoder="narrow"),
    }
    assert len({member.spec.mean for member in found.values()}) == 2
    return {name: member.eval() for name, member in found.items()}


@torch.inference_mode()
def test_its_log_odds_are_the_mean_of_those_of_its_members(members):
    grey = torch.rand(2, 1, 64, 64)
    panel = Panel(members).eval()
    found = panel(normalise(grey, panel.spec.mean, panel.spec.std), maps=True)
    alone = {
        name: member(normalise(grey, member.spec.mean, member.spec.std))
        for name, member in members.items()
    }
    masks = torch.stack([positive_logit(output.mask_logits) for output in alone.values()])
    torch.testing.assert_close(found.mask_logits[:, 0], masks.mean(0))
    said = torch.stack(
        [positive_logit(alone[name].class_logits["malignancy"]) for name in ("mtl", "hps")], dim=1
    )
    torch.testing.assert_close(found.class_logits["malignancy"][:, 0], said.mean(1))
    torch.testing.assert_close(found.maps["members"].tensor, said)
    assert found.maps["members"].labels == ("MTL", "HPS")
    assert any(name.startswith("hps/") for name in found.maps)


@torch.inference_mode()
def test_without_maps_it_returns_none(members):
    assert Panel(members).eval()(torch.rand(1, 3, 64, 64)).maps == {}


def test_a_panel_of_outlines_says_no_class():
    spec = get_spec("panel:uresnet+stl_segmentation")
    assert spec.segments and not spec.classifies and spec.maps == ()


def test_whoever_names_the_same_members_means_the_same_panel():
    spec = get_spec("panel:hps+ctan+mtl_cosa")
    assert spec.name == "panel:ctan+mtl_cosa+hps"
    assert spec.title == "Panel of CTAN, MTL-COSA and HPS"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("panel:mtl", InputError),
        ("panel:mtl+mtl", InputError),
        ("panel:" + "+".join(sorted(list_methods())[: MOST + 1]), InputError),
        ("panel:mtl+nobody", UnknownNameError),
        ("panel:", UnknownNameError),
        ("panel:mtl+panel:mtl+hps", UnknownNameError),
    ],
)
def test_a_wrong_panel_is_one_line(name, wrong):
    with pytest.raises(wrong) as raised:
        members_of(name, list_methods())
    assert "\n" not in str(raised.value)
