"""Silencing parts: on a toy whose answers are worked out by hand, and on every method."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtlbus.core.outputs import Output
from mtlbus.core.tasks import MALIGNANCY
from mtlbus.data import openkbp
from mtlbus.explain.silencing import silence
from mtlbus.methods import create_model, list_methods
from mtlbus.methods.parts import (
    Part,
    added_to,
    mean_gate,
    mean_input,
    mean_output,
    mean_sigmoid,
    passed_by,
    zero,
)
from mtlbus.methods.registry import get_entry


class Doubling(nn.Module):
    """x to (x + 2x, x)."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x + 2 * x, x


class Gate(nn.Module):
    """x to (x · gate, gate); the gate is the image's mean."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        gate = x.mean(dim=(1, 2, 3), keepdim=True).expand_as(x)
        return x * gate, gate


class Toy(nn.Module):
    """The logit of malignant is what an image of one value v becomes; the mask where it is > 0."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: Tensor) -> Output:
        x = self.module(images)
        x = x[0] if isinstance(x, tuple) else x
        return Output(
            mask_logits=x[:, :1], class_logits={MALIGNANCY.name: x.mean(dim=(1, 2, 3))[:, None]}
        )


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def image(value: float) -> Tensor:
    return torch.full((1, 1, 2, 2), value)


def changes(module: nn.Module, silencing, values=(1.0, 3.0), **arguments):
    toy = Toy(module).eval()
    part = Part("part", "is silenced", silencing, ("module",), (), **arguments)
    (found,) = silence(toy, [part], [image(value) for value in values])
    return found


@pytest.mark.parametrize(
    "module,silencing,before,after",
    [
        (nn.Identity(), zero, (1, 3), (0, 0)),
        (nn.Identity(), mean_output, (1, 3), (2, 2)),
        (Doubling(), passed_by(), (3, 9), (1, 3)),
        (Gate(), mean_gate, (1, 9), (2, 6)),  # gates 1 and 3, on average 2
        (nn.Identity(), mean_input(0), (1, 3), (2, 2)),
    ],
)
def test_the_probability_moves_as_worked_out(module, silencing, before, after):
    found = changes(module, silencing)
    wanted = [abs(sigmoid(a) - sigmoid(b)) for a, b in zip(before, after, strict=True)]
    assert found.probability == pytest.approx(wanted, abs=1e-6)


def test_a_gate_that_a_sigmoid_makes_takes_the_mean_of_the_gate_not_of_its_logit():
    found = changes(nn.Identity(), mean_sigmoid, values=(-2.0, 3.0))
    mean = (sigmoid(-2) + sigmoid(3)) / 2  # the toy's answer is a sigmoid of the same logit
    assert found.probability == pytest.approx([mean - sigmoid(-2), sigmoid(3) - mean], abs=1e-5)


def test_masks_before_and_after():
    """A mask that is full and becomes empty shares nothing; empty ones agree."""
    assert changes(nn.Identity(), zero, values=(1.0, -1.0)).dice == pytest.approx([0, 1])
    assert changes(nn.Identity(), mean_output, values=(1.0, -0.5)).dice == pytest.approx([1, 0])


def test_what_is_added_over_what_it_is_added_to():
    found = changes(Doubling(), passed_by(), adds=added_to())
    assert found.added == pytest.approx(2)


def test_only_one_part_is_silent_at_a_time_and_the_network_is_left_alone():
    toy = Toy(nn.Sequential(nn.Identity(), nn.Identity())).eval()
    parts = [Part(str(i), "", mean_output, (f"module.{i}",), ()) for i in range(2)]
    first, second = silence(toy, parts, [image(1.0), image(3.0)])
    assert np.allclose(first.probability, second.probability) and first.probability.all()
    assert not any(module._forward_hooks for module in toy.modules())


class Attentive(nn.Module):
    """A network whose random weights' small changes reach its answers: larger logits, and a mask
    that fills half of the image."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Output:
        output = self.network(images)
        logits = {name: 10 * z for name, z in output.class_logits.items()}
        mask = output.mask_logits
        return Output(None if mask is None else mask - mask.median(), logits)


def waken(model: nn.Module) -> nn.Module:
    """γ, offsets and the last norms of blocks start at zero, which silences them."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.any() and "bias" not in name:
                parameter.normal_(std=0.3)
    return model.eval()


@pytest.mark.parametrize("name", [n for n in list_methods() if n in (
    "acsnet", "ctan", "hybrid_mt_estan", "mtl_cosa", "resformer_mtl", "mt_estan",
    "mt_estan_swin", "mtan", "mtl_sa", "sha_mtl", "swin", "vgga_vit",
)])  # fmt: skip
def test_every_part_of_a_method_is_there_and_shows_maps_that_the_method_has(name):
    images = [torch.randn(1, 3, 64, 64) * scale for scale in (0.2, 2.0)]
    dumb = None
    for seed in range(4):  # in one random network a part may well be mute
        torch.manual_seed(seed)
        model = waken(create_model(name))
        parts = get_entry(name).parts_of(model)
        inside = [
            replace(part, modules=tuple(f"network.{m}" for m in part.modules)) for part in parts
        ]
        heard = set()
        for part, found in zip(parts, silence(Attentive(model), inside, images), strict=True):
            moved = found.probability is not None and found.probability.max() > 0
            if moved or (found.dice is not None and found.dice.min() < 1):
                heard.add(part.name)
        mute = {part.name for part in parts} - heard
        dumb = mute if dumb is None else dumb & mute
        if not dumb:
            break
    assert not dumb, f"{dumb} changes nothing"
    assert parts and len({part.name for part in parts}) == len(parts)
    declared = {one.name for one in model.spec.maps}
    shown = {shown for part in parts for shown in part.maps}
    assert shown <= declared and all(part.maps for part in parts)
    attention = {one.name for one in model.spec.maps if one.kind in ("gate", "attention")}
    assert attention <= shown


def test_all_methods_with_attention_say_their_parts():
    for name in list_methods():
        model = create_model(name)
        shown = any(one.kind in ("gate", "attention", "offset") for one in model.spec.maps)
        assert bool(get_entry(name).parts_of(model)) >= shown, name


def test_a_dose_that_hears_a_mask_moves_by_a_share_of_its_span():
    """CTAN for organs and dose, whose masks are silenced one level at a time."""
    torch.manual_seed(0)
    tasks = openkbp.DECLARATION.tasks
    model = create_model("ctan", tasks=tasks, compact_encoder="narrow").eval()
    images = [torch.rand(1, 3, 64, 64) for _ in range(2)]
    parts = get_entry("ctan").parts_of(model)[:1]
    (found,) = silence(model, parts, images, tasks)
    assert found.probability is None and (found.dice <= 1).all()
    assert found.values.shape == (2,) and (found.values > 0).all()
    with torch.no_grad():
        before = model(images[0]).pixel_values["dose"] / 70
    assert found.values[0] < float(before.abs().mean()) * 10
