"""Regions and attention of COSA against values worked out by hand and by SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from mtlbus.core.errors import UnknownNameError
from mtlbus.nn.context_regions import (
    ContextOrientedAttention,
    resize_regions,
    split_regions,
)


def rectangle(top=80, bottom=160, left=60, right=200) -> torch.Tensor:
    mask = torch.zeros(1, 256, 256, dtype=torch.bool)
    mask[:, top:bottom, left:right] = True
    return mask


def test_regions_are_disjoint_and_cover_everything():
    generator = torch.Generator().manual_seed(3)
    blobs = torch.rand(2, 256, 256, generator=generator) > 0.7
    for mask in (rectangle(), blobs):
        regions = split_regions(mask)
        assert set(regions.unique().tolist()) <= {0.0, 1.0}
        assert torch.equal(regions.sum(dim=1), torch.ones(len(mask), 256, 256))


def test_the_margin_of_a_rectangle_is_six_pixels_three_on_each_side():
    background, tumour, margin = split_regions(rectangle())[0].bool()
    row = margin[120]  # crosses the left edge at 60 and the right edge at 200
    assert torch.nonzero(row).flatten().tolist() == [*range(57, 63), *range(197, 203)]
    column = margin[:, 130]
    assert torch.nonzero(column).flatten().tolist() == [*range(77, 83), *range(157, 163)]
    assert tumour.sum() == (80 - 6) * (140 - 6)
    assert not background[120, 60:200].any()


def test_margin_equals_scipys_sobel_and_dilation():
    rows, columns = np.mgrid[:256, :256]
    ellipse = ((rows - 120) / 40) ** 2 + ((columns - 140) / 70) ** 2 < 1
    image = ellipse.astype(float)
    edges = [ndimage.sobel(image, axis=axis, mode="nearest") for axis in (0, 1)]
    contour = np.maximum(np.abs(edges[0]), np.abs(edges[1])) > 0
    expected = ndimage.binary_dilation(contour, np.ones((5, 5)))
    margin = split_regions(torch.from_numpy(ellipse)[None])[0, 2].bool().numpy()
    assert np.array_equal(margin, expected)


def test_an_empty_mask_is_all_background_and_the_image_edge_is_no_contour():
    empty = split_regions(torch.zeros(1, 64, 64, dtype=torch.bool))
    assert empty[:, 0].all() and not empty[:, 1:].any()
    full = split_regions(torch.ones(1, 64, 64, dtype=torch.bool))
    assert full[:, 1].all() and not full[:, 2].any()


def test_resizing_keeps_the_sum_by_area_and_loses_the_margin_by_nearest():
    regions = split_regions(rectangle())
    area = resize_regions(regions, (8, 8), "area")
    torch.testing.assert_close(area.sum(dim=1), torch.ones(1, 8, 8))
    by_hand = regions.view(1, 3, 8, 32, 8, 32).mean(dim=(3, 5))
    torch.testing.assert_close(area, by_hand)
    assert area[:, 2].sum() > 0
    mask = rectangle(top=72, bottom=152, left=56, right=216)  # edges far from sampled pixels
    assert resize_regions(split_regions(mask), (8, 8), "nearest")[:, 2].sum() == 0
    touched = resize_regions(regions, (8, 8), "max")
    assert set(touched.unique().tolist()) == {0.0, 1.0} and (touched.sum(dim=1) > 1).any()


@pytest.mark.parametrize("pooling", ["mean", "masked"])
@pytest.mark.parametrize("resize", ["area", "max", "nearest"])
def test_an_empty_prediction_stays_finite(resize, pooling):
    module = ContextOrientedAttention(16, resize=resize, pooling=pooling)
    result = module(torch.randn(2, 16, 8, 8), torch.zeros(2, 256, 256, dtype=torch.bool))
    assert all(torch.isfinite(part).all() for part in result)


def test_what_attention_adds_is_measured_against_the_regions_own_features():
    module = ContextOrientedAttention(16)
    with torch.no_grad():
        for attention in module.attention:
            attention.gamma.fill_(0.5)
        bottleneck = torch.randn(1, 16, 8, 8)
        result = module(bottleneck, rectangle())
    regional = result.weights[0, :, None] * bottleneck  # C_R
    added = 64 * result.weighted[0] - regional
    ratio = added.flatten(1).norm(dim=1) / regional.flatten(1).norm(dim=1)
    torch.testing.assert_close(result.added[0], ratio)


def test_without_gamma_the_pooled_vectors_are_the_region_means():
    """γ = 0 gives S_R = C_R; with area weights their sum is the plain average of C5."""
    module = ContextOrientedAttention(16)
    bottleneck = torch.randn(2, 16, 8, 8)
    result = module(bottleneck, rectangle().expand(2, -1, -1))
    expected = (result.weights[:, :, None] * bottleneck[:, None]).mean(dim=(3, 4))
    torch.testing.assert_close(result.weighted.sum(dim=(3, 4)), expected)
    regional = result.weights[:, :, None] * bottleneck[:, None]  # C_R
    torch.testing.assert_close(64 * result.weighted, regional)  # S_R
    torch.testing.assert_close(result.vector, bottleneck.mean(dim=(2, 3)), rtol=0, atol=1e-5)


def test_masked_pooling_is_the_weighted_average_of_the_region():
    module = ContextOrientedAttention(8, pooling="masked")
    bottleneck = torch.ones(1, 8, 8, 8) * 3.0
    result = module(bottleneck, rectangle())
    weights = result.weights[0, 1]
    expected = (weights * weights * 3.0).sum() / weights.sum()  # C_R is weighted already
    torch.testing.assert_close(
        result.weighted[0, 1].sum(dim=(1, 2)), expected.expand(8), rtol=0, atol=1e-5
    )


def test_sources_and_sharing_change_what_they_say():
    mask, bottleneck = rectangle(), torch.randn(1, 16, 8, 8)
    torch.manual_seed(5)
    regional = ContextOrientedAttention(16, source="regional_query_key")
    torch.manual_seed(5)
    query_only = ContextOrientedAttention(16, source="regional_query")
    a, b = regional(bottleneck, mask).attention, query_only(bottleneck, mask).attention
    assert not torch.allclose(a, b)
    shared = ContextOrientedAttention(16, attention="shared")
    assert len(shared.attention) == 1 and len(regional.attention) == 3


def test_unknown_options_are_named():
    with pytest.raises(UnknownNameError, match="region_resize"):
        ContextOrientedAttention(16, resize="cubic")
