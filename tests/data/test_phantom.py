"""The phantom against physics worked out by hand: what is commanded is what is drawn."""

import json
import pickle
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, find_objects, label
from scipy.stats import mannwhitneyu

from mtlbus.checkpoints import find_checkpoint
from mtlbus.core.errors import InputError
from mtlbus.data import phantom_imaging as imaging
from mtlbus.data import phantom_tissue as tissues
from mtlbus.data.intake import GreyImage
from mtlbus.data.phantom import (
    GALLERY,
    Phantom,
    PhantomParameters,
    make_phantom,
    random_parameters,
)

# A plain lesion: no capsule, halo or posterior effect, an even inside, a flat gain.
PLAIN = PhantomParameters(
    size_mm=10, depth_mm=15, aspect=0.8, echo_db=-12, heterogeneity=0, tgc_error_db_per_cm=0
)


def decibels(phantom: Phantom) -> np.ndarray:
    """Grey levels back to dB, but for a constant."""
    return phantom.image.astype(float) * phantom.parameters.dynamic_range_db / 255


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def from_margin(phantom: Phantom) -> np.ndarray:
    """Distance to the lesion in mm, zero inside; exact, unlike the generator's own."""
    return distance_transform_edt(~phantom.mask) * phantom.mm_per_pixel


# --- the result ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [64, 200, 256])
def test_result_has_the_promised_types(size):
    phantom = make_phantom(replace(PLAIN, malignant=True), size=size)
    assert phantom.image.shape == phantom.mask.shape == (size, size)
    assert phantom.image.dtype == np.uint8 and phantom.mask.dtype == bool
    assert phantom.label == 1 and make_phantom(PLAIN, 64).label == 0
    assert phantom.mm_per_pixel == pytest.approx(PLAIN.image_depth_mm / size)


def test_same_parameters_same_bytes_whatever_the_global_seed():
    np.random.seed(1)
    first = make_phantom(random_parameters(5))
    state = np.random.get_state()[1].copy()
    second = make_phantom(random_parameters(5))
    assert (np.random.get_state()[1] == state).all()
    assert first.image.tobytes() == second.image.tobytes()
    assert first.mask.tobytes() == second.mask.tobytes()
    other = make_phantom(replace(first.parameters, seed=6))
    assert (other.image != first.image).mean() > 0.5


def test_the_label_changes_no_pixel():
    benign, malignant = make_phantom(PLAIN), make_phantom(replace(PLAIN, malignant=True))
    assert benign.image.tobytes() == malignant.image.tobytes()


def test_the_lesion_does_not_depend_on_the_size_in_pixels():
    p = GALLERY["angular-carcinoma"].parameters
    small, large = make_phantom(p, 128).mask, make_phantom(p, 256).mask
    large = large.reshape(128, 2, 128, 2).mean(axis=(1, 3)) >= 0.5
    assert 2 * (small & large).sum() / (small.sum() + large.sum()) > 0.97


def test_parameters_travel():
    p = random_parameters(3)
    assert pickle.loads(pickle.dumps(p)) == p
    assert PhantomParameters(**json.loads(json.dumps(asdict(p)))) == p


def test_phantoms_stay_what_trainings_have_seen():
    """The shipped lists name the phantoms of a training by their pixels, and by their seeds."""
    images = find_checkpoint("mtl_cosa").images
    listed = {int(one.group.split(":")[1]): one for one in images if one.dataset == "phantom"}
    assert len(listed) >= 100
    for seed in sorted(listed)[::25]:
        grey = GreyImage(make_phantom(random_parameters(seed)).image, "", (), "")
        assert grey.pixel_sha256.startswith(listed[seed].pixels), seed
        assert random_parameters(seed).malignant == (listed[seed].label == "1")


def test_it_is_fast():
    make_phantom(PLAIN)
    start = time.perf_counter()
    for seed in range(3):
        make_phantom(random_parameters(seed))
    assert (time.perf_counter() - start) / 3 < 0.6


# --- geometry -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"aspect": 0.4, "size_mm": 18},
        {"aspect": 1.5, "size_mm": 14},
        {"depth_mm": 22, "lateral_mm": -8},
        {"irregularity": 0.9, "size_mm": 14},
        {"lobulation": 0.9, "microlobulation": 0.7},
        {"spiculation": 1.0, "aspect": 1.2},
    ],
)
def test_the_mask_has_the_commanded_place_and_size(knobs):
    p = replace(PLAIN, **knobs)
    phantom = make_phantom(p)
    top, bottom, left, right = (side * phantom.mm_per_pixel for side in box(phantom.mask))
    tolerance = 2.5 * phantom.mm_per_pixel
    assert max(bottom - top, right - left) == pytest.approx(p.size_mm, abs=tolerance)
    assert (bottom - top) / (right - left) == pytest.approx(p.aspect, rel=0.08)
    assert (top + bottom) / 2 == pytest.approx(p.depth_mm, abs=tolerance)
    assert (left + right) / 2 - p.image_depth_mm / 2 == pytest.approx(p.lateral_mm, abs=tolerance)
    assert (bottom - top > right - left) == (p.aspect > 1)


def test_a_plain_outline_is_an_ellipse_tilted_right_end_up():
    p = replace(PLAIN, size_mm=16, aspect=0.5, angle_deg=30)
    phantom = make_phantom(p)
    area = phantom.mask.sum() * phantom.mm_per_pixel**2
    assert area == pytest.approx(np.pi * 8 * 4, rel=0.1)
    rows, columns = np.nonzero(phantom.mask)
    major = np.linalg.eigh(np.cov(columns, -rows))[1][:, 1]  # rows count downwards
    assert np.rad2deg(np.arctan(major[1] / major[0])) == pytest.approx(30, abs=4)


@pytest.mark.parametrize("knob", ["irregularity", "microlobulation", "spiculation", "lobulation"])
def test_margin_knobs_roughen_the_margin(knob):
    def compactness(value: float) -> float:
        mask = make_phantom(replace(PLAIN, size_mm=16, **{knob: value}), 256).mask
        edges = (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()
        return edges**2 / mask.sum()

    assert compactness(1.0) > 1.08 * compactness(0.0)


# --- echo and attenuation -----------------------------------------------------------------------


@pytest.mark.parametrize("echo", [-18, -10, -5, 5])
def test_the_lesion_differs_from_its_ring_by_the_commanded_echo(echo):
    differences = []
    for seed in range(6):
        p = replace(PLAIN, seed=seed, echo_db=echo, fat_mm=4, gland_mm=22, dynamic_range_db=85)
        phantom = make_phantom(p)
        outside = from_margin(phantom)
        inside = distance_transform_edt(phantom.mask) * phantom.mm_per_pixel
        level = decibels(phantom)
        ring = (outside > 0.4) & (outside < 3)
        differences.append(level[inside > 0.8].mean() - level[ring].mean())
    assert np.mean(differences) == pytest.approx(echo, abs=2.0)


@pytest.mark.parametrize("loss", [10.0, -6.0])
def test_the_beam_below_has_lost_what_the_lesion_takes(loss):
    """Against the same lesion without loss: -loss dB below, nothing above or beside."""
    changes = []
    for seed in range(4):
        p = replace(PLAIN, seed=seed, gain_db=-3, dynamic_range_db=85)
        plain, changed = make_phantom(p), make_phantom(replace(p, attenuation_db=loss))
        top, bottom, left, right = box(plain.mask)
        middle = slice((left + right) // 2 - 8, (left + right) // 2 + 8)
        change = decibels(changed) - decibels(plain)
        changes.append(change[bottom + 6 : bottom + 40, middle].mean())
        assert np.abs(change[: top - 20]).max() < 1.5
        assert np.abs(change[bottom:, : left - 25]).mean() < 0.3
    assert np.mean(changes) == pytest.approx(-loss, abs=1.5)


def test_a_shadow_starts_inside_the_lesion_and_not_at_its_edge():
    p = replace(PLAIN, aspect=1.0, size_mm=12, dynamic_range_db=85)
    change = decibels(make_phantom(replace(p, attenuation_db=12))) - decibels(make_phantom(p))
    top, bottom, left, right = box(make_phantom(p).mask)
    middle, height = slice((left + right) // 2 - 10, (left + right) // 2 + 10), bottom - top
    profile = [
        change[top + height * k // 4 : top + height * (k + 1) // 4, middle].mean() for k in range(4)
    ]
    # The loss grows evenly with the path: an eighth of it in the middle of the first quarter, ...
    assert profile == pytest.approx([-1.5, -4.5, -7.5, -10.5], abs=1.2)


def test_edge_shadows_hang_from_the_flanks():
    p = replace(PLAIN, aspect=1.0, dynamic_range_db=85)
    change = decibels(make_phantom(replace(p, edge_shadow_db=8))) - decibels(make_phantom(p))
    _, bottom, left, right = box(make_phantom(p).mask)
    below = change[bottom + 5 : bottom + 40].mean(axis=0)
    middle = (left + right) // 2
    assert below[left - 4 : left + 5].min() < -3 and below[right - 5 : right + 4].min() < -3
    assert abs(below[middle - 8 : middle + 8].mean()) < 0.5


@pytest.mark.parametrize(
    "knobs",
    [{"echo_db": -25}, {"heterogeneity": 1.0}, {"capsule": 1.0}, {"calcifications": 20}],
)
def test_knobs_of_the_lesion_leave_far_tissue_alone(knobs):
    plain, changed = make_phantom(PLAIN), make_phantom(replace(PLAIN, **knobs))
    change = np.abs(changed.image.astype(int) - plain.image)
    distance = from_margin(plain)
    assert change[distance > 9].max() <= 2
    assert change[distance == 0].mean() > 1
    assert (plain.mask == changed.mask).all()


def test_a_halo_brightens_the_rim_and_fades():
    p = replace(PLAIN, dynamic_range_db=85)
    plain, haloed = make_phantom(p), make_phantom(replace(p, halo=1.0))
    change, distance = decibels(haloed) - decibels(plain), from_margin(plain)
    above = np.arange(256)[:, None] < box(plain.mask)[0] + 10
    near, far = above & (distance > 0.3) & (distance < 1), distance > 8
    assert change[near].mean() > 3
    assert np.abs(change[far]).mean() < 0.2


def test_a_capsule_shows_where_it_faces_the_probe():
    p = replace(PLAIN, aspect=1.0, size_mm=12)
    change = decibels(make_phantom(replace(p, capsule=1.0))) - decibels(make_phantom(p))
    top, _, left, right = box(make_phantom(p).mask)
    centre, row = (left + right) // 2, (top + box(make_phantom(p).mask)[1]) // 2
    assert change[top - 2 : top + 3, centre - 5 : centre + 5].max(axis=0).mean() > 5
    assert np.abs(change[row - 5 : row + 5, left - 2 : left + 3]).mean() < 1


def test_a_blurred_margin_is_less_steep():
    def steepness(blur: float) -> float:
        p = replace(PLAIN, margin_blur_mm=blur, dynamic_range_db=85)
        phantom = make_phantom(p)
        outside = from_margin(phantom)
        inside = distance_transform_edt(phantom.mask) * phantom.mm_per_pixel
        level = decibels(phantom)
        just_in, just_out = (inside > 0) & (inside < 0.7), (outside > 0) & (outside < 0.7)
        return level[just_out].mean() - level[just_in].mean()

    assert steepness(0.05) > 2 * steepness(1.5)


def test_calcifications_are_bright_dots_inside():
    p = replace(PLAIN, size_mm=14, echo_db=-20)
    plain, dotted = make_phantom(p), make_phantom(replace(p, calcifications=15))
    brighter = dotted.image.astype(int) - plain.image > 60
    assert brighter.any() and brighter.mean() < 0.02
    assert from_margin(plain)[brighter].max() < 0.6


def test_normal_tissue_is_the_breast_without_the_lesion():
    """No knob of the lesion changes it, nor does a lesion that would not fit; above and beside the
    lesion it is the same breast."""
    with_lesion, normal = make_phantom(PLAIN), make_phantom(replace(PLAIN, lesion=False))
    assert not normal.mask.any() and with_lesion.mask.any()
    turned = replace(
        PLAIN, lesion=False, echo_db=-30, halo=1.0, size_mm=38, calcifications=9, comet_tails=3,
        distortion=1.0, duct_extension=1.0, spiculation=1.0, attenuation_db=20,
    )  # fmt: skip
    assert (make_phantom(turned).image == normal.image).all()
    change = np.abs(normal.image.astype(int) - with_lesion.image)
    distance = from_margin(with_lesion)
    beside = (distance > 9) & (np.arange(256)[:, None] < box(with_lesion.mask)[1])
    assert change[beside].mean() < 0.1 and change[distance == 0].mean() > 20


def test_distortion_pulls_bright_lines_to_the_lesion():
    """Around it more of the change runs along the radius than across; inside and far, nothing."""
    plain, pulled = make_phantom(PLAIN), make_phantom(replace(PLAIN, distortion=1.0))
    change = (pulled.image.astype(float) - plain.image) * (from_margin(plain) > 0.5)
    distance = from_margin(plain)
    assert (plain.mask == pulled.mask).all()
    assert change[(distance > 0.5) & (distance < 4)].std() > 10
    assert np.abs(change[distance > 16]).mean() < 1
    z, x = np.indices(plain.image.shape)
    centre = np.array(find_objects(plain.mask.astype(int))[0])
    dz, dx = z - (centre[0].start + centre[0].stop) / 2, x - (centre[1].start + centre[1].stop) / 2
    gz, gx = np.gradient(change)
    radius = np.hypot(dz, dx) + 1e-6
    near = (distance > 1) & (distance < 5)
    along, across = (gz * dz + gx * dx) / radius, (gz * dx - gx * dz) / radius
    # Speckle grains lie flat and cloud each pixel; on the whole the steps lie across the lines.
    assert np.square(across[near]).mean() > np.square(along[near]).mean()


def test_a_duct_is_a_dark_tongue_on_one_side():
    p = replace(PLAIN, dynamic_range_db=85)
    plain, tongued = make_phantom(p), make_phantom(replace(p, duct_extension=1.0))
    change = (decibels(tongued) - decibels(plain)) * (from_margin(plain) > 0.3)
    _, _, left, right = box(plain.mask)
    sides = sorted([(change[:, :left] < -5).sum(), (change[:, right:] < -5).sum()])
    assert sides[0] < 5 and sides[1] > 40
    assert (plain.mask == tongued.mask).all()


def test_comet_tails_are_echoes_that_die_away_below():
    p = replace(PLAIN, echo_db=-38, size_mm=14, dynamic_range_db=85)
    plain, tailed = make_phantom(p), make_phantom(replace(p, comet_tails=1))
    change = decibels(tailed) - decibels(plain)
    row, column = np.unravel_index(change.argmax(), change.shape)
    below = change[row : row + int(3.2 / plain.mm_per_pixel), column]
    assert change[row, column] > 25 and plain.mask[row, column]
    assert below[: len(below) // 3].mean() > below[len(below) // 3 : -len(below) // 3].mean() + 3
    assert np.abs(change[: row - 8]).max() < 1 and (np.abs(change) > 6).mean() < 0.01


def test_fat_lobules_change_fat_and_nothing_else():
    p = replace(PLAIN, fat_mm=9, depth_mm=22, muscle_mm=20, seed=4)
    plain, lobed = make_phantom(p), make_phantom(replace(p, fat_lobules=1.0))
    change = np.abs(lobed.image.astype(int) - plain.image)
    rows = lambda top, bottom: slice(*(int(mm / plain.mm_per_pixel) for mm in (top, bottom)))  # noqa: E731
    assert change[rows(3, 8)].mean() > 8
    assert change[rows(16, 22)].mean() < 2 and (plain.mask == lobed.mask).all()


@pytest.mark.parametrize(("frequency", "decibel_per_cm"), [(15.0, -4.0), (7.0, 4.0), (11.0, 0.0)])
def test_absorption_costs_a_high_frequency_its_depth(frequency, decibel_per_cm):
    """0.5 dB per cm and MHz, both ways: 4 dB a centimetre for 4 MHz."""
    p = replace(PLAIN, frequency_mhz=frequency, dynamic_range_db=90, gain_db=-8)
    change = decibels(make_phantom(replace(p, absorption_db=0.5))) - decibels(make_phantom(p))
    rows = np.arange(40, 110)  # from 5.6 to 15.5 mm, above the noise and below white
    slope = np.polyfit(rows * p.image_depth_mm / 2560, change[rows, :60].mean(axis=1), 1)[0]
    assert slope == pytest.approx(decibel_per_cm, abs=0.5)


def test_text_is_written_into_the_corners_and_the_right_edge():
    plain, written = make_phantom(PLAIN), make_phantom(replace(PLAIN, text=True))
    changed = plain.image != written.image
    assert 100 < changed.sum() < 0.06 * changed.size
    assert not changed[60:, 60:-12].any() and changed[:40, :110].any() and changed[:, -6:].any()
    measured = make_phantom(replace(PLAIN, text=True, calipers=True))
    assert (measured.image != written.image)[-20:, :80].any()


def test_what_is_done_afterwards_is_done_to_the_finished_picture():
    plain = make_phantom(PLAIN).image
    bent = make_phantom(replace(PLAIN, gamma=2.0)).image
    assert np.abs(bent - 255 * (plain / 255.0) ** 2).max() <= 0.5
    grainy = make_phantom(replace(PLAIN, noise=0.1)).image.astype(int) - plain
    middle = (plain > 90) & (plain < 160)
    assert grainy[middle].std() == pytest.approx(25.5, rel=0.05)
    assert grainy[middle].mean() == pytest.approx(0, abs=1)
    soft = make_phantom(replace(PLAIN, blur_mm=0.6)).image
    assert soft.mean() == pytest.approx(plain.mean(), abs=1)
    assert (
        np.abs(np.diff(soft.astype(int))).mean() < 0.2 * np.abs(np.diff(plain.astype(int))).mean()
    )


def test_calipers_are_four_small_marks_at_the_ends_of_the_axes():
    plain, marked = make_phantom(PLAIN), make_phantom(replace(PLAIN, calipers=True))
    changed = plain.image != marked.image
    assert 20 < changed.sum() <= 4 * 13
    assert (plain.mask == marked.mask).all()
    top, bottom, left, right = box(changed)
    mask_top, mask_bottom, mask_left, mask_right = box(plain.mask)
    ends = [mask_top - top, bottom - mask_bottom, mask_left - left, right - mask_right]
    assert all(1 <= over <= 5 for over in ends)
    marks, count = label(changed, np.ones((3, 3)))
    assert count == 4
    for mark in find_objects(marks):
        cross = changed[mark]
        assert cross.shape == (7, 7) and cross[3].all() and cross[:, 3].all()


# --- speckle and display ------------------------------------------------------------------------


def even_tissue(p: PhantomParameters, size: int = 384) -> tuple[np.ndarray, np.ndarray, float]:
    """The envelope of tissue without any structure, its depths and its pixel size."""
    pixel = p.image_depth_mm / size
    z = (np.arange(size) + 0.5) * pixel
    flat = np.zeros((size, size), np.float32)
    tissue = tissues.Tissue(flat, flat.copy(), flat.copy())
    return imaging.envelope(p, tissue, z - z.mean(), z, pixel), z, pixel


@pytest.mark.parametrize("looks", [1, 4])
def test_speckle_is_rayleigh(looks):
    """Mean / deviation of a Rayleigh variable is sqrt(pi / (4 - pi)) = 1.91; n independent looks
    raise it by sqrt(n). With unit power its mean is sqrt(pi) / 2."""
    p = replace(PLAIN, looks=looks)
    signal = even_tissue(p)[0]
    expected = np.sqrt(np.pi / (4 - np.pi)) * np.sqrt(looks)
    assert signal.mean() / signal.std() == pytest.approx(expected, rel=0.03)
    assert signal.mean() == pytest.approx(np.sqrt(np.pi) / 2, rel=0.03)


def test_speckle_widens_away_from_the_focus():
    """For a Gaussian spread s the intensity's covariance is exp(-lag² / (2 s²)); the lag where it
    has fallen to one half is s * sqrt(2 ln 2)."""
    p = replace(PLAIN, looks=1, focus_mm=10, frequency_mhz=8, image_depth_mm=36)
    signal, z, pixel = even_tissue(p)

    def spread(patch: np.ndarray, axis: int) -> float:
        patch = patch**2 - (patch**2).mean()
        patch = np.moveaxis(patch, axis, 0)
        lags = np.arange(0, 14)
        values = [(patch[: len(patch) - k] * patch[k:]).mean() for k in lags]
        fallen = np.interp(-0.5, -np.array(values) / values[0], lags)
        return float(fallen * pixel / np.sqrt(2 * np.log(2)))

    def lateral(depth: float) -> float:
        return spread(signal[np.abs(z - depth) < 2.5], axis=1)

    focus, deep = lateral(10), lateral(30)
    assert deep > 1.5 * focus
    assert deep / focus == pytest.approx(np.hypot(1, 20 / 13), rel=0.15)  # the hyperbola
    assert focus > 1.5 * spread(signal[np.abs(z - 10) < 2.5], axis=0)  # grains lie flat


def test_a_tilted_mirror_echoes_less():
    z = (np.arange(200) + 0.5) * 0.1
    flat, tilted = np.full(200, 10.0), 10 + 0.5 * (z - 10)
    assert tissues.interface(z, flat, 0.1, 0.2).max() > 0.9
    assert tissues.interface(z, tilted, 0.1, 0.2).max() < 0.2


def test_log_compression_is_linear_in_decibels():
    p = replace(PLAIN, dynamic_range_db=50)
    greys = imaging.display(p, 10 ** (np.array([-20.0, -10.0, 0.0, 10.0]) / 20)).astype(int)
    assert np.diff(greys) == pytest.approx([51, 51, 51], abs=1)  # 10 dB of 50 dB of 255
    assert imaging.display(p, np.array([0.0, 1e6])).tolist() == [0, 255]


def test_images_look_like_the_clinic_in_grey_levels():
    images = np.stack([make_phantom(random_parameters(seed), 128).image for seed in range(24)])
    assert 50 < images.mean() < 95
    assert images[:, 96:].mean() < 0.75 * images[:, 32:64].mean()  # the deep quarter is dark
    assert (images == 255).mean() < 0.03
    assert 25 < images.std(axis=(1, 2)).mean() < 60


# --- drawing cases, the gallery, errors ---------------------------------------------------------


def test_random_cases_are_valid_and_lie_inside_the_image():
    cases = [random_parameters(seed) for seed in range(1500)]
    assert np.mean([case.malignant for case in cases]) == pytest.approx(0.4, abs=0.04)
    for case in cases[:40]:
        mask = make_phantom(case, 96).mask
        assert mask.any() and not (mask[0] | mask[-1] | mask[:, 0] | mask[:, -1]).any()


def test_random_cases_obey_the_asked_class_and_the_seed():
    for seed in range(20):
        assert random_parameters(seed, malignant=True).malignant is True
        assert random_parameters(seed, malignant=False).malignant is False
        assert random_parameters(seed) == random_parameters(seed)
    assert random_parameters(1) != random_parameters(2)


@pytest.mark.parametrize(
    "knob", ["aspect", "irregularity", "spiculation", "attenuation_db", "halo", "margin_blur_mm"]
)
def test_classes_differ_the_way_birads_says_and_overlap(knob):
    """The probability that a malignant case has more of a suspicious feature than a benign one."""
    values = [
        [getattr(random_parameters(seed, malignant), knob) for seed in range(600)]
        for malignant in (True, False)
    ]
    more = mannwhitneyu(*values).statistic / 600**2
    assert 0.55 < more < 0.9


def test_gallery_is_whole():
    assert len(GALLERY) >= 12
    for name, entry in GALLERY.items():
        assert entry.name == name and entry.title and entry.text.endswith(".")
        mask = make_phantom(entry.parameters, 128).mask
        assert mask.sum() > 50
        assert not (mask[0] | mask[-1] | mask[:, 0] | mask[:, -1]).any()
    assert {entry.parameters.malignant for entry in GALLERY.values()} == {True, False}
    assert len({entry.title for entry in GALLERY.values()}) == len(GALLERY)
    assert any(entry.parameters.calipers for entry in GALLERY.values())


def test_every_knob_says_what_it_is():
    for name, knob in PhantomParameters.knobs().items():
        assert knob["text"], name
        if not isinstance(knob["default"], bool):
            assert knob["low"] <= knob["default"] <= knob["high"], name


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"size_mm": 0.5}, "size_mm is 0.5; it must be a number from 2 to 40 mm."),
        ({"echo_db": float("nan")}, "echo_db is nan"),
        ({"attenuation_db": float("inf")}, "attenuation_db is inf"),
        ({"aspect": "tall"}, "aspect is 'tall'"),
        ({"calcifications": 2.5}, "a whole number from 0 to 40"),
        ({"looks": True}, "looks is True"),
        ({"seed": -1}, "seed is -1"),
        ({"malignant": 1}, "malignant is 1; it must be True or False."),
        ({"halo": 1.01}, "from 0 to 1."),
        ({"lateral_mm": 15.0}, "reaches 21.0 mm from the middle"),
        ({"depth_mm": 3.0, "aspect": 1.0}, "must lie between the skin"),
        ({"depth_mm": 34.0}, "Change depth_mm, size_mm or image_depth_mm"),
    ],
)
def test_bad_knobs_are_refused_in_words(knobs, said):
    with pytest.raises(InputError) as caught:
        PhantomParameters(**knobs)
    assert said in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("size", [0, 63, 1025, 128.0, True, "256"])
def test_bad_sizes_are_refused(size):
    with pytest.raises(InputError, match="whole number from 64 to 1024"):
        make_phantom(PLAIN, size)


def test_bad_arguments_are_refused():
    with pytest.raises(InputError, match="must be PhantomParameters"):
        make_phantom({"seed": 1})
    with pytest.raises(InputError, match="True, False or None"):
        random_parameters(0, malignant="yes")
    with pytest.raises(InputError, match=r"seed is 1\.5"):
        random_parameters(1.5)
