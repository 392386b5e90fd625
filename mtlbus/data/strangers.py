"""What a file that is not read here seems to be, so that its refusal can name it."""

from __future__ import annotations

OWN = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"GIF8")

# First bytes of what people hand over by mistake.
_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x1f\x8b", "a gzip archive, as NIfTI volumes are packed"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"NRRD", "an NRRD volume"),
    (b"ObjectType", "a MetaImage volume"),
    (b"8BPS", "a Photoshop file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML text"),
)
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), "a HEIC photo"),
    **dict.fromkeys((b"hevc", b"hevx", b"msf1"), "a HEIC photo of several pictures"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF"),
}


def looks_like(data: bytes) -> str:
    """In words; "" for one of the formats that are read, but broken."""
    head = data[:512].lstrip()
    if data.startswith(OWN) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return ""
    for magic, words in _STRANGERS:
        if data.startswith(magic) or head.startswith(magic):
            return words
    if data.startswith(b"RIFF"):
        return "a video or sound"
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "a video")
    if data[344:348] in (b"n+1\0", b"ni1\0"):
        return "a NIfTI volume"
    if head.lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if not any(byte < 9 or 13 < byte < 32 for byte in head):
        return "a text"
    return "something that is no image"
