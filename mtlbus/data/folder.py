"""A plain folder of images, for a first look at data of one's own.

Either the images lie in the folder itself and have no label:

    my_images/scan1.png
    my_images/scan2.jpg

or they lie in one subfolder a class, of which at least one is needed:

    my_images/benign/scan1.png
    my_images/malignant/scan2.png
    my_images/normal/scan3.png

A mask is optional: without one the outline is unknown, except in `normal`, where it is known that
there is none. It lies beside its image as `scan1_mask.png` (further ones as
`scan1_mask_1.png` and so on), or in a folder `masks` beside the image under the name `scan1.png`
or `scan1_mask.png`. Its extension may differ from that of the image.

Every image is a group of its own. Where several images show one patient, use the `manifest` layout,
which has a column for the group: otherwise a patient may end up on both sides of a split.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from ..core.errors import DataError
from .dataset import Dataset, Sample, require_folder

LABELS = {"benign": 0, "malignant": 1, "normal": None}
EXTENSIONS = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"))
MASK_FOLDER = "masks"
_MASK_STEM = re.compile(r"(.+)_mask(?:_\d+)?", re.IGNORECASE)


def load(root: str | Path) -> Dataset:
    """Read a plain folder.

    What cannot be used (other files, empty files, masks without an image) is listed in `defects`
    and left out. Pixels are not read here; a damaged image is an `InputError` when it is.

    Raises:
        DataError: no such folder, or no image in it.
    """
    root = require_folder(Path(root), "folder")
    defects: list[str] = []
    classes: list[Path] = []
    others: list[Path] = []
    for path in _listing(root):
        if path.is_dir() and path.name.lower() in LABELS:
            classes.append(path)
        elif path.is_dir() and path.name.lower() != MASK_FOLDER:
            others.append(path)
    for path in others:
        defects.append(f"{path.name}: is no class folder ({', '.join(LABELS)}); left out.")
    if classes:
        loose = sum(path.suffix.lower() in EXTENSIONS for path in _listing(root))
        if loose:
            defects.append(f"{loose} image files beside the class folders; left out.")
    else:
        classes.append(root)

    found: list[tuple[Path, tuple[Path, ...], int | None, bool]] = []
    for folder in classes:
        name = "" if folder == root else folder.name.lower()
        images, masks = _images_and_masks(folder, root, defects)
        found += [
            (image, tuple(masks.get(image.stem, ())), LABELS.get(name), name == "normal")
            for image in images
        ]
    if not found:
        raise DataError(
            f"No images in {str(root)!r}. Put PNG, JPEG, BMP or TIFF files into it, or into its "
            f"subfolders {', '.join(LABELS)}."
        )
    stems = Counter(image.stem for image, *_ in found)
    samples = []
    for image, masks, label, normal in found:
        unique = stems[image.stem] == 1
        identifier = image.stem if unique else image.relative_to(root).as_posix()
        samples.append(
            Sample(
                id=identifier,
                dataset="folder",
                image=image,
                masks=masks,
                label=label,
                group=f"folder:{identifier}",
                normal=normal,
            )
        )
    return Dataset("folder", root, tuple(samples), tuple(defects))


def _listing(folder: Path) -> list[Path]:
    """What is in a folder, sorted; hidden files, which systems leave behind, are passed over."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(
            f"{str(folder)!r} cannot be read ({error.strerror}). Check its permissions."
        ) from None


def _images_and_masks(
    folder: Path, root: Path, defects: list[str]
) -> tuple[list[Path], dict[str, list[Path]]]:
    """The images of one folder, and its mask files by the stem of their image."""
    images: list[Path] = []
    masks: dict[str, list[Path]] = {}
    for path in _usable(folder, root, defects):
        name = _MASK_STEM.fullmatch(path.stem)
        if name:
            masks.setdefault(name[1], []).append(path)
        else:
            images.append(path)
    for mask_folder in _listing(folder):
        if mask_folder.is_dir() and mask_folder.name.lower() == MASK_FOLDER:
            for path in _usable(mask_folder, root, defects):
                name = _MASK_STEM.fullmatch(path.stem)
                masks.setdefault(name[1] if name else path.stem, []).append(path)
    stems = {image.stem for image in images}
    for stem in sorted(masks.keys() - stems):
        for path in masks.pop(stem):
            defects.append(f"{path.relative_to(root).as_posix()}: mask without an image; left out.")
    return images, masks


def _usable(folder: Path, root: Path, defects: list[str]) -> list[Path]:
    """The image files of one folder that are not empty."""
    usable: list[Path] = []
    for path in _listing(folder):
        if path.is_dir():
            continue
        shown = path.relative_to(root).as_posix()
        if path.suffix.lower() not in EXTENSIONS:
            defects.append(f"{shown}: not a PNG, JPEG, BMP or TIFF file; left out.")
        elif not path.is_file():
            defects.append(f"{shown}: a link to nothing; left out.")
        elif path.stat().st_size == 0:
            defects.append(f"{shown}: empty file; left out.")
        else:
            usable.append(path)
    return usable
