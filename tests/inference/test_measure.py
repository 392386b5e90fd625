"""Measurements on shapes whose answers are known from geometry."""

import numpy as np
import pytest
from scipy.special import ellipe

from mtlbus.core.errors import InputError
from mtlbus.inference.measure import largest_part, measure

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
    assert largest_part(mask) == (3200, 2) and largest_part(mask & False) == (0, 0)


def test_edges_of_the_image_and_of_sense():
    assert measure(np.zeros((SIZE, SIZE), bool), grey()) is None
    everything = measure(np.ones((SIZE, SIZE), bool), grey())
    assert everything.echo_ratio is None and everything.posterior_ratio is None
    for mask in (rectangle(5, 5, 1, 1), rectangle(5, 5, 2, 1), rectangle(5, 5, 30, 1)):
        lesion = measure(mask, np.zeros((SIZE, SIZE), np.uint8))
        numbers = [v for v in lesion.as_dict().values() if isinstance(v, float)]
        assert np.isfinite(numbers).all()
        assert lesion.echo_ratio is None  # black tissue: no ratio, no division by zero


@pytest.mark.parametrize("angle", [-35, 0, 50])
def test_an_ellipse_in_mm_on_pixels_that_are_not_square(angle):
    """12 × 6 mm, drawn on a grid of 0.10 mm down and 0.16 mm across, comes out as 12 × 6 mm."""
    down, across = 0.10, 0.16
    x, y = (X - 128) * across, -(Y - 128) * down
    turn = np.radians(angle)
    u, v = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
    lesion = measure((u / 6) ** 2 + (v / 3) ** 2 <= 1, grey(), (down, across))
    assert lesion.spacing_mm == (down, across)
    assert lesion.major_axis_mm == pytest.approx(12, rel=0.01)
    assert lesion.minor_axis_mm == pytest.approx(6, rel=0.01)
    assert lesion.angle_deg == pytest.approx(angle, abs=0.5)
    assert lesion.area_mm2 == pytest.approx(np.pi * 6 * 3, rel=0.01)
    # Half axes a, b turned by t: the upright box is 2·√(a²cos²t + b²sin²t) wide.
    width = 2 * np.hypot(6 * np.cos(turn), 3 * np.sin(turn))
    height = 2 * np.hypot(6 * np.sin(turn), 3 * np.cos(turn))
    assert lesion.box_mm == pytest.approx((width, height), abs=2 * across)
    assert lesion.height_to_width == pytest.approx(height / width, rel=0.03)
    perimeter = 4 * 6 * ellipe(1 - (3 / 6) ** 2)  # the complete elliptic integral
    assert lesion.perimeter_mm == pytest.approx(perimeter, rel=0.02)
    assert lesion.circularity == pytest.approx(4 * np.pi * 18 * np.pi / perimeter**2, rel=0.04)
    assert lesion.margin_roughness == pytest.approx(0, abs=0.02)
    # The same pixels without a spacing: another shape.
    flat = measure((u / 6) ** 2 + (v / 3) ** 2 <= 1, grey())
    assert flat.major_axis_px == lesion.major_axis_px and flat.area_px == lesion.area_px
    assert abs(flat.height_to_width / lesion.height_to_width - across / down) < 1e-9


def test_square_pixels_in_mm_are_the_pixels_scaled():
    mask = ellipse(40, 20, 25)
    plain, scaled = measure(mask, grey()), measure(mask, grey(), (0.05, 0.05))
    for name in ("major_axis", "minor_axis", "perimeter"):
        in_px = getattr(plain, f"{name}_px")
        assert getattr(scaled, f"{name}_mm") == pytest.approx(0.05 * in_px, rel=1e-6)
    for name in ("angle_deg", "circularity", "margin_roughness", "height_to_width", "echo_ratio"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), abs=1e-6)
    assert scaled.area_mm2 == pytest.approx(plain.area_px * 0.0025)
    known = {name for name, value in plain.as_dict().items() if name.endswith("mm") and value}
    assert not known and plain.area_mm2 is None


def test_rough_margin_of_a_cross_by_hand():
    """Two bars of 150 × 50 px: the outline has twelve sides, its convex hull eight."""
    cross = rectangle(50, 100, 150, 50) | rectangle(100, 50, 50, 150)
    outline, hull = 12 * 50, 4 * 50 + 4 * np.hypot(50, 50)
    found = measure(cross, grey())
    assert found.perimeter_px == pytest.approx(outline, rel=0.02)
    assert found.margin_roughness == pytest.approx(outline / hull - 1, abs=0.03)


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


@pytest.mark.parametrize("spacing", [(0.0, 0.1), (0.1, -0.1), (float("nan"), 0.1)])
def test_a_spacing_that_is_no_length_is_refused(spacing):
    with pytest.raises(InputError, match="two positive lengths"):
        measure(ellipse(9, 9), grey(), spacing)
