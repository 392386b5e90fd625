"""Training images are seen beside their lesion, as normal tissue, and as often close to it."""

import math

import pytest
import torch

from mtlbus.core.errors import InputError
from mtlbus.methods import get_spec
from mtlbus.training.recipes import make_recipe
from mtlbus.training.windows import through_windows

SIDE = 64


def batch(boxes):
    """Tissue of .5, and 1 in each box: first and last row, first and last column of a lesion."""
    grey, masks = torch.full((len(boxes), 1, SIDE, SIDE), 0.5), torch.zeros(len(boxes), SIDE, SIDE)
    for index, box in enumerate(boxes):
        if box is not None:
            inside = (index, slice(box[0], box[1] + 1), slice(box[2], box[3] + 1))
            masks[inside] = 1
            grey[:, 0][inside] = 1
    return grey, masks[:, None], 0


def seen(boxes, share, known=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    known = torch.ones(len(boxes), dtype=torch.bool) if known is None else known
    return through_windows(*batch(boxes), known, share, generator)


def test_beside_its_lesion_an_image_shows_nothing_of_it():
    boxes = [(20, 40, 2, 20)] * 32 + [(2, 12, 20, 50)] * 32
    grey, masks, beside = seen(boxes, 0.5)
    assert 20 <= beside.sum() <= 44, "about half of all"
    assert not masks[beside].any()
    assert (grey[beside] - 0.5).abs().max() < 1e-5, "no pixel of the lesion, not by blur either"


def test_close_to_its_lesion_an_image_shows_all_of_it_no_smaller_than_before():
    boxes = [(20, 40, 2, 20)] * 64
    before = batch(boxes)[1].sum((1, 2, 3))
    grey, masks, beside = seen(boxes, 0.5)
    close, masks = ~beside, masks[:, 0]
    assert (masks[close].sum((1, 2)) >= 0.98 * before[close]).all()
    assert (masks[close].sum((1, 2)) > 1.5 * before[close]).any()
    shape = masks[close].any(2).sum(1) / masks[close].any(1).sum(1)
    assert (shape - 21 / 19).abs().max() < 0.15, "rows over columns: a window is a square"
    assert ((grey[close][:, 0] > 0.75) == (masks[close] > 0)).float().mean() > 0.97


def test_what_cannot_be_seen_beside_stays_whole():
    full = [(4, 60, 4, 60)] * 16
    _, masks, beside = seen(full, 0.5)
    assert not beside.any()
    assert (masks.sum((1, 2, 3)) >= 0.95 * 57 * 57).all()
    unknown = torch.zeros(16, dtype=torch.bool)
    for part, whole in zip(seen([None] * 16, 0.5, unknown)[:2], batch([None] * 16), strict=False):
        assert torch.equal(part, whole), "nothing is said of an image whose mask is not known"
    black = batch([(20, 40, 2, 20)] * 16)
    black[0][:, :, :, 21:] = 0
    beside = through_windows(*black, ~unknown, 0.5, torch.Generator().manual_seed(0))[2]
    assert not beside.any(), "black beside the image is not tissue"


def test_share_says_how_often():
    boxes = [(20, 40, 2, 20)] * 400
    share = seen(boxes, 0.1)[2].float().mean()
    assert math.isclose(share, 0.1, abs_tol=0.04)
    assert make_recipe(get_spec("mtl"), windows=0.1).windows == 0.1
    with pytest.raises(InputError, match=r"from 0 to 0\.5"):
        make_recipe(get_spec("mtl"), windows=0.6)
