"""Damaged checkpoints and runs on the command line: one clear line, and never a traceback."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load, save

from mtlbus.checkpoints import sha256
from mtlbus.cli import main
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.training.run import STATE

from ..app.stand_ins import write_stand_in
from ..made import make_manifest

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A checkpoint with everything: card, weights, judged images."""
    root = tmp_path_factory.mktemp("whole")
    folder = write_stand_in(root, "mtl", 1, bootstrap=20)
    card = json.loads((folder / "card.json").read_text())
    card["training"] |= {
        "recipe": {"mask_weight": 1.0, "class_weight": 1.0, "weighting": "fixed"},
        "initial_weights": "phantom",
    }
    card["cost"] = {
        "flops": 1, "milliseconds": 2.0, "fastest": 1.0, "slowest": 3.0, "threads": 1,
        "machine": "x", "size": 256, "forwards": 20,
    }  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card))
    Image.fromarray(make_phantom(random_parameters(11), 128).image).save(root / "scan.png")
    return folder


def write(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content)


def cut(name: str) -> Change:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return change


def part(path: str, value: object) -> Change:
    """Exchange a part of the card; `...` takes it out."""

    def change(folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text())
        *parents, last = path.split(".")
        place = card
        for name in parents:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        (folder / "card.json").write_text(json.dumps(card))

    return change


def weights(make: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor] | bytes]) -> Change:
    """Other weights whose digest the card states."""

    def change(folder: Path) -> None:
        made = make(load((folder / "model.safetensors").read_bytes()))
        content = made if isinstance(made, bytes) else save(made)
        (folder / "model.safetensors").write_bytes(content)
        part("weights_sha256", sha256(content))(folder)

    return change


def spoiled(value: float) -> Callable[[dict], dict]:
    def change(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        next(t for t in state.values() if t.is_floating_point()).view(-1)[0] = value
        return state

    return change


def without_a_weight(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    lost = next(name for name in state if name.endswith(".weight"))
    return {name: tensor for name, tensor in state.items() if name != lost}


def pickled(_: dict) -> bytes:
    stream = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, stream)
    return stream.getvalue()


def folder_in_place_of(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return change


def gone(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


DEEP = 10_000
NO_JSON = {
    "empty": b"", "no UTF-8": b"\xff\xfe{}", "open": b"{", "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP, "NaN": b'{"a": NaN}', "NUL": b"\0" * 100,
}  # fmt: skip
NO_CARD = {"list": b"[]", "null": b"null", "number": b"7", "text": b'"x"', "nothing": b"{}"}
FATAL: dict[str, Change] = {
    **{f"card: {name}": write("card.json", text) for name, text in (NO_JSON | NO_CARD).items()},
    "card: cut": cut("card.json"),
    "card: a folder": folder_in_place_of("card.json"),
    **{
        f"card without {name}": part(name, ...)
        for name in ("method", "variant", "options", "weights_sha256", "parameters", "spec",
                     "spec.input_size", "spec.mean", "spec.std", "spec.maps", "spec.tasks",
                     "default_operating_point", "operating_points.balanced.threshold",
                     "metrics.datasets", "metrics.datasets.busi.n")
    },
    **{
        f"{path} is {value!r:.20}": part(path, value)
        for path, value in (
            ("method", "resnett"), ("method", 3), ("variant", "huge"), ("options", []),
            ("options", {"nothing_like_it": 1}), ("weights_sha256", "abc"), ("parameters", "many"),
            ("spec", None), ("spec.input_size", 10**9), ("spec.input_size", 0),
            ("spec.input_size", "big"), ("spec.mean", [0.5]), ("spec.std", [0, 0, 0]),
            ("spec.maps", [1]), ("spec.tasks", {}), ("operating_points", []),
            ("operating_points.balanced", None), ("operating_points.balanced.threshold", "high"),
            ("operating_points.balanced.threshold", 7), ("default_operating_point", "nobody"),
            ("metrics", []), ("metrics.datasets.busi", None), ("metrics.datasets.busi.n", "x"),
            ("metrics.datasets.busi.auc", "x"), ("metrics.datasets.busi.auc", {}),
            ("metrics.datasets.busi.auc.value", "x"), ("metrics.datasets.busi.auc.low", []),
            ("training", "long"), ("training.data", [1]), ("training.data.busi", "x"),
            ("training.fold", "first"), ("training.recipe", 3),
            ("training.recipe.weighting", "odd"), ("training.recipe.mask_weight", "x"),
            ("cost", {}), ("cost.milliseconds", "x"), ("cost.machine", 3), ("temperature", 0),
            ("title", {"a": 1}), ("licences", "all"), ("training.initial_weights", 5),
        )
    },
    "weights: cut": cut("model.safetensors"),
    "weights: gone": gone("model.safetensors"),
    "weights: a folder": folder_in_place_of("model.safetensors"),
    "weights: others": write("model.safetensors", b"x" * 1000),
}  # fmt: skip
WEIGHTS: dict[str, Change] = {
    "empty": weights(lambda state: b""),
    "no tensors": weights(lambda state: b"\xff" * 1000),
    "endless head": weights(lambda state: b"\xff" * 7 + b"\x7f{}"),
    "a pickle": weights(pickled),
    "NaN": weights(spoiled(float("nan"))),
    "infinite": weights(spoiled(float("inf"))),
    "one missing": weights(without_a_weight),
    "one more": weights(lambda state: {**state, "more": torch.zeros(3)}),
    "another shape": weights(lambda state: {name: t.reshape(-1)[:1] for name, t in state.items()}),
    "of another method": part("method", "resnet"),
    "of another variant": part("variant", "paper"),
}


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main([*words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


@pytest.mark.parametrize("name", FATAL)
def test_a_damaged_checkpoint_is_one_line(capsys, whole, folder, name):
    FATAL[name](folder)
    image = str(whole.parent / "scan.png")
    if name.startswith("weights"):
        words = ("predict", image, "--method", str(folder))
    else:  # the verb that reads most of a card, and no weights
        words = ("bench", "--markdown", str(folder))
        if name in ("variant is 'huge'", "options is {'nothing_like_it': "):
            words = ("predict", image, "--method", str(folder))
    code, out, told = run(capsys, *words)
    assert code == 1 and out == ""
    assert told.startswith("mtlbus: ") and told.count("\n") == 1 and len(told) < 600


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_none_or_others_are_one_line(capsys, whole, folder, name):
    WEIGHTS[name](folder)
    words = ("predict", str(whole.parent / "scan.png"), "--method", str(folder))
    code, out, told = run(capsys, *words)
    assert code == 1 and out == "" and told.count("\n") == 1 and told.startswith("mtlbus: ")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"[]", b"\0" * 99, b'"'])
def test_damaged_predictions_are_one_line(capsys, folder, content):
    (folder / "predictions.csv").write_bytes(content)
    words = ("evaluate", str(folder), "--data", "phantom=3", "--fold", "1", "--card")
    code, _, told = run(capsys, *words)
    assert code == 1 and told.splitlines()[-1].startswith("mtlbus: ")


def damaged_state(content: bytes, how: str) -> bytes:
    if how == "cut":
        return content[: len(content) // 2]
    if how in ("empty", "text"):
        return b"" if how == "empty" else b"not a run"
    state = torch.load(io.BytesIO(content), weights_only=True)
    changes = {
        "lacks a part": lambda: state.pop("optimizer"),
        "other shapes": lambda: state.update(model={"x": torch.zeros(2)}),
        "no history": lambda: state.update(history="null"),
        "odd history": lambda: state.update(history='[{"a": 1}]'),
        "a list": lambda: None,
    }
    changes[how]()
    stream = io.BytesIO()
    torch.save([state] if how == "a list" else state, stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> tuple[Path, tuple[str, ...]]:
    """A training that was stopped after its first epoch, and the words to go on with it."""
    root = tmp_path_factory.mktemp("run")
    manifest = make_manifest(root / "data")
    words = ("train", "resnet", "--data", f"manifest={manifest}", "--epochs", "1", "--size", "64",
             "--out", str(root / "out"))  # fmt: skip
    assert main([*words]) == 0
    (root / "out" / "card.json").unlink()  # as if it had been killed before the end
    return root / "out" / STATE, words


@pytest.mark.parametrize("how", [
    "cut", "empty", "text", "lacks a part", "other shapes", "no history", "odd history", "a list",
])  # fmt: skip
def test_a_damaged_run_is_one_line(capsys, started, how):
    state, words = started
    content = state.read_bytes()
    capsys.readouterr()
    try:
        state.write_bytes(damaged_state(content, how))
        code, out, told = run(capsys, *words, "--resume")
    finally:
        state.write_bytes(content)
    assert code == 1 and out == ""
    last = told.splitlines()[-1]
    assert last.startswith("mtlbus: ") and "damaged" in last and "Traceback" not in told
