"""The forms in which a processor may compute a network: their time, and how far they drift.

    python -m tests.forms [METHOD …] [--rounds 12] [--compile]

Times are of the processor, on one thread, by turns; the first turn is not kept. The drift is over
twelve phantoms, from the form that `Predictor` computes: the largest difference of a probability,
the least Dice of the outlines. For ONNX Runtime: `python -m mtlbus faster`.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from mtlbus.core.machine import Machine, has_bfloat16
from mtlbus.core.outputs import Output
from mtlbus.inference.onnx_form import PHANTOMS, asked_about, drift_of
from mtlbus.inference.predictor import Predictor

HEADER = ("method", "form", "ms", "of channels last", "probability apart", "Dice")
Forward = Callable[[Tensor], Output]


def forms(network: Predictor, compiled: bool) -> dict[str, Forward]:
    """By name, the one in use first."""
    model, device = network.model, torch.device("cpu")

    def reduced(inputs: Tensor) -> Output:
        with Machine(device, reduced=True).autocast():
            return model(inputs, maps=True)

    rows = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
    found: dict[str, Forward] = {
        "channels last": lambda inputs: model(inputs, maps=True),
        "rows": lambda inputs: rows(inputs.contiguous(), maps=True),
    }
    if has_bfloat16(device):
        found["bfloat16"] = reduced
    if compiled:
        quick = torch.compile(copy.deepcopy(model))
        found["compiled"] = lambda inputs: quick(inputs, maps=True)
    return found


@torch.inference_mode()
def lines_of(method: str, rounds: int, compiled: bool) -> list[str]:
    """A row a form."""
    network = Predictor.of(method, "cpu")
    every = forms(network, compiled)
    asked = [asked_about(network, number) for number in range(PHANTOMS)]
    times: dict[str, list[float]] = {name: [] for name in every}
    for turn in range(rounds + 1):
        inputs, _ = asked[turn % PHANTOMS]
        for name, forward in every.items():
            started = time.process_time()
            forward(inputs)
            if turn:
                times[name].append(1000 * (time.process_time() - started))
    base, lines = statistics.median(times["channels last"]), []
    for name, forward in every.items():
        drifts = [drift_of(ours, forward(inputs)) for inputs, ours in asked]
        took = statistics.median(times[name])
        cells = (
            method,
            name,
            f"{took:.1f}",
            f"{took / base:.2f}",
            f"{max(drift.probability for drift in drifts):.4f}",
            f"{min(drift.dice for drift in drifts):.4f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main(words: Sequence[str] | None = None) -> int:
    """Print the table, method by method."""
    parser = argparse.ArgumentParser(prog="python -m tests.forms", description=__doc__)
    parser.add_argument("method", nargs="*", default=["mtl_cosa", "mtl", "ctan"])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--compile", action="store_true", help="minutes, and needs a C++ compiler")
    given = parser.parse_args(words)
    torch.set_num_threads(1)
    print(f"| {' | '.join(HEADER)} |", "|---" * len(HEADER) + "|", sep="\n", flush=True)
    for method in given.method:
        print("\n".join(lines_of(method, given.rounds, given.compile)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
