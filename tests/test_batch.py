"""Many files at once from the command line: the same checks and numbers as the page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mtlbus.batch import image_files, predict_each
from mtlbus.cli import main
from mtlbus.core.errors import InputError
from mtlbus.data.intake import read_image
from mtlbus.data.phantom import make_phantom, random_parameters
from mtlbus.inference.measure import measure
from mtlbus.inference.predictor import Predictor
from tests.data.test_dicom import dataset, packed, region

from .made import untrained_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return untrained_checkpoint(tmp_path_factory.mktemp("weights"), "mtl")


@pytest.fixture
def scan() -> np.ndarray:
    return make_phantom(random_parameters(11), 128).image


@pytest.fixture
def dicom_file(scan, tmp_path):
    """A DICOM file with 0.1 mm across and 0.2 mm down."""
    path = tmp_path / "scan.dcm"
    whole = region(0.01, 0.02, box=(0, 0, 127, 127))
    path.write_bytes(packed(dataset(scan, SequenceOfUltrasoundRegions=[whole])))
    return path


def test_a_dicom_file_is_measured_in_mm(checkpoint, dicom_file, scan, capsys):
    code = main(["predict", str(dicom_file), "--method", str(checkpoint.folder), "--json"])
    (entry,) = json.loads(capsys.readouterr().out)
    assert code == 0 and entry["input"] == "ok" and entry["checks"] == []
    prediction = Predictor(checkpoint).predict(read_image(dicom_file))
    assert entry["probability"] == pytest.approx(prediction.probability, abs=1e-6)
    lesion = measure(prediction.mask(), scan, (0.2, 0.1))
    assert entry["lesion"] == json.loads(json.dumps(lesion.as_dict()))
    assert entry["lesion"]["area_mm2"] == pytest.approx(entry["lesion"]["area_px"] * 0.02)
    assert main(["predict", str(dicom_file), "--method", str(checkpoint.folder)]) == 0
    assert f"{lesion.area_mm2:.1f} mm²" in capsys.readouterr().out


def test_a_png_has_no_mm(checkpoint, scan, tmp_path):
    path = tmp_path / "scan.png"
    Image.fromarray(scan).save(path)
    ((entry,),) = predict_each([str(path)], [Predictor(checkpoint)])
    assert entry["lesion"]["area_mm2"] is None and entry["lesion"]["spacing_mm"] is None


def test_refused_and_doubted_images(checkpoint, scan, tmp_path, monkeypatch):
    files = {"blank.png": np.zeros_like(scan), "inverted.png": 255 - scan, "scan.png": scan}
    for name, pixels in files.items():
        Image.fromarray(pixels).save(tmp_path / name)
    asked = []
    predict = Predictor.predict
    monkeypatch.setattr(
        Predictor, "predict", lambda self, *a, **o: asked.append(1) or predict(self, *a, **o)
    )
    paths = [str(tmp_path / name) for name in files]
    (blank,), (inverted,), (good,) = predict_each(paths, [Predictor(checkpoint)])
    assert blank.keys() == {"image", "error"} and "is blank" in blank["error"] and len(asked) == 2
    assert "blank.png" in blank["error"] and "\n" not in blank["error"]
    assert inverted["input"] == "caution" and inverted["checks"][0]["name"] == "inverted"
    assert good["input"] == "ok" and good["distance"] is None  # these weights know no limit


def test_a_folder_stands_for_its_files(tmp_path):
    for name in ("b.png", "a.dcm", ".DS_Store"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    files = [str(tmp_path / name) for name in ("a.dcm", "b.png")]
    assert image_files(["x.png", str(tmp_path)]) == ["x.png", *files]
    with pytest.raises(InputError, match="no file in the folder"):
        image_files([str(tmp_path / "deeper")])
