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


def saliency(subject: Subject, options: Options) -> Tensor:
    """Slopes at the image, with their sign (Simonyan 2013)."""
    return Saliency(subject.values).attribute(subject.leaf(), abs=False)


def input_x_gradient(subject: Subject, options: Options) -> Tensor:
    """Slope times grey, against black (Shrikumar 2016)."""
    return InputXGradient(subject.values).attribute(subject.leaf())


def _in_chunks(options: Options, sample: Callable[[Draw, int], Tensor]) -> Tensor:
    """The mean of `options.samples` draws, `BATCH` at a time so that one can stop in between."""
    total, done = 0, 0
    while done < options.samples:
        count = min(BATCH, options.samples - done)
        with Draw(options.seed + done) as draw:
            total = total + count * sample(draw, count)
        done += count
    return total / options.samples


def smoothgrad(subject: Subject, options: Options) -> Tensor:
    """The mean slope over noisy copies of the image (Smilkov 2017)."""

    def sample(draw: Draw, count: int) -> Tensor:
        tunnel = NoiseTunnel(Saliency(draw.then(subject.values)))
        return tunnel.attribute(
            subject.leaf(), nt_samples=count, stdevs=options.noise, abs=False
        ).detach()

    return _in_chunks(options, sample)


def gradient_shap(subject: Subject, options: Options) -> Tensor:
    """Shares by gradients at random points of the way, from noisy copies (Lundberg 2017)."""
    baseline = subject.baseline(options.baseline)

    def sample(draw: Draw, count: int) -> Tensor:
        shap = GradientShap(draw.then(subject.values))
        return shap.attribute(
            subject.leaf(), baseline, n_samples=count, stdevs=options.noise
        ).detach()

    return _in_chunks(options, sample)
