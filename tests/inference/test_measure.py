"""Measurements on shapes whose answers are known from geometry."""

import numpy as np
import pytest

from mtlbus.core.errors import InputError
from mtlbus.inference.measure import measure

SIZE = 256
Y, X = np.mgrid[:SIZE, :SIZE].astype(float)


def grey(value: int = 80) -> np.ndarray:
    return np.full((SIZE, SIZE), value, np.uint8)


def ellipse(a: float, b: float, angle: float = 0.0, centre=(128.0, 120.0)) -> np.ndarray:
    """Half axes a, b; `angle` rises to the right, so y counts upwards here."""
    x, y = X - centre[0], -(Y - centre[1])
    turn = np.radians(angle)
    u = x * np.cos(turn) + y * np.sin(turn)
    v = -x * np.sin(turn) + y * np.cos(turn)
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def rectangle(left: int, top: int, width: int, height: int) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize("angle", [-60, -30, 0, 30, 45, 80])
def test_ellipse_axes_and_angle(angle):
    lesion = measure(ellipse(50, 25, angle), grey())
    assert lesion.major_axis_px == pytest.approx(100, rel=0.01)
    assert lesion.minor_axis_px == pytest.approx(50, rel=0.01)
    assert lesion.angle_deg == pytest.approx(angle, abs=0.5)
    assert lesion.area_px == pytest.approx(np.pi * 50 * 25, rel=0.01)


@pytest.mark.parametrize("radius", [8, 20, 60])
def test_disc(radius):
    lesion = measure(ellipse(radius, radius), grey())
    assert lesion.perimeter_px == pytest.approx(2 * np.pi * radius, rel=0.02)
    assert lesion.circularity == pytest.approx(1, abs=0.03)
    assert lesion.margin_roughness == pytest.approx(0, abs=0.02)
    assert lesion.angle_deg is None
    assert lesion.height_to_width == pytest.approx(1, abs=0.07)


def test_rectangle():
    lesion = measure(rectangle(40, 60, 80, 40), grey())
    assert lesion.box == (40, 60, 80, 40)
    assert (lesion.area_px, lesion.area_share) == (3200, 3200 / SIZE**2)
    assert lesion.perimeter_px == pytest.approx(240, rel=0.02)
    assert lesion.circularity == pytest.approx(4 * np.pi * 3200 / 240**2, rel=0.04)
    # A uniform bar of length L has a standard deviation of L/√12, so an axis of 4L/√12.
    assert lesion.major_axis_px == pytest.approx(4 * 80 / np.sqrt(12), rel=1e-6)
    assert lesion.minor_axis_px == pytest.approx(4 * 40 / np.sqrt(12), rel=1e-6)
    assert lesion.height_to_width == 0.5


def test_square_is_less_circular_than_disc():
    lesion = measure(rectangle(80, 80, 80, 80), grey())
    assert lesion.circularity == pytest.approx(np.pi / 4, rel=0.04)


def test_spiculated_margin_is_rough():
    angle = np.arctan2(Y - 128, X - 128)
    smooth = np.hypot(X - 128, Y - 128) <= 50
    star = np.hypot(X - 128, Y - 128) <= 50 * (1 + 0.25 * np.cos(12 * angle))
    assert measure(star, grey()).margin_roughness > 0.3
    assert measure(smooth, grey()).margin_roughness < 0.02


def test_echo_ratio_uses_tissue_at_the_same_depth():
    pixels = grey(10)  # another depth is darker, and must not count
    mask = rectangle(100, 100, 40, 30)
    pixels[100:130] = 80
    pixels[mask] = 40
    assert measure(mask, pixels).echo_ratio == pytest.approx(0.5)


@pytest.mark.parametrize(("behind", "ratio"), [(120, 1.5), (20, 0.25), (80, 1.0)])
def test_posterior_ratio(behind, ratio):
    pixels, mask = grey(80), rectangle(100, 100, 40, 30)
    pixels[130:, 100:140] = behind
    assert measure(mask, pixels).posterior_ratio == pytest.approx(ratio)


def test_only_the_largest_part_is_measured():
    mask = rectangle(40, 60, 80, 40) | rectangle(200, 200, 5, 5)
    lesion = measure(mask, grey())
    assert (lesion.area_px, lesion.parts, lesion.other_parts_px) == (3200, 2, 25)


def test_edges_of_the_image_and_of_sense():
    assert measure(np.zeros((SIZE, SIZE), bool), grey()) is None
    everything = measure(np.ones((SIZE, SIZE), bool), grey())
    assert everything.echo_ratio is None and everything.posterior_ratio is None
    for mask in (rectangle(5, 5, 1, 1), rectangle(5, 5, 2, 1), rectangle(5, 5, 30, 1)):
        lesion = measure(mask, np.zeros((SIZE, SIZE), np.uint8))
        numbers = [v for v in lesion.as_dict().values() if isinstance(v, float)]
        assert np.isfinite(numbers).all()
        assert lesion.echo_ratio is None  # black tissue: no ratio, no division by zero


def test_scaling_the_image_scales_the_lengths():
    small, large = measure(ellipse(20, 10, 20), grey()), measure(ellipse(60, 30, 20), grey())
    assert large.major_axis_px / small.major_axis_px == pytest.approx(3, rel=0.02)
    assert large.circularity == pytest.approx(small.circularity, rel=0.03)


@pytest.mark.parametrize(
    ("mask", "pixels"),
    [
        (np.zeros((4, 5), bool), np.zeros((5, 4), np.uint8)),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)),
        (np.zeros((1, 4, 4), bool), np.zeros((1, 4, 4), np.uint8)),
    ],
)
def test_wrong_arrays_are_refused(mask, pixels):
    with pytest.raises(InputError):
        measure(mask, pixels)
