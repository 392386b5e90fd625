"""What every registered method keeps, in both variants (house rules, "The contracts")."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
import torch
from safetensors.torch import load, save

from mtlbus.core.outputs import Map, Output, positive_probability
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION
from mtlbus.explain.class_alone import class_alone
from mtlbus.methods import create_model, get_spec, list_methods
from mtlbus.methods.registry import VARIANTS, get_entry

from ..made import narrow, weightless

CASES = [(name, variant) for name in list_methods() for variant in VARIANTS]
COMPACT_PARAMETERS = 7_500_000
SMALL = 64  # side where the size does not matter, for speed

# At 64 the hidden layer of ACSNet's first channel weights is silent.
GRADIENT_SIDE = {"acsnet": 128}

# Parameters that rightly have no gradient, by method, and why.
_KEY = "a bias of all keys adds the same to every score of a row, and softmax drops it"
_NORM = "a constant ahead of batch normalisation is taken out with the mean"
NO_GRADIENT = {
    "mtl_cosa": {r"cosa\.attention\.\d\.key\.bias": _KEY},
    "mtl_sa": {r"attention\.key\.bias": _KEY},
    "resformer_mtl": {r"blocks\.\d\.swin\.1\.norm2\.bias": _NORM},
    "emt_net": {r"encoder\.body\.blocks\.\d\.\d\.bn3\.bias": _NORM},  # no activation in between
    "vgga_vit": {r"vgg_out\.summary\.0\.bias": _NORM},
}

# Maps that may be the same for two images: learned numbers, and what reads the predicted mask,
# which with random weights may be empty or full in both.
OF_THE_NETWORK = ("region_constant", "region_mix")
OF_THE_MASK = ("regions", "region_weights", "cosa_attention.", "hard_attention")


def images(batch: int = 2, height: int = 256, width: int = 256) -> torch.Tensor:
    """Noise, each image darker and flatter than the one before, so that answers differ."""
    noise = torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(1))
    number = torch.arange(batch).view(-1, 1, 1, 1)
    return noise * 0.3**number - 1.5 * number


def wake(model: torch.nn.Module) -> torch.nn.Module:
    """Move what starts at zero (γ of attention, last normalisation of a residual block, offsets),
    which would silence what lies behind it: a little and at random, because equal offsets would
    throw deformable convolutions out of the image."""
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.any():
                parameter.normal_(std=0.02)
    return model


def build(name: str, variant: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return wake(create_model(name, variant)).eval()


def values_of(name: str) -> dict[str, list]:
    """What each option with words may be; the dilations in another set, too."""
    options = {key: option for key, (option, _) in get_spec(name).options.items()}
    found = {key: list(option.values) for key, option in options.items() if option.values}
    return found | ({"dilations": [(1, 2, 4)]} if "dilations" in options else {})


def options_other_than_default(name: str) -> list[tuple[str, object]]:
    """Each documented value that changes something, alone."""
    defaults = get_entry(name).options
    return [
        (option, value)
        for option, values in values_of(name).items()
        for value in values
        if value != defaults[option]
    ]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def case(request):
    name, variant = request.param
    model = build(name, variant)
    yield name, variant, model
    del model


compact_only = pytest.mark.parametrize(
    "case", [(name, "compact") for name in list_methods()], indirect=True, ids="-".join
)
"""What ships: networks of the paper's sizes take half a gigabyte each and have the same parts. They
are run once with numbers (`test_maps_are_those_declared_and_keep_their_kind`), and the way of the
gradients is followed on the meta device."""


def logits_of(output: Output) -> dict[str, torch.Tensor]:
    mask = {} if output.mask_logits is None else {"mask": output.mask_logits}
    return {**output.class_logits, **mask}


def same(a: Output, b: Output) -> None:
    first, second = logits_of(a), logits_of(b)
    assert first.keys() == second.keys()
    for key, logits in first.items():
        assert torch.equal(logits, second[key]), key


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).detach().abs().max())


@compact_only
def test_output_shapes(case):
    name, _, model = case
    outputs_have_their_shape(name, model, torch.empty(1, 3, SMALL, SMALL))
    outputs_have_their_shape(name, model, torch.empty(1, 3, SMALL, 3 * SMALL // 2))


@pytest.mark.parametrize("name", list_methods())
def test_output_shapes_of_the_papers_sizes(name):
    """On the meta device, which knows shapes and computes nothing."""
    model = weightless(name, "paper").eval()
    outputs_have_their_shape(name, model, torch.empty(1, 3, 192, 256, device="meta"))


def outputs_have_their_shape(name: str, model: torch.nn.Module, inputs: torch.Tensor) -> None:
    spec, (height, width) = get_spec(name), inputs.shape[2:]
    with torch.device(inputs.device), torch.inference_mode():
        output = model(inputs)
    assert isinstance(output, Output) and output.maps == {}
    if SEGMENTATION in spec.tasks:
        assert output.mask_logits.shape[0] == 1 and output.mask_logits.shape[1] in (1, 2)
        assert output.mask_logits.shape[2:] == (height, width)
    else:
        assert output.mask_logits is None
    if MALIGNANCY in spec.tasks:
        assert output.class_logits[MALIGNANCY.name].shape in ((1, 1), (1, 2))
    else:
        assert output.class_logits == {}


def maps_keep_what_is_declared(model: torch.nn.Module, side: int = 128) -> None:
    """Names and kinds are those of the model's specification, and numbers those of their kind."""
    declared = {found.name: found.kind for found in model.spec.maps}
    with torch.inference_mode():
        maps = model(images(2, side, side), maps=True).maps
    assert {key: found.kind for key, found in maps.items()} == declared
    for found in maps.values():
        assert isinstance(found, Map) and found.meaning and found.tensor.shape[0] == 2
        assert torch.isfinite(found.tensor).all()
        if found.kind == "gate":
            assert found.tensor.min() >= 0 and found.tensor.max() <= 1
        if found.kind == "attention":
            assert found.grid is not None
            rows = found.tensor.sum(dim=-1)
            torch.testing.assert_close(rows, torch.ones_like(rows), rtol=0, atol=1e-4)
        if found.kind == "region":
            assert found.tensor.min() >= 0 and found.tensor.max() <= 1
            if model.options.get("region_resize") != "max":  # there regions overlap in a cell
                total = found.tensor.sum(dim=1)
                torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-5)


def test_maps_are_those_declared_and_keep_their_kind(case):
    name, _, model = case
    assert model.spec.maps == get_spec(name).maps
    maps_keep_what_is_declared(model, SMALL)


def test_an_option_of_words_has_its_default_among_them():
    for name in list_methods():
        for option, _ in get_spec(name).options.values():
            assert bool(option.values) == isinstance(option.default, str)
            assert option.default in (option.values or (option.default,))


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, option) for name in list_methods() for option in options_other_than_default(name)],
    ids=lambda value: value if isinstance(value, str) else "=".join(map(str, value)),
)
def test_every_option_returns_the_maps_it_declares(name, option):
    torch.manual_seed(0)
    maps_keep_what_is_declared(create_model(name, **dict([option])).eval())


@compact_only
def test_maps_do_not_change_the_answer(case):
    inputs, model = images(1, SMALL, SMALL), case[-1]
    with torch.inference_mode():
        same(model(inputs), model(inputs, maps=True))


@compact_only
def test_what_only_draws_can_be_left_out(case):
    """The class stays, to the last bit, and so does the network."""
    inputs, model = images(1, SMALL, SMALL), case[-1]
    alone = class_alone(model)
    with torch.inference_mode():
        answer, whole = alone(inputs), model(inputs)
    assert (alone is model) == (not getattr(model, "draws", ""))
    same(answer, whole if alone is model else replace(whole, mask_logits=None))


@compact_only
def test_evaluation_is_deterministic_and_a_batch_equals_a_loop(case):
    """What the batch changes is small beside what tells its two images apart."""
    batch, model = images(2, SMALL, SMALL), case[-1]
    with torch.inference_mode():
        together, again = model(batch), model(batch)
        alone = [logits_of(model(batch[index : index + 1])) for index in range(2)]
    same(together, again)
    for key, logits in logits_of(together).items():
        apart = distance(logits[0], logits[1])
        assert apart > 1e-5, f"{key} of two images is one answer: nothing would be seen"
        assert distance(logits, torch.cat([one[key] for one in alone])) < 1e-3 * apart, key


@compact_only
def test_gradients_reach_every_parameter(case):
    """In double precision, where a gradient that is zero on paper is below 1e-11 of the largest
    one, and every other is far above; in single precision rounding would pass for a gradient. With
    random weights EfficientNet-Lite0 outlines nothing, so attention in the tumour would learn
    nothing: its own gradients are held in `tests/nn/test_lite_encoder.py`."""
    name, _, model = case
    if narrow(name):
        torch.manual_seed(0)
        model = wake(create_model(name, **narrow(name)))
    model = copy.deepcopy(model).train().double()
    side = GRADIENT_SIDE.get(name, SMALL)
    output = model(images(2, side, side).double())
    sum(logits.square().mean() for logits in logits_of(output).values()).backward()
    sizes = {
        key: 0.0 if parameter.grad is None else float(parameter.grad.abs().max())
        for key, parameter in model.named_parameters()
    }
    silent = {key for key, size in sizes.items() if size < 1e-11 * max(sizes.values())}
    excused = {
        pattern: {key for key in silent if re.fullmatch(pattern, key)}
        for pattern in NO_GRADIENT.get(name, ())
    }
    assert silent == set().union(*excused.values())
    assert all(excused.values()), "an exception that is none any more"


@pytest.mark.parametrize("name", list_methods())
def test_of_the_papers_sizes_too_every_parameter_lies_on_the_way_to_an_answer(name):
    model = weightless(name, "paper").train()
    model.zero_grad()
    with torch.device("meta"):
        output = model(torch.empty(2, 3, 256, 256))
        sum(logits.square().mean() for logits in logits_of(output).values()).backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


@compact_only
def test_two_threads_on_one_model_get_their_own_maps(case):
    """The threads go in step, layer by layer, so that whatever one of them left on a module
    would be read by the other."""
    inputs, model = images(2, SMALL, SMALL).split(1), case[-1]

    @torch.inference_mode()
    def ask(index: int) -> Output:
        return model(inputs[index], maps=True)

    alone = [ask(0), ask(1)]
    both = Barrier(2, timeout=120)

    def meet(*_) -> None:
        both.wait()

    layers = [layer for layer in model.modules() if not list(layer.children())]
    hooks = [layer.register_forward_pre_hook(meet) for layer in layers]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(ask, [0, 1]))
    for hook in hooks:
        hook.remove()

    def parts(output: Output) -> dict[str, torch.Tensor]:
        return {
            **logits_of(output),
            **{key: found.tensor for key, found in output.maps.items()},
        }

    first, second = map(parts, alone)
    for key, tensor in first.items():
        apart = distance(tensor, second[key])
        assert apart > 0 or key.startswith(OF_THE_NETWORK + OF_THE_MASK), key
        for expected, output in zip(alone, together, strict=True):
            own = distance(parts(expected)[key], parts(output)[key])
            assert own <= 1e-3 * apart, f"{key} of the other thread"


@compact_only
def test_weights_survive_a_file_bit_for_bit(case):
    model = case[-1]
    other = copy.deepcopy(model)
    for tensor in other.state_dict().values():
        tensor.zero_()
    inputs = images(1, SMALL, SMALL)
    with torch.inference_mode():
        expected, before = model(inputs), other(inputs)
        other.load_state_dict(load(save(model.state_dict())))
        same(expected, other(inputs))
    for key, logits in logits_of(expected).items():
        assert not torch.equal(logits, logits_of(before)[key])


def test_compact_is_compact(case):
    name, variant, model = case
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count <= COMPACT_PARAMETERS or variant == "paper", f"{name} has {count} parameters"


@compact_only
def test_bf16_stays_close_to_fp32(case):
    """Random weights, so only the order of the drift is held; for trained ones see
    `tests/test_shipped.py`. Small images, because most processors only emulate bfloat16."""
    inputs, model = images(1, SMALL, SMALL), case[-1]
    with torch.inference_mode():
        exact = logits_of(model(inputs))
        with torch.autocast("cpu", torch.bfloat16):
            rough = logits_of(model(inputs))
    for key, logits in exact.items():
        drift = (positive_probability(logits) - positive_probability(rough[key])).abs()
        assert drift.max() > 0, "nothing was computed in bfloat16"
        assert drift.mean() < 0.02, key
