"""The data of the CTAN paper: made-up files in their layouts, and the real ones where they lie."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlbus.core.errors import DataError
from mtlbus.data import openkbp_volumes, phantom_ct
from mtlbus.data.ham10000 import DIAGNOSES
from mtlbus.data.layouts import LAYOUTS, fitting_layout, load_dataset
from mtlbus.data.openkbp_volumes import ORGAN_FILES
from mtlbus.data.splits import split_fold

SIZE = 32


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def make_openkbp(folder: Path, patients: int = 6) -> Path:
    """Two slices a patient with a cord of 4×4 and 60 Gy in the left half, where dose can be."""
    rows = ["image,patient,part,slice"]
    labels, possible = np.zeros((2, SIZE, SIZE), np.uint8)
    labels[10:14, 10:14], possible[:, : SIZE // 2] = 2, 1
    for patient in range(patients):
        part = ("train", "validation", "test")[patient % 3]
        for number in range(2):
            name = f"pt_{patient}_{number}.png"
            rows.append(f"{name},pt_{patient},{part},{number}")
            save(folder / "ct" / name, np.full((SIZE, SIZE), 90 + patient, np.uint8))
            save(folder / "labels" / name, labels)
            save(folder / "dose" / name, np.full((SIZE, SIZE), 6000, np.uint16))
            save(folder / "possible" / name, possible * 255)
    (folder / "slices.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def test_openkbp_knows_four_organs_and_the_dose_where_it_can_be(tmp_path):
    root = make_openkbp(tmp_path)
    assert fitting_layout(root) == "openkbp"
    (root / "dose" / "pt_0_0.png").unlink()
    dataset = load_dataset("openkbp", root)
    organs, dose = dataset.declaration.tasks
    assert not dataset.declaration.mirror, "a mirrored parotid is the other one"
    assert len(dataset.defects) == 1 and not dataset.samples[0].knows(dose)
    labels, _ = dataset.samples[1].truth(organs, (SIZE, SIZE))
    values, _ = dataset.samples[1].truth(dose, (SIZE, SIZE))
    assert Counter(labels.flatten().tolist()) == {0: SIZE * SIZE - 16, 2: 16}
    assert np.nanmean(values) == 60 and np.isnan(values[:, SIZE // 2 :]).all()
    split = split_fold(dataset.samples, 1)
    assert [len({sample.group for sample in part}) for part in split] == [2, 2, 2]


def sparse(path: Path, volume: np.ndarray, mask: bool = False) -> None:
    """A volume as the challenge writes it: the numbers of its voxels, a mask without values."""
    numbers = np.flatnonzero(volume)
    values = [""] * len(numbers) if mask else volume.flat[numbers]
    lines = [",data", *(f"{number},{value}" for number, value in zip(numbers, values, strict=True))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def test_the_official_files_of_openkbp_are_read_as_its_slices_are(tmp_path):
    """Voxel (row 5, column 9) of slices 60 and 61; numbers run along the slices first."""
    folder = tmp_path / "validation-pats" / "pt_203"
    volume = np.zeros((128, 128, 128))
    volume[5, 9, 60], volume[5, 9, 61], volume[5, 10, 61] = 1074, 1424, 9000
    sparse(folder / "ct.csv", volume)
    sparse(folder / "dose.csv", np.where(volume > 0, 62.5, 0))
    sparse(folder / "possible_dose_mask.csv", volume, mask=True)
    for number, name in enumerate(ORGAN_FILES):
        organ = np.zeros_like(volume)
        organ[5, 9 + number, 60:62] = 1
        sparse(folder / f"{name}.csv", organ, mask=True)
    sparse(tmp_path / "train-pats" / "pt_7" / "ct.csv", volume)
    assert fitting_layout(tmp_path) == "openkbp"
    dataset = load_dataset("openkbp", tmp_path)
    assert [(s.id, s.part) for s in dataset.samples] == [
        ("pt_203_060", "validation"),
        ("pt_203_061", "validation"),
    ]
    assert "pt_7: no Brainstem and no SpinalCord" in dataset.defects[0]
    organs, dose = dataset.declaration.tasks
    pixels, shape = dataset.samples[0].pixels(), (128, 128)
    assert pixels.dtype == np.uint8 and pixels[5, 9] == 128 and pixels.sum() == 128
    assert dataset.samples[1].pixels()[5, 9:11].tolist() == [255, 255]
    labels, _ = dataset.samples[1].truth(organs, shape)
    assert labels[5, 8:14].tolist() == [0, 1, 2, 3, 4, 0]
    values, _ = dataset.samples[1].truth(dose, shape)
    assert np.isfinite(values).sum() == 2 and values[5, 9] == 62.5
    (folder / "dose.csv").write_text(",data\nno,1\n", encoding="utf-8")
    openkbp_volumes._voxels.cache_clear()
    assert "dose.csv' is no sparse volume" in dataset.samples[1].truth(dose, shape)[1]


@pytest.mark.parametrize("name", phantom_ct.SLICES)
def test_a_planning_ct_has_organs_and_a_dose_that_spares_the_cord(name):
    case = phantom_ct.planning_ct(name)
    organs, dose = case.truths["organs"], case.truths["dose"]
    assert case.image.pixels.dtype == np.uint8 and organs.shape == dose.shape == (128, 128)
    prescribed = phantom_ct.SLICES[name].prescribed
    assert prescribed < np.nanmax(dose) < 1.2 * prescribed, "hot spots, not hot places"
    assert np.isnan(dose[0, 0]) and np.nanmin(dose) >= 0, "none in the air"
    nerve = np.isin(organs, (1, 2))
    assert nerve.any() and np.nanmean(dose[nerve]) < 0.6 * prescribed
    phantom_ct.planning_ct.cache_clear()
    again = phantom_ct.planning_ct(name)
    assert again.image.sha256 == case.image.sha256


def test_ham10000_is_coloured_and_split_by_lesion(tmp_path):
    rows = ["lesion_id,image_id,dx"]
    for number, short in enumerate(DIAGNOSES):
        rows.append(f"L{number},I{number},{short}")
        save(tmp_path / "images" / f"I{number}.jpg", np.full((SIZE, SIZE, 3), 100, np.uint8))
        save(tmp_path / "masks" / f"I{number}_segmentation.png", np.eye(SIZE, dtype=np.uint8) * 255)
    (tmp_path / "HAM10000_metadata.csv").write_text("\n".join(rows), encoding="utf-8")
    assert fitting_layout(tmp_path) == "ham10000"
    dataset = load_dataset("ham10000", tmp_path)
    lesion, diagnosis = dataset.declaration.tasks
    assert dataset.samples[1].pixels().shape == (SIZE, SIZE, 3)
    assert [sample.class_of(diagnosis) for sample in dataset.samples] == list(range(7))
    assert dataset.samples[1].group == "ham10000:L1"
    assert dataset.samples[1].truth(lesion, (SIZE, SIZE))[0].sum() == SIZE
    (tmp_path / "HAM10000_metadata.csv").write_text("lesion_id,image_id,dx\nL,I0,wart", "utf-8")
    with pytest.raises(DataError, match=r"line 2: its dx is not allowed\. Allowed: nv, mel"):
        load_dataset("ham10000", tmp_path)


@pytest.mark.parametrize(
    "layout, folder, images, groups, test",
    [
        ("openkbp", "OpenKBP", 1464, 244, 420),
        ("ham10000", "HAM10000", 4079, 4079, 815),
        ("busbra_classes", "BUSBRA", 1875, 1064, 376),
    ],
)
def test_the_real_ones(layout, folder, images, groups, test, real_data):
    dataset = LAYOUTS[layout](real_data / folder, None)
    assert len(dataset.samples) == images and not dataset.defects
    assert len({sample.group for sample in dataset.samples}) == groups
    split = split_fold(dataset.samples, 1)
    assert abs(len(split.test) - test) <= 2
    sample, shape = split.test[0], split.test[0].pixels().shape[:2]
    for task in dataset.declaration.tasks:
        assert sample.truth(task, shape)[0] is not None
