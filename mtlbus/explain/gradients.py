"""Attribution by gradients, through Captum: each map is 1×1×size×size.

Shares are in the unit of the target; slopes are in that unit per full step of grey, 0 to 1.
Nothing here sets a hook, so the shared network itself is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from captum.attr import GradientShap, InputXGradient, IntegratedGradients, NoiseTunnel, Saliency
from torch import Tensor

from .chance import Draw
from .options import Options
from .subject import BATCH, Subject
from .technique import gradient_passes, technique


def _in_chunks(options: Options, sample: Callable[[Draw, int], Tensor]) -> Tensor:
    """The mean of `options.samples` draws, `BATCH` at a time so that one can stop in between."""
    total, done = 0, 0
    while done < options.samples:
        count = min(BATCH, options.samples - done)
        with Draw(options.seed + done) as draw:
            total = total + count * sample(draw, count)
        done += count
    return total / options.samples


@technique(
    "Integrated Gradients",
    "share",
    what="Each pixel's share of the way from the answer on the baseline to the answer on the "
    "image.",
    isnt="Not what would happen without the pixel; and pixels like the baseline get no share.",
    cost=gradient_passes(lambda options: options.steps),
    uses=("baseline", "steps"),
    adds_up=True,
)
def integrated_gradients(subject: Subject, options: Options) -> Tensor:
    """Shares by the mean gradient on the straight way from the baseline (Sundararajan 2017).

    The gradient is asked at the middle of each step: rectifiers bend the answer, and a rule for
    smooth functions as Gauss-Legendre misses about twice as much with as many steps (measured).
    """
    return IntegratedGradients(subject.values).attribute(
        subject.leaf(),
        subject.baseline(options.baseline),
        n_steps=options.steps,
        method="riemann_middle",
        internal_batch_size=BATCH,
    )


@technique(
    "Gradient SHAP",
    "share",
    what="Integrated Gradients at random points of the way, with noise on the image.",
    isnt="Not exact: with few samples its shares add up only roughly.",
    cost=gradient_passes(lambda options: options.samples),
    uses=("baseline", "samples", "noise", "seed"),
    adds_up=True,
)
def gradient_shap(subject: Subject, options: Options) -> Tensor:
    """Shares by gradients at random points of the way, from noisy copies (Lundberg 2017)."""
    baseline = subject.baseline(options.baseline)

    def sample(draw: Draw, count: int) -> Tensor:
        shap = GradientShap(draw.then(subject.values))
        return shap.attribute(
            subject.leaf(), baseline, n_samples=count, stdevs=options.noise
        ).detach()

    return _in_chunks(options, sample)


@technique(
    "Saliency",
    "slope",
    what="How the answer would change if a pixel became a little brighter.",
    isnt="Not how much the pixel counts now: a strong slope can stand on a pixel without effect.",
    cost=gradient_passes(lambda options: 1),
)
def saliency(subject: Subject, options: Options) -> Tensor:
    """Slopes at the image, with their sign (Simonyan 2013)."""
    return Saliency(subject.values).attribute(subject.leaf(), abs=False)


@technique(
    "Input × Gradient",
    "share",
    what="The slope times the pixel's grey; exact for a linear network only.",
    isnt="Not fair to dark pixels: a black pixel gets nothing, whatever it means.",
    cost=gradient_passes(lambda options: 1),
)
def input_x_gradient(subject: Subject, options: Options) -> Tensor:
    """Slope times grey, against black (Shrikumar 2016)."""
    return InputXGradient(subject.values).attribute(subject.leaf())


@technique(
    "SmoothGrad",
    "slope",
    what="The mean slope over noisy copies of the image, which calms a ragged saliency map.",
    isnt="Not the slope at the image itself; the noise is part of the question.",
    cost=gradient_passes(lambda options: options.samples),
    uses=("samples", "noise", "seed"),
)
def smoothgrad(subject: Subject, options: Options) -> Tensor:
    """The mean slope over noisy copies of the image (Smilkov 2017)."""

    def sample(draw: Draw, count: int) -> Tensor:
        tunnel = NoiseTunnel(Saliency(draw.then(subject.values)))
        return tunnel.attribute(
            subject.leaf(), nt_samples=count, stdevs=options.noise, abs=False
        ).detach()

    return _in_chunks(options, sample)
