"""The tissue under the phantom: a breast in its layers and a lesion in it, small pure functions.

Arrays are float32, H×W, with depth z downwards (rows) and lateral x to the right (columns), in
mm. Levels are in dB of backscattered amplitude (20 log10) relative to glandular tissue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from .phantom_parameters import PhantomParameters

NOISE_PERIOD_MM = 90.0  # longer than any image, so the periodic noise never repeats in view
SKIN_DB, FAT_DB, MUSCLE_DB, DEEP_DB = -1.0, -11.0, -10.0, -16.0


@dataclass
class Tissue:
    """What the sound meets: backscatter `level` (dB), `specular` echo (amplitude, gland = 1) and
    `loss` (dB per mm on top of what the time gain compensation expects), each H×W."""

    level: np.ndarray
    specular: np.ndarray
    loss: np.ndarray


@dataclass(frozen=True)
class Outline:
    """The lesion on the grid: `distance` to the margin (mm, negative inside, first order),
    `sideways` (|lateral part| of the unit normal), `spicules` (0..1, hair-thin tails outside),
    each H×W; `calcifications` and `comets`, the heads of comet tails, as N×2 (x, z) in mm."""

    distance: np.ndarray
    sideways: np.ndarray
    spicules: np.ndarray
    calcifications: np.ndarray
    comets: np.ndarray


def stream(seed: int, part: int) -> np.random.Generator:
    """An independent random stream for each part, so that a knob redraws nothing else."""
    return np.random.default_rng([seed, part])


def smooth_noise(
    rng: np.random.Generator,
    x: np.ndarray,
    z: np.ndarray,
    scale_x: float,
    scale_z: float,
    follow: np.ndarray | None = None,
) -> np.ndarray:
    """Gaussian random field H×W with unit variance and correlation lengths in mm.

    A sum of Fourier modes with random coefficients: the same field whatever the pixel size.
    `follow` (W, mm) shifts each column down, so that the pattern follows a layer.
    """
    kx = np.arange(0, int(0.45 * NOISE_PERIOD_MM / scale_x) + 1)
    top = int(0.45 * NOISE_PERIOD_MM / scale_z)
    kz = np.arange(-top, top + 1)
    unit = 2 * np.pi / NOISE_PERIOD_MM
    weight = np.exp(-0.5 * ((kz * unit * scale_z) ** 2)[:, None] - 0.5 * (kx * unit * scale_x) ** 2)
    weight /= np.sqrt((weight**2).sum())
    drawn = rng.standard_normal((2, kz.size, kx.size))
    columns = (weight * (drawn[0] + 1j * drawn[1])) @ np.exp(1j * unit * np.outer(kx, x))
    if follow is not None:
        columns = columns * np.exp(-1j * unit * np.outer(kz, follow))
    phase = unit * np.outer(z, kz)
    noise = np.cos(phase) @ columns.real - np.sin(phase) @ columns.imag
    # The sum of a matrix product depends in its last digits on the number of threads; rounding
    # keeps the image the same to the byte.
    return np.round(noise, 5).astype(np.float32)


def waves(rng: np.random.Generator, x: np.ndarray, scale: float, amplitude: float) -> np.ndarray:
    """A wavy line (W, mm): smooth noise along x with standard deviation `amplitude` (mm)."""
    return amplitude * smooth_noise(rng, x, np.zeros(1), scale, scale)[0]


def sheets(noise: np.ndarray, pixel: float, thickness: float, power: float = 3.0) -> np.ndarray:
    """Thin reflecting sheets along the zero set of a noise field, 0..1, H×W.

    A mirror-like interface sends back what meets it squarely, so the echo falls with the squared
    cosine between its normal and the beam, to the given power. `thickness` and `pixel` in mm.
    """
    dz, dx = np.gradient(noise, pixel)
    steep = dz**2 + dx**2 + 1e-3
    return np.exp(-(noise**2) / (steep * thickness**2)) * (dz**2 / steep) ** power


def interface(z: np.ndarray, boundary: np.ndarray, pixel: float, thickness: float) -> np.ndarray:
    """One reflecting layer boundary (W, mm) as a line that fades where it is tilted, H×W."""
    facing = np.exp(-((np.gradient(boundary, pixel) / 0.35) ** 2))
    return facing * np.exp(-(((z[:, None] - boundary) / thickness) ** 2))


def below(z: np.ndarray, boundary: np.ndarray, soft: float = 0.25) -> np.ndarray:
    """1 below a boundary (W, mm), 0 above, with a linear ramp of ±`soft` mm; H×W."""
    return np.clip(0.5 + (z[:, None] - boundary) / (2 * soft), 0, 1).astype(np.float32)


def breast(p: PhantomParameters, x: np.ndarray, z: np.ndarray, pixel: float) -> Tissue:
    """The layers from the skin to the chest wall for parameters `p` on the grid `x`, `z` (mm)."""
    rng = stream(p.seed, 1)
    skin = p.skin_mm + waves(rng, x, 9.0, 0.08)
    sag = waves(rng, x, 18.0, 1.6)  # the deep layers tilt and bend together
    fat = skin + p.fat_mm * (1 + waves(rng, x, 7.0, 0.22)) + waves(rng, x, 2.2, 0.5) + 0.5 * sag
    fat = np.maximum(fat, skin + 0.4)
    gland = p.skin_mm + p.fat_mm + p.gland_mm + waves(rng, x, 8.0, 0.9) + sag
    gland = np.maximum(fat + 1.0, gland)
    muscle = gland + 1.2 + np.abs(waves(rng, x, 6.0, 0.9))
    chest = muscle + p.muscle_mm + waves(rng, x, 15.0, 0.8)

    # Textures; each has its own stream, so that a thickness redraws no pattern.
    lobules = smooth_noise(stream(p.seed, 2), x, z, 3.0, 1.8, 0.6 * fat)
    septa = smooth_noise(stream(p.seed, 3), x, z, 4.5, 1.0, 0.8 * fat)
    fibres = smooth_noise(stream(p.seed, 4), x, z, 2.4, 0.6, 1.0 * fat)
    islands = smooth_noise(stream(p.seed, 5), x, z, 3.0, 1.3, 0.8 * fat)
    striae = smooth_noise(stream(p.seed, 6), x, z, 7.0, 0.55, muscle)
    patches = smooth_noise(stream(p.seed, 7), x, z, 1.6, 1.0)
    dashes = smooth_noise(stream(p.seed, 10), x, z, 0.8, 0.28)  # short strands of collagen
    fading = 1 / (1 + np.exp(-2.2 * patches))

    in_fat, in_gland = below(z, skin, 0.1), below(z, fat, 0.35)
    in_retro, in_muscle = below(z, gland, 0.4), below(z, muscle)
    in_chest = below(z, chest, 0.5)

    fat_level = FAT_DB + 1.2 * patches + 1.0 * dashes + 2.0 * np.tanh(2 * lobules)
    threshold = 1.8 - 2.6 * p.gland_fat  # islands of fat between the glandular lobes
    island = 1 / (1 + np.exp(-5 * (islands - threshold)))
    gland_level = (3.2 * fibres + 2.0 * patches + 2.8 * dashes) + (FAT_DB - 1.0) * island
    muscle_level = MUSCLE_DB + 3.0 * striae + 2.0 * dashes
    rounded = None
    if p.fat_lobules:
        rounded = smooth_noise(stream(p.seed, 11), x, z, 4.4, 2.6, 0.6 * fat)
        fat_level = fat_level + p.fat_lobules * (1.2 - 4.0 * np.tanh(1.5 * np.abs(rounded)))
    level = np.float32(SKIN_DB) + 0 * patches
    for inside, value in (
        (in_fat, fat_level),
        (in_gland, gland_level),
        (in_retro, fat_level),
        (in_muscle, muscle_level),
        (in_chest, DEEP_DB + 2.0 * patches),
    ):
        level = level + inside * (value - level)

    only_fat = in_fat * (1 - in_gland) + in_retro * (1 - in_muscle)
    only_gland = in_gland * (1 - in_retro)
    only_muscle = in_muscle * (1 - in_chest)
    # Ligaments in fat are seen at a slant too: rough, they scatter as well as mirror.
    in_fat_echo = 4.0 * sheets(lobules, pixel, 0.15, 1.0) + 3.0 * sheets(septa, pixel, 0.12, 2.0)
    strands = 4.5 * sheets(fibres - 0.5, pixel, 0.12, 2.0)
    in_gland_echo = strands + 4.0 * island * sheets(septa, pixel, 0.13)
    specular = only_fat * fading * in_fat_echo + only_gland * fading * in_gland_echo
    specular += only_muscle * fading * 3.5 * sheets(striae - 0.5, pixel, 0.12)
    if rounded is not None:  # Cooper's ligaments between the lobules, seen at any angle
        ligaments = (0.3 + 0.7 * fading) * sheets(rounded, pixel, 0.16, 0.6)
        specular += p.fat_lobules * only_fat * 6.0 * ligaments
    broken = 0.15 + 0.85 * fading
    specular += 8.0 * interface(z, np.full_like(x, 0.25), pixel, 0.18)
    specular += broken * 5.0 * interface(z, skin, pixel, 0.13)
    specular += broken * 3.0 * interface(z, fat, pixel, 0.14)
    specular += broken * 5.5 * interface(z, muscle, pixel, 0.16)
    specular += broken * 3.0 * interface(z, muscle + 0.9 + 0.3 * sag, pixel, 0.14)

    # Interfaces are rough at the scale of the beam: their echo is uneven along the line.
    specular *= np.exp(0.5 * dashes - 0.12)

    # Tissue absorbs unevenly, which draws the faint vertical streaks below it.
    streaks = smooth_noise(stream(p.seed, 8), x, z, 1.1, 5.0)
    loss = 0.16 * streaks + in_gland * 0.03 * (1 - island)
    if p.chest_wall:
        ribs = stream(p.seed, 9)
        centre = ribs.uniform(-0.5, 0.5) * p.image_depth_mm
        for side in (centre, centre + 26.0, centre - 26.0):
            half, rise = ribs.uniform(5.0, 7.5), ribs.uniform(1.2, 2.6)
            top = chest + 1.0 + rise * (1 - np.sqrt(np.clip(1 - ((x - side) / half) ** 2, 0, 1)))
            within = np.clip((half - np.abs(x - side)) / 1.5, 0, 1)
            specular += within * broken * 8.0 * interface(z, top, pixel, 0.2)
            loss = loss + 4.0 * within * below(z, top, 0.2)
        pleura = chest + 5.5
        specular += broken * 7.0 * interface(z, pleura, pixel, 0.25)
        loss = loss + 0.6 * below(z, pleura)
    return Tissue(level, specular, loss)


def outline(p: PhantomParameters, x: np.ndarray, z: np.ndarray, pixel: float) -> Outline:
    """The lesion's margin in polar form, scaled so that its box is the commanded one.

    The draws depend on the seed alone and each knob scales its own term, so that a knob deforms
    the same lesion steadily.
    """
    rng = stream(p.seed, 20)
    width = p.size_mm / max(1.0, p.aspect)
    a, b = width / 2, width * p.aspect / 2
    t = np.linspace(-np.pi, np.pi, 1441)
    phases = rng.uniform(0, 2 * np.pi, 8)
    warp = 0.25 * np.sin(t + phases[0]) + 0.15 * np.sin(2 * t + phases[1])
    lobes, bumps = rng.integers(3, 5), rng.integers(13, 19)
    corners = np.sort(rng.uniform(-np.pi, np.pi, 11))
    angular = np.interp(t, corners, rng.uniform(-1, 1, 11), period=2 * np.pi)
    orders = np.arange(2, 6)
    low = (rng.standard_normal(4)[:, None] * np.cos(orders[:, None] * t + phases[2:6, None])).sum(0)
    r = a * b / np.hypot(b * np.cos(t), a * np.sin(t))
    r = r * np.clip(
        1
        + 0.35 * p.lobulation * (np.abs(np.sin(lobes * (t + warp) / 2 + phases[6])) - 0.64)
        + p.irregularity * (0.26 * angular + 0.09 * low)
        + 0.16 * p.microlobulation * (np.abs(np.sin(bumps * (t + warp) / 2)) - 0.64)
        + 0.02 * low,
        0.4,
        1.8,
    )
    count = 11
    at = rng.uniform(-np.pi, np.pi, count)
    reach = p.spiculation * min(a, b) * rng.uniform(0.4, 2.0, count)  # mm, beyond the margin
    near = np.abs((t[:, None] - at + np.pi) % (2 * np.pi) - np.pi) * min(a, b)
    root = 0.2 * min(a, b)
    r = r + (0.3 * reach * np.clip(1 - near / root, 0, None)).max(1)  # the bases of the spicules

    u, v = r * np.cos(t), r * np.sin(t)
    mid_u, mid_v = (u.max() + u.min()) / 2, (v.max() + v.min()) / 2
    scale_u, scale_v = 2 * a / np.ptp(u), 2 * b / np.ptp(v)
    turn = np.deg2rad(p.angle_deg)
    dx, dz = (x - p.lateral_mm)[None, :], (z - p.depth_mm)[:, None]
    along = (np.cos(turn) * dx - np.sin(turn) * dz) / scale_u + mid_u
    across = (np.sin(turn) * dx + np.cos(turn) * dz) / scale_v + mid_v
    radius, theta = np.hypot(along, across), np.arctan2(across, along)
    ratio = (radius / np.interp(theta, t, r)).astype(np.float32)
    grad_z, grad_x = np.gradient(ratio, pixel)
    steep = np.hypot(grad_z, grad_x) + 1e-3
    distance = (ratio - 1) / steep

    tails = np.zeros_like(ratio)
    if p.spiculation:
        edge = np.interp(at, t, r)
        for angle, start, length in zip(at, edge, reach, strict=True):
            ahead = along * np.cos(angle) + across * np.sin(angle)
            aside = across * np.cos(angle) - along * np.sin(angle)
            taper = np.clip(1 - (ahead - start) / length, 0, 1) * (ahead > 0.7 * start)
            tails = np.maximum(tails, taper * np.exp(-((aside / (0.05 + 0.2 * taper)) ** 2)))
    angle = rng.uniform(-np.pi, np.pi, 40)[: p.calcifications]
    place = np.sqrt(rng.uniform(0, 0.7, 40))[: p.calcifications] * np.interp(angle, t, r)

    def on_image(angle: np.ndarray, place: np.ndarray) -> np.ndarray:
        cu = (place * np.cos(angle) - mid_u) * scale_u
        cv = (place * np.sin(angle) - mid_v) * scale_v
        return np.stack(
            [
                p.lateral_mm + np.cos(turn) * cu + np.sin(turn) * cv,
                p.depth_mm - np.sin(turn) * cu + np.cos(turn) * cv,
            ],
            axis=1,
        )

    own = stream(p.seed, 22)
    upward = own.uniform(-0.9 * np.pi, -0.1 * np.pi, 6)[: p.comet_tails]
    high = own.uniform(0.25, 0.8, 6)[: p.comet_tails] * np.interp(upward, t, r)
    return Outline(
        distance, np.abs(grad_x) / steep, tails, on_image(angle, place), on_image(upward, high)
    )


def insert_lesion(
    p: PhantomParameters,
    tissue: Tissue,
    shape: Outline,
    x: np.ndarray,
    z: np.ndarray,
    pixel: float,
) -> Tissue:
    """Replace the tissue inside the margin, and add what the lesion does to sound beside it."""
    d = shape.distance
    soft = max(p.margin_blur_mm, 0.5 * pixel)
    inside = 1 / (1 + np.exp(np.clip(1.7 * d / soft, -40, 40)))
    ring = (d > 0) & (d < 3.0)
    around = float(tissue.level[ring].mean())
    grain = smooth_noise(stream(p.seed, 21), x - p.lateral_mm, z - p.depth_mm, 1.3, 0.8)
    level, outside = tissue.level, np.clip(d, 0, None)
    rim = np.exp(-((outside / (0.8 + 0.16 * p.size_mm)) ** 2)) * (0.75 + 0.25 * np.tanh(grain))
    rim = rim * (0.25 + 0.75 / (1 + np.exp((z[:, None] - p.depth_mm) / (0.15 * p.size_mm))))
    level = level + p.halo * rim * np.maximum(4.0, 7.5 - 0.5 * level)
    if p.distortion:
        level = distorted(p, level, shape, x, z)
    if p.duct_extension:
        tongue = duct(p, x, z)
        level = level + tongue * np.minimum(0.0, around + 0.8 * p.echo_db - level)
    level = level + shape.spicules * np.minimum(0.0, around + 0.8 * p.echo_db - level)
    own = around + p.echo_db + (0.6 + 4.4 * p.heterogeneity) * grain
    level = level + inside * (own - level)
    wall = np.exp(-((d / (0.13 + 0.3 * p.margin_blur_mm)) ** 2))
    specular = tissue.specular * (1 - inside) * (1 - 0.7 * p.halo * rim)
    specular = specular + 3.0 * p.capsule * wall * (1 - shape.sideways**2) ** 2
    # Excess loss per mm such that a beam through the full height collects attenuation_db; at the
    # flanks, sound is bent out of the beam and a thin shadow hangs from them.
    height = np.ptp(z[np.flatnonzero((d <= 0).any(axis=1))]) + pixel
    loss = tissue.loss * (1 - inside) + inside * p.attenuation_db / height
    flank = np.exp(-((d / 0.35) ** 2)) * shape.sideways**6
    loss = loss + p.edge_shadow_db * flank / max(0.35 * height, 1.0)
    return Tissue(level, specular, loss)


def distorted(
    p: PhantomParameters, level: np.ndarray, shape: Outline, x: np.ndarray, z: np.ndarray
) -> np.ndarray:
    """Architectural distortion: around the lesion the layers give way to lines that run to it.

    Collagen lines, curved and of uneven length, in place of the tissue's own texture; H×W, dB.
    """
    rng = stream(p.seed, 23)
    outside = np.clip(shape.distance, 0, None)
    turned = np.arctan2(z[:, None] - p.depth_mm, x - p.lateral_mm)
    turned = turned + rng.choice((-1, 1)) * 0.25 * outside / p.size_mm
    lines = np.zeros_like(level)
    drawn = [rng.uniform(*ends, 26) for ends in ((-np.pi, np.pi), (0.2, 0.5), (0.25, 0.8))]
    for at, width, reach in zip(*drawn, strict=True):
        off = np.abs((turned - at + np.pi) % (2 * np.pi) - np.pi) * (outside + 0.3 * p.size_mm)
        lines = np.maximum(
            lines, np.exp(-((off / width) ** 2) - (outside / (reach * p.size_mm)) ** 2)
        )
    near = p.distortion * np.exp(-((outside / (0.45 * p.size_mm)) ** 2))
    smooth = level + near * (gaussian_filter(level, 12) - level)
    return smooth + p.distortion * 8.0 * lines - near * 2.0


def duct(p: PhantomParameters, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A tongue of the lesion that follows a duct towards one side, 0..1, H×W."""
    rng = stream(p.seed, 24)
    side, rise = rng.choice((-1, 1)), rng.uniform(0.1, 0.35)
    half, _ = p.half_extent_mm
    along = side * (x - p.lateral_mm)
    end = half + p.duct_extension * max(5.0, 0.7 * p.size_mm)
    course = p.depth_mm - rise * np.clip(along, 0, None) + waves(rng, x, 3.0, 0.35)
    left_over = np.clip((end - along) / (end - 0.3 * half), 0, 1) * (along > 0)
    thick = (0.35 + 0.12 * half * left_over) * (left_over > 0) + 1e-3
    return np.exp(-((np.abs(z[:, None] - course) / thick) ** 4)) * (left_over > 0)
