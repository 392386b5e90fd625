"""The speed of what is computed here beside that of the libraries that others would take for it.

Both sides of a row compute the same by turns, so that a machine that is slower for a while is
slower for both; a row is the median of each. The libraries are called as their documentation does.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import psutil
import torch
from captum.attr import IntegratedGradients, Occlusion
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from ..core.outputs import positive_logit
from ..core.tasks import MALIGNANCY
from ..data.intake import GreyImage
from ..data.phantom import make_phantom, random_parameters
from ..data.transforms import normalise
from ..evaluation.intervals import BOOTSTRAP, group_draws
from ..evaluation.weighted import weighted_auc, weighted_mean
from ..explain.attributions import attribute
from ..explain.faithfulness import CURVE_STEPS, perturbation_curve
from ..explain.gradcam import NotServed, feature_names
from ..explain.options import Options
from ..explain.subject import Subject
from ..explain.targets import Target
from ..inference.predictor import Predictor, predict_all
from .judging import Report

OPTIONAL = {"pytorch_grad_cam": "grad-cam==1.5.7", "quantus": "quantus==0.6.0"}
GROWTH = ("images", "ms an image", "memory, MB")
HEADER = ("what", "ours, ms", "theirs, ms", "ours / theirs", "theirs is")
_ROWS = 376  # judged images, as many as the test fold of BUS-BRA has


class Row(NamedTuple):
    """One comparison.

    Attributes:
        what: is computed.
        ours, theirs: milliseconds, medians.
        peer: what the other side is.
    """

    what: str
    ours: float
    theirs: float
    peer: str

    def cells(self) -> tuple[str, ...]:
        """The row in the words of the table."""
        ratio = f"{self.ours / self.theirs:.2f}"
        return (self.what, f"{self.ours:.1f}", f"{self.theirs:.1f}", ratio, self.peer)


Work = Callable[[], object]


def by_turns(ours: Work, theirs: Work, rounds: int) -> tuple[float, float]:
    """Median milliseconds of two works that take turns, after one of each that is not timed."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for work, found in zip((ours, theirs), times, strict=True):
            started = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if number:
                found.append(1000 * (time.perf_counter() - started))
    return statistics.median(times[0]), statistics.median(times[1])


def compare_peers(
    predictors: Sequence[Predictor],
    rounds: int = 5,
    report: Report = lambda line: None,
    options: Options | None = None,
) -> list[Row]:
    """Every comparison that the first network can take, and what is installed.

    Args:
        predictors: the network that is looked at, and with others how several share an image.
        rounds: how often each side is timed.
        report: receives a line for a peer that is not installed.
        options: of the attributions, on both sides; None for the defaults.
    """
    first = predictors[0]
    image = _phantom(1)
    prepared = first.prepare(image)
    inputs = first.inputs(prepared)
    rows, rng = [], np.random.default_rng(0)

    def add(what: str, ours: Work, theirs: Work, peer: str) -> None:
        report(f"timing {what}")
        rows.append(Row(what, *by_turns(ours, theirs, rounds), peer))

    def forward() -> None:
        with torch.inference_mode():
            first.model(inputs)

    add("a prediction of a new image", lambda: first.predict(image), forward, "a bare forward")
    if len(predictors) > 1:
        add(
            f"{len(predictors)} networks on one image",
            lambda: predict_all(predictors, image),
            lambda: [one.predict(image) for one in predictors],
            "each by itself",
        )
    if first.checkpoint.card.spec.answers(name=MALIGNANCY.name):
        target, options = Target.parse("class:difference"), options or Options()
        subject = Subject.of(first, prepared.grey, prepared.frame, target)
        single = _OneLogit(first.model)
        white = torch.full_like(inputs, float(inputs.mean()))
        add(
            f"Integrated Gradients, {options.steps} steps",
            lambda: attribute(subject.of_image(subject.grey), "integrated_gradients", options),
            lambda: IntegratedGradients(single).attribute(inputs, white, n_steps=options.steps),
            "Captum on the network's input",
        )
        window = (3, options.window, options.window)
        add(
            f"occlusion, {options.window} px by {options.stride}",
            lambda: attribute(subject.of_image(subject.grey), "occlusion", options),
            lambda: Occlusion(single).attribute(
                inputs, window, (3, options.stride, options.stride), white,
                perturbations_per_eval=16,
            ),
            "Captum, 16 at once",
        )  # fmt: skip

        def heat() -> object:
            return attribute(subject.of_image(subject.grey), "gradcam", options)

        with suppress(NotServed):  # no feature map
            add("Grad-CAM", heat, forward, "a bare forward")
            if theirs := _grad_cam(first, inputs, report):
                add("Grad-CAM", heat, theirs, "pytorch-grad-cam")
        if quantus := _optional("quantus", report):
            named = rng.standard_normal((first.size, first.size))
            add(
                f"deletion in {CURVE_STEPS} steps",
                lambda: perturbation_curve(
                    subject.of_image(subject.grey), named, options, "deletion", CURVE_STEPS
                ),
                _deletion(quantus, first, prepared.grey, named),
                "Quantus' pixel flipping",
            )
    labels, scores = rng.random(_ROWS) < 0.3, rng.random(_ROWS)
    draws = group_draws(np.arange(_ROWS), BOOTSTRAP)
    chosen = [np.repeat(np.arange(_ROWS), row) for row in draws]
    add(
        f"the mean of {_ROWS} rows, {BOOTSTRAP} draws",
        lambda: weighted_mean(scores, group_draws(np.arange(_ROWS), BOOTSTRAP)),
        lambda: bootstrap((scores,), np.mean, n_resamples=BOOTSTRAP, method="percentile"),
        "SciPy's bootstrap",
    )
    add(
        f"the AUC of {_ROWS} rows, {BOOTSTRAP} draws",
        lambda: weighted_auc(labels, scores, draws),
        lambda: [roc_auc_score(labels[rows], scores[rows]) for rows in chosen],
        "scikit-learn in a loop",
    )
    return rows


def growth(predictor: Predictor, counts: Sequence[int] = (10, 100, 1000)) -> list[tuple[str, ...]]:
    """Images, milliseconds an image and megabytes of this process, of more and more images."""
    process, rows = psutil.Process(), []
    image = _phantom(2)
    for count in counts:
        started = time.perf_counter()
        for number in range(count):
            pixels = np.roll(image.pixels, number, axis=1)
            predictor.predict(GreyImage(pixels, f"{number:064x}", (), ""))
        each = 1000 * (time.perf_counter() - started) / count
        rows.append((str(count), f"{each:.1f}", f"{process.memory_info().rss / 1e6:.0f}"))
    return rows


class _OneLogit(nn.Module):
    """A network as libraries for one class know them: images to the log-odds of malignant."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return positive_logit(self.network(images).class_logits[MALIGNANCY.name].float())


def _optional(name: str, report: Report) -> Any:
    """A library that need not be there; None and a line where it is not."""
    try:
        return importlib.import_module(name)
    except ImportError:
        report(f"{name} is not installed, so it is left out: pip install {OPTIONAL[name]}")
        return None


def _grad_cam(predictor: Predictor, inputs: Tensor, report: Report) -> Work | None:
    """Grad-CAM of the optional library, on the last convolution that has a plane."""
    library = _optional("pytorch_grad_cam", report)
    if library is None:
        return None
    layer = _layer_of_class(predictor.model, inputs)
    if layer is None:
        return None
    single, image = _OneLogit(predictor.model), inputs.detach().clone().requires_grad_(True)

    def run() -> None:
        with library.GradCAM(single, [layer]) as cam:
            cam(image, [torch.sum])

    return run


class _GreyLogits(nn.Module):
    """A network as libraries for grey images and two classes know it: to B×2 logits."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self.single, self.mean, self.std = _OneLogit(predictor.model), predictor.mean, predictor.std

    def forward(self, grey: Tensor) -> Tensor:
        logit = self.single(normalise(grey, self.mean, self.std))
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


def _deletion(quantus: Any, predictor: Predictor, grey: Tensor, named: np.ndarray) -> Work:
    """Quantus' deletion of the pixels of a grey image, those that a map names first."""
    as_it_is = {"perturb_baseline": "mean", "normalise": False, "disable_warnings": True}
    flipping = quantus.PixelFlipping(features_in_step=named.size // CURVE_STEPS, **as_it_is)
    model = _GreyLogits(predictor).eval()
    device = "cpu" if predictor.device.type == "cpu" else "gpu"
    return lambda: flipping(
        model, grey.cpu().numpy(), np.array([1]), named[None, None], softmax=False, device=device
    )


def _layer_of_class(model: nn.Module, inputs: Tensor) -> nn.Module | None:
    """The module that puts out what Grad-CAM looks at; None where no module does by itself."""
    puts_out: dict[int, nn.Module] = {}

    def hear(module: nn.Module, given: object, output: object) -> None:
        if isinstance(output, Tensor):
            puts_out[output.data_ptr()] = module

    hooks = [module.register_forward_hook(hear) for module in model.modules()]
    with torch.no_grad():
        maps = model(inputs, maps=True).maps
    for hook in hooks:
        hook.remove()
    names = feature_names(maps)
    return puts_out.get(maps[names[0]].tensor.data_ptr()) if names else None


def _phantom(seed: int) -> GreyImage:
    pixels = make_phantom(random_parameters(seed, malignant=True), 256).image
    return GreyImage(pixels, f"{seed:064x}", (), "phantom")
