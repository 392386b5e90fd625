"""Costs and quantities in words."""

from __future__ import annotations

from ...explain.subject import Pace, Passes


def cost_words(cost: Passes, pace: Pace) -> str:
    """What a run will take, in passes and in seconds on this machine."""
    counted = (
        (cost.gradients, "gradient", "gradients"),
        (cost.forwards, "forward pass", "forward passes"),
    )
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in counted if count]
    return (
        f"Cost: {' and '.join(parts) or 'nothing'}, about {seconds_words(pace.seconds(cost))} "
        f"here (measured: a forward pass takes {1000 * pace.forward:.0f} ms, a gradient "
        f"{1000 * pace.gradient:.0f} ms)."
    )


def seconds_words(seconds: float) -> str:
    """A duration without false precision."""
    if seconds < 1:
        return "a second or less"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def quantity(value: float, sign: bool = False) -> str:
    """A number of any size as people read it: three digits, or a whole number with commas."""
    form = f"{'+' if sign else ''}{',.0f' if abs(value) >= 1000 else '.3g'}"
    return f"{value:{form}}".replace("-", "−")
