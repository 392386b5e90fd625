"""The methods, one file each. Importing this package registers all of them."""

from . import mtl, mtl_cosa, mtl_sa, resnet, uresnet  # noqa: F401
from .registry import create_model, get_spec, list_methods

__all__ = ["create_model", "get_spec", "list_methods"]
