"""The table of maps for the interface: shapes in the paper's sizes for one 256×256 image.

Shapes need no numbers, so everything here runs on the meta device.
"""

from __future__ import annotations

import pytest
import torch

from mtlbus.core.outputs import Map
from mtlbus.methods import list_methods
from mtlbus.methods.registry import VARIANTS
from tests.made import weightless

SIDES = {1: 64, 2: 32, 3: 16, 4: 8}
RESNET50 = {1: 256, 2: 512, 3: 1024, 4: 2048}
SWIN = {1: 128, 2: 256, 3: 512, 4: 1024}
ESTAN = {1: (32, 256), 2: (64, 128), 3: (128, 64), 4: (256, 32)}
ACSNET_LEVELS = {1: 8, 2: 16, 3: 32, 4: 64, 5: 128}

ROWCOL = {f"estan_rowcol.{n}": (width, side, side) for n, (width, side) in ESTAN.items()}
SWIN_ATTENTION = {"swin_attention.3": (16, 256, 256), "swin_attention.4": (32, 64, 64)}


def pooled(channels: int, side: int) -> dict[str, tuple[int, ...]]:
    """What the class head reads."""
    return {"pooled_features": (channels, side, side)}


def encoder(*channels: int) -> dict[str, tuple[int, ...]]:
    """Channel means of the encoder at strides 4, 8 and 16."""
    return {f"encoder_means.{n}": (width, 1, 1) for n, width in enumerate(channels, start=1)}


MEANS = encoder(256, 512, 1024)  # of ResNet-50, ResNet-101 and DenseNet-121
TABLE: dict[str, dict[str, tuple[int, ...]]] = {
    "hybrid_mt_estan": {
        **{f"aaa_gate.{n}": (SWIN[n], side, side) for n, side in SIDES.items()},
        **{f"aaa_features.{n}": (SWIN[n], side, side) for n, side in SIDES.items()},
        **SWIN_ATTENTION, **ROWCOL, **pooled(2048, 16),
    },
    "mt_estan": {**ROWCOL, **pooled(2048, 16)},
    "mt_estan_swin": {**SWIN_ATTENTION, **ROWCOL, **pooled(2048, 16)},
    "swin": {
        **SWIN_ATTENTION,
        **{f"swin_features.{n}": (SWIN[n], SIDES[n], SIDES[n]) for n in (1, 2, 3)},
        **pooled(1024, 8),
    },
    "ctan": {
        **{
            f"ctae_mask.{n}.{task}": (RESNET50[n], side, side)
            for n, side in SIDES.items()
            for task in ("segmentation", "malignancy")
        },
        "ctab_attention.segmentation": (1, 64, 64),
        "ctab_attention.malignancy": (1, 64, 64),
        **pooled(512, 4),
    },
    "mtan": {
        **{
            f"mtan_mask.{n}.{task}": (RESNET50[n], side, side)
            for n, side in SIDES.items()
            for task in ("segmentation", "malignancy")
        },
        **pooled(512, 4),
    },
    "hps": {**MEANS, **pooled(512, 4)},
    "stl_classification": {**MEANS, **pooled(512, 4)},
    "stl_segmentation": MEANS,
    "mtl_cosa": {
        "regions": (3, 256, 256),
        "region_weights": (3, 8, 8),
        **{f"cosa_attention.{name}": (1, 64, 64) for name in ("background", "tumour", "margin")},
        "region_score": (2, 3),
        "region_score_map": (2, 3, 8, 8),
        "region_constant": (2,),
        "region_mix": (3,),
        "cosa_added": (3,),
        **MEANS,
        **pooled(2048, 8),
    },
    "mtl_sa": {"sa_attention": (1, 64, 64), "sa_added": (1,), **MEANS, **pooled(2048, 8)},
    "mtl": {**MEANS, **pooled(2048, 8)},
    "resnet": {**MEANS, **pooled(2048, 8)},
    "uresnet": MEANS,
    "acsnet": {
        "dsa_mean.1": (1, 16, 16), "dsa_max.1": (1, 16, 16),
        "dsa_mean.2": (1, 32, 32), "dsa_max.2": (1, 32, 32),
        "dcn_offset.1": (18, 16, 16), "dcn_modulation.1": (9, 16, 16),
        "dcn_offset.2": (18, 32, 32), "dcn_modulation.2": (9, 32, 32),
        **{f"gate_map.{n}": (2, side, side) for n, side in ACSNET_LEVELS.items()},
        **{f"gate.{n}": (2,) for n in ACSNET_LEVELS},
        "channel_weight.1": (256, 1, 1), "channel_weight.2": (512, 1, 1),
        "channel_weight.3": (512, 1, 1),
        **encoder(64, 128, 256), **pooled(1280, 16),
    },
    "resformer_mtl": {
        "swin_attention.1": (64, 2, 64, 64), "swin_attention.2": (16, 4, 64, 64),
        "swin_attention.3": (4, 8, 64, 64), "swin_attention.4": (16, 64, 64),
        **{
            f"dfe_branch.{level}.{dilation}": (channels, side, side)
            for level, (channels, side) in enumerate(((64, 128), (64, 64), (128, 32), (256, 16)))
            for dilation in (1, 3, 5)
        },
        **pooled(512, 8),
    },
    "sha_mtl": {
        "ag_gate.1": (1, 16, 16), "ag_gate.2": (1, 32, 32), "ag_gate.3": (1, 64, 64),
        "ag_gate.4": (1, 128, 128), "hard_attention": (1, 8, 8),
        **MEANS, **pooled(1024, 8),
    },
    "emt_net": {**encoder(24, 40, 112), **pooled(1280, 8)},
    "chowdary": {**encoder(128, 256), **pooled(512, 16)},
    "vgga_vit": {"channel_weight": (64,), **encoder(128, 256, 512), **pooled(512, 8)},
    "vgg16": {**encoder(128, 256, 512), **pooled(512, 8)},
    "lenet": pooled(16, 61),
    "mobilenet": {**encoder(128, 256, 512), **pooled(1024, 8)},
    "densenet121": {**MEANS, **pooled(1024, 8)},
    "vit": {**encoder(768), **pooled(768, 16)},
}  # fmt: skip


def maps_of(name: str, variant: str, height: int, width: int) -> dict[str, Map]:
    model = weightless(name, variant).eval()
    with torch.device("meta"):
        return model(torch.empty(1, 3, height, width), maps=True).maps


def test_the_table_has_every_method():
    assert TABLE.keys() == set(list_methods())


@pytest.mark.parametrize("name", TABLE)
def test_every_map_of_the_table_has_its_shape(name):
    maps = maps_of(name, "paper", 256, 256)
    assert {key: tuple(found.tensor.shape[1:]) for key, found in maps.items()} == TABLE[name]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", TABLE)
def test_cells_of_a_map_cover_the_image_row_by_row(name, variant):
    """At 192×256 a map that has rows and columns confused would not fit."""
    for key, found in maps_of(name, variant, 192, 256).items():
        rows, columns = 192 // found.stride, 256 // found.stride
        if found.kind == "attention":
            down, across = found.windows or (1, 1)
            high, wide = found.grid
            assert found.tensor.shape[-2:] == (high * wide, high * wide), key
            assert found.windows is None or found.tensor.shape[1] == down * across, key
            # The last window of a row or column may stand out over the edge, but not wholly.
            assert (down - 1) * high < rows <= down * high, key
            assert (across - 1) * wide < columns <= across * wide, key
            if found.windows is None:
                assert found.grid == (rows, columns), key
        elif found.tensor.ndim > 3 and not key.startswith(("channel_weight", "encoder_means")):
            if name == "lenet":  # its convolutions are not padded: 3 cells are lost a side
                rows, columns = rows - 3, columns - 3
            assert found.tensor.shape[-2:] == (rows, columns), key
