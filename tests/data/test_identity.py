"""A digest of pixels: the same in every container, another one for every other picture."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image

from mtlbus.data.identity import digest_of
from mtlbus.data.intake import read_image


def test_the_digest_is_of_size_and_values():
    pixels = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    expected = hashlib.sha256("2×3".encode() + bytes([1, 2, 3, 4, 5, 6])).hexdigest()
    assert digest_of(pixels) == expected
    assert digest_of(np.asfortranarray(pixels)) == expected
    assert digest_of(pixels.reshape(3, 2)) != expected


def test_a_copy_in_another_container_is_the_same_picture():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)
    found = []
    for kind in ("PNG", "BMP", "TIFF"):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        found.append(read_image(buffer.getvalue(), f"{kind}.x"))
    assert len({image.sha256 for image in found}) == 3
    assert {image.pixel_sha256 for image in found} == {digest_of(pixels)}
