"""The table of maps for the interface: shapes in the paper's sizes for one 256×256 image."""

from __future__ import annotations

import pytest
import torch

from mtlbus.methods import create_model

SIDES = {1: 64, 2: 32, 3: 16, 4: 8}
RESNET50 = {1: 256, 2: 512, 3: 1024, 4: 2048}
SWIN = {1: 128, 2: 256, 3: 512, 4: 1024}
ACSNET_LEVELS = {1: 8, 2: 16, 3: 32, 4: 64, 5: 128}

TABLE: dict[str, dict[str, tuple[int, ...]]] = {
    "hybrid_mt_estan": {
        **{f"aaa_gate.{n}": (SWIN[n], side, side) for n, side in SIDES.items()},
        **{f"aaa_features.{n}": (SWIN[n], side, side) for n, side in SIDES.items()},
        "swin_attention.3": (16, 256, 256),
        "swin_attention.4": (32, 64, 64),
    },
    "ctan": {
        **{
            f"ctae_mask.{n}.{task}": (RESNET50[n], side, side)
            for n, side in SIDES.items()
            for task in ("segmentation", "malignancy")
        },
        "ctab_attention.segmentation": (1, 64, 64),
        "ctab_attention.malignancy": (1, 64, 64),
    },
    "mtan": {
        f"mtan_mask.{n}.{task}": (RESNET50[n], side, side)
        for n, side in SIDES.items()
        for task in ("segmentation", "malignancy")
    },
    "mtl_cosa": {
        "regions": (3, 256, 256),
        "region_weights": (3, 8, 8),
        **{f"cosa_attention.{name}": (1, 64, 64) for name in ("background", "tumour", "margin")},
        "region_score": (2, 3),
        "region_score_map": (2, 3, 8, 8),
        "region_constant": (2,),
        "region_mix": (3,),
        "cosa_gamma": (3,),
    },
    "mtl_sa": {"sa_attention": (1, 64, 64), "sa_gamma": (1,)},
    "acsnet": {
        "dsa_mean.1": (1, 16, 16), "dsa_max.1": (1, 16, 16),
        "dsa_mean.2": (1, 32, 32), "dsa_max.2": (1, 32, 32),
        "dcn_offset.1": (18, 16, 16), "dcn_modulation.1": (9, 16, 16),
        "dcn_offset.2": (18, 32, 32), "dcn_modulation.2": (9, 32, 32),
        **{f"gate_map.{n}": (2, side, side) for n, side in ACSNET_LEVELS.items()},
        **{f"gate.{n}": (2,) for n in ACSNET_LEVELS},
        "channel_weight.1": (256, 1, 1), "channel_weight.2": (512, 1, 1),
        "channel_weight.3": (512, 1, 1),
    },
    "resformer_mtl": {
        "swin_attention.1": (64, 2, 64, 64), "swin_attention.2": (16, 4, 64, 64),
        "swin_attention.3": (4, 8, 64, 64), "swin_attention.4": (16, 64, 64),
        **{
            f"dfe_branch.{level}.{dilation}": (channels, side, side)
            for level, (channels, side) in enumerate(((64, 128), (64, 64), (128, 32), (256, 16)))
            for dilation in (1, 3, 5)
        },
    },
    "sha_mtl": {
        "ag_gate.1": (1, 16, 16), "ag_gate.2": (1, 32, 32), "ag_gate.3": (1, 64, 64),
        "ag_gate.4": (1, 128, 128), "hard_attention": (1, 8, 8),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_every_map_of_the_table_has_its_shape(name):
    with torch.device("meta"):
        model = create_model(name, "paper").eval()
        maps = model(torch.randn(1, 3, 256, 256), maps=True).maps
    found = {
        key: tuple(one.tensor.shape[1:])
        for key, one in maps.items()
        if not key.startswith(("pooled_features", "estan_rowcol"))
    }
    assert found == TABLE[name]
