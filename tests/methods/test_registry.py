"""The registry's errors and the loading of ImageNet weights from a local file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from mtlbus import methods
from mtlbus.core.errors import CheckpointError, InputError, MtlbusError, UnknownNameError
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION
from mtlbus.methods import create_model, get_spec, list_methods, registry


@pytest.mark.parametrize(
    "arguments,options,words",
    [
        (("mtl_coza",), {}, "Did you mean 'mtl_cosa'"),
        (("mtl_cosa", "tiny"), {}, "variant"),
        (("mtl_cosa",), {"region_resise": "area"}, "Did you mean 'region_resize'"),
        (("mtl_cosa",), {"region_resize": "cubic"}, "Allowed: area, max, nearest"),
        (("mtl",), {"decoder": "unet"}, "Allowed: conv, literal"),
        (("resnet",), {"tasks": (SEGMENTATION,)}, "cannot answer segmentation"),
        (("resnet",), {"tasks": ()}, "cannot answer no task"),
        (("vgg16",), {"pretrained": True}, "no ImageNet weights for the compact variant"),
        (("mtl",), {"pretrained": {"resnet": True}}, "one backbone"),
        (("mtl", "paper"), {"pretrained": "nowhere.safetensors"}, "No weight file"),
    ],
)
def test_bad_arguments_say_what_is_allowed(arguments, options, words):
    with pytest.raises(MtlbusError, match=words) as caught:
        create_model(*arguments, **options)
    assert "\n" not in str(caught.value)


def test_a_second_registration_is_refused():
    with pytest.raises(ValueError, match="registered already"):
        registry.register(get_spec("mtl"), lambda **_: None)


OF_THE_PAPERS = {
    "hybrid_mt_estan", "mt_estan", "mt_estan_swin", "swin",
    "ctan", "stl_segmentation", "stl_classification", "hps", "mtan",
    "mtl_cosa", "mtl_sa", "mtl", "uresnet", "resnet",
    "acsnet", "resformer_mtl",
    "sha_mtl", "emt_net", "chowdary", "vgga_vit", "vgg16", "lenet", "mobilenet",
    "densenet121", "vit",
}  # fmt: skip
"""By paper: Hybrid-MT-ESTAN, CTAN, MTL-COSA, ACSNet and ResFormer-MTL (re-imagined from the
abstract) with what they compare against, then what several of them compare against."""


def test_every_method_of_the_papers_is_registered():
    assert set(list_methods()) >= OF_THE_PAPERS


@pytest.mark.parametrize("name", list_methods())
def test_a_misspelt_name_finds_its_method(name):
    """One letter left out, or one doubled."""
    for wrong in (name[:-2] + name[-1], name + name[-1]):
        with pytest.raises(UnknownNameError, match=f"Did you mean '{name}'"):
            get_spec(wrong)


def test_proposed_methods_come_first():
    roles = [get_spec(name).role for name in list_methods()]
    assert roles == sorted(roles, key=["proposed", "ablation", "baseline"].index)


def test_models_know_what_they_are():
    model = create_model("mtl_cosa", region_resize="max", tasks=(SEGMENTATION, MALIGNANCY))
    assert model.spec.name == "mtl_cosa" and model.variant == "compact"
    assert model.options["region_resize"] == "max" and model.options["decoder"] == "conv"


def test_backbone_weights_load_from_a_local_file(tmp_path):
    source = timm.create_model("resnet101", pretrained=False)
    with torch.no_grad():
        source.conv1.weight.fill_(0.125)
    path = tmp_path / "resnet101.safetensors"
    save_file(source.state_dict(), path)
    model = create_model("resnet", "paper", pretrained=path)
    assert torch.equal(model.encoder.body.conv1.weight, source.conv1.weight)
    assert torch.equal(model.encoder.body.layer4[2].conv3.weight, source.layer4[2].conv3.weight)


def test_a_file_that_does_not_fit_is_one_clear_line(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match=r"could not be loaded from the file") as caught:
        create_model("resnet", "paper", pretrained=path)
    assert "\n" not in str(caught.value)


def test_pickles_are_refused(tmp_path):
    torch.save({"x": torch.zeros(1)}, tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match=r"weights\.pth is not a \.safetensors file"):
        create_model("resnet", "paper", pretrained=tmp_path / "weights.pth")


def test_without_network_the_hub_fails_clearly(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="download them elsewhere"):
        create_model("resnet", "paper", pretrained=True)


def test_error_types():
    with pytest.raises(UnknownNameError):
        get_spec("nothing")
    with pytest.raises(InputError):
        create_model("uresnet", tasks=(MALIGNANCY,))


@pytest.mark.parametrize(
    "name,options,words",
    [
        ("mtl", {"decoder": 3}, "a word"),
        ("mtl_cosa", {"truth_epochs": "two"}, "a whole number"),
        ("mtl_cosa", {"truth_epochs": True}, "a whole number"),
        ("swin", {"drop_path": "much"}, "a number"),
        ("resformer_mtl", {"dilations": 3}, "a list of numbers"),
    ],
)
def test_a_value_of_the_wrong_kind_is_one_line(name, options, words):
    with pytest.raises(InputError, match=f"is {words}, such as"):
        create_model(name, **options)


def test_a_whole_number_is_a_number():
    assert create_model("swin", drop_path=0).options["drop_path"] == 0


def methods_imported_by(name: str) -> set[str]:
    """The other methods that a method's file or folder takes something from."""
    home = Path(methods.__file__).parent
    files = [home / f"{name}.py"] if (home / f"{name}.py").is_file() else (home / name).glob("*.py")
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found |= {node.module or "", *(alias.name for alias in node.names)}
    return found & OF_THE_PAPERS - {name}


def test_a_method_is_read_without_following_others_through_the_house():
    """One may be a case of another, as an ablation is; nobody reads a third for it."""
    for name in OF_THE_PAPERS:
        for other in methods_imported_by(name):
            assert not methods_imported_by(other), f"{name} imports {other}, which imports more"
