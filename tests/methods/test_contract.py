"""What every registered method keeps, in both variants (house rules, "The contracts")."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from safetensors.torch import load, save

from mtlbus.core.outputs import Map, Output, positive_probability
from mtlbus.core.tasks import MALIGNANCY, SEGMENTATION
from mtlbus.methods import create_model, get_spec, list_methods
from mtlbus.methods.registry import VARIANTS, get_entry

CASES = [(name, variant) for name in list_methods() for variant in VARIANTS]
COMPACT_PARAMETERS = 7_500_000

# Parameters that rightly have no gradient, by method, and why.
NO_GRADIENT: dict[str, tuple[str, ...]] = {}


def images(batch: int = 2, height: int = 256, width: int = 256) -> torch.Tensor:
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(1))


def build(name: str, variant: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return create_model(name, variant).eval()


def documented_values(name: str) -> dict[str, list]:
    """The values of each option as the decisions list them, "option = a | b (words) | c"."""
    options, found = get_entry(name).options, {}
    for decision in get_spec(name).decisions:
        pairs = re.findall(r"(\w+) = (\w+(?:(?: \([^)]*\))? \| \w+)+)", decision.options)
        for option, values in pairs:
            if option in options:
                found[option] = re.findall(r"(?:^|\| )(\w+)", values)
    if "dilations" in options:
        found["dilations"] = [options["dilations"], (1, 2, 4)]
    return found


def options_other_than_default(name: str) -> list[tuple[str, object]]:
    """Each documented value that changes something, alone."""
    defaults = get_entry(name).options
    return [
        (option, value)
        for option, values in documented_values(name).items()
        for value in values
        if value != defaults[option]
    ]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def case(request):
    name, variant = request.param
    model = build(name, variant)
    yield name, variant, model
    del model


def same(a: Output, b: Output, tolerance: float = 0.0) -> None:
    assert (a.mask_logits is None) == (b.mask_logits is None)
    if a.mask_logits is not None:
        torch.testing.assert_close(a.mask_logits, b.mask_logits, rtol=0, atol=tolerance)
    assert a.class_logits.keys() == b.class_logits.keys()
    for task, logits in a.class_logits.items():
        torch.testing.assert_close(logits, b.class_logits[task], rtol=0, atol=tolerance)


@pytest.mark.parametrize("height,width", [(256, 256), (192, 256)])
def test_output_shapes(case, height, width):
    name, _, model = case
    spec = get_spec(name)
    with torch.inference_mode():
        output = model(images(1, height, width))
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


def maps_keep_what_is_declared(model: torch.nn.Module, side: int = 256) -> None:
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
    maps_keep_what_is_declared(model)


def test_every_option_stands_in_a_decision():
    """Else the test below, which reads the values there, would pass it over."""
    for name in list_methods():
        defaults = get_entry(name).options
        words = {key for key, value in defaults.items() if isinstance(value, str)}
        assert set(documented_values(name)) == words | ({"dilations"} & defaults.keys())
        for key in words:
            assert defaults[key] in documented_values(name)[key]


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, option) for name in list_methods() for option in options_other_than_default(name)],
    ids=lambda value: value if isinstance(value, str) else "=".join(map(str, value)),
)
def test_every_option_returns_the_maps_it_declares(name, option):
    torch.manual_seed(0)
    maps_keep_what_is_declared(create_model(name, **dict([option])).eval(), side=128)


def test_maps_do_not_change_the_answer(case):
    _, _, model = case
    with torch.inference_mode():
        same(model(images(1)), model(images(1), maps=True))


def test_evaluation_is_deterministic_and_a_batch_equals_a_loop(case):
    _, _, model = case
    batch = images(2)
    with torch.inference_mode():
        together, again = model(batch), model(batch)
        alone = [model(batch[index : index + 1]) for index in range(2)]
    same(together, again)
    looped = Output(
        None if together.mask_logits is None else torch.cat([o.mask_logits for o in alone]),
        {k: torch.cat([o.class_logits[k] for o in alone]) for k in together.class_logits},
    )
    same(together, looped, tolerance=2e-3)


def test_gradients_reach_every_parameter(case):
    """Scales that start at zero (γ of attention, last normalisation of a residual block) silence
    what lies behind them in the first step, so they are moved off zero here: a little and at
    random, because equal offsets would throw deformable convolutions out of the image."""
    name, variant, _ = case
    model = create_model(name, variant).train()
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.any():
                parameter.normal_(std=0.02)
    output = model(images(2, 128, 128))
    loss = torch.zeros(())
    if output.mask_logits is not None:
        loss = loss + output.mask_logits.square().mean()
    for logits in output.class_logits.values():
        loss = loss + logits.square().mean()
    loss.backward()
    silent = [
        key
        for key, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert [key for key in silent if not key.startswith(NO_GRADIENT.get(name, ()))] == []


def test_two_threads_on_one_model_get_their_own_maps(case):
    _, variant, model = case
    if variant == "paper":
        pytest.skip("the wiring is the same as in the compact variant")
    inputs = [images(1), images(1).flip(-1) * 0.5]

    @torch.inference_mode()
    def ask(index: int) -> Output:
        return model(inputs[index], maps=True)

    alone = [ask(0), ask(1)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(ask, [0, 1] * 3))
    for index, output in enumerate(together):
        expected = alone[index % 2]
        same(expected, output, tolerance=1e-5)
        for key, found in expected.maps.items():
            torch.testing.assert_close(found.tensor, output.maps[key].tensor, rtol=0, atol=1e-4)


def test_weights_survive_a_file_bit_for_bit(case):
    name, variant, model = case
    other = create_model(name, variant)
    other.load_state_dict(load(save(model.state_dict())))
    with torch.inference_mode():
        same(model(images(1)), other.eval()(images(1)))


def test_compact_is_compact():
    for name in list_methods():
        count = sum(parameter.numel() for parameter in create_model(name).parameters())
        assert count <= COMPACT_PARAMETERS, f"{name} has {count} parameters"


def test_bf16_stays_close_to_fp32(case):
    """Random weights, so only the order of the drift is held; for trained ones see
    `tests/test_shipped.py`."""
    _, variant, model = case
    if variant == "paper":
        pytest.skip("the compact variant is the one that ships")
    with torch.inference_mode():
        exact = model(images(1))
        with torch.autocast("cpu", torch.bfloat16):
            rough = model(images(1))
    for task, logits in exact.class_logits.items():
        drift = positive_probability(logits) - positive_probability(rough.class_logits[task])
        assert drift.abs().max() < 0.01
    if exact.mask_logits is not None:
        drift = positive_probability(exact.mask_logits) - positive_probability(rough.mask_logits)
        assert drift.abs().mean() < 0.02
