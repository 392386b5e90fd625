"""Captum methods that set hooks: they run on a private copy of the network, thrown away after.

Whether a network can be served at all is found out, not assumed: DeepLIFT has to add up, and
every rectifier that Guided Backprop would change has to be one that it can reach.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator

import torch
from captum.attr import DeepLift, GuidedBackprop
from torch import Tensor, nn
from torch.nn import functional as F

from .gradcam import NotServed
from .options import Options
from .subject import Passes, Subject
from .technique import gradient_passes, technique

# Captum says on each call that it sets hooks; here they are set on a copy.
for _note in ("Setting backward hooks", "Setting forward, backward hooks"):
    warnings.filterwarnings("ignore", message=rf"\s*{_note}")

TOLERANCE = 0.01
"""DeepLIFT may miss the change of the answer by this share of it; it is exact where it serves."""
_ROUNDING = 1e-4  # of the sum of all sizes, in single precision

_OTHER_ACTIVATIONS = {
    "GeluBackward0": "GELU", "SiluBackward0": "SiLU", "HardswishBackward0": "hard swish",
    "EluBackward0": "ELU", "HardtanhBackward0": "ReLU6", "LeakyReluBackward0": "leaky ReLU",
    "MishBackward0": "Mish",
}  # fmt: skip


class Asked(nn.Module):
    """A subject as a module, as Captum wants it: grey images B×1×size×size to B values."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.model = subject.model
        self._subject = subject

    def forward(self, grey: Tensor) -> Tensor:
        return self._subject.values(grey)


def private_copy(subject: Subject) -> Subject:
    """The same question to a copy of the network without in-place operations.

    Its weights take gradients, though none is asked for: Captum can hang a hook only on a step
    with a gradient, and some (position biases) never see the image.
    """
    model = copy.deepcopy(subject.model).eval().requires_grad_(True)
    for module in model.modules():
        if getattr(module, "inplace", False) is True:
            module.inplace = False
    return subject.of_model(model)


def require_sum(total: float, change: float, size: float) -> None:
    """Refuse a DeepLIFT map whose shares do not add up: some step had no rule.

    Args:
        total: sum of the shares.
        change: of the answer between image and baseline, which they should sum to.
        size: sum of their sizes, for rounding.

    Raises:
        NotServed: they do not.
    """
    if not abs(total - change) <= TOLERANCE * abs(change) + _ROUNDING * size:
        raise NotServed(
            f"DeepLIFT does not add up on this answer: its shares sum to {total:.3g} where the "
            f"answer changes by {change:.3g}. Some steps of the network have no DeepLIFT rule, so "
            "no map is shown. Use Integrated Gradients."
        )


@technique(
    "DeepLIFT",
    "share",
    what="Each pixel's share of the change against the baseline, by rules for each layer.",
    isnt="Not defined for every network: where its shares do not add up, no map is shown.",
    cost=lambda options, frame, size: Passes(gradients=2),
    uses=("baseline",),
    adds_up=True,
    check=require_sum,
)
def deeplift(subject: Subject, options: Options) -> Tensor:
    """DeepLIFT (rescale rule).

    Returns:
        1×1×size×size in the unit of the target. It is no map before `require_sum` has passed it.

    Raises:
        NotServed: Captum cannot follow the network at all.
    """
    private = private_copy(subject)
    _part_windows(private.model)
    try:
        baseline = subject.baseline(options.baseline)
        return DeepLift(Asked(private)).attribute(subject.leaf(), baseline).detach()
    except (AssertionError, AttributeError, RuntimeError) as error:
        reason = "one of its steps is used at several places, which Captum cannot tell apart"
        if "more than once" not in str(error):
            reason = (str(error).splitlines() or [type(error).__name__])[0].strip()[:120]
        raise NotServed(
            f"DeepLIFT cannot follow this network: {reason}. Use Integrated Gradients."
        ) from error


class _PartedMaxPool(nn.Module):
    """A max pooling that first copies each window out, so that no two windows share a pixel.

    The same function; but Captum's rule for max pooling loses shares where windows overlap.
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        (self.height, self.width), (self.down, self.right), (self.top, self.left) = (
            value if isinstance(value, tuple) else (value, value)
            for value in (pool.kernel_size, pool.stride, pool.padding)
        )
        self.pool = nn.MaxPool1d(self.height * self.width)

    def forward(self, features: Tensor) -> Tensor:
        pad = (self.left, self.left, self.top, self.top)
        lowest = torch.finfo(features.dtype).min / 2  # the padding never wins and stays finite
        padded = F.pad(features, pad, value=lowest)
        windows = padded.unfold(2, self.height, self.down).unfold(3, self.width, self.right)
        batch, channels, rows, columns = windows.shape[:4]
        return self.pool(windows.reshape(batch, channels, -1)).reshape(
            batch, channels, rows, columns
        )


def _part_windows(model: nn.Module) -> None:
    """Part the windows of every max pooling of a private copy."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            plain = isinstance(child, nn.MaxPool2d) and not (
                child.ceil_mode or child.return_indices or child.dilation not in (1, (1, 1))
            )
            if plain:
                setattr(parent, name, _PartedMaxPool(child))


@technique(
    "Guided Backprop",
    "slope",
    what="The gradient, where each rectifier lets only positive parts pass on the way back.",
    isnt="Not faithful to the weights: it mostly redraws edges, and its placebo often looks alike.",
    cost=gradient_passes(lambda options: 1),
)
def guided_backprop(subject: Subject, options: Options) -> Tensor:
    """Guided Backprop: the gradient that lets only positive parts pass each rectifier.

    Returns:
        1×1×size×size per full step of grey.

    Raises:
        NotServed: it would change some of the network's activations and leave others.
    """
    private = private_copy(subject)
    asked = _Traced(private)
    found = GuidedBackprop(asked).attribute(subject.leaf())
    if asked.refusal:
        raise NotServed(asked.refusal)
    return found.detach()


class _Traced(Asked):
    """Notes while it answers whether all activations are ReLU modules. For a private copy only."""

    refusal = ""

    def forward(self, grey: Tensor) -> Tensor:
        reached: set[int] = set()
        kept = []  # keeps the nodes alive, so that no two have one id

        def note(module: nn.Module, inputs: tuple, output: Tensor) -> None:
            node = output.grad_fn
            while node is not None and node.name() != "ReluBackward0":  # behind Captum's own hook
                node = node.next_functions[0][0] if node.next_functions else None
            kept.append(node)
            reached.add(id(node))

        handles = [
            module.register_forward_hook(note)
            for module in self.model.modules()
            if isinstance(module, nn.ReLU)
        ]
        try:
            values = super().forward(grey)
        finally:
            for handle in handles:
                handle.remove()
        self.refusal = _refusal(list(_nodes(values.grad_fn)), reached)
        return values


def _refusal(nodes: list, reached: set[int]) -> str:
    others = {_OTHER_ACTIVATIONS[n.name()] for n in nodes if n.name() in _OTHER_ACTIVATIONS}
    rectifiers = [node for node in nodes if node.name() == "ReluBackward0"]
    if others or not rectifiers:
        what = f"works with {', '.join(sorted(others))}" if others else "has no ReLU on this path"
        return (
            f"Guided Backprop is made for networks of ReLU alone; this one {what}. Use "
            "Saliency or SmoothGrad."
        )
    if any(id(node) not in reached for node in rectifiers):
        return (
            "Guided Backprop cannot reach all rectifiers of this network, because some are "
            "functions and not modules, so its map would be guided by halves. Use Saliency."
        )
    return ""


def _nodes(start: torch.autograd.graph.Node | None) -> Iterator[torch.autograd.graph.Node]:
    """Every node of the graph behind a value, once."""
    seen, stack = set(), [start]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        stack += [before for before, _ in node.next_functions]
