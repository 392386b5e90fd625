"""What a network says about a case, told once: every page, file and verb hands this on."""

from .finding import Finding, find
from .points import Point, operating_points

__all__ = ["Finding", "Point", "find", "operating_points"]
