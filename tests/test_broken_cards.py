"""A folder that is no checkpoint is one clear line, whatever lies in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtlbus.checkpoints import CARD, HISTORY, WEIGHTS, Checkpoint, sha256
from mtlbus.core.errors import CheckpointError, MtlbusError

from .made import untrained_checkpoint

DEEP = 100_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Checkpoint:
    return untrained_checkpoint(tmp_path_factory.mktemp("whole") / "resnet", "resnet")


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    """A copy that a test may break."""
    for file in whole.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"7", b'"card"', b"\xff\xfe{}", b"{", b"[" * DEEP, b'{"a":' * DEEP,
     b'{"a":' * DEEP + b"1" + b"}" * DEEP, b'{"parameters": NaN}', b"9" * 10_000],
    ids=["empty", "list", "null", "number", "text", "no UTF-8", "open", "deep lists",
         "deep objects", "deep and whole", "NaN", "a number of 10,000 digits"],
)  # fmt: skip
def test_what_is_no_card_is_one_line(folder, content):
    (folder / CARD).write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        Checkpoint(folder).card  # noqa: B018
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


def changed(card: dict, path: str, value: object) -> dict:
    """A copy of a card with one part exchanged; `...` takes it out."""
    copy = json.loads(json.dumps(card))
    *parents, last = path.split(".")
    place = copy
    for name in parents:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        *(
            (name, ..., f"lacks {name}")
            for name in ("method", "variant", "options", "weights_sha256", "parameters", "spec")
        ),
        ("weights_sha256", "abc", "weights_sha256"),
        ("parameters", "many", "parameters"),
        ("parameters", 0, "parameters"),
        ("options", [], "options"),
        ("title", {"a": 1}, "title"),
        ("spec", [], "spec"),
        ("spec.maps", ..., "lacks maps"),
        ("spec.maps", [1], "spec.maps.0"),
        ("spec.mean", [0.5], "spec.mean"),
        ("spec.std", [0.5, 0, 0.5], "spec.std.1"),
        ("spec.input_size", 10**9, "input_size"),
        ("spec.input_size", "big", "input_size"),
        ("training", "long", "training"),
        ("training", {"before": {"before": 7}}, "training.before.before"),
        ("operating_points", {"balanced": {}}, "lacks threshold"),
        ("operating_points", {"balanced": {"threshold": "high"}}, "threshold"),
        ("default_operating_point", "nobody", "none of its operating_points"),
        ("metrics", {"datasets": [1]}, "metrics.datasets"),
        ("temperature", 0, "temperature"),
    ],
)
def test_a_card_with_a_wrong_part_says_where(folder, whole, path, value, words):
    (folder / CARD).write_text(json.dumps(changed(whole.card.to_json(), path, value)))
    with pytest.raises(CheckpointError, match="is no card") as caught:
        Checkpoint(folder).card  # noqa: B018
    assert words in str(caught.value) and len(str(caught.value)) < 500


def test_rounds_without_end_are_refused(folder, whole):
    training: dict = {}
    for _ in range(900):
        training = {"before": training}
    (folder / CARD).write_text(json.dumps(changed(whole.card.to_json(), "training", training)))
    with pytest.raises(CheckpointError, match="nested too deep"):
        Checkpoint(folder).card  # noqa: B018


@pytest.mark.parametrize(
    ("path", "value"),
    [("variant", "huge"), ("options", {"nothing_like_it": 1}), ("method", "mtll")],
)
def test_a_card_of_another_version_does_not_build(folder, whole, path, value):
    (folder / CARD).write_text(json.dumps(changed(whole.card.to_json(), path, value)))
    with pytest.raises(MtlbusError):
        Checkpoint(folder).load()


def test_an_option_of_the_wrong_kind_is_one_line(tmp_path):
    whole = untrained_checkpoint(tmp_path, "mtl_cosa")
    options = {**whole.card.to_json()["options"], "region_pooling": {"a": []}}
    (tmp_path / CARD).write_text(json.dumps({**whole.card.to_json(), "options": options}))
    with pytest.raises(MtlbusError):
        Checkpoint(tmp_path).load()


def exchange_weights(folder: Path, change) -> None:
    """Write other weights with the right digest, so that only their content is wrong."""
    state = load_file(folder / WEIGHTS)
    save_file(change(state), folder / WEIGHTS)
    card = json.loads((folder / CARD).read_text())
    card["weights_sha256"] = sha256((folder / WEIGHTS).read_bytes())
    (folder / CARD).write_text(json.dumps(card))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(folder, value):
    def spoil(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        name = next(name for name in state if state[name].is_floating_point())
        state[name].view(-1)[0] = value
        return state

    exchange_weights(folder, spoil)
    with pytest.raises(CheckpointError, match="no number"):
        Checkpoint(folder).load()


def test_a_network_that_answers_with_no_number_is_refused(folder):
    """Finite weights can do so too: a negative variance has no root."""
    from mtlbus.data.intake import GreyImage
    from mtlbus.inference.predictor import Predictor

    def spoil(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        for name in state:
            if name.endswith("running_var"):
                state[name].fill_(-1.0)
        return state

    exchange_weights(folder, spoil)
    import numpy as np

    image = GreyImage(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8), "0", (), "")
    with pytest.raises(CheckpointError, match="no number"):
        Predictor(Checkpoint(folder)).predict(image)


@pytest.mark.parametrize("content", [b"{}", b"[1]", b'[{"epoch": "x"}]', b"\xff", b"["])
def test_a_broken_course_is_one_line(folder, content):
    (folder / HISTORY).write_bytes(content)
    with pytest.raises(CheckpointError):
        Checkpoint(folder).history  # noqa: B018
