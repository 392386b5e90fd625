"""Scans made wrong on purpose, each a kind that a check must find.

Made of scans that are fine and of what every installation has (scikit-learn's two photographs),
so that the rates can be measured again by anybody with the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..core.encoding import encoded
from ..data.intake import GreyImage, read_image

Pixels = np.ndarray
Dice = np.random.Generator

_WORDS = ("LEFT BREAST", "RT UOQ 10 H", "MAMA DIREITA", "D 10.9 MM 4.1 MM", "GAIN 57 %")


def colour_flow(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """A scan with vessels in red and blue that cover 0.2 to 0.8 %, half of them with their box."""
    scan = _one(scans, dice)
    height, width = scan.shape
    rgb = np.repeat(scan[..., None], 3, axis=2)
    y, x = np.mgrid[:height, :width]
    left, top = dice.uniform(0.15, 0.45) * width, dice.uniform(0.15, 0.45) * height
    span = dice.uniform(0.25, 0.4) * np.array([width, height])
    share, vessels = dice.uniform(0.002, 0.008), int(dice.integers(1, 4))
    for _ in range(vessels):
        longer = np.sqrt(share / vessels * scan.size / np.pi * dice.uniform(1, 4))
        shorter = share / vessels * scan.size / np.pi / longer
        centre = left + dice.uniform(0.2, 0.8) * span[0], top + dice.uniform(0.2, 0.8) * span[1]
        vessel = ((x - centre[0]) / longer) ** 2 + ((y - centre[1]) / shorter) ** 2 < 1
        rgb[vessel] = (210, 50, 20) if dice.random() < 0.5 else (20, 60, 220)
    image = Image.fromarray(rgb)
    if dice.random() < 0.5:
        box = (left, top, left + span[0], top + span[1])
        ImageDraw.Draw(image).rectangle(box, outline=(0, 220, 60))
    return _through_the_door(image, dice)


def split_screen(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """Two scans of one collection side by side, with a black gap, a line, or nothing between."""
    one, other = (_at_height(_one(scans, dice), 320) for _ in range(2))
    return _through_the_door(Image.fromarray(_joined(one, other, dice)), dice)


def stacked_screen(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """The same one above the other."""
    one, other = (_at_height(_one(scans, dice).T, 320) for _ in range(2))
    return _through_the_door(Image.fromarray(_joined(one, other, dice).T), dice)


def photograph(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """A part of a photograph in grey; `scans` are not used."""
    from sklearn.datasets import load_sample_image

    name = ("china.jpg", "flower.jpg")[int(dice.integers(2))]
    whole = Image.fromarray(load_sample_image(name)).convert("L")
    width, height = (dice.uniform(0.4, 1.0) * side for side in whole.size)
    left, top = dice.uniform(0, whole.width - width), dice.uniform(0, whole.height - height)
    part = whole.crop((int(left), int(top), int(left + width), int(top + height)))
    part.thumbnail((320, 320))
    return _through_the_door(part, dice)


def page_of_text(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """A page of print, dark on bright or bright on dark; `scans` are not used."""
    paper, ink = (250, 10) if dice.random() < 0.5 else (15, 235)
    page, size = Image.new("L", (640, 480), paper), int(dice.integers(10, 40))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size)
    for top in range(8, 480 - size, round(1.4 * size)):
        draw.text((10, top), "Report of the left breast, follow up " * 5, ink, font)
    return _through_the_door(page, dice)


def burned_in_text(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """A scan with a line of white letters."""
    image = Image.fromarray(_one(scans, dice))
    image = image.resize((2 * image.width, 2 * image.height))
    place = dice.uniform(0.05, 0.4) * image.width, dice.uniform(0.05, 0.85) * image.height
    font = ImageFont.load_default(int(dice.integers(20, 41)))
    ImageDraw.Draw(image).text(place, _WORDS[int(dice.integers(len(_WORDS)))], 255, font)
    return _through_the_door(image, dice)


def calipers(scans: Sequence[Pixels], dice: Dice) -> GreyImage:
    """A scan with two or four white crosses."""
    image = Image.fromarray(_one(scans, dice))
    draw = ImageDraw.Draw(image)
    for _ in range(int(dice.choice([2, 4]))):
        x, y = dice.uniform(0.2, 0.8) * image.width, dice.uniform(0.2, 0.8) * image.height
        arm = int(dice.integers(4, 8))
        draw.line((x - arm, y, x + arm, y), fill=255)
        draw.line((x, y - arm, x, y + arm), fill=255)
    return _through_the_door(image, dice, lossless=True)


KINDS: dict[str, Callable[[Sequence[Pixels], Dice], GreyImage]] = {
    "colour Doppler, 0.2 to 0.8 % coloured": colour_flow,
    "split screen": split_screen,
    "split screen, one above the other": stacked_screen,
    "photograph in grey": photograph,
    "page of text": page_of_text,
    "letters in a scan": burned_in_text,
    "calipers in a scan": calipers,
}


def _one(scans: Sequence[Pixels], dice: Dice) -> Pixels:
    return scans[int(dice.integers(len(scans)))]


def _joined(one: Pixels, other: Pixels, dice: Dice) -> Pixels:
    """Two scans of 320 rows, the second at the right of the first."""
    gap = [(0, 0), (int(dice.integers(4, 17)), 0), (2, 200), (0, 0)][int(dice.integers(4))]
    return np.concatenate([one, np.full((320, gap[0]), gap[1], np.uint8), other], 1)


def _at_height(scan: Pixels, height: int) -> Pixels:
    width = round(scan.shape[1] * height / scan.shape[0])
    return np.asarray(Image.fromarray(scan).resize((width, height), Image.Resampling.BICUBIC))


def _through_the_door(image: Image.Image, dice: Dice, lossless: bool = False) -> GreyImage:
    """As a file would come in, half of them as JPEG."""
    if lossless or dice.random() < 0.5:
        return read_image(encoded(image, "png"))
    return read_image(encoded(image, "jpeg", quality=90))
