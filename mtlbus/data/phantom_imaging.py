"""The sound and the display of the phantom: from tissue to a grey image.

The chain follows the linear model of B-mode imaging (Wagner et al., IEEE Trans. Sonics
Ultrason. 1983; Jensen, Field, 1996): a complex field of scatterers, weighted by the tissue's
backscatter and by the loss along its beam, is convolved with the point spread function of the
scanner; the magnitude is the envelope, whose logarithm is shown. Because the field is the
demodulated (baseband) signal, a carrier is not resolved on the grid, and fully developed
speckle is Rayleigh distributed (mean / standard deviation = 1.91).

Arrays are as in `phantom_tissue`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter, gaussian_filter1d, uniform_filter

from .phantom_parameters import PhantomParameters
from .phantom_tissue import Tissue, stream

SPEED_OF_SOUND = 1.54  # mm / µs
GLAND_AT = 0.52  # grey of glandular tissue as a fraction of white


def beam_width(p: PhantomParameters, z: np.ndarray) -> np.ndarray:
    """Standard deviation (mm) of the lateral point spread at depths `z`: hyperbolic, narrowest at
    the focus, as for a Gaussian beam."""
    wavelength = SPEED_OF_SOUND / p.frequency_mhz
    return 1.45 * wavelength * np.sqrt(1 + ((z - p.focus_mm) / 13.0) ** 2)


def envelope(
    p: PhantomParameters,
    tissue: Tissue,
    x: np.ndarray,
    z: np.ndarray,
    pixel: float,
    calcifications: Iterable[tuple[float, float]] = (),
    comets: Iterable[tuple[float, float]] = (),
) -> np.ndarray:
    """The detected signal H×W (gland = about 1): scatter, lose, blur, take the magnitude.

    With `looks` above one, envelopes of independent speckle are averaged (spatial compounding),
    which raises the speckle's mean / standard deviation by the square root of their number.
    """
    depth = z[:, None]
    collected = np.cumsum(tissue.loss, axis=0, dtype=np.float64) * pixel
    # A beam is as wide as its aperture on the way down, so shadows have soft sides.
    collected = gaussian_filter1d(collected.astype(np.float32), 0.45 / pixel, axis=1)
    if p.absorption_db:  # tissue takes the more, the higher the frequency: on the way and back
        collected = collected + p.absorption_db * 2 * (p.frequency_mhz - 11.0) * depth / 10
    gain = 10 ** ((p.tgc_error_db_per_cm * depth / 10 - collected) / 20)
    noise = 10 ** ((-44.0 + 0.35 * depth) / 20)  # receiver noise, raised by the compensation
    strength = 10 ** (tissue.level / 20) * gain
    # Clutter: aberration and reverberation spill a little of the neighbourhood's echo (-28 dB).
    haze = 0.04 * uniform_filter(strength, max(3, int(5.0 / pixel)))
    strength = np.sqrt(strength**2 + haze**2 + noise**2)

    lateral = np.maximum(beam_width(p, z) / pixel, 0.7)[:, None]
    axial = max(0.7 * SPEED_OF_SOUND / p.frequency_mhz / pixel, 0.6)
    strength = (strength * np.sqrt(4 * np.pi * lateral * axial)).astype(np.float32)
    fixed = tissue.specular * gain
    sizes = stream(p.seed, 31).uniform(0.8, 4.5, 40)
    for (cx, cz), size in zip(calcifications, sizes, strict=False):
        row, column = np.argmin(np.abs(z - cz)), np.argmin(np.abs(x - cx))
        peak = size * gain[row, column]
        fixed[row, column] += peak * 2 * np.pi * lateral[row, 0] * axial
    for cx, cz in comets:  # sound runs to and fro inside: echoes at even steps that die away
        column = np.argmin(np.abs(x - cx))
        for echo in range(10):
            row = np.argmin(np.abs(z - cz - 0.4 * echo))
            peak = 2.5 * np.exp(-echo / 2.2) * gain[row, column]
            fixed[row, column] += peak * 2 * np.pi * lateral[row, 0] * axial
    frequency = fft.fftfreq(x.size)
    main = np.exp(-2 * (np.pi * lateral * frequency) ** 2)
    side = np.exp(-2 * (np.pi * 5 * lateral * frequency) ** 2)  # side lobes: wide and weak
    transfer = (0.97 * main + 0.03 * side).astype(np.float32)

    rng = stream(p.seed, 30)
    total = np.zeros(strength.shape, np.float32)
    for _ in range(p.looks):
        drawn = rng.standard_normal((2, *strength.shape), dtype=np.float32)
        field = (drawn[0] + 1j * drawn[1]) * (strength * np.float32(np.sqrt(0.5))) + fixed
        field = fft.ifft(fft.fft(field.astype(np.complex64), axis=1) * transfer, axis=1)
        total += np.abs(
            gaussian_filter1d(field.real, axial, axis=0)
            + 1j * gaussian_filter1d(field.imag, axial, axis=0)
        )
    return total / p.looks


def display(p: PhantomParameters, signal: np.ndarray) -> np.ndarray:
    """Log compression of the envelope to 8 bit: `dynamic_range_db` from black to white."""
    level = 20 * np.log10(np.maximum(signal, 1e-6)) + p.gain_db
    return np.clip(255 * (GLAND_AT + level / p.dynamic_range_db), 0, 255).astype(np.uint8)


def afterwards(p: PhantomParameters, image: np.ndarray, pixel: float) -> np.ndarray:
    """What is done to a finished picture, H×W uint8: a blur, grain, and a bend of its greys."""
    grey: np.ndarray = image.astype(np.float32)
    if p.blur_mm:
        grey = gaussian_filter(grey, p.blur_mm / pixel)
    if p.noise:
        grain = stream(p.seed, 40).standard_normal(image.shape, dtype=np.float32)
        grey = np.clip(grey + 255 * p.noise * grain, 0, 255)
    if p.gamma != 1:
        grey = 255 * (grey / 255) ** p.gamma
    return np.round(grey).astype(np.uint8)
