"""Padding, scaling, their inverse, and augmentation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mtlbus.data import transforms
from mtlbus.data.transforms import (
    NO_AUGMENTATION,
    Augmentation,
    Frame,
    normalise,
    restore,
    square_image,
    square_mask,
)
from mtlbus.explain.attention import cell_boxes


def test_the_odd_row_goes_to_the_bottom_and_the_odd_column_to_the_right():
    frame = Frame(height=100, width=163)
    assert (frame.down, frame.across, frame.top, frame.left) == (163, 163, 31, 0)
    padded = square_image(np.full((100, 163), 255, np.uint8), 163)
    assert padded.shape == (1, 163, 163)
    assert padded[0, 30].sum() == 0 and padded[0, 31].sum() == 163
    assert padded[0, 130].sum() == 163 and padded[0, 131].sum() == 0
    frame = Frame(height=10, width=7)
    assert (frame.top, frame.left) == (0, 1)


@pytest.mark.parametrize("shape", [(100, 160), (161, 99), (64, 64), (1000, 300)])
def test_a_plane_returns_to_the_images_own_grid(shape):
    frame = Frame(*shape)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = (255 * (0.5 + 0.5 * np.sin(rows / 40) * np.cos(columns / 50))).astype(np.uint8)
    back = restore(square_image(image, 256)[0], frame).numpy()
    assert back.shape == shape
    inner = (slice(6, -6), slice(6, -6))  # borders mix with the padding
    assert np.abs(back[inner] - image[inner] / 255).max() < 0.05


def test_a_mask_stays_where_its_lesion_is():
    image, mask = np.zeros((120, 200), np.uint8), np.zeros((120, 200), bool)
    image[40:80, 90:150], mask[40:80, 90:150] = 255, True
    grey, square = square_image(image, 256)[0] > 0.5, square_mask(mask, 256)
    overlap = 2 * (grey & square).sum() / (grey.sum() + square.sum())
    assert overlap > 0.97
    returned = restore(square.float(), Frame(120, 200)).numpy() > 0.5
    assert 2 * (returned & mask).sum() / (returned.sum() + mask.sum()) > 0.97


def whole_square(plane: np.ndarray) -> torch.Tensor:
    """A plane in its zero-padded square, 1×1×side×side, by NumPy."""
    height, width = plane.shape
    side = max(plane.shape)
    square = np.zeros((side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = plane
    return torch.from_numpy(square)[None, None]


@pytest.mark.parametrize("shape", [(37, 50), (50, 37), (64, 64), (300, 401), (16, 159), (159, 16)])
@pytest.mark.parametrize("block", [1, 700, 2**22])
def test_blocks_are_the_whole_square(shape, block, monkeypatch):
    monkeypatch.setattr(transforms, "_BLOCK", block)
    noise = np.random.default_rng(0)
    pixels, mask = noise.integers(0, 256, shape, np.uint8), noise.random(shape) > 0.5
    how = {"mode": "bilinear", "align_corners": False}
    square = torch.nn.functional.interpolate(
        whole_square(pixels.astype(np.float32) / np.float32(255)),
        size=(64, 64),
        antialias=True,
        **how,
    )
    assert torch.equal(square_image(pixels, 64), square[0].clamp(0, 1))
    nearest = torch.nn.functional.interpolate(
        whole_square(mask), size=(64, 64), mode="nearest-exact"
    )
    assert torch.equal(square_mask(mask, 64), nearest[0, 0] > 0.5)
    frame, planes = Frame(*shape), torch.from_numpy(noise.random((3, 64, 64), np.float32))
    side = torch.nn.functional.interpolate(planes[None], size=(frame.down, frame.across), **how)[0]
    inner = side[:, frame.top : frame.top + shape[0], frame.left : frame.left + shape[1]]
    restored = restore(planes, frame)
    torch.testing.assert_close(restored, inner, rtol=0, atol=1e-6)
    assert restored.untyped_storage().nbytes() == restored.numel() * 4  # no view of the square
    torch.testing.assert_close(restore(planes[0], frame), inner[0], rtol=0, atol=1e-6)


def test_a_thin_image_costs_what_it_holds():
    """Its square of 8000×8000 has 64 million numbers, 256 MB."""
    pixels = np.full((800, 8000), 128, np.uint8)
    with torch.profiler.profile(profile_memory=True) as profile:
        square = square_image(pixels, 256)
        restored = restore(square[0], Frame(*pixels.shape))
    largest = max(event.self_cpu_memory_usage for event in profile.events())
    assert largest <= 32 * 1024**2
    assert restored.shape == pixels.shape
    assert square[0, 128, 128] == pytest.approx(128 / 255)


def test_an_image_may_be_stretched_to_the_square_instead():
    """As COSA and ACSNet do: nothing is padded, and cells are as wide as the image asks."""
    pixels = np.random.default_rng(0).integers(0, 255, (40, 80)).astype(np.uint8)
    square, frame = square_image(pixels, 64, "resize"), Frame(40, 80, "resize")
    grey = torch.from_numpy(pixels)[None, None].float() / 255
    expected = F.interpolate(grey, size=(64, 64), mode="bilinear", antialias=True)[0]
    torch.testing.assert_close(square, expected)
    assert (frame.down, frame.across, frame.top, frame.left) == (40, 80, 0, 0)
    assert restore(square[0], frame).shape == (40, 80)
    assert square_mask(np.ones((40, 80), bool), 64, "resize").all()
    boxes = cell_boxes((8, 8), frame)
    assert boxes.right[0] == 10 and boxes.bottom[0] == 5 and boxes.right[-1] == 80


def test_masks_are_never_mixed():
    mask = np.random.default_rng(0).random((77, 130)) > 0.5
    assert square_mask(mask, 64).dtype == torch.bool


def test_normalise_replicates_and_scales_by_channel():
    grey = torch.full((1, 1, 2, 2), 0.5)
    out = normalise(grey, (0.5, 0.25, 0.0), (1.0, 0.5, 0.25))
    assert out[0, :, 0, 0].tolist() == [0.0, 0.5, 2.0]


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    grey = torch.zeros(4, 1, 64, 64)
    masks = torch.zeros(4, 1, 64, 64)
    grey[:, :, 20:40, 12:30], masks[:, :, 20:40, 12:30] = 0.8, 1
    return grey, masks


def test_no_augmentation_changes_nothing():
    grey, masks = batch()
    out, moved = NO_AUGMENTATION(grey, masks, torch.Generator().manual_seed(0))
    torch.testing.assert_close(out, grey, rtol=0, atol=1e-5)
    assert torch.equal(moved, masks)


def test_flip_only_flips_some_and_leaves_the_rest():
    grey, masks = (part.repeat(8, *[1] * (part.ndim - 1)) for part in batch())
    out, moved = replace(NO_AUGMENTATION, flip=0.5)(grey, masks, torch.Generator().manual_seed(0))
    flipped = [torch.equal(m, masks[0].flip(-1)) for m in moved]
    kept = [torch.equal(m, masks[0]) for m in moved]
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert 4 < sum(flipped) < 28
    assert torch.allclose(out[flipped.index(True)], grey[0].flip(-1), atol=1e-5)


def test_a_vertical_flip_turns_the_image_upside_down():
    grey, masks = batch()
    upside = replace(NO_AUGMENTATION, vertical_flip=1.0)
    out, moved = upside(grey, masks, torch.Generator().manual_seed(0))
    assert torch.equal(moved, masks.flip(-2))
    torch.testing.assert_close(out, grey.flip(-2), rtol=0, atol=1e-5)


def test_image_and_mask_move_together_and_greys_stay_in_range():
    grey, masks = batch()
    out, moved = Augmentation(noise=0, log_gamma=0, gain=0)(
        grey, masks, torch.Generator().manual_seed(4)
    )
    for image, mask in zip(out, moved, strict=True):
        bright = image[0] > 0.4
        assert 2 * (bright & mask.bool()).sum() / (bright.sum() + mask.sum()) > 0.9
    assert set(moved.unique().tolist()) <= {0.0, 1.0}
    assert not torch.equal(moved, masks)
    strong, _ = Augmentation()(grey, masks, torch.Generator().manual_seed(4))
    assert strong.min() >= 0 and strong.max() <= 1


def test_a_crop_is_a_part_of_the_image_enlarged():
    """Of a ramp the part that is seen has a smaller range, and nothing comes from outside."""
    ramp = torch.linspace(0.2, 0.8, 64).expand(32, 1, 64, 64)
    crop = replace(NO_AUGMENTATION, crop=0.2)
    out, moved = crop(ramp, (ramp > 0.5).float(), torch.Generator().manual_seed(0))
    wide = out.amax(dim=(1, 2, 3)) - out.amin(dim=(1, 2, 3))
    assert out.min() > 0.15 and wide.min() < 0.35 and wide.max() > 0.5
    assert ((out > 0.5).float() - moved).abs().mean() < 0.03


def test_jitter_changes_brightness_and_contrast_alone():
    ramp = torch.linspace(0.3, 0.6, 64).expand(32, 1, 64, 64)
    jitter = replace(NO_AUGMENTATION, jitter=0.4)
    out, _ = jitter(ramp, torch.zeros(32, 1, 64, 64), torch.Generator().manual_seed(0))
    slope = (out[:, 0, 0, 40] - out[:, 0, 0, 30]) / (ramp[0, 0, 0, 40] - ramp[0, 0, 0, 30])
    assert 0.3 < slope.min() < 0.7 and 1.3 < slope.max() < 2
    assert out.mean(dim=(1, 2, 3)).std() > 0.05


def test_chance_comes_from_the_generator_alone():
    grey, masks = batch()
    torch.manual_seed(1)
    first = Augmentation()(grey, masks, torch.Generator().manual_seed(7))[0]
    torch.manual_seed(2)
    again = Augmentation()(grey, masks, torch.Generator().manual_seed(7))[0]
    other = Augmentation()(grey, masks, torch.Generator().manual_seed(8))[0]
    assert torch.equal(first, again) and not torch.equal(first, other)
