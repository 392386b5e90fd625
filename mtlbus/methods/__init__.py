"""The methods, one file or folder each. Importing this package registers all of them."""

from . import (  # noqa: F401
    acsnet,
    chowdary,
    ctan,
    densenet121,
    emt_net,
    hps,
    hybrid_mt_estan,
    lenet,
    mobilenet,
    mt_estan,
    mt_estan_swin,
    mtan,
    mtl,
    mtl_cosa,
    mtl_sa,
    resformer_mtl,
    resnet,
    sha_mtl,
    stl_classification,
    stl_segmentation,
    swin,
    uresnet,
    vgg16,
    vgga_vit,
    vit,
)
from .registry import create_model, get_spec, list_methods

__all__ = ["create_model", "get_spec", "list_methods"]
