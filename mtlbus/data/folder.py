"""A plain folder of images, for a first look at data of one's own.

Either the images lie in the folder itself and have no label:

    my_images/scan1.png
    my_images/scan2.jpg

or they lie in one subfolder a class, of which at least one is needed:

    my_images/benign/scan1.png
    my_images/malignant/scan2.png
    my_images/normal/scan3.png

In each of these places the images may also lie in a folder `images`.

A mask is optional: without one the outline is unknown, except in `normal`, where it is known that
there is none. It lies beside its image as `scan1_mask.png` (further ones as `scan1_mask_1.png` and
so on), or in a folder `masks` there, or beside the folder `images`, under the name `scan1.png` or
`scan1_mask.png`. Its extension may differ from that of the image.

Every image is a group of its own. Where several images show one patient, use the `manifest` layout,
which has a column for the group: otherwise a patient may end up on both sides of a split.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path
from typing import NamedTuple

from ..core.errors import DataError
from ..core.text import printable
from .dataset import Dataset, Sample, named_apart, require_folder
from .places import is_file, is_folder, listing, shown
from .sheets import TABLES

LABELS = {"benign": 0, "malignant": 1, "normal": None}
EXTENSIONS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"))
IMAGE_FOLDER = "images"
MASK_FOLDER = "masks"
_MASK_STEM = re.compile(r"(.+)_mask(?:_\d+)?", re.IGNORECASE)


class _Found(NamedTuple):
    """An image, its masks, and the class folder it is in ("" without)."""

    image: Path
    masks: tuple[Path, ...]
    kind: str


def load(root: str | Path, within: Path | None = None) -> Dataset:
    """Read a plain folder.

    What cannot be used (other files, empty files, masks without an image) is listed in `defects`
    and left out. Pixels are not read here; a damaged image is an `InputError` when it is.

    Args:
        root: the folder.
        within: the folder outside of which nothing is read, if any.

    Raises:
        DataError: no such folder, or no image in it.
    """
    root = require_folder(Path(root), "folder", within)
    defects: list[str] = []
    folders = [path for path in listing(root, within, defects) if is_folder(path)]
    classes = [path for path in folders if path.name.lower() in LABELS]
    known = {*LABELS, IMAGE_FOLDER, MASK_FOLDER} if not classes else set(LABELS)
    for path in folders:
        if path.name.lower() not in known:
            defects.append(
                f"{printable(path.name)}: is no class folder ({', '.join(LABELS)}); left out."
            )
    if classes:
        loose = sum(path.suffix.lower() in EXTENSIONS for path in listing(root, within))
        if loose:
            defects.append(f"{loose} image files beside the class folders; left out.")
    found: list[_Found] = []
    for folder in classes or [root]:
        kind = folder.name.lower() if classes else ""
        found += [
            _Found(image, masks, kind)
            for image, masks in _images_and_masks(folder, root, defects, within)
        ]
    if not found:
        raise DataError(
            f"No images in {shown(root)}. Put PNG, JPEG, BMP or TIFF files into it, or into its "
            f"subfolders {', '.join(LABELS)}."
        )
    names = named_apart([image for image, *_ in found], root)
    samples = [
        Sample(
            id=name,
            dataset="folder",
            image=image,
            masks=masks,
            label=LABELS.get(kind),
            group=f"folder:{name}",
            normal=kind == "normal",
        )
        for name, (image, masks, kind) in zip(names, found, strict=True)
    ]
    return Dataset("folder", root, tuple(samples), tuple(defects))


def _images_and_masks(
    folder: Path, root: Path, defects: list[str], within: Path | None
) -> list[tuple[Path, tuple[Path, ...]]]:
    """The images of one place, each with its masks."""
    images: list[Path] = []
    masks: dict[str, list[Path]] = {}
    places = [folder]
    for path in listing(folder, within):
        if is_folder(path) and path.name.lower() == IMAGE_FOLDER:
            places.append(path)
    for place in places:
        for path in picture_files(place, root, defects, within):
            name = _MASK_STEM.fullmatch(path.stem)
            if name:
                masks.setdefault(name[1], []).append(path)
            else:
                images.append(path)
        for mask_folder in listing(place, within, defects if place != folder else None):
            if is_folder(mask_folder) and mask_folder.name.lower() == MASK_FOLDER:
                for path in picture_files(mask_folder, root, defects, within):
                    name = _MASK_STEM.fullmatch(path.stem)
                    masks.setdefault(name[1] if name else path.stem, []).append(path)
    for stem in sorted(masks.keys() - {image.stem for image in images}):
        for path in masks.pop(stem):
            defects.append(f"{_shown(path, root)}: mask without an image; left out.")
    return [(image, tuple(masks.get(image.stem, ()))) for image in images]


def picture_files(
    folder: Path,
    root: Path,
    defects: list[str],
    within: Path | None = None,
    tables: bool = False,
) -> list[Path]:
    """The image files of one folder that are not empty; a line in `defects` for each other file.

    Args:
        folder: whose files are looked at, not those of its subfolders.
        root: of the dataset, for the lines.
        defects: receives the lines.
        within: the folder outside of which nothing is read, if any.
        tables: whether the layout has its tables there, too.
    """
    usable: list[Path] = []
    for path in listing(folder, within):
        if is_folder(path):
            continue
        name = _shown(path, root)
        if tables and path.suffix.lower() in TABLES:
            continue
        if path.suffix.lower() not in EXTENSIONS:
            defects.append(f"{name}: not a PNG, JPEG, BMP or TIFF file; left out.")
        elif not is_file(path):
            what = "no regular file" if os.path.exists(path) else "a link to nothing"
            defects.append(f"{name}: {what}; left out.")
        elif path.stat().st_size == 0:
            defects.append(f"{name}: empty file; left out.")
        else:
            usable.append(path)
    return usable


def _shown(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())
