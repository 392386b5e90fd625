"""How many mm a pixel of a DICOM frame is, where the file tells it beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .dicom_header import group_of, number, value

if TYPE_CHECKING:
    from pydicom import Dataset

_LEAST_COVER = 1 / 3  # of the image by its tissue regions; less may be an inset
_SPACINGS = (0.001, 5.0)  # mm a pixel that a scan of a breast can have
_CORNERS = ("MinX0", "MinY0", "MaxX1", "MaxY1")


def spacing_of(header: Dataset, frame: int) -> tuple[float, float] | None:
    """mm per pixel, down and across; None where the file does not tell.

    Of the ultrasound regions those count that show 2-D tissue: they must be calibrated in cm, lie
    inside the image (else it was cropped or scaled after the scan), agree, and cover a third of
    it. Without such a region it is `PixelSpacing`, of the file or of the frame.
    """
    rows, columns = int(header.Rows), int(header.Columns)
    tissue = [
        region
        for region in header.get("SequenceOfUltrasoundRegions") or ()
        if (value(region, "RegionSpatialFormat"), value(region, "RegionDataType")) == (1, 1)
    ]
    if not tissue:
        measures = group_of(header, "PixelMeasuresSequence", frame)
        given = value(header, "PixelSpacing") or (measures and value(measures, "PixelSpacing"))
        return _plausible(*given) if given and len(given) == 2 else None
    found, covered = set(), 0.0
    for region in tissue:
        left, top, right, bottom = (number(region, f"RegionLocation{end}") for end in _CORNERS)
        units = tuple(value(region, f"PhysicalUnits{axis}Direction") for axis in "XY")
        if not (0 <= left < right <= columns and 0 <= top < bottom <= rows) or units != (3, 3):
            return None
        covered += (right - left) * (bottom - top)
        down, across = (abs(number(region, f"PhysicalDelta{axis}")) for axis in "YX")
        found.add(_plausible(10 * down, 10 * across))
    return found.pop() if len(found) == 1 and covered >= _LEAST_COVER * rows * columns else None


def _plausible(down: Any, across: Any) -> tuple[float, float] | None:
    """Two lengths of a pixel, mm; None where a scan cannot have them."""
    spacing = float(down), float(across)
    return spacing if all(_SPACINGS[0] <= step <= _SPACINGS[1] for step in spacing) else None
